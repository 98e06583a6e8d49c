"""The connectors to the address book, to OA approvals and to sent files, against the stand-in."""

import asyncio
import hashlib
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.connectors.dingtalk_contacts import Contacts
from bot.connectors.dingtalk_files import SentFiles
from bot.connectors.dingtalk_oa import Approvals, state_of
from bot.core.turn import Call
from bot.dingtalk_api.files import MOST_BYTES, Files, type_of
from bot.dingtalk_api.openapi import OpenApi
from bot.dingtalk_api.post import Poster
from bot.dingtalk_api.quota import Quota
from bot.dingtalk_api.token import Tokens
from bot.fake_dingtalk import FakeDingTalk, Kind, Manners, Member, Template
from bot.ports import ConnectorRefused, ConnectorTransient

sys.path.append(str(Path(__file__).parents[2] / "plays"))
from sending import photo_of

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100
PROCESS = "PROC-1"


class SkippableClock:
    """Real time, moved together with the stand-in's."""

    def __init__(self):
        self.ahead = timedelta()

    def now(self):
        return datetime.now(UTC) + self.ahead


@pytest.fixture
async def fake():
    async with FakeDingTalk(manners=Manners(hold=0.0, event_retries=())) as made:
        made.world.processes[PROCESS] = Template(PROCESS, ("模块", "理由", "编号"), ("li",))
        yield made


@pytest.fixture
def clock():
    return SkippableClock()


@pytest.fixture
async def api(fake, clock):
    poster = Poster(seconds=1.0)
    tokens = Tokens(poster, clock.now, api_base=fake.base_url, app_key=fake.app.key, app_secret=fake.app.secret)
    made = OpenApi(poster, tokens, Quota(clock.now), clock.now, api_base=fake.base_url, oapi_base=fake.base_url)
    yield made
    await poster.close()


async def ask(connector, operation, key="k1", **args):
    return json.loads(await connector.perform(Call(connector.name, operation, key, {"owner": "v1", **args})))


# --- the address book ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mobile", "told"),
    [
        ("13800000001", {"found": True, "user": "zhang"}),
        ("+86 138-0000-0001", {"found": True, "user": "zhang"}),
        ("13899999999", {"found": False}),
        ("abc", {"found": False, "why": "mobile"}),
        ("138", {"found": False, "why": "mobile"}),
        ("１３８００００００００１", {"found": False, "why": "mobile"}),
    ],
)
async def test_a_number_says_who_has_joined(api, fake, mobile, told):
    assert await ask(Contacts(api), "by_mobile", mobile=mobile) == told
    assert fake.meter.api_used == 0


async def test_many_numbers_are_answered_in_their_order(api, fake):
    told = await ask(Contacts(api), "by_mobiles", mobiles="13899999999 13800000001 138")
    assert told == {"rows": [{"found": False}, {"found": True, "user": "zhang"}, {"found": False, "why": "mobile"}]}


async def test_a_newcomer_is_found_once_admitted(api, fake):
    contacts = Contacts(api)
    assert not (await ask(contacts, "by_mobile", mobile="13800000077"))["found"]
    await fake.happening.join(Member("new1", "新人", "13800000077", active=False))
    assert (await ask(contacts, "by_mobile", mobile="13800000077"))["user"] == "new1"


async def test_a_member_is_told_without_their_number(api, fake):
    await fake.happening.give_role("zhang", "出纳")
    told = await ask(Contacts(api), "user", user="zhang")
    assert told == {
        "found": True, "user": "zhang", "name": "张三", "title": "应付会计", "number": "", "manager": "li",
        "departments": ["1"], "roles": ["出纳"], "active": True, "authed": True, "admin": False,
    }  # fmt: skip
    assert await ask(Contacts(api), "user", user="nobody") == {"found": False}


async def test_admins_and_departments(api, fake):
    fake.world.members["deep"] = Member("deep", "深", departments=(1, 42))
    contacts = Contacts(api)
    assert await ask(contacts, "admins") == {"admins": [{"user": "admin", "main": True}]}
    assert await ask(contacts, "departments") == {"departments": [{"id": "42", "name": "D42"}]}
    assert await ask(contacts, "departments", parent="42") == {"departments": []}


@pytest.mark.parametrize(("operation", "args"), [("fly", {}), ("user", {}), ("by_mobile", {"mobile": " "}), ("departments", {"parent": "x"})])
async def test_calls_that_cannot_be_meant_are_refused(api, operation, args):
    with pytest.raises(ConnectorRefused):
        await ask(Contacts(api), operation, **args)


