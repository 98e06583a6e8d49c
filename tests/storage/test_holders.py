"""Whom a round of reminders concerns: holders, those who decide beside them, deputies - each once, on both databases."""

from __future__ import annotations

from storage_samples import NOW, message, turn

from bot.core.model import Approval, Away, Request
from storage import SqlStore


def request(ident: str, *approvers: str, quorum: int = 1, second: str = "", **other: object) -> Request:
    values = {"since": NOW, "made": NOW, "holder": approvers[0], "approvers": approvers, "quorum": quorum, "second": second, **other}
    return Request(ident, f"K7Q2{ident}", "dingtalk:ann", "pending", "k3", "viewer", **values)  # type: ignore[arg-type] # as given


async def test_everybody_who_is_asked_has_a_round(store: SqlStore) -> None:
    given = Approval("dingtalk:wu", True, NOW, 1)
    items = (
        request("a", "dingtalk:li", "dingtalk:spare"),
        request("b", "dingtalk:li", "dingtalk:wang", quorum=2),
        request("c", "dingtalk:li", "dingtalk:zhao", second="dingtalk:zhao"),
        request("d", "dingtalk:wu", "dingtalk:zhou", quorum=2, holder="dingtalk:zhou", approvals=(given,)),
        Away("dingtalk:li", "dingtalk:li", NOW, NOW, "dingtalk:deputy"),
    )
    await store.commit(turn(message("m1"), *items))
    wanted = {f"dingtalk:{name}" for name in ("li", "wang", "zhao", "zhou", "deputy")}
    found = await store.holders()
    assert set(found) == wanted, "neither who is not asked yet nor who has decided"
    assert len(found) == len(wanted)
