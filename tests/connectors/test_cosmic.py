"""Cosmic against its stand-in: tokens in a header only, locks, repeated keys, paths that are not attached, days and moments."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from peers import START, Peer, peer_of
from test_conformance import call, perform, until_settled

from bot.connectors.contract import AuthError, ContractError, Forbidden, RateLimited, Transient
from bot.connectors.settings import CosmicSettings
from bot.fake_finance import cosmic
from bot.fake_finance.books import Term
from bot.fake_finance.cosmic import FakeCosmic


@pytest.fixture
async def kapi(tmp_path: Path) -> AsyncIterator[Peer]:
    """The connector on the played app."""
    async with peer_of("cosmic", tmp_path) as peer:
        yield peer


def stand_of(peer: Peer) -> FakeCosmic:
    assert isinstance(peer.stand, FakeCosmic)
    return peer.stand


def settings_of(peer: Peer, **more: object) -> CosmicSettings:
    assert isinstance(peer.settings, CosmicSettings)
    return peer.settings.model_copy(update=more)


async def test_a_key_that_was_carried_out_is_not_carried_out_again(kapi: Peer) -> None:
    """The answer was lost, nothing can be read: the server says 604 and that is a yes."""
    stand = stand_of(kapi)
    kapi.performing = kapi.made(settings_of(kapi, user_path="", roles_path=""))
    stand.faults.add("drop_after", "grant", times=1)
    with pytest.raises(Transient):
        await perform(kapi, call("grant"))
    told = await perform(kapi, call("grant"))
    assert (told["state"], told["verified_by_readback"], stand.calls["grant"]) == ("done", False, 2)
    assert [write.what for write in stand.books.writes] == ["grant"]


async def test_wrong_secrets_never_lock_the_client(kapi: Peer) -> None:
    stand = stand_of(kapi)
    kapi.performing = kapi.made(kapi.wrong)
    for number in range(20):
        with pytest.raises(AuthError):
            await perform(kapi, call("grant", key=f"g{number}"))
        kapi.clock.skip(seconds=10)
    assert stand.calls["bad_auth"] == 1
    assert stand._locked_until == 0


async def test_a_token_that_ended_is_renewed_once(kapi: Peer) -> None:
    stand = stand_of(kapi)
    await perform(kapi, call("check"))
    stand.expire()
    assert (await perform(kapi, call("grant")))["state"] == "done"
    assert stand.calls["token"] == 2
    kapi.clock.skip(hours=2)
    await perform(kapi, call("check"))
    assert stand.calls["token"] == 3, "expires_in is in milliseconds"


async def test_what_is_not_attached_or_allowed_is_the_operators_business(kapi: Peer) -> None:
    stand = stand_of(kapi)
    stand.attached.remove(cosmic.ASSIGN)
    with pytest.raises(Forbidden):
        await perform(kapi, call("grant"))
    stand.attached.add(cosmic.ASSIGN)
    stand.no_data_right = True
    with pytest.raises(Forbidden):
        await perform(kapi, call("grant"))
    stand.no_data_right = False
    assert (await perform(kapi, call("grant")))["state"] == "done", "a known no leaves the key free"


async def test_a_proxy_user_that_is_not_listed(kapi: Peer) -> None:
    stand_of(kapi).proxies.clear()
    with pytest.raises(AuthError, match="603"):
        await perform(kapi, call("grant"))


@pytest.mark.parametrize("minutes", [-6, 6])
async def test_a_clock_that_is_off_is_told(kapi: Peer, minutes: int) -> None:
    stand_of(kapi).skew = minutes * 60
    health = await perform(kapi, call("health"))
    assert (health["ok"], "603" in str(health["detail"])) == (False, True)


async def test_too_many_tokens_are_asked_for_later(kapi: Peer) -> None:
    stand = stand_of(kapi)
    for _ in range(30):
        kapi.performing = kapi.made()
        await perform(kapi, call("check"))
    kapi.performing = kapi.made()
    with pytest.raises(RateLimited):
        await perform(kapi, call("check"))
    assert stand.calls["bad_auth"] == 0


async def test_a_role_that_is_switched_off_is_refused(kapi: Peer) -> None:
    told = await perform(kapi, call("grant", role="old"))
    assert (told["state"], told["note"]) == ("refused", "refused")


async def test_days_and_moments_are_read_in_the_zone(kapi: Peer) -> None:
    stand = stand_of(kapi)
    for end, held in (
        ("2026-12-01", True),
        ("2026-11-30", False),
        ("2026-12-01 09:00:01", True),
        ("2026-12-01 09:00:00", False),
        ("9999-12-31", True),
        ("", True),
    ):
        stand.books.held["zhangsan", "FIN_CASHIER", ""] = Term("2026-11-01", end)
        found = (await perform(kapi, call("check")))["roles"]
        assert bool(found) is held, end
    stand.books.held["zhangsan", "FIN_CASHIER", ""] = Term("2026-11-01", "soon-after-lunch")
    with pytest.raises(ContractError):
        await perform(kapi, call("check"))


async def test_a_renewal_is_sent_with_its_day(kapi: Peer) -> None:
    stand = stand_of(kapi)
    for number, days in enumerate((5, 9)):
        end = (START + timedelta(days=days)).isoformat()
        assert (await until_settled(kapi, call("grant", key=f"g{number}", end=end)))["state"] == "done"
    assert stand.books.held["zhangsan", "FIN_CASHIER", ""].end == "2026-12-10"


async def test_what_is_not_configured_cannot_be_done(kapi: Peer) -> None:
    kapi.performing = kapi.made(settings_of(kapi, assign_path="", revoke_path=""))
    assert (await perform(kapi, call("grant")))["state"] == "unsupported"
    kapi.performing = kapi.made(settings_of(kapi, user_path=""))
    assert (await perform(kapi, call("health")))["ok"] is True