async def test_faults_are_the_contracts(api, fake):
    fake.faults.add(Kind.QPS, on="contact", times=1)
    with pytest.raises(ConnectorTransient) as later:
        await ask(Contacts(api), "by_mobile", mobile="13800000001")
    fake.faults.add(Kind.SCOPE, on="contact", times=1)
    with pytest.raises(ConnectorRefused) as never:
        await ask(Contacts(api), "by_mobile", mobile="13800000001")
    assert "138" not in str(later.value) + str(never.value)


async def test_look_ups_are_paced(api, fake):
    contacts, loop = Contacts(api), asyncio.get_running_loop()
    started = loop.time()
    await asyncio.gather(*(ask(contacts, "user", user="zhang") for _ in range(13)))
    assert loop.time() - started > 0.15


# --- approvals ----------------------------------------------------------------------------------------------------------------------------------


def wish(clock, **changes):
    form = json.dumps({"模块": "付款制单", "理由": "接手应付岗"}, ensure_ascii=False)
    return {"process": PROCESS, "originator": "zhang", "form": form, "key_field": "编号", "made": clock.now().isoformat(), **changes}


async def test_an_approval_is_filed_followed_and_agreed_to(api, fake, clock):
    oa = Approvals(api, clock)
    told = await ask(oa, "create", **wish(clock))
    assert not told["existed"]
    row = await ask(oa, "get", instance=told["instance"])
    assert (row["state"], row["originator"], [one["user"] for one in row["waiting"]]) == ("running", "zhang", ["li"])
    assert row["waiting"][0]["url"].startswith("https://aflow.dingtalk.com/m?")
    assert ("编号", "k1") in fake.approvals[told["instance"]].form
    await fake.happening.decide("li", told["instance"], agree=True)
    done = await ask(oa, "get", instance=told["instance"])
    assert (done["state"], done["waiting"]) == ("agreed", [])
    assert [(task["user"], task["state"], task["result"], bool(task["finished"])) for task in done["tasks"]] == [("li", "over", "agree", True)]


async def test_refused_and_taken_back(api, fake, clock):
    oa = Approvals(api, clock)
    first = await ask(oa, "create", "k1", **wish(clock))
    second = await ask(oa, "create", "k2", **wish(clock))
    await fake.happening.decide("li", first["instance"], agree=False)
    await fake.happening.terminate(second["instance"])
    states = [(await ask(oa, "get", instance=one["instance"]))["state"] for one in (first, second)]
    assert states == ["refused", "terminated"]
    assert await ask(oa, "get", instance="none") == {"found": False}


@pytest.mark.parametrize(
    ("row", "state"),
    [
        ({"status": "COMPLETED", "result": "agree"}, "agreed"),
        ({"status": "COMPLETED", "result": "refuse"}, "refused"),
        ({"status": "COMPLETED", "result": ""}, "terminated"),
        ({"status": "RUNNING", "result": "agree"}, "running"),
        ({"status": "TERMINATED", "result": "agree"}, "terminated"),
        ({}, "running"),
    ],
)
def test_agreed_is_only_what_is_over_and_agreed_to(row, state):
    assert state_of(row) == state


async def test_a_large_approval_is_read_whole(api, fake, clock):
    oa = Approvals(api, clock)
    fake.world.processes["PROC-2"] = Template("PROC-2", (), ("li",))
    told = await ask(oa, "create", **wish(clock, process="PROC-2", form=json.dumps({"明细": "字" * 20_000}, ensure_ascii=False)))
    fake.approvals[told["instance"]].form *= 8
    assert (await ask(oa, "get", instance=told["instance"]))["state"] == "running"
    fake.approvals[told["instance"]].form *= 2
    with pytest.raises(ConnectorRefused):  # it would never become shorter
        await ask(oa, "get", instance=told["instance"])


@pytest.mark.parametrize("kind", [Kind.CUT_AFTER, Kind.HANG])
async def test_an_approval_filed_in_silence_is_found_not_filed_again(api, fake, clock, kind):
    fake.faults.add(kind, on="oa.create", times=1)
    told = await ask(Approvals(api, clock, pause_s=0.01), "create", **wish(clock))
    assert told == {"instance": next(iter(fake.approvals)), "existed": True}
    assert len(fake.approvals) == 1


async def test_an_approval_that_did_not_arrive_is_filed_at_the_next_try(api, fake, clock):
    oa = Approvals(api, clock, pause_s=0.01)
    fake.faults.add(Kind.CUT_AFTER, on="oa.create", times=1, effect=False)
    with pytest.raises(ConnectorTransient):
        await ask(oa, "create", **wish(clock))
    assert not (await ask(oa, "create", **wish(clock)))["existed"]
    assert len(fake.approvals) == 1


