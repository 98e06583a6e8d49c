"""YonBIP against its stand-in: organisations, dates, identities, tokens that end early, and the vendor's ways of saying no."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from peers import START, Peer, peer_of
from test_conformance import call, perform

from bot.connectors.contract import ContractError, Forbidden, RateLimited, Unsupported
from bot.connectors.yonbip_gate import sign
from bot.fake_finance.yonbip import FakeYonBip


@pytest.fixture
async def bip(tmp_path: Path) -> AsyncIterator[Peer]:
    """The connector on the played tenant."""
    async with peer_of("yonbip", tmp_path) as peer:
        yield peer


def stand_of(peer: Peer) -> FakeYonBip:
    assert isinstance(peer.stand, FakeYonBip)
    return peer.stand


def day(number: int) -> str:
    return (START + timedelta(days=number)).isoformat()


def test_the_signature_is_the_published_formula() -> None:
    """Computed with openssl over `appKeyKtimestamp1`."""
    assert sign("secret", {"timestamp": "1", "appKey": "K"}) == "+eHH+C6jVXz5iR2RKMsOaQ2twQGyOvQvFHhQshZWdEI="


async def test_a_role_without_an_organisation_shows_nothing(bip: Peer) -> None:
    """The layer most often missing."""
    await perform(bip, call("grant"))
    layers = {one["layer"]: one["standing"] for one in (await perform(bip, call("explain")))["layers"]}  # type: ignore[attr-defined]
    assert layers == {
        "account": "ok", "identity": "ok", "role": "ok", "organisation": "missing", "function": "ok", "data": "unknown", "licence": "unknown",
    }  # fmt: skip


async def test_organisations_are_added_and_never_overwritten(bip: Peer) -> None:
    stand = stand_of(bip)
    for number, org in enumerate(("2451586070583040", "2451586070583041")):
        assert (await perform(bip, call("grant", key=f"g{number}", org=org)))["verified_by_readback"] is True
    assert stand.orgs["zhangsan", "FIN_CASHIER"] == ["2451586070583040", "2451586070583041"]
    told = await perform(bip, call("revoke", key="r0", org="2451586070583040"))
    assert (told["state"], stand.orgs["zhangsan", "FIN_CASHIER"]) == ("done", ["2451586070583041"])
    assert ("zhangsan", "FIN_CASHIER") in bip.held()
    await perform(bip, call("revoke", key="r1", org="2451586070583041"))
    assert ("zhangsan", "FIN_CASHIER") not in bip.held(), "the role goes with its last organisation"
    assert stand.overwrites == 0


async def test_a_crash_between_role_and_organisation_is_mended(bip: Peer) -> None:
    stand = stand_of(bip)
    stand.faults.add("drop_before", "add_org", times=1)
    with pytest.raises(Exception, match="no answer"):
        await perform(bip, call("grant", org="100"))
    bip.clock.skip(seconds=60)
    assert (await perform(bip, call("grant", org="100")))["state"] == "done"
    assert stand.orgs["zhangsan", "FIN_CASHIER"] == ["100"]


async def test_half_a_grant_is_not_called_refused(bip: Peer) -> None:
    """The role was saved, its organisation was refused: somebody must look, and trying again mends it."""
    stand = stand_of(bip)
    stand.faults.add("error", "add_org", times=1, status=403)
    with pytest.raises(ContractError, match="the role was saved before it"):
        await perform(bip, call("grant", org="100"))
    bip.clock.skip(seconds=60)
    assert (await perform(bip, call("grant", org="100")))["state"] == "done"


async def test_a_role_that_was_switched_off_later_can_be_taken(bip: Peer) -> None:
    await perform(bip, call("grant"))
    stand_of(bip).books.roles["FIN_CASHIER"].active = False
    assert (await perform(bip, call("revoke", key="r")))["state"] == "done"
    assert ("zhangsan", "FIN_CASHIER") not in bip.held()


async def test_dates_are_given_kept_and_prolonged(bip: Peer) -> None:
    stand = stand_of(bip)
    assert (await perform(bip, call("grant", key="g1", end=day(5))))["state"] == "done"
    term = stand.books.held["zhangsan", "FIN_CASHIER", ""]
    assert (term.begin, term.end) == ("2026-12-01", "2026-12-06"), "the day in Shanghai on which the moment lies"
    assert (await perform(bip, call("grant", key="g2", end=day(3))))["state"] == "already"
    assert (await perform(bip, call("grant", key="g3", end=day(9))))["state"] == "done"
    assert stand.books.held["zhangsan", "FIN_CASHIER", ""].end == "2026-12-10"
    bip.clock.skip(days=12)
    assert (await perform(bip, call("check")))["roles"] == []


async def test_another_identity_of_the_person_does_not_count(bip: Peer) -> None:
    stand_of(bip).identities["zhangsan"] = ["2"]
    told = await perform(bip, call("grant"))
    assert (told["state"], told["note"]) == ("refused", "not_found")
    layers = {one["layer"]: one["standing"] for one in (await perform(bip, call("explain")))["layers"]}  # type: ignore[attr-defined]
    assert (layers["account"], layers["identity"]) == ("ok", "missing")


async def test_a_role_that_is_switched_off_is_refused(bip: Peer) -> None:
    told = await perform(bip, call("grant", role="old"))
    assert (told["state"], told["note"]) == ("refused", "disabled")


async def test_a_token_that_ends_early_is_renewed_once(bip: Peer) -> None:
    stand = stand_of(bip)
    await perform(bip, call("check"))
    stand.expire()
    assert (await perform(bip, call("grant")))["state"] == "done"
    assert (stand.calls["token"], stand.calls["gateway"]) == (2, 1)
    bip.clock.skip(seconds=7200)
    await perform(bip, call("check"))
    assert stand.calls["token"] == 3


async def test_an_app_without_a_bound_user_is_the_operators_business(bip: Peer) -> None:
    stand_of(bip).bound_only = True
    with pytest.raises(Forbidden):
        await perform(bip, call("grant"))


async def test_the_rate_of_an_api_is_kept(bip: Peer) -> None:
    stand_of(bip).per_minute = 1
    await perform(bip, call("check"))
    with pytest.raises(RateLimited):
        await perform(bip, call("check"))
    bip.clock.skip(seconds=60)
    await perform(bip, call("check"))


async def test_names_are_no_accounts(bip: Peer) -> None:
    with pytest.raises(Unsupported):
        await perform(bip, call("check", account="Zhang San"))
    told = await perform(bip, call("grant", account="Zhang San"))
    assert told["state"] == "unsupported"


async def test_organisations_need_a_service_to_be_read_with(bip: Peer) -> None:
    bip.performing = bip.made(bip.settings.model_copy(update={"service_code": ""}))
    assert (await perform(bip, call("grant", org="100")))["state"] == "unsupported"
    assert (await perform(bip, call("grant", key="g2")))["state"] == "done"
    assert bip.grants == 1


async def test_a_gateway_elsewhere_must_be_as_safe(bip: Peer) -> None:
    """The answer that names the gateway may not lead the secret's signature to an unsafe address."""
    from bot.connectors.yonbip_gate import YonBipGate

    safe = bip.settings.model_copy(update={"base_url": "https://gateway.example.com"})
    gate = YonBipGate("erp", safe, None, bip.clock)  # type: ignore[arg-type]
    assert gate._safe("https://other.example.com/x", "gateway") == "https://other.example.com/x"
    for url in ("http://other.example.com", "https://user:pw@other.example.com", "ftp://other.example.com", "//other.example.com"):
        with pytest.raises(ContractError):
            gate._safe(url, "gateway")


async def test_wrong_credentials_are_left_alone_for_a_while(bip: Peer) -> None:
    stand = stand_of(bip)
    bip.performing = bip.made(bip.wrong)
    for minutes in (0, 1, 4):
        bip.clock.skip(minutes=minutes)
        for number in range(3):
            health = await perform(bip, call("health", key=f"h{number}"))
            assert health["ok"] is False
    assert stand.calls["bad_auth"] == 2, "once, and once more after five minutes"


@pytest.mark.parametrize("answer", [{}, {"code": None}, {"code": True}, {"code": 1.5}, {"code": "77"}, {"code": ["200"]}])
async def test_answers_of_other_shapes_stop(bip: Peer, answer: dict[str, object]) -> None:
    from bot.connectors.http import Reply, encoded
    from bot.connectors.yonbip import YonBip

    system = bip.performing.system
    assert isinstance(system, YonBip)
    with pytest.raises(ContractError):
        system._gate._fine(Reply(200, {}, encoded(answer)), "user")
