"""The signed webhook: later answers by polling and by callback, signatures both ways, keys that change."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from peers import Peer, peer_of
from pydantic import SecretStr
from test_conformance import call, perform

from bot.connectors.contract import AuthError, ContractError, State, Transient
from bot.connectors.signing import SignatureCheck, Verdict, signature
from bot.connectors.webhook import Webhook
from bot.fake_finance.webhook import SECRET, FakeWebhook


@pytest.fixture
async def blind(tmp_path: Path) -> AsyncIterator[Peer]:
    """A webhook whose other side cannot be read."""
    async with peer_of("blind", tmp_path) as peer:
        yield peer


def stand_of(peer: Peer) -> FakeWebhook:
    assert isinstance(peer.stand, FakeWebhook)
    return peer.stand


def webhook_of(peer: Peer) -> Webhook:
    assert isinstance(peer.performing.system, Webhook)
    return peer.performing.system


async def test_a_write_that_ends_later_is_polled(blind: Peer) -> None:
    stand = stand_of(blind)
    stand.later = True
    for _ in range(2):
        with pytest.raises(Transient, match="still at it"):
            await perform(blind, call("grant"))
    blind.clock.skip(minutes=16)
    assert (await perform(blind, call("grant")))["state"] == "pending", "told after a quarter of an hour"
    stand.finish("grant:R1:1")
    told = await perform(blind, call("grant"))
    assert (told["state"], told["verified_by_readback"]) == ("done", False), "not seen by us, and not claimed to be"
    assert stand.calls["grant"] == 1


async def test_a_refusal_that_comes_later_is_told_with_its_code(blind: Peer) -> None:
    stand = stand_of(blind)
    stand.later = True
    with pytest.raises(Transient):
        await perform(blind, call("grant"))
    stand.finish("grant:R1:1", refuse="budget_closed")
    told = await perform(blind, call("grant"))
    assert (told["state"], told["note"]) == ("refused", "budget_closed")


async def test_a_lost_answer_is_sent_again_under_the_same_key(blind: Peer) -> None:
    """What cannot be read is kept single by the idempotency key."""
    stand = stand_of(blind)
    stand.faults.add("drop_after", "grant", times=1)
    with pytest.raises(Transient):
        await perform(blind, call("grant"))
    assert (await perform(blind, call("grant")))["state"] == "done"
    assert [write.what for write in stand.books.writes] == ["grant"]


async def test_a_callback_closes_what_was_pending(blind: Peer) -> None:
    stand, hook = stand_of(blind), webhook_of(blind)
    stand.later = True
    with pytest.raises(Transient):
        await perform(blind, call("grant"))
    headers, body = stand.callback(stand.finish("grant:R1:1"), "/finance/erp?x=1")
    key, outcome = hook.heard("POST", "/finance/erp?x=1", headers, body)
    assert (key, outcome.state) == ("grant:R1:1", State.DONE)
    late = await blind.performing.heard(key, outcome)
    assert late is not None
    assert (late.call.operation, late.call.key, dict(late.call.args), late.ok) == ("grant", "grant:R1:1:late", {"request_id": "R1"}, True)
    assert json.loads(late.value)["state"] == "done"
    assert await blind.performing.heard(key, outcome) is None, "what is closed stays closed"
    assert await blind.performing.heard("grant:unknown", outcome) is None
    assert (await perform(blind, call("grant")))["state"] == "done"


@pytest.mark.parametrize("forged", ["secret", "body", "target", "late", "replay", "nonce", "none"])
async def test_callbacks_that_are_not_right_are_refused(blind: Peer, forged: str) -> None:
    stand, hook = stand_of(blind), webhook_of(blind)
    headers, body = stand.callback({"key": "grant:R1:1", "state": "granted"}, "/cb", secret="another" if forged == "secret" else "")
    target = "/other" if forged == "target" else "/cb"
    if forged == "body":
        body = body.replace(b"R1", b"R2")
    if forged == "late":
        blind.clock.skip(seconds=301)
    if forged == "replay":
        hook.heard("POST", "/cb", headers, body)
    if forged == "nonce":
        headers["X-Bot-Nonce"] = "n"
    if forged == "none":
        headers = {}
    with pytest.raises(AuthError):
        hook.heard("POST", target, headers, body)


async def test_odd_callbacks_are_contract_faults(blind: Peer) -> None:
    stand, hook = stand_of(blind), webhook_of(blind)
    for told in ({"state": "granted"}, {"key": "k", "state": "perhaps"}, {"key": ["k"], "state": "granted"}):
        headers, body = stand.callback(told, "/cb")
        with pytest.raises(ContractError):
            hook.heard("POST", "/cb", headers, body)


async def test_a_key_can_be_changed_without_a_stop(tmp_path: Path) -> None:
    async with peer_of("webhook", tmp_path) as peer:
        stand = stand_of(peer)
        stand.secrets = ("new-secret", SECRET)
        peer.settings = peer.settings.model_copy(update={"secret": SecretStr("new-secret"), "old_secret": SecretStr(SECRET)})
        peer.restart()
        assert (await perform(peer, call("grant")))["state"] == "done"
        for secret in ("new-secret", SECRET):
            webhook_of(peer).heard("POST", "/cb", *stand.callback({"key": secret, "state": "granted"}, "/cb", secret=secret))


@pytest.mark.parametrize("minutes", [-6, 6])
async def test_a_clock_that_is_off_is_an_authentication_fault(blind: Peer, minutes: int) -> None:
    stand_of(blind).skew = minutes * 60
    with pytest.raises(AuthError):
        await perform(blind, call("grant"))


@pytest.mark.parametrize("path", ["https://evil.example/r", "//evil.example/r", "r/1", "/r 1"])
async def test_only_paths_of_the_same_host_are_polled(blind: Peer, path: str) -> None:
    stand = stand_of(blind)
    stand.answers["grant:R1:1"] = {"state": "pending", "poll": path}
    if path.startswith("//"):
        for kind in (Transient, ContractError):
            with pytest.raises(kind):
                await perform(blind, call("grant"))
        assert stand.calls["poll"] == 0
        return
    with pytest.raises(ContractError):
        await perform(blind, call("grant"))


def test_a_signature_is_the_same_as_the_page_says() -> None:
    """The worked example of docs/how-to/connect-finance.md."""
    made = signature("s3cret", "POST", "/hook", "1764550800", "3f2a3f2a3f2a3f2a", b'{"op":"ping"}')
    assert made == "v1=5a71ef62940ed5f314db5887adaf3f3a78b9cd0034f5a77e00e381e91af187a8", "computed with openssl"


def test_nonces_are_forgotten_after_the_window() -> None:
    from peers import START

    check = SignatureCheck(["s"])

    def judge(at_s: int) -> Verdict:
        now = START + timedelta(seconds=at_s)
        stamp = str(int(now.timestamp()))
        headers = {"X-Bot-Timestamp": stamp, "X-Bot-Nonce": "12345678", "X-Bot-Signature": signature("s", "POST", "/", stamp, "12345678", b"")}
        return check.verdict("POST", "/", headers, b"", now)

    assert [judge(at) for at in (0, 1, 700)] == [Verdict.GOOD, Verdict.REPLAYED, Verdict.GOOD]
