"""What every connector must do, whatever the system behind it: one suite over all of them."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from datetime import timedelta

import pytest
from peers import BOTH, MAKERS, READABLE, REMOTE, START, Peer

from bot.connectors.contract import AuthError, ContractError, Transient
from bot.connectors.settings import Writes
from bot.core.turn import Call
from bot.ports import ConnectorError

END = (START + timedelta(days=20)).isoformat()

each = pytest.mark.parametrize("kind", MAKERS)
each_readable = pytest.mark.parametrize("kind", READABLE)
each_remote = pytest.mark.parametrize("kind", REMOTE)
each_both = pytest.mark.parametrize("kind", BOTH)


def call(operation: str, key: str = "grant:R1:1", account: str = "zhangsan", role: str = "cashier", **more: str) -> Call:
    args = {"account": account, "role": role, "request_id": "R1", "end": END, "reason": "month end", "approved_by": "E7,E8", **more}
    return Call("x", operation, key, args)


async def perform(peer: Peer, one: Call) -> dict[str, object]:
    account = one.args.get("account", "")
    named = replace(one, args={**one.args, "account": peer.accounts.get(account, account)}) if account else one
    return json.loads(await peer.performing.perform(named))


async def until_settled(peer: Peer, one: Call) -> dict[str, object]:
    """As the outbox does: again after a transient fault, later each time."""
    for _ in range(6):
        try:
            return await perform(peer, one)
        except Transient:
            peer.clock.skip(seconds=50)
    raise AssertionError("never settled")


@each_readable
async def test_a_grant_is_done_and_seen(peer: Peer) -> None:
    before = peer.held()
    told = await perform(peer, call("grant"))
    assert (told["state"], told["verified_by_readback"]) == ("done", True)
    assert peer.held() == before | {("zhangsan", "FIN_CASHIER")}, "only this row came, nobody else's changed"


@each_readable
async def test_granting_twice_is_one_grant(peer: Peer) -> None:
    await perform(peer, call("grant"))
    again = await perform(peer, call("grant"))
    other = await perform(peer, call("grant", key="grant:R2:1"))
    assert (again["state"], other["state"]) == ("done", "already")
    assert peer.held() == {("lisi", "FIN_VIEW"), ("zhangsan", "FIN_CASHIER")} or peer.kind == "sandbox"


@each_readable
async def test_revoking_twice_is_fine(peer: Peer) -> None:
    await perform(peer, call("grant"))
    before = peer.held()
    first = await perform(peer, call("revoke", key="revoke:R1:1"))
    second = await perform(peer, call("revoke", key="revoke:R1:2"))
    assert (first["state"], first["verified_by_readback"], second["state"]) == ("done", True, "already")
    assert before - peer.held() == {("zhangsan", "FIN_CASHIER")}


@each_readable
async def test_a_role_can_be_granted_again_after_it_was_taken(peer: Peer) -> None:
    for number, operation in enumerate(("grant", "revoke", "grant")):
        assert (await perform(peer, call(operation, key=f"{operation}:{number}")))["state"] == "done"
    assert ("zhangsan", "FIN_CASHIER") in peer.held()


@each_readable
@pytest.mark.parametrize(("account", "note"), [("nobody", "user_absent"), ("wangwu", "user_disabled")])
async def test_absent_and_disabled_accounts_are_refused_before_any_write(peer: Peer, account: str, note: str) -> None:
    before = peer.held()
    told = await perform(peer, call("grant", account=account))
    assert (told["state"], told["note"], peer.held()) == ("refused", note, before)
    assert peer.grants == 0


@each_readable
async def test_taking_from_an_account_that_is_gone_is_done(peer: Peer) -> None:
    assert (await perform(peer, call("revoke", account="nobody")))["state"] == "already"


@each
async def test_a_role_that_is_not_mapped_is_never_granted(peer: Peer) -> None:
    told = await perform(peer, call("grant", role="sysadmin"))
    assert (told["state"], told["note"]) == ("refused", "unknown_role")
    assert peer.stand is None or sum(peer.stand.calls.values()) == 0


@each
async def test_the_longest_time_is_kept(peer: Peer) -> None:
    far = (START + timedelta(days=32)).isoformat()
    assert (await perform(peer, call("grant", end=far)))["note"] == "too_long"
    assert (await perform(peer, call("grant", end="")))["note"] == "too_long"
    assert (await perform(peer, call("grant", end=START.isoformat())))["note"] == "over"


@each_both
@pytest.mark.parametrize("fault", ["drop_after", "error_after", "malformed", "odd"])
async def test_a_lost_answer_does_not_grant_twice(peer: Peer, fault: str) -> None:
    """The system did it, its answer never came or made no sense."""
    assert peer.stand is not None
    await perform(peer, call("check"))
    peer.stand.faults.add(fault, peer.grant_call, times=1, status=502)
    told = await until_settled(peer, call("grant"))
    assert (told["state"], told["verified_by_readback"]) == ("done", True)
    assert peer.grants == 1, "read, not resent"


@each_both
async def test_a_request_that_never_arrived_is_sent_again(peer: Peer) -> None:
    assert peer.stand is not None
    peer.stand.faults.add("drop_before", peer.grant_call, times=1)
    with pytest.raises(Transient):
        await perform(peer, call("grant"))
    with pytest.raises(Transient):
        await perform(peer, call("grant"))
    assert peer.grants == 1, "a lost answer is given time to settle"
    assert (await until_settled(peer, call("grant")))["state"] == "done"
    assert peer.grants == 2


@each_remote
async def test_a_wrong_secret_is_tried_once_and_never_shown(peer: Peer, caplog: pytest.LogCaptureFixture) -> None:
    assert peer.stand is not None
    caplog.set_level(logging.DEBUG)
    peer.performing = peer.made(peer.wrong)
    before = peer.held()
    with pytest.raises(AuthError) as caught:
        await perform(peer, call("grant"))
    assert peer.stand.calls[peer.auth_call] == 1
    assert peer.held() == before
    assert_nothing_shown(peer, caught.value, caplog)


@each_remote
async def test_secrets_are_in_no_log_and_no_fault(peer: Peer, caplog: pytest.LogCaptureFixture) -> None:
    assert peer.stand is not None
    caplog.set_level(logging.DEBUG)
    await perform(peer, call("grant"))
    for fault in ("drop_before", "error", "html", "odd", "malformed", "redirect", "huge", "throttle"):
        peer.stand.faults.clear()
        peer.stand.faults.add(fault)
        with pytest.raises(ConnectorError) as caught:
            await perform(peer, call("grant", key=f"grant:{fault}:1", account="lisi"))
        assert_nothing_shown(peer, caught.value, caplog)
    for shown in (repr(peer.settings), repr(peer.performing), repr(vars(peer.performing.system))):
        assert not any(secret in shown for secret in peer.secrets)


def assert_nothing_shown(peer: Peer, fault: BaseException, caplog: pytest.LogCaptureFixture) -> None:
    import traceback

    shown = "".join(traceback.format_exception(fault)) + caplog.text
    for told in (*peer.secrets, "wrong-secret", "zhangsan", "access_token=", "signature="):
        assert told not in shown, told
    assert fault.__context__ is None or "http" not in str(fault.__context__)


@each_remote
@pytest.mark.parametrize("fault", ["odd", "html"])
async def test_an_unknown_answer_stops_for_a_person(peer: Peer, fault: str) -> None:
    assert peer.stand is not None
    peer.stand.faults.add(fault)
    with pytest.raises(ContractError):
        await perform(peer, call("grant"))


@each_remote
async def test_a_busy_system_is_asked_later(peer: Peer) -> None:
    from bot.connectors.contract import RateLimited

    assert peer.stand is not None
    peer.stand.faults.add("throttle", seconds=7)
    with pytest.raises(RateLimited) as caught:
        await perform(peer, call("grant"))
    assert caught.value.retry_after == 7


@each_readable
async def test_dry_run_and_kill_switch_write_nothing(peer: Peer) -> None:
    before = peer.held()
    for writes, state in ((Writes.DRY_RUN, "planned"), (Writes.OFF, "refused")):
        peer.performing.writing.writes = writes
        assert (await perform(peer, call("grant")))["state"] == state
    assert peer.held() == before
    peer.performing.writing.writes = Writes.ON
    assert (await perform(peer, call("switch", writes="off")))["writes"] == "off"
    peer.restart()
    assert (await perform(peer, call("grant")))["note"] == "switched_off", "the switch outlives a restart"
    peer.performing.writing.writes = Writes.DRY_RUN
    assert (await perform(peer, call("switch", writes="on")))["writes"] == "dry_run", "never more than the settings allow"
    peer.performing.writing.writes = Writes.ON
    assert (await perform(peer, call("grant")))["state"] == "done"


@each_readable
async def test_what_is_held_is_told_in_our_words(peer: Peer) -> None:
    await perform(peer, call("grant"))
    told = await perform(peer, call("check"))
    roles = {one["role"] for one in told["roles"]}  # type: ignore[attr-defined]
    assert (told["user"], roles) == ("active", {"cashier"})
    assert (await perform(peer, call("check", account="wangwu")))["user"] == "disabled"
    assert (await perform(peer, call("check", account="nobody")))["user"] == "absent"


@each_readable
async def test_access_is_explained_layer_by_layer(peer: Peer) -> None:
    before = {one["layer"]: one["standing"] for one in (await perform(peer, call("explain")))["layers"]}  # type: ignore[attr-defined]
    assert (before["account"], before["role"]) == ("ok", "missing")
    await perform(peer, call("grant"))
    after = {one["layer"]: one["standing"] for one in (await perform(peer, call("explain")))["layers"]}  # type: ignore[attr-defined]
    assert after["role"] == "ok"
    gone = await perform(peer, call("explain", account="nobody"))
    assert gone["layers"] == [{"layer": "account", "standing": "missing"}]


@each_readable
async def test_members_and_roles_can_be_reviewed(peer: Peer) -> None:
    await perform(peer, call("grant"))
    members = await perform(peer, call("members"))
    assert [one["account"] for one in members["members"]] == [peer.shown.get("zhangsan", "zhangsan")]  # type: ignore[attr-defined]
    if peer.kind != "sandbox":
        roles = await perform(peer, call("roles"))
        assert {"cashier", "viewer"} <= {one["role"] for one in roles["roles"]}  # type: ignore[attr-defined]


@each
async def test_health_tells_and_never_raises(peer: Peer) -> None:
    assert (await perform(peer, call("health")))["ok"] is True
    if peer.stand is not None:
        for fault in ("error", "odd", "html", "drop_before"):
            peer.stand.faults.clear()
            peer.stand.faults.add(fault)
            peer.performing = peer.made()
            health = await perform(peer, call("health"))
            assert health["ok"] is False or fault == "odd"


@each
async def test_odd_calls_are_refused(peer: Peer) -> None:
    for odd in (
        Call("x", "drop_table", "k"),
        Call("x", "check", "k"),
        call("grant", end="tomorrow"),
        call("confirm", state="maybe"),
        Call("x", "confirm", "k", {"state": "done"}),
        call("switch", writes="maybe"),
    ):
        with pytest.raises(ConnectorError):
            await peer.performing.perform(odd)
    for odd in ("members", "explain"):
        with pytest.raises(ConnectorError, match=r"mapped|read"):
            await perform(peer, call(odd, role="sysadmin"))
    for account in ("", "a" * 200, "zhang\nsan"):
        assert (await perform(peer, call("grant", account=account)))["note"] == "bad_account"


@each_readable
@pytest.mark.parametrize("account", ["' or '1'='1", '") or (userName pr', "张三", "a&b=c", "../x", "%27"])
async def test_odd_accounts_find_nobody(peer: Peer, account: str) -> None:
    before = peer.held()
    assert (await perform(peer, call("grant", account=account)))["note"] in {"user_absent", "bad_account", "unsupported"}
    assert peer.held() == before


@pytest.mark.parametrize("kind", [kind for kind in REMOTE if kind != "scim"])
async def test_a_clock_that_is_an_hour_off_is_an_authentication_fault(peer: Peer) -> None:
    """SCIM signs nothing; all others do, and say so instead of trying again and again."""
    assert peer.stand is not None
    peer.stand.skew = 3600
    with pytest.raises(AuthError):
        await perform(peer, call("grant"))
    assert peer.grants <= 1
    assert ("zhangsan", "FIN_CASHIER") not in peer.held()


@each_both
async def test_a_slow_system_is_waited_for(peer: Peer) -> None:
    assert peer.stand is not None
    peer.stand.faults.add("latency", peer.grant_call, times=1, seconds=0.2)
    assert (await perform(peer, call("grant")))["state"] == "done"
    assert peer.grants == 1
