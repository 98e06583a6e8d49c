"""A lesson on its way to the gate: how one is made, and the call that tries it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.core import drawing
from bot.core.facts import Facts
from bot.core.model import Lesson
from bot.core.turn import Call, Decision, Effect, Here, Put, Reason, Say, Turn
from bot.core.variables import FIELDS, Variables

Only = tuple[tuple[str, str], ...]
GROUP = "taught"
LONGEST_ANSWER, LONGEST_QUESTION, MOST_LINES = 2_000, 100, 12


def drafted(turn: Turn, facts: Facts, now: datetime, kind: str, intent: str, values: Mapping[str, str], lines: tuple[str, ...] = (), only: Only = ()) -> Lesson:
    """A lesson of this turn that nobody has tried yet. Without `intent` it is a new question with a name of its own; `only` are those for whom it is."""
    code = drawing.code(turn)
    name = intent or f"{GROUP}.{code.lower()}"
    log = ((now, facts.viewer.id, "made"),)
    language = values.get("language", turn.language)
    question, answer, owner, wish = (values.get(key, "") for key in ("question", "answer", "owner", "wish"))
    by = facts.viewer.id
    owner = owner or (facts.viewer.name if kind == "faq" else "")
    return Lesson(drawing.ident(turn, "l"), code, kind, "trying", name, language, by, now, question, lines, answer, "", owner, wish, log=log, only=only)


def variables(turn: Turn, facts: Facts) -> Variables:
    """What an answer may name, as it is spelled in the language of the turn."""
    return Variables.of(facts.catalogue.labels, turn.language)


def unnamed(text: str, turn: Turn, facts: Facts) -> dict[str, object]:
    """What an answer names that is no variable, with the names that there are; empty when there is nothing."""
    known = variables(turn, facts)
    unknown = known.unknown(text)
    return {"unknown": list(unknown), "names": [known.titles[field] for field in FIELDS]} if unknown else {}


def unset(lesson: Lesson, turn: Turn, facts: Facts) -> list[str]:
    """The names of variables in its answer that nobody has set."""
    known = variables(turn, facts)
    return [known.titles[field] for field in known.missing(lesson.answer, facts.policy.organisation)]


def tried(lesson: Lesson, turn: Turn, facts: Facts, *, publish: str = "") -> Call:
    """Has the lesson tried for the viewer; with `publish` (a person's id) it goes live when the trial is sound. Of its
    utterances those are named of which people said that the answer was wrong."""
    complained = {wish.text.strip() for wish in facts.wishes if wish.kind == "feedback"}
    args = {
        "lesson": lesson.id, "kind": lesson.kind, "intent": lesson.intent, "language": lesson.language, "made": lesson.made.isoformat(),
        "question": lesson.question, "utterances": "\n".join(lesson.utterances), "answer": lesson.answer, "person": facts.viewer.id, "publish": publish,
        "code": lesson.code, "only": "\n".join(f"{kind}={value}" for kind, value in lesson.only),
        "complaints": "\n".join(line for line in lesson.utterances if line in complained),
    }  # fmt: skip
    return Call("teaching", "try", f"teach:{turn.seed[:16]}", args)


def handed_in(lesson: Lesson, turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Keeps it, has it tried, and says that this takes a moment."""
    effects: tuple[Effect, ...] = (
        Put(lesson),
        drawing.line(turn, facts.viewer, now, f"teach.{lesson.kind}", f"lesson:{lesson.id}", "", lesson.question or " / ".join(lesson.utterances)),
        tried(lesson, turn, facts),
        Say(Here(), "teach/trying", {"kind": lesson.kind, "code": lesson.code}),
    )
    return Decision(Reason.SAVED, effects)
