"""Lets go of what a code names and is not done yet: a confirmation, a broadcast, an announcement, a lesson."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bot.core import drawing
from bot.core.facts import Ask, Facts
from bot.core.model import Announcement, Broadcast, Confirmation, Item, Lesson, OrgValue, kind_of
from bot.core.turn import Decision, Effect, Here, Put, Reason, Say, Turn

OPEN: Mapping[type[Item], tuple[tuple[str, ...], str]] = {
    Confirmation: (("open", "second"), "cancelled"),
    Broadcast: (("planned", "sending"), "cancelled"),
    Announcement: (("set",), "cancelled"),
    Lesson: (("trying", "proposed", "blocked"), "dropped"),
}
"""From which states it can be let go, and what it then is."""


def asked(turn: Turn, facts: Facts) -> tuple[Ask, ...]:  # noqa: ARG001 - every question has this shape
    """Whatever the code names."""
    code = turn.understanding.slot("code")
    return tuple(Ask(kind, tag=f"code={code}", most=1) for kind in OPEN) if code else ()


def drop(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """What is done already says so; without a code, whatever was being asked for is forgotten."""
    found = next((item for item in facts.items if type(item) in OPEN), None)
    if found is None:
        fault = "mistyped" if turn.understanding.slot("mistyped") else "unknown" if turn.understanding.slot("code") else "nothing"
        return Decision(Reason.ANSWERED, (Say(Here(), "adm/dropped", {"kind": fault, "code": "", "left": 0}),))
    states, after = OPEN[type(found)]
    kind, code = kind_of(type(found)), turn.understanding.slot("code")
    if found.index.state not in states:
        return Decision(Reason.STALE_OPTION, (Say(Here(), "adm/dropped", {"kind": "over", "code": code, "left": 0}),))
    left = len(found.left) if isinstance(found, Broadcast) else 0
    due = {} if isinstance(found, Lesson) else {"due": None}
    gone = replace(found, state=after, **due)  # type: ignore[type-var] # every row of the table is a dataclass
    again: tuple[Effect, ...] = (_edition(turn, facts),) if isinstance(found, Announcement) else ()
    line = drawing.line(turn, facts.viewer, now, "drop", f"{kind}:{found.id}")
    return Decision(
        Reason.SAVED,
        (Put(gone), *again, line, Say(Here(), "adm/dropped", {"kind": kind, "code": code, "left": left, "planned": found.index.state == "planned"})),
    )


def _edition(turn: Turn, facts: Facts) -> Put:
    """Has every replica look again."""
    old = next((one for one in facts.org_values if one.name == "words.edition"), OrgValue("words.edition", ""))
    return Put(OrgValue(old.name, turn.seed[:16], facts.viewer.id, old.version))
