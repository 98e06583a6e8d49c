"""Sends a confirmed broadcast in parts that can still be stopped, counts how its messages ended, and tells its author and whoever asks."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.calendar import may_send, next_send
from bot.core.facts import Ask, Facts, Tally
from bot.core.model import Action, Broadcast, Delivery, Ends, Person
from bot.core.skills.admin.broadcasting import AUDIENCES, LIVE, lined, people_of, row, stops
from bot.core.turn import Decision, Effect, Here, Private, Put, Reason, Say, Turn

COMMAND = "shell.broadcasts"
PART = 50
"""People told at once; between two parts it can be stopped."""
PAUSE = timedelta(seconds=15)
COUNT_AFTER = timedelta(seconds=30)
LOOK_AGAIN = timedelta(minutes=1)
PATIENCE = timedelta(minutes=10)
"""For so long after the last part it is waited for what is still being tried; then the author is told how it stands."""
SHOWN = 5
TURN = 24
"""Characters of a turn's seed that its messages are known by."""


def due(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every question has this shape
    """The broadcast whose next step is due."""
    return (Ask(Broadcast, id=getattr(turn.stimulus, "entity", "")),)


def who_then(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every question has this shape
    """Of a planned one who it goes to now, of one that is handed over how its messages ended."""
    kept = facts.first(Broadcast)
    if kept is None:
        return ()
    return AUDIENCES.get(kept.audience, ()) if kept.state == "planned" else _ends(kept) if kept.state == "counting" else ()


def _ends(kept: Broadcast) -> tuple[Ask, ...]:
    return tuple(Ask(Delivery, id=one, most=PART) for one in kept.turns)


def recipients(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:
    """Where the next part and its author can be reached, and what those are called who got nothing."""
    kept = facts.first(Broadcast)
    if kept is None:
        return ()
    left = people_of(facts, kept.audience) if kept.state == "planned" else kept.left
    return (*(Ask(Person, id=ident) for ident in (*left[:PART], kept.by)), *missing(turn, facts))


def missing(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every question has this shape
    """Those who got nothing, as far as they are shown."""
    missed = [who for one in facts.all(Delivery) for who, _ in one.missed] + [who for one in facts.all(Broadcast) for who, _ in one.missed]
    return tuple(Ask(Person, tag=f"account={who}", most=1) for who in list(dict.fromkeys(missed))[: 3 * SHOWN])


def send(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Its time has come, the next part goes, or what became of it is counted."""
    kept = facts.first(Broadcast)
    if kept is None or kept.state not in LIVE:
        return Decision(Reason.IGNORED)
    if kept.state == "counting":
        return _counted(kept, facts, now)
    if kept.state == "planned":
        if not may_send(facts.policy.calendar, now):  # the calendar was changed, or the program stood still when its time came
            return Decision(Reason.IGNORED, (Put(replace(kept, due=next_send(facts.policy.calendar, now))),))
        kept = replace(kept, state="sending", left=people_of(facts, kept.audience))
        if not kept.left:
            said = Say(Private(kept.by), "adm/broadcast_done", _report(replace(kept, ended=Ends()), facts))
            return Decision(Reason.NOTED, (Put(replace(kept, state="done", ended=Ends(), over=now, due=None)), said))
    return _part(kept, turn, now)


def _part(kept: Broadcast, turn: Turn, now: datetime) -> Decision:
    part, left = kept.left[:PART], kept.left[PART:]
    says: tuple[Effect, ...] = tuple(Say(Private(person), "adm/broadcast", {"lines": lined(kept.text)}, priority=0) for person in part)
    gone = replace(kept, left=left, told=kept.told + len(part), turns=(*kept.turns, turn.seed[:TURN]))
    then = replace(gone, due=now + PAUSE) if left else replace(gone, state="counting", over=now, due=now + COUNT_AFTER)
    return Decision(Reason.NOTED, (*says, Put(then)))


def _counted(kept: Broadcast, facts: Facts, now: datetime) -> Decision:
    """The author hears once nothing is on its way any more, or when it has been waited for long enough."""
    found = counted(kept, facts)
    if found.ended and found.ended.waiting and kept.over and now - kept.over < PATIENCE:
        return Decision(Reason.IGNORED, (Put(replace(found, due=now + LOOK_AGAIN)),))
    said = Say(Private(kept.by), "adm/broadcast_done", _report(found, facts), (Action(COMMAND),))
    return Decision(Reason.NOTED, (Put(replace(found, state="done", due=None)), said))


def counted(kept: Broadcast, facts: Facts) -> Broadcast:
    """With how its messages ended by now; what the outbox has forgotten since stays as it was last seen."""
    found = [one for one in facts.all(Delivery) if one.id in kept.turns]
    ended = sum((one.ends for one in found), Ends())
    if not any((ended.delivered, ended.refused, ended.unsure, ended.waiting)):
        return kept
    return replace(kept, ended=ended, missed=tuple(row for one in found for row in one.missed)[:PART])


def _report(kept: Broadcast, facts: Facts) -> dict[str, object]:
    ended = kept.ended or Ends()
    figures = {"delivered": ended.delivered, "refused": ended.refused, "unsure": ended.unsure, "waiting": ended.waiting}
    missed = [_called(who, facts) for who, _ in kept.missed]
    return {"code": kept.code, "count": kept.told, "known": kept.ended is not None, **figures, "missed": missed[:SHOWN], "more": max(0, ended.refused - SHOWN)}


def _called(account: str, facts: Facts) -> str:
    channel, _, name = account.partition(":")
    person = next((one for one in facts.people if (channel, name) in one.accounts), None)
    return (person.name if person else "") or name


def asked(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every question has this shape
    """What is planned or on its way, and the last that are over."""
    return Ask(Broadcast, states=LIVE, most=10), Ask(Broadcast, states=("done", "cancelled"), most=3)


def ends(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every question has this shape
    """How those ended of which not all is known."""
    return tuple(ask for one in facts.all(Broadcast) if one.turns and (one.ended is None or one.ended.waiting) for ask in _ends(one))


def show(turn: Turn, facts: Facts, now: datetime) -> Decision:  # noqa: ARG001 - every skill has this shape
    """What is planned, what is on its way, and who got the last ones."""
    found = [counted(one, facts) for one in facts.all(Broadcast)]
    ahead = sorted((one for one in found if one.state == "planned"), key=lambda one: one.due or one.made)
    begun = [one for one in found if one.state != "planned"]
    data = {
        "planned": [row(one, facts, now) for one in ahead],
        "sent": [{**row(one, facts, now), **_report(one, facts), "at": facts.policy.minute(one.at or one.made)} for one in begun],
    }
    actions = (*stops(one for one in found if one.state in ("planned", "sending")), Action("adm.broadcast"))
    return Decision(Reason.ANSWERED, (Say(Here(), "adm/broadcasts", data, actions),), topic=COMMAND)
