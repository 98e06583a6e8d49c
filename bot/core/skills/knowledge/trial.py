"""The gate: what a trial found is shown, a bad lesson is blocked, a second person publishes, and a lesson that is live can go back in one step."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.core import drawing, variants
from bot.core.facts import Ask, Facts
from bot.core.model import Action, Lesson, OrgValue, Person
from bot.core.skills.knowledge.drafts import tried as try_it
from bot.core.skills.knowledge.drafts import unset
from bot.core.skills.knowledge.unanswered import cluster_of
from bot.core.turn import Call, Decision, Effect, Here, Outcome, Private, Put, Reason, Say, Turn

EDITION = "words.edition"
_PUBLISHABLE = {"proposed", "withdrawn"}


def tried(turn: Turn, facts: Facts) -> tuple[Ask, ...]:  # noqa: ARG001 - every question has this shape
    """The lesson that was tried."""
    stimulus = turn.stimulus
    return (Ask(Lesson, id=stimulus.call.args.get("lesson", "")),) if isinstance(stimulus, Outcome) else ()


def named(turn: Turn, facts: Facts) -> tuple[Ask, ...]:  # noqa: ARG001 - every question has this shape
    """The lesson that the code names."""
    code = turn.understanding.slot("code")
    return (Ask(Lesson, tag=f"code={code}", most=1),) if code else ()


def outcome(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """What the trial came to. One that was tried again to go live goes live when it is still sound."""
    stimulus, lesson = turn.stimulus, facts.first(Lesson)
    assert isinstance(stimulus, Outcome)  # noqa: S101 - the SKILLS table sends only outcomes here
    if lesson is None or lesson.state != "trying":
        return Decision(Reason.IGNORED)
    teacher = Private(stimulus.call.args.get("person", ""))
    if not stimulus.ok:
        return Decision(Reason.FAILED, (Put(replace(lesson, state="dropped")), Say(teacher, "teach/failed", {"fault": stimulus.value})))
    found: Mapping[str, Any] = json.loads(stimulus.value)
    kept = replace(lesson, report=stimulus.value, before=lesson.before or str(found.get("before", "")))
    if not found["sound"]:
        blocked = replace(kept, state="blocked", log=(*kept.log, (now, lesson.by, "blocked")))
        return Decision(Reason.DENIED, (Put(blocked), Say(teacher, "teach/blocked", _shown(kept, found, turn, facts))))
    publisher = stimulus.call.args.get("publish", "")
    if publisher:
        person = facts.person(publisher) or Person(publisher)
        return Decision(Reason.SAVED, _live(kept, person, turn, facts, now))
    return _proposed(replace(kept, state="proposed"), found, turn, facts, now)


def _proposed(lesson: Lesson, found: Mapping[str, Any], turn: Turn, facts: Facts, now: datetime) -> Decision:
    """To the others for publishing; with one admin alone the teacher publishes."""
    others = [admin for admin in facts.admins if admin.id != lesson.by]
    shown = _shown(lesson, found, turn, facts)
    drop = Action("shell.drop", (("code", lesson.code),), "drop", lesson.code)
    publish = Action("shell.publish", (("code", lesson.code),), "publish", lesson.code)
    kept = Put(replace(lesson, log=(*lesson.log, (now, lesson.by, "proposed"))))
    if not others:
        return Decision(Reason.SAVED, (kept, Say(Private(lesson.by), "teach/ready", shown, (publish, drop))))
    told = Say(Private(lesson.by), "teach/proposed", {**shown, "names": [_name(admin) for admin in others]}, (drop,))
    return Decision(Reason.SAVED, (kept, told, *(Say(Private(admin.id), "teach/review", shown, (publish, drop), priority=2) for admin in others)))


def _shown(lesson: Lesson, found: Mapping[str, Any], turn: Turn, facts: Facts) -> dict[str, object]:
    """The trial as templates tell it, with labels instead of ids."""
    teacher = facts.person(lesson.by)

    def told(rows: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
        named = [(row, _label(row["intent"], turn, facts), _label(row["instead"], turn, facts)) for row in rows]
        return [{"text": row["text"], "intent": intent, "instead": instead, "play": row.get("play", "")} for row, intent, instead in named]

    return {
        "code": lesson.code,
        "kind": lesson.kind,
        "by": _name(teacher) if teacher else lesson.by.rpartition(":")[2],
        "label": lesson.question or _label(lesson.intent, turn, facts),
        "whom": variants.titled(lesson.only, facts, turn.language),
        "unset": unset(lesson, turn, facts),
        "lines": [line for line in lesson.utterances if line != lesson.question][:6],
        "answer": [piece for line in lesson.answer.split("\n") for piece in _pieces(line)],
        "before": lesson.before[:200],
        "known": found["known"],
        "tried": found["tried"],
        "plays": found.get("plays", 0),
        **{name: told(found.get(name, ())) for name in ("collisions", "wrong", "unheard", "taken", "mended", "played")},
    }


def _pieces(line: str, most: int = 200) -> list[str]:
    line = line.strip()
    return [line[at : at + most] for at in range(0, len(line), most)]


def _label(name: str, turn: Turn, facts: Facts) -> str:
    return facts.catalogue.label(Action(name), turn.language) if name else ""


def _name(person: Person) -> str:
    return person.name or person.id.rpartition(":")[2]


def publish(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Has it go live. When the words have changed since the trial, it is tried again first."""
    lesson = facts.first(Lesson)
    fault = _fault(lesson, turn, facts)
    if fault or lesson is None:
        names = unset(lesson, turn, facts) if lesson is not None and fault == "unset" else []
        return Decision(Reason.DENIED, (Say(Here(), "teach/not_published", {"fault": fault, "names": names}),))
    if json.loads(lesson.report).get("version") != facts.catalogue.version:
        again = Put(replace(lesson, state="trying"))
        return Decision(
            Reason.SAVED, (again, try_it(lesson, turn, facts, publish=facts.viewer.id), Say(Here(), "teach/trying", {"kind": lesson.kind, "code": lesson.code}))
        )
    return Decision(Reason.SAVED, _live(lesson, facts.viewer, turn, facts, now))


