"""Photos and files for the form: what was sent is fetched and checked first, and only then stands in the application."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.core import evidence
from bot.core.facts import Ask, Facts, Tally
from bot.core.lifecycle.joining import EDITABLE
from bot.core.model import Application, Awaiting, Evidence
from bot.core.skills.joining import filing, form
from bot.core.skills.joining.own import standing
from bot.core.skills.joining.whom import place
from bot.core.turn import Decision, Effect, Put, Reason, Say, Turn

FOR = "application"
"""Whose evidence it is: the kind of its item."""


def field(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """What answers the form's question: a photo or a file goes one way, text the other."""
    if evidence.answers(turn):
        return _sent(turn, facts, now)
    return form.field(turn, facts, now)


def _sent(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Fetches it; until it has been looked at nothing changes, and the question stays open."""
    application = standing(facts).application
    if application is None or application.state not in EDITABLE:
        return form.refused("gone", turn, facts, now)
    wanted = turn.understanding.slot("field")
    labels = filing.labels_of(facts, turn.language)
    name = wanted if filing.is_file(wanted, labels) else next(iter(filing.file_fields(facts, labels)), filing.FILES)
    begun = evidence.begin(turn, now, f"{FOR}:{application.id}", facts.viewer.id, field=name)
    if begun is None:
        return _again("gone", name, application, turn, facts, now)
    fresh, call = begun
    received = Say(place(turn, facts), "joining/received", {"link": False})
    return Decision(Reason.NOTED, (Put(fresh), call, received), awaiting=_waiting(application, name, now))


def came(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The outcome: a good file takes the place of the one before and the form goes on; any other is asked for again, with what is wanted."""
    one = evidence.came(turn, facts, now)
    if one is None:
        return Decision(Reason.IGNORED)
    application = next((item for item in facts.all(Application) if f"{FOR}:{item.id}" == one.of), None)
    if application is None or application.state not in EDITABLE:
        decision = form.refused("gone", turn, facts, now)
        return replace(decision, effects=(*evidence.ended(one), *decision.effects))
    if one.state != "kept":
        decision = _again(one.why, one.field, application, turn, facts, now)
        return replace(decision, effects=(Put(one), *decision.effects))
    files = (*((name, digest) for name, digest in application.files if name != one.field), (one.field, one.sha256))
    changed = replace(filing.with_values(application, {one.field: one.label}), files=files, touched=now)
    answered = replace(turn, understanding=replace(turn.understanding, intent="joining.field"))
    decision = form.changed(application, changed, (), answered, facts, now)
    return replace(decision, effects=(Put(one), *_replaced(one, application, facts), *decision.effects))


def _replaced(one: Evidence, application: Application, facts: Facts) -> tuple[Effect, ...]:
    """In a draft the one before is deleted at once; what a reviewer saw stays until its time is over."""
    if application.state not in ("draft", "verifying"):
        return ()
    olds = [old for old in facts.all(Evidence) if old.of == one.of and old.field == one.field and old.id != one.id and old.state == "kept"]
    return tuple(effect for old in olds for effect in evidence.ended(old))


def _again(why: str, name: str, application: Application, turn: Turn, facts: Facts, now: datetime) -> Decision:
    """What is wrong with the file, in words, and the same question again."""
    data = {"why": why, "label": filing.named(name, filing.labels_of(facts, turn.language)), "most": facts.policy.keeping.evidence_mb}
    return Decision(Reason.INVALID_VALUE, (Say(place(turn, facts), "joining/file_refused", data),), awaiting=_waiting(application, name, now))


def _waiting(application: Application, name: str, now: datetime) -> Awaiting:
    return Awaiting("joining.field", "file", (("application", application.id), ("field", name)), now + form.PATIENCE)


def sent_before(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every question has this shape
    """What was sent for the same item before."""
    one = facts.first(Evidence)
    return (Ask(Evidence, tag=f"of={one.of}", most=evidence.MOST_FILES),) if one else ()


def expire(turn: Turn, facts: Facts, now: datetime) -> Decision:  # noqa: ARG001 - every skill has this shape
    """Its time is over: the file is deleted. One whose fetching never ended is given up."""
    one = facts.first(Evidence)
    if one is None:
        return Decision(Reason.IGNORED)
    if one.state == "fetching":
        return Decision(Reason.NOTED, (Put(replace(one, state="refused", why="failed", due=None)),))
    return Decision(Reason.NOTED, evidence.ended(one))


def due_item(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every question has this shape
    """The evidence whose time is over."""
    return (Ask(Evidence, id=getattr(turn.stimulus, "entity", "")),)


def dropped(turn: Turn, facts: Facts, now: datetime) -> Decision:  # noqa: ARG001 - every skill has this shape
    """A file was deleted; nobody waits for that."""
    return Decision(Reason.IGNORED)
