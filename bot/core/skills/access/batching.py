"""Several items of low risk and of one kind decided in one go: chosen, read back, confirmed with a code that is good once and for a minute."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core import codes
from bot.core.facts import Facts
from bot.core.model import Action, Awaiting, Batch, Request
from bot.core.skills.access import agreeing, filing, pending
from bot.core.skills.access.telling import LEAVE, deciding, role_told, shown
from bot.core.turn import Decision, Effect, Here, Put, Reason, Say, Turn

MOST = 20
_NUMBERS = re.compile(r"\d{1,2}")


def gathered(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The items of a kind that wait, without those that were taken out by their numbers, and the button that decides them all."""
    role = turn.understanding.slot("role")
    fitting = [one for one in pending.mine(facts, now) if isinstance(one, Request) and pending.kind(one) == role and facts.policy.access.role(role).low]
    out = {int(number) for number in _NUMBERS.findall(turn.understanding.slot("without"))}
    chosen = [one for place, one in enumerate(fitting[:MOST], 1) if place not in out]
    if not chosen:
        return pending.listed(turn, facts, now)
    return offered(chosen, role, turn, facts, now)


def offered(chosen: Sequence[Request], role: str, turn: Turn, facts: Facts, now: datetime, apart: Sequence[Mapping[str, object]] = ()) -> Decision:
    """The chosen items read back, with the button that decides them all; `role` is empty for items of several kinds, `apart` are those that were meant but
    must be looked at by themselves."""
    until = now + timedelta(seconds=facts.policy.access.batch_s)
    code = codes.make(int(turn.seed[14:26], 16), codes.LONGEST)
    batch = Batch(f"b{turn.seed[:14]}", code, facts.viewer.id, "open", tuple((one.id, one.edition) for one in chosen), until)
    data = {
        "items": [shown(one, facts, now) for one in chosen],
        "role": role_told(facts.policy.access, role) if role else None,
        "apart": apart,
        "code": code,
        "seconds": facts.policy.access.batch_s,
    }
    actions = (Action("act.approve", (("code", code),), "approve_all", code), LEAVE)
    waiting = Awaiting("access.batch", "without", (("role", role),), until + timedelta(minutes=5)) if role else None
    return Decision(Reason.ASKED_BACK, (Put(batch), Say(Here(), "access/batch", data, actions)), topic="act.my_pending", awaiting=waiting)


def carried_out(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Each item of the batch by itself, with its own outcome. The code is another's, used or late: nothing happens."""
    code = turn.understanding.slot("code")
    batch = next((one for one in facts.all(Batch) if one.code == code and one.person == facts.viewer.id and one.state == "open"), None)
    if batch is None:
        return pending.unknown(code, turn, facts, now)
    if now > batch.until:
        again = next((one for one in facts.all(Request) if one.id == batch.requests[0][0]), None)
        anew = (Action("access.batch", (("role", again.role),), "batch_again"),) if again is not None else ()
        return Decision(Reason.STALE_OPTION, (Say(Here(), "access/cannot", {"why": "batch_over", "code": code}, anew),))
    effects: list[Effect] = [Put(replace(batch, state="used"))]
    rows: list[dict[str, object]] = []
    done_ids: set[str] = set()
    for place, (ident, edition) in enumerate(batch.requests):
        request = next((one for one in facts.all(Request) if one.id == ident), None)
        outcome, more = _one(request, edition, place, turn, facts, now)
        effects += more
        rows.append({"item": shown(request, facts, now) if request else None, "outcome": outcome})
        done_ids |= {ident} if outcome == "approved" else set()
    noted = filing.entry(turn, now, facts.viewer.id, "batch.approve", f"batch:{batch.id}", f"{len(done_ids)}/{len(rows)}", place=len(rows))
    left = [one for one in pending.mine(facts, now) if one.id not in done_ids]
    data = {"rows": rows, "done": len(done_ids), "total": len(left), "next": pending.told(left[0], facts, now) if left else None}
    actions = (*deciding(left[0].code), *pending.batches(left, turn, facts)) if left else ()
    return Decision(Reason.SAVED, (*effects, noted, Say(Here(), "access/batch_done", data, actions)), topic="act.my_pending")


def _one(request: Request | None, edition: int, place: int, turn: Turn, facts: Facts, now: datetime) -> tuple[str, tuple[Effect, ...]]:
    if request is None or request.edition != edition:
        return "changed", ()
    if request.state != "pending":
        return "decided", ()
    if not pending.kind(request) or agreeing.hindered(request, facts):
        return "by_itself", ()
    found = agreeing.agreed(request, place, turn, facts, now)
    return ("approved", found[1]) if found is not None else ("decided", ())
