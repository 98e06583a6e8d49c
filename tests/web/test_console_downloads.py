"""What an admin asked for is taken away once, in its time, by the link that came to their private chat; each is on the trail."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from console_samples import Admin, admin_of

from bot.core.model import OrgValue
from bot.core.rights import single
from bot.core.turn import Call, Event, Outcome, Put
from bot.ports import Commit, Journal
from bot.web.console.keys import Keys, fresh, hashed
from bot.words.importing import bring_faqs


async def written(file: Path) -> None:
    """Stands for the archive of the whole store, which tests/operate looks at."""
    file.write_bytes(b"PK everything")


@pytest.fixture
async def admin(tmp_path: Path) -> AsyncIterator[Admin]:
    async with admin_of(tmp_path, changed=lambda inside: replace(inside, archive=written)) as made:
        yield made


async def key(admin: Admin, what: str, person: str = "adm1") -> str:
    """A key as the chat's commands make one."""
    made = fresh()
    call = Call(Keys.name, "key", f"k{made[:9]}", {"person": f"dingtalk:{person}", "for": "export", "what": what})
    await admin.loop.outcome(Outcome(call, True, f'{{"key": "{made}", "door": "{hashed(made)}"}}', admin.clock.now()))
    return made


async def test_the_answers_are_taken_once_and_come_back(admin: Admin, tmp_path: Path) -> None:
    secret = await key(admin, "faqs")
    for _ in range(2):
        status, page = await admin.get(f"/export?key={secret}")
        assert (status, "下载" in page) == (200, True), "looking at the link does not use it up"
    async with admin.client.post("/admin/export", data={"key": secret, "kind": "csv"}, headers={"Sec-Fetch-Site": "same-origin"}) as answer:
        body = await answer.text()
        assert (answer.status, answer.headers["Content-Disposition"]) == (200, 'attachment; filename="faqs.csv"')
        assert answer.headers["Cache-Control"] == "no-store"
    rows = list(csv.DictReader(io.StringIO(body.removeprefix("\ufeff"))))
    assert {"review.duration", "invite.not_received"} <= {row["id"] for row in rows}
    (tmp_path / "f.csv").write_text(body, encoding="utf-8")
    assert bring_faqs(tmp_path / "f.csv", tmp_path / "back", replace=False) == len(rows)
    assert (await admin.post("/export", {"key": secret}))[0] == 403
    assert await admin.acts() == ["export.faqs", "export.key"]


async def test_the_answers_as_a_spreadsheet(admin: Admin, tmp_path: Path) -> None:
    """By the link and from the page alike; whose right is gone gets none, and a form without its token neither."""
    await admin.enter()
    taken = []
    for path, form in (("/admin/export", {"key": await key(admin, "faqs"), "kind": "xlsx"}), ("/admin/answers/file", {"token": admin.token, "kind": "xlsx"})):
        async with admin.client.post(path, data=form, headers={"Sec-Fetch-Site": "same-origin"}) as answer:
            assert (answer.status, answer.headers["Content-Disposition"]) == (200, 'attachment; filename="faqs.xlsx"')
            taken.append(await answer.read())
    for number, raw in enumerate(taken):
        (tmp_path / f"{number}.xlsx").write_bytes(raw)
        assert bring_faqs(tmp_path / f"{number}.xlsx", tmp_path / f"back{number}", replace=False) > 100
    assert (await admin.acts())[0] == "export.faqs"
    assert (await admin.post("/answers/file", {"kind": "xlsx"}))[0] == 403
    await said(admin, single("dingtalk:adm1", "shell.export_faqs"), "no")
    assert (await admin.post("/answers/file", {"token": admin.token, "kind": "xlsx"}))[0] == 403


async def test_everything_is_another_key(admin: Admin) -> None:
    async with admin.client.post("/admin/export", data={"key": await key(admin, "all")}, headers={"Sec-Fetch-Site": "same-origin"}) as answer:
        assert (answer.status, await answer.read()) == (200, b"PK everything")
    assert (await admin.acts())[0] == "export.all"


async def test_what_opens_nothing(admin: Admin) -> None:
    """A key of the console, a foreign one, one of somebody who may not, one that is late, a form of another site, one whose right was taken meanwhile."""
    login, late, foreign, taken = await admin.key(), await key(admin, "all"), await key(admin, "faqs", "emp1"), await key(admin, "all")
    for secret in (login, fresh(), "", foreign):
        assert (await admin.post("/export", {"key": secret}))[0] == 403
    assert (await admin.post("/export", {"key": late}, site="cross-site"))[0] == 403
    await said(admin, single("dingtalk:adm1", "shell.export"), "no")
    assert (await admin.post("/export", {"key": taken}))[0] == 403
    await said(admin, single("dingtalk:adm1", "shell.export"), "")
    admin.clock.at += timedelta(minutes=5)
    assert (await admin.post("/export", {"key": late}))[0] == 403
    assert (await admin.post("/enter", {"key": await key(admin, "all")}))[0] == 403
    assert "export.all" not in await admin.acts()


async def said(admin: Admin, name: str, value: str) -> None:
    """A value set in chat."""
    event = Event("test", "put", fresh(), "", {}, admin.clock.now())
    await admin.store.hear(event)
    old = admin.pages._inside.policy("zh").said.get(name)
    one = OrgValue(name, value, "x", 0 if old is None else 1)
    await admin.store.commit(Commit(event, (Put(one),), (), (), Journal(fresh(), "event", "", "", "", "", 0.0, "saved", "{}", admin.clock.now())))
    await admin.loop.wording.refresh(admin.store)
