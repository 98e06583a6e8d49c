"""K3Cloud against its stand-in and against the vendor's own client: signatures, sessions, merging, injection, opt-in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from peers import Peer, peer_of
from test_conformance import call, perform

from bot.connectors.contract import AuthError, ContractError
from bot.connectors.k3cloud_gate import client_secret, equal, login_sign, signed_headers
from bot.connectors.settings import K3CloudSettings
from bot.fake_finance.k3cloud import ACCT, APP_ID, SECRET, USER, FakeK3Cloud

SDK = "k3cloud_webapi_sdk.main"


@pytest.fixture
async def k3(tmp_path: Path) -> AsyncIterator[Peer]:
    """The connector on the played account set, with a session."""
    async with peer_of("k3cloud", tmp_path) as peer:
        yield peer


def stand_of(peer: Peer) -> FakeK3Cloud:
    assert isinstance(peer.stand, FakeK3Cloud)
    return peer.stand


def settings_of(peer: Peer, **more: object) -> K3CloudSettings:
    assert isinstance(peer.settings, K3CloudSettings)
    return peer.settings.model_copy(update=more)


def official(stand_url: str) -> object:
    """The vendor's client, or a skip that says so."""
    sdk = pytest.importorskip(SDK, reason="kingdee.cdp.webapi.sdk is not installed: signatures are NOT checked against the vendor's client")
    client = sdk.K3CloudApiSdk(stand_url + "/K3Cloud/")
    client.InitConfig(ACCT, USER, APP_ID, SECRET, stand_url + "/K3Cloud/")
    return client


async def test_our_headers_are_those_of_the_vendors_client(k3: Peer) -> None:
    client = official(k3.stand.base_url)  # type: ignore[union-attr]
    path = "/K3Cloud/Kingdee.BOS.WebApi.ServicesStub.DynamicFormService.View.common.kdsvc"
    theirs = client.BuildHeader("http://127.0.0.1:80" + path)  # type: ignore[attr-defined]
    ours = signed_headers(settings_of(k3), path, theirs["x-api-timestamp"], theirs["x-api-nonce"])
    assert ours == {name: theirs[name] for name in ours}
    assert len(client_secret(APP_ID)) == 32
    assert client_secret("no-tail") == client_secret("short_tail") == ""


async def test_the_vendors_client_is_served_by_the_stand_in() -> None:
    """The stand-in checks signatures as we understand them: the vendor's client must pass, and fail with another secret."""
    async with FakeK3Cloud() as stand:
        client = official(stand.base_url)
        told = {
            "FormId": "SEC_User",
            "FieldKeys": "FUserID,FUserAccount",
            "FilterString": "FUserAccount='lisi'",
            "OrderString": "",
            "TopRowCount": 0,
            "StartRow": 0,
            "Limit": 1,
        }
        found = json.loads(await asyncio.to_thread(client.ExecuteBillQuery, told))  # type: ignore[attr-defined]
        assert found == [[1959752072810752, "lisi"]]
        client.identify.AppSecret = "another"  # type: ignore[attr-defined]
        client.cookiesStore.SID = ""  # type: ignore[attr-defined]
        refused = json.loads(await asyncio.to_thread(client.ExecuteBillQuery, told))  # type: ignore[attr-defined]
        assert refused[0][0]["Result"]["ResponseStatus"]["MsgCode"] == 1


def test_login_signs_are_ordinal() -> None:
    """Computed with sha256sum and sha1sum over `1ABab`."""
    parts = ("b", "B", "1", "a")
    assert login_sign(parts, "A", "sha256") == "c3f5af1c618636fc822a0d3353d552909f34fc5ed53ab28f1d0786517e8c7037"
    assert login_sign(parts, "A", "sha1") == "27220a6c922a764a5be91378fda9e43c628308f9"


async def test_an_old_server_wants_sha1(k3: Peer) -> None:
    stand_of(k3).sha1 = True
    k3.performing = k3.made(settings_of(k3, sign_hash="sha1"))
    assert (await perform(k3, call("grant")))["state"] == "done"


async def test_a_session_that_ended_is_renewed_once(k3: Peer) -> None:
    stand = stand_of(k3)
    await perform(k3, call("check"))
    stand.expire()
    assert (await perform(k3, call("grant")))["state"] == "done"
    assert stand.calls["login"] == 2
    k3.clock.skip(minutes=19)
    await perform(k3, call("check"))
    assert stand.calls["login"] == 3