async def test_a_look_up_that_fails_leaves_it_open_until_the_next(api, fake, clock):
    oa = Approvals(api, clock, pause_s=0.01)
    fake.faults.add(Kind.CUT_AFTER, on="oa.create", times=1)
    fake.faults.add(Kind.ERROR, on="oa.ids", times=1)
    with pytest.raises(ConnectorTransient):
        await ask(oa, "create", **wish(clock))
    assert (await ask(oa, "create", **wish(clock)))["existed"]
    assert len(fake.approvals) == 1


async def test_after_a_restart_what_may_have_been_filed_is_looked_for_first(api, fake, clock):
    call = wish(clock)
    first = await ask(Approvals(api, clock), "create", **call)
    for _ in range(3):
        await ask(Approvals(api, clock), "create", "other", **wish(clock))
    assert await ask(Approvals(api, clock), "create", **call) == {"instance": first["instance"], "existed": True}
    assert len(fake.approvals) == 4


async def test_a_fresh_call_costs_one_call(api, fake, clock):
    await ask(Approvals(api, clock), "create", **wish(clock))
    assert fake.meter.api_used == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"form": "x"},
        {"form": "[]"},
        {"form": '{"模块": 5}'},
        {"key_field": ""},
        {"department": "x"},
        {"made": "soon"},
        {"process": ""},
        {"form": '{"别的": "x"}'},
        {"originator": "nobody"},
    ],
)
async def test_what_cannot_be_filed_is_refused(api, clock, changes):
    with pytest.raises(ConnectorRefused):
        await ask(Approvals(api, clock), "create", **wish(clock, **changes))


async def test_the_nightly_list_goes_page_by_page(api, fake, clock):
    oa = Approvals(api, clock)
    made = [(await ask(oa, "create", f"k{number}", **wish(clock, approvers="li, admin")))["instance"] for number in range(23)]
    await fake.happening.terminate(made[0])
    told = await ask(oa, "list", process=PROCESS, states="running")
    assert (told["next"], set(told["instances"])) == ("", set(made[1:]))
    assert len((await ask(oa, "list", process=PROCESS))["instances"]) == 23
    assert (await ask(oa, "list", process=PROCESS, originator="li"))["instances"] == []
    assert (await ask(oa, "list", process=PROCESS, start=(clock.now() - timedelta(days=2)).isoformat(), end=(clock.now() - timedelta(days=1)).isoformat()))[
        "instances"
    ] == []


@pytest.mark.parametrize(
    "args",
    [{"states": "DONE"}, {"from": "x"}, {"start": "2020-01-01T00:00:00+00:00"}, {"start": "x"}, {"end": "2020-01-01T00:00:00+00:00"}, {"process": ""}],
)
async def test_what_cannot_be_listed_is_refused(api, clock, args):
    with pytest.raises(ConnectorRefused):
        await ask(Approvals(api, clock), "list", **{"process": PROCESS, **args})


# --- files --------------------------------------------------------------------------------------------------------------------------------------


class Shelf:
    """Keeps by content hash."""

    def __init__(self):
        self.kept = {}

    async def keep(self, data, owner):
        name = hashlib.sha256(data).hexdigest()
        self.kept[name] = data
        return name

    async def drop(self, digest, owner):
        return self.kept.pop(digest, None) is not None


@pytest.fixture
def shelf():
    return Shelf()


@pytest.fixture
def files(api, fake, shelf):
    return SentFiles(Files(api, fake.app.robot_code, fake.base_url, most=MOST_BYTES), shelf)


async def code_of(fake, data, kind="picture", name="x.png"):
    await fake.say("zhang", "", kind=kind, file=data, file_name=name)
    return next(reversed(fake.state.files))


async def test_a_picture_is_fetched_and_kept_by_its_content(files, shelf, fake):
    told = await ask(files, "fetch", code=await code_of(fake, PNG))
    assert told == {"kept": True, "hash": hashlib.sha256(PNG).hexdigest(), "type": "png", "size": len(PNG)}
    assert list(shelf.kept.values()) == [PNG]
    assert await ask(files, "drop", hash=told["hash"]) == {"dropped": True}
    assert await ask(files, "drop", hash=told["hash"]) == {"dropped": False}


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\xff\xd8\xff\xe0x", "jpeg"), (b"GIF89a..", "gif"), (b"RIFF0000WEBPVP8 ", "webp"), (b"0000000" + b"0WEBP", ""), (b"%PDF-1.7", "pdf"),
        (b"PK\x03\x04..xl/workbook.xml", "xlsx"), (b"PK\x03\x04..word/document.xml", "docx"), (b"PK\x03\x04", "zip"), (b"0000ftypheic", "heic"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"), (b"MZ\x90", ""), (b"<svg onload=x>", ""), (b"#!/bin/sh", ""), (b"", ""),
    ],
)  # fmt: skip
def test_a_file_is_what_its_bytes_say(data, kind):
    assert type_of(data) == kind


