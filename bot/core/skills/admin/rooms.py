"""Commands opened or shut in one group, above the table of rights: seen and changed by an admin, kept for the room."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.core import drawing
from bot.core.facts import Ask, Facts, Tally
from bot.core.model import Awaiting, Confirmation
from bot.core.rights import KEPT, OPEN, room
from bot.core.skills.admin.asking import wanted
from bot.core.skills.admin.single import called, named, valued
from bot.core.turn import Decision, Effect, Here, Put, Reason, Say, Turn

COMMAND = "shell.room"
CHANGES: Mapping[str, str] = {"shut": "off", "open": "open", "usual": ""}
"""By the words for it (labels `room_<change>_words`): what the value of the room and the command becomes."""
PATIENCE = timedelta(minutes=10)


def known(kept: Confirmation, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every execution has this shape
    """Everything is in the confirmation."""
    return ()


def manage(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """What is set in this group; then one change, and its confirmation."""
    where = turn.understanding.slot("room") or (facts.conversation.id if turn.in_group else "")
    if not where:
        return Decision(Reason.ANSWERED, (Say(Here(), "adm/room_where"),))
    change, command = _read(turn.understanding.slot("change"), facts)
    fault = _fault(change, command) if turn.understanding.slot("change") else "none"
    if fault:
        return _asked(turn, facts, where, fault, now)
    what = called(command, turn, facts)
    args = {"room": where, "change": change, "command": command, "argument": change, "label": what}
    return wanted(turn, facts, now, COMMAND, args, {"change": change, "what": what})


def _asked(turn: Turn, facts: Facts, where: str, fault: str, now: datetime) -> Decision:
    prefix = room(where, "")
    rows = [(name.removeprefix(prefix), value) for name, value in sorted(facts.policy.said.items()) if name.startswith(prefix) and value]
    data = {"rows": [{"label": called(name, turn, facts), "open": value == "open"} for name, value in rows], "fault": fault}
    open_ = [called(name, turn, facts) for name in sorted(OPEN)]
    said = Say(Here(), "adm/room", {**data, "may_open": open_})
    return Decision(Reason.ASKED_VALUE, (said,), awaiting=Awaiting(COMMAND, "change", (("room", where),), now + PATIENCE))


def _read(text: str, facts: Facts) -> tuple[str, str]:
    """The change and the command of `关闭 统计`."""
    text = text.strip()
    for labels in facts.catalogue.labels.values():
        for change in CHANGES:
            for word in labels.get(f"room_{change}_words", "").split("|"):
                if word and text.casefold().startswith(word.casefold()):
                    return change, named(text[len(word) :], facts)
    return "", ""


def _fault(change: str, command: str) -> str:
    if not change:
        return "change"
    if not command:
        return "command"
    if change == "open" and command not in OPEN:
        return "personal"
    return "kept" if change == "shut" and command in KEPT else ""


def put(turn: Turn, facts: Facts, now: datetime, kept: Confirmation) -> tuple[Effect, ...]:
    """The confirmed change; it counts from the next message on."""
    change, where, command = kept.arg("change"), kept.arg("room"), kept.arg("command")
    said = Say(Here(), "adm/room_changed", {"change": change, "what": kept.arg("label")})
    value: Put = valued(facts, room(where, command), CHANGES[change])
    return value, drawing.line(turn, facts.viewer, now, f"room_{change}", f"command:{command}"), said


def told(facts: Facts, kept: Confirmation) -> Mapping[str, object]:  # noqa: ARG001 - every execution has this shape
    """What a second admin sees of it."""
    return {"change": kept.arg("change"), "what": kept.arg("label")}
