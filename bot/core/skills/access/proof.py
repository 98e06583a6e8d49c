"""A photo or a file as the evidence of a permission request: fetched and checked before the page of the request, looked at by whoever decides it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

from bot.core import evidence
from bot.core.access import principal
from bot.core.drawing import line
from bot.core.facts import Ask, Asks, Facts, Skill
from bot.core.model import Action, Awaiting, Away, Evidence, Request
from bot.core.skills.access import asking, gathering
from bot.core.skills.access.draft import read
from bot.core.skills.access.telling import deciding, policy_of
from bot.core.turn import Decision, Here, Outcome, Private, Put, Reason, Say, Turn

FOR = "request"
"""Whose evidence it is: the kind of its item."""


def run(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """What answers the question for evidence: a photo or a file goes one way, text the other."""
    if evidence.answers(turn):
        return _sent(turn, facts, now)
    return asking.run(turn, facts, now)


def asks(turn: Turn, facts: Facts) -> gathering.Asked:  # noqa: ARG001 - every question has this shape
    """What was sent for the draft."""
    sent = turn.understanding.slot("proof")
    return (Ask(Evidence, id=sent),) if sent else ()


def _sent(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Fetches it; until it has been looked at the question stays open. The draft travels with the call."""
    draft = read(turn, facts, now)
    whose = gathering.beneficiary(turn, facts)
    slots = draft.slots(proof="", evidence="", person=whose if whose != facts.viewer.id else "")
    begun = evidence.begin(turn, now, f"{FOR}:{turn.seed[:14]}", facts.viewer.id)
    if begun is None:
        return _again("gone", slots, turn, facts, now)
    fresh, call = begun
    call = replace(call, args={**call.args, "draft": json.dumps(dict(slots), ensure_ascii=False)})
    return Decision(Reason.NOTED, (Put(fresh), call, Say(Here(), "joining/received", {"link": False})), awaiting=_waiting(slots, now))


def came(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The outcome: a good file goes on to the page of the request, and is deleted in a day when that is not filed; any other is asked for again."""
    one = evidence.came(turn, facts, now)
    if one is None or not isinstance(turn.stimulus, Outcome):
        return Decision(Reason.IGNORED)
    slots = tuple(json.loads(turn.stimulus.call.args.get("draft", "{}")).items())
    if one.state != "kept":
        decision = _again(one.why, slots, turn, facts, now)
        return replace(decision, effects=(Put(one), *decision.effects))
    on = Action(asking.INTENT, (*slots, ("evidence", one.label), ("proof", one.id)), "to_request")
    said = Say(Private(facts.viewer.id), "access/proof", {"what": one.label}, (on, asking.CANCEL))
    return Decision(Reason.NOTED, (Put(replace(one, due=now + evidence.LOST_AFTER)), said), topic=asking.INTENT)


def _again(why: str, slots: tuple[tuple[str, str], ...], turn: Turn, facts: Facts, now: datetime) -> Decision:
    """What is wrong with the file, in words, and the same question again."""
    label = facts.catalogue.label(Action("", label="proof"), turn.language)
    said = Say(Private(facts.viewer.id), "joining/file_refused", {"why": why, "label": label, "most": facts.policy.keeping.evidence_mb})
    return Decision(Reason.INVALID_VALUE, (said,), awaiting=_waiting(slots, now))


def _waiting(slots: tuple[tuple[str, str], ...], now: datetime) -> Awaiting:
    return Awaiting(asking.INTENT, "evidence", slots, now + asking.PATIENCE)


def following(row: Skill, *asks: Asks) -> Skill:
    """The row of looking at the files of an application, which looks at those of a permission request when the code is one's."""

    def run(turn: Turn, facts: Facts, now: datetime) -> Decision:
        code = turn.understanding.slot("code")
        return files(turn, facts, now) if any(one.code == code for one in facts.all(Request)) else row.run(turn, facts, now)

    return Skill(run, row.needs, (*asks, *row.asks))


def files(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The files of a request for whoever may decide it now; anybody else is told that it is not theirs."""
    code, to, access = turn.understanding.slot("code"), Private(facts.viewer.id), policy_of(facts)
    request = next((one for one in facts.all(Request) if one.code == code and one.state == "pending"), None)
    if request is None or not principal(request, facts.viewer.id, access, facts.all(Away), now):
        return Decision(Reason.DENIED, (Say(to, "joining/not_yours", {"code": code}), *evidence.aside(turn)))
    digests = {digest for _, digest in request.files}
    sent = [one for one in facts.all(Evidence) if one.of == f"{FOR}:{request.id}" and one.sha256 in digests]
    label = facts.catalogue.label(Action("", label="proof"), turn.language)
    data = {"code": code, "name": request.name, "request": True, **evidence.linked([(label, one) for one in sent], facts, now)}
    looked = line(turn, facts.viewer, now, "evidence.look", f"{FOR}:{request.id}")
    return Decision(Reason.ANSWERED, (looked, Say(to, "joining/files", data, deciding(code)), *evidence.aside(turn)))