@pytest.mark.parametrize(("data", "kinds"), [(b"MZ\x90\x00", ""), (b"PK\x03\x04 archive", ""), (b"%PDF-1.7", "picture"), (PNG, "document"), (b"", "")])
async def test_what_is_no_evidence_is_not_kept(files, shelf, fake, data, kinds):
    assert await ask(files, "fetch", code=await code_of(fake, data, name="scan.png"), kinds=kinds) == {"kept": False, "why": "type"}
    assert shelf.kept == {}


async def test_a_file_may_be_as_large_as_it_may_and_no_larger(files, shelf, fake):
    largest = PNG + b"0" * (MOST_BYTES - len(PNG))
    assert (await ask(files, "fetch", code=await code_of(fake, largest)))["size"] == MOST_BYTES
    assert await ask(files, "fetch", code=await code_of(fake, largest + b"0")) == {"kept": False, "why": "size"}


async def test_a_photo_is_read_and_not_kept(files, shelf, fake):
    photo = photo_of(["https://usher.example/j/K7Q2M"])
    assert await ask(files, "read", code=await code_of(fake, photo)) == {"read": True, "texts": ["https://usher.example/j/K7Q2M"]}
    assert await ask(files, "read", code=await code_of(fake, photo_of([]))) == {"read": True, "texts": []}
    assert await ask(files, "read", code=await code_of(fake, PNG)) == {"read": False, "why": "broken"}
    assert await ask(files, "read", code=await code_of(fake, b"%PDF-1.7")) == {"read": False, "why": "type"}
    assert await ask(files, "read", code=await code_of(fake, PNG + bytes(MOST_BYTES))) == {"read": False, "why": "size"}
    assert await ask(files, "read", code="expired") == {"read": False, "why": "gone"}
    assert shelf.kept == {}


async def test_an_old_code_is_gone(files):
    assert await ask(files, "fetch", code="expired") == {"kept": False, "why": "gone"}


async def test_another_robots_file_is_refused(files, fake):
    with pytest.raises(ConnectorRefused):
        await ask(files, "fetch", code=await code_of(fake, PNG), robot="other")


@pytest.mark.parametrize(
    "location", ["http://127.0.0.1:1/x", "http://169.254.169.254/latest", "file:///etc/passwd", "//evil.example/x", "https://dingtalk.com.evil.example/x"]
)
async def test_no_redirect_leads_elsewhere(files, fake, location):
    fake.faults.add(Kind.REDIRECT, on="file.download", location=location)
    with pytest.raises(ConnectorRefused) as fault:
        await ask(files, "fetch", code=await code_of(fake, PNG))
    assert location not in str(fault.value)


async def test_a_redirect_that_stays_is_followed_but_not_for_ever(files, fake):
    code = await code_of(fake, PNG)
    fake.faults.add(Kind.REDIRECT, on="file.download", location=f"{fake.base_url}/download/{code}", times=2)
    assert (await ask(files, "fetch", code=code))["kept"]
    fake.faults.add(Kind.REDIRECT, on="file.download", location=f"/download/{code}")
    with pytest.raises(ConnectorRefused):
        await ask(files, "fetch", code=code)


async def test_a_broken_download_is_tried_later(files, fake):
    fake.faults.add(Kind.ERROR, on="file.download", status=503, times=1)
    code = await code_of(fake, PNG)
    with pytest.raises(ConnectorTransient):
        await ask(files, "fetch", code=code)
    assert (await ask(files, "fetch", code=code))["kept"]
    with pytest.raises(ConnectorTransient):
        await ask(SentFiles(Files(files._files._api, fake.app.robot_code, fake.base_url, seconds=0.0), Shelf()), "fetch", code=code)


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://down.dingtalk.com/f?sig=abc", True), ("https://zjk-dualstack.trans.dingtalk.com/yundisk0/x.file", True), ("https://dingtalk.com/x", True),
        ("https://bucket.oss-cn-zhangjiakou.aliyuncs.com/x", True), ("https://bucket.oss-cn-zhangjiakou-internal.aliyuncs.com/x", False),
        ("http://down.dingtalk.com/f", False), ("https://down.dingtalk.com:8443/f", False), ("https://evil.example/f", False), ("https://a@down.dingtalk.com/f", False),
        ("https://down.dingtalk.com.evil.example/f", False), ("https://evildingtalk.com/f", False), ("https://evil.example\\.dingtalk.com/f", False),
        ("https://aliyuncs.com/f", False), ("https://[::1/f", False), ("https://down.dingtalk.com:x/f", False), ("", False), ("https://x\n.dingtalk.com/", False),
    ],
)  # fmt: skip
async def test_files_come_from_dingtalk_only(api, url, allowed):
    files = Files(api, "rob", "https://api.dingtalk.com", "https://oapi.dingtalk.com")
    assert files.allowed(url) is allowed