def _fault(lesson: Lesson | None, turn: Turn, facts: Facts) -> str:
    if lesson is None:
        return "mistyped" if turn.understanding.slot("mistyped") else "unknown"
    if lesson.state not in _PUBLISHABLE:
        return lesson.state
    others = any(admin.id != lesson.by for admin in facts.admins)
    if others and lesson.by == facts.viewer.id:
        return "own"
    return "unset" if unset(lesson, turn, facts) else ""


def _live(lesson: Lesson, by: Person, turn: Turn, facts: Facts, now: datetime) -> tuple[Effect, ...]:
    """In force from now on; the questions it came from are settled. Whoever is concerned is told once the words are in use."""
    live = replace(lesson, state="live", live=now, log=(*lesson.log, (now, by.id, "live")))
    cluster = cluster_of(facts.wishes, lesson.wish, lesson.language) if lesson.wish else None
    settled = tuple(Put(replace(wish, kind="taught")) for wish in (cluster.wishes if cluster else ()))
    line = drawing.line(turn, by, now, "publish", f"lesson:{lesson.id}", lesson.kind, lesson.intent)
    return Put(live), _edition(turn, facts), *settled, line, _relay(live, by, turn, "live")


def unpublish(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Takes a lesson back: every reply is again what it was before."""
    lesson = facts.first(Lesson)
    if lesson is None or lesson.state != "live":
        fault = "not_live" if lesson is not None else "mistyped" if turn.understanding.slot("mistyped") else "unknown"
        return Decision(Reason.DENIED, (Say(Here(), "teach/not_published", {"fault": fault, "names": []}),))
    back = replace(lesson, state="withdrawn", log=(*lesson.log, (now, facts.viewer.id, "withdrawn")))
    line = drawing.line(turn, facts.viewer, now, "unpublish", f"lesson:{lesson.id}", lesson.kind, lesson.intent)
    return Decision(Reason.SAVED, (Put(back), _edition(turn, facts), line, _relay(back, facts.viewer, turn, "withdrawn")))


def _edition(turn: Turn, facts: Facts) -> Put:
    """Has every replica look again."""
    old = next((one for one in facts.org_values if one.name == EDITION), OrgValue(EDITION, ""))
    return Put(OrgValue(EDITION, turn.seed[:16], facts.viewer.id, old.version))


def _relay(lesson: Lesson, by: Person, turn: Turn, state: str) -> Call:
    """Has the words laid anew; its outcome tells those concerned."""
    args = {"person": by.id, "teacher": lesson.by, "code": lesson.code, "state": state, "label": lesson.question or lesson.intent, "kind": lesson.kind}
    args["only"] = "\n".join(f"{kind}={value}" for kind, value in lesson.only)
    return Call("words", "relay", f"relay:{turn.seed[:16]}", args)