async def test_a_session_that_is_never_taken_is_not_asked_for_again_and_again(k3: Peer) -> None:
    stand = stand_of(k3)
    stand._known = lambda asked: False  # type: ignore[method-assign] # MsgCode 1 for everything, as measured with wrong credentials
    with pytest.raises(AuthError):
        await perform(k3, call("grant"))
    assert stand.calls["login"] == 2


async def test_other_organisations_and_roles_stay(k3: Peer) -> None:
    stand = stand_of(k3)
    for role, org in (("FIN_VIEW", "100"), ("FIN_VIEW", "200"), ("FIN_APPROVE", "200")):
        stand.books.give("zhangsan", role, org)
        stand._entry("zhangsan", org)
    before = dict(stand.books.held)
    assert (await perform(k3, call("grant", key="g", org="200")))["note"] == ""
    assert stand.books.held.keys() - before.keys() == {("zhangsan", "FIN_CASHIER", "200")}
    assert (await perform(k3, call("revoke", key="r", org="200")))["verified_by_readback"] is True
    assert stand.books.held == before


async def test_an_edit_by_somebody_else_while_we_grant_is_kept_and_told(k3: Peer) -> None:
    stand = stand_of(k3)
    stand.books.give("zhangsan", "FIN_VIEW", "100")
    stand._entry("zhangsan", "100")
    stand.meanwhile = lambda: stand.books.give("zhangsan", "FIN_APPROVE", "100")
    told = await perform(k3, call("grant"))
    assert (told["state"], told["note"]) == ("done", "others_changed")
    assert ("zhangsan", "FIN_APPROVE", "100") in stand.books.held


async def test_a_user_whose_roles_move_is_not_saved_over(k3: Peer) -> None:
    """The second look before a revocation differs from the first: nothing is written."""
    stand = stand_of(k3)
    await perform(k3, call("grant"))
    before = stand.calls["grant"]
    stand.looked = lambda count: stand.books.give("zhangsan", "FIN_VIEW", "100") if count == 3 else None
    told = await perform(k3, call("revoke", key="r"))
    assert (told["state"], told["note"], stand.calls["grant"]) == ("refused", "conflict", before)
    stand.looked = None
    assert (await perform(k3, call("revoke", key="r")))["state"] == "done", "asked again, it is done"
    assert ("zhangsan", "FIN_VIEW", "100") in stand.books.held


async def test_writing_is_opt_in(k3: Peer) -> None:
    for writes, grant, revoke in (("off", "unsupported", "unsupported"), ("grant", "done", "unsupported")):
        k3.performing = k3.made(settings_of(k3, write_users=writes))
        assert (await perform(k3, call("grant", key=f"g{writes}")))["state"] == grant
        assert (await perform(k3, call("revoke", key=f"r{writes}")))["state"] == revoke


async def test_a_grant_needs_an_organisation(k3: Peer) -> None:
    k3.performing = k3.made(settings_of(k3, default_org=""))
    assert (await perform(k3, call("grant")))["state"] == "unsupported"
    assert (await perform(k3, call("grant", key="g2", org="300")))["state"] == "done"


async def test_a_licence_is_a_layer_of_its_own(k3: Peer) -> None:
    stand_of(k3).books.accounts["zhangsan"].licensed = False
    await perform(k3, call("grant"))
    layers = {one["layer"]: one["standing"] for one in (await perform(k3, call("explain")))["layers"]}  # type: ignore[attr-defined]
    assert (layers["role"], layers["organisation"], layers["licence"], layers["function"]) == ("ok", "ok", "missing", "unknown")


async def test_rules_of_the_system_are_refusals(k3: Peer) -> None:
    told = await perform(k3, call("grant", role="old"))
    assert (told["state"], told["note"]) == ("refused", "conflict")
    stand_of(k3).webapi_right = False
    told = await perform(k3, call("grant", key="g2"))
    assert (told["state"], told["note"]) == ("refused", "conflict")


async def test_a_field_that_is_missing_stops_for_a_person(k3: Peer) -> None:
    k3.performing = k3.made(settings_of(k3, licence_field="FNoSuch"))
    with pytest.raises(ContractError, match="MsgCode 9"):
        await perform(k3, call("explain"))


@given(st.text(max_size=30))
def test_a_filter_cannot_be_left(value: str) -> None:
    """However an account is written, it stays one SQL text: every quote inside is doubled."""
    made = equal("FUserAccount", value)
    inside = made.removeprefix("FUserAccount='")[:-1]
    assert inside.replace("''", "") == value.replace("'", "")
    assert "'" not in inside.replace("''", "")
