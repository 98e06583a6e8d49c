"""Permission requests that are decided in DingTalk OA: filed there once, and what was decided there is weighed here by the same rules as a word in chat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bot.core.facts import Ask, Facts
from bot.core.lifecycle import access as lives
from bot.core.model import Approval, Away, Person, Request
from bot.core.skills.access import agreeing, filing, gathering
from bot.core.skills.access.outgoing import OA
from bot.core.skills.access.telling import name_of, shown
from bot.core.turn import Call, Decision, Effect, Outcome, Private, Put, Reason, Say, Turn


def _told(turn: Turn) -> Mapping[str, object]:
    return turn.stimulus.told if isinstance(turn.stimulus, Outcome) else {}


def asks(turn: Turn, facts: Facts) -> gathering.Asked:  # noqa: ARG001 - every question has this shape
    """The request of the answer."""
    args = turn.stimulus.call.args if isinstance(turn.stimulus, Outcome) else {}
    if args.get("request_id"):
        return (Ask(Request, id=args["request_id"], most=1),)
    return (Ask(Request, tag=f"oa={args['instance']}", most=1),) if args.get("instance") else ()


def deciders_asks(turn: Turn, facts: Facts) -> gathering.Asked:  # noqa: ARG001 - every question has this shape
    """Those who decided there, and for whom they stand in."""
    people = dict.fromkeys(one for result in ("agree", "refuse") for one in _who(turn, result))
    return tuple(ask for one in people for ask in (Ask(Person, id=one, most=1), Ask(Away, holder=one)))


def _who(turn: Turn, result: str) -> list[str]:
    """Those who said so, in the order of their turns."""
    channel = turn.stimulus.call.args.get("channel", "") if isinstance(turn.stimulus, Outcome) else ""
    rows = _told(turn).get("tasks")
    found = [row for row in (rows if isinstance(rows, list) else []) if isinstance(row, dict) and row.get("result") == result and row.get("user")]
    return [f"{channel}:{row['user']}" for row in found]


def answered(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """It was filed, it could not be, or this is how it stands there."""
    outcome = turn.stimulus
    assert isinstance(outcome, Outcome)  # noqa: S101 - the SKILLS table sends only outcomes here
    request, told, operation = facts.first(Request), _told(turn), outcome.call.operation
    instance = told.get("instance")
    if request is not None and operation == "create" and request.elsewhere:
        if not isinstance(instance, str) or not instance:
            return _back(request, "oa_refused", turn, facts, now, outcome.value[:80]) if request.state == "pending" else Decision(Reason.IGNORED)
        return _filed(request, instance, turn, now)
    if request is None or request.state != "pending" or not request.elsewhere or operation != "get" or not told:
        return Decision(Reason.IGNORED)
    return _decided(request, str(told.get("state", "")) if told.get("found") is True else "terminated", turn, facts, now)


def _filed(request: Request, instance: str, turn: Turn, now: datetime) -> Decision:
    """It is there: its end may have come before this, so that it is looked at once; what was taken back meanwhile is taken back there."""
    done = replace(request, filed=instance)
    if request.state != "pending":
        return Decision(Reason.SAVED, (Put(done), *lives.recalled(done)))
    look = Call(OA, "get", f"oa.mirror:{instance}:filed", {"instance": instance, "channel": request.person.partition(":")[0]})
    return Decision(Reason.SAVED, (Put(done), filing.entry(turn, now, "system", "request.oa", f"request:{request.id}", instance), look))


def _decided(request: Request, state: str, turn: Turn, facts: Facts, now: datetime) -> Decision:
    """What DingTalk says came of it."""
    here = replace(request, elsewhere=False)
    if state == "agreed":
        return _agreed(request, here, turn, facts, now)
    if state == "terminated":
        done = lives.withdrawn(here, request.person, now)
        noted = filing.entry(turn, now, request.person, "request.withdraw", f"request:{request.id}", "oa")
        return Decision(Reason.SAVED, (Put(done), noted)) if done else Decision(Reason.IGNORED)
    if state != "refused":
        return Decision(Reason.IGNORED)
    by = next(iter(_who(turn, "refuse")), "system")
    words = facts.catalogue.labels.get(facts.policy.language, {}).get("refused_in_oa", "")
    rejected = lives.rejected(here, Approval(by, False, now, request.edition, words))
    if rejected is None:
        return Decision(Reason.IGNORED)
    noted = filing.entry(turn, now, by, "request.reject", f"request:{request.id}", f"edition {request.edition}", "oa")
    data = {"what": "rejected", "item": shown(rejected, facts, now), "by": name_of(facts, by), "reason": words}
    return Decision(Reason.SAVED, (Put(rejected), noted, Say(Private(request.person), "access/told", data, priority=2, language=request.language)))


def _agreed(request: Request, here: Request, turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Each yes counts as if it had been said here: only of the right other people, and not against what is held today. When that is not enough for the
    grant, the request comes back to chat."""
    if agreeing.hindered(here, facts):
        return _back(request, "oa_hindered", turn, facts, now)
    done, trail = here, list[Effect]()
    for place, one in enumerate(_who(turn, "agree")):
        found = agreeing.agreed(done, place, turn, replace(facts, viewer=facts.person(one) or Person(one)), now)
        if found is None:
            continue
        done, effects = found
        if done.state != "pending":
            return Decision(Reason.SAVED, (*trail, *effects))
        trail += [effect for effect in effects if isinstance(effect, Put) and effect.entity is not done]
    return _back(replace(request, approvals=done.approvals, holder=done.holder), "oa_not_enough", turn, facts, now, more=tuple(trail))


def _back(request: Request, why: str, turn: Turn, facts: Facts, now: datetime, detail: str = "", *, more: tuple[Effect, ...] = ()) -> Decision:
    """It is decided here after all: whoever is still wanted gets the card."""
    here = replace(request, elsewhere=False)
    noted = filing.entry(turn, now, "system", f"request.{why}", f"request:{request.id}", request.filed, detail, 9)
    wanted = filing.told(here, facts, now) or tuple(filing.review(here, one, facts, now) for one in here.open_to[:1])
    return Decision(Reason.SAVED, (Put(here), noted, *more, *wanted))
