"""Announcements that change answers: maintenance, client updates, training and exam dates stand on top of the replies they concern while they last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.core import drawing
from bot.core.facts import Ask, Facts, Tally
from bot.core.model import Action, Announcement, Awaiting, Confirmation, OrgValue
from bot.core.skills.admin.asking import DROP, wanted
from bot.core.turn import Decision, Effect, Here, Put, Reason, Say, Turn
from bot.core.understanding.times.values import Length, Period, Point, parsed

COMMAND = "shell.announce"
EDITION = "words.edition"
"""The value by which every replica sees that it must look again."""
LONGEST = 120
PATIENCE = timedelta(minutes=10)
TOPICS: Mapping[str, tuple[str, ...]] = {
    "login": ("account", "profile"),
    "joining": ("about", "invite", "form", "review", "prereq"),
    "access": ("perm", "approval", "after"),
    "safety": ("security",),
    "everything": ("*",),
}
"""Groups of intents whose replies carry the line."""


def asked(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every question has this shape
    """What stands now."""
    return (Ask(Announcement, states=("set",), most=5),)


def known(kept: Confirmation, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every execution has this shape
    """Everything is in the confirmation."""
    return ()


def begin(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """One step of the dialogue: what, on which answers, for how long, and is this right."""
    text = " ".join(turn.understanding.slot("text").split())
    topic = turn.understanding.slot("topic")
    if not text or len(text) > LONGEST:
        return _what(facts, now, wrong=bool(text))
    if topic not in TOPICS:
        actions = tuple(Action(COMMAND, (("text", text), ("topic", name)), f"topic_{name}") for name in TOPICS)
        return Decision(Reason.ASKED_BACK, (Say(Here(), "adm/announce_where", {"text": text}, actions),))
    period = _period(turn, facts, now)
    if period is None:
        waiting = Awaiting(COMMAND, "when", (("text", text), ("topic", topic)), now + PATIENCE)
        return Decision(Reason.ASKED_VALUE, (Say(Here(), "adm/announce_when", {"wrong": bool(turn.understanding.slot("when"))}),), awaiting=waiting)
    start, end = period
    args = {"text": text, "topic": topic, "start": start.isoformat(), "end": end.isoformat()}
    return wanted(turn, facts, now, COMMAND, args, _shown(facts, args))


def _what(facts: Facts, now: datetime, *, wrong: bool) -> Decision:
    standing = [one for one in facts.all(Announcement) if one.end > now]
    data = {"rows": [{"code": one.code, "text": one.text, "end": _local(facts, one.end)} for one in standing], "wrong": wrong, "most": LONGEST}
    drops = tuple(Action(DROP, (("code", one.code),), "drop", one.code) for one in standing)
    waiting = Awaiting(COMMAND, "text", (), now + PATIENCE)
    return Decision(Reason.ASKED_VALUE, (Say(Here(), "adm/announce_what", data, drops),), awaiting=waiting)


def _period(turn: Turn, facts: Facts, now: datetime) -> tuple[datetime, datetime] | None:
    """From when to when; a single moment is the end."""
    zone = ZoneInfo(facts.policy.zone)
    said = turn.understanding.slot("when.read") or turn.understanding.slot("duration.read")
    value = parsed(said, zone) if said else None
    if isinstance(value, Period):
        start, end = max(value.start, now), value.end
    elif isinstance(value, Point):
        start, end = now, value.at
    elif isinstance(value, Length) and (span := value.elapsed):
        start, end = now, now + span
    else:
        return None
    return (start.astimezone(UTC), end.astimezone(UTC)) if end > start else None


def _shown(facts: Facts, args: Mapping[str, str]) -> dict[str, object]:
    start, end = datetime.fromisoformat(args["start"]), datetime.fromisoformat(args["end"])
    return {
        "text": args["text"],
        "topic": args["topic"],
        "count": len(_intents(facts, args["topic"])),
        "start": _local(facts, start),
        "end": _local(facts, end),
    }


def _intents(facts: Facts, topic: str) -> tuple[str, ...]:
    groups = TOPICS[topic]
    return tuple(name for name in facts.catalogue.intents if groups == ("*",) or name.split(".")[0] in groups)


def put_up(turn: Turn, facts: Facts, now: datetime, kept: Confirmation) -> tuple[Effect, ...]:
    """The confirmed announcement; who it concerns can be told next, once."""
    start, end = datetime.fromisoformat(kept.arg("start")), datetime.fromisoformat(kept.arg("end"))
    intents = ("*",) if kept.arg("topic") == "everything" else _intents(facts, kept.arg("topic"))
    made = Announcement(drawing.ident(turn, "a"), drawing.code(turn, 3), "set", kept.arg("text"), intents, start, end, kept.person, end)
    tell = Action("adm.broadcast", (("text", made.text),), "tell_people")
    drop = Action(DROP, (("code", made.code),), "drop", made.code)
    said = Say(Here(), "adm/announced", {"text": made.text, "code": made.code, "end": _local(facts, end)}, (tell, drop))
    return Put(made), edition(turn, facts), drawing.line(turn, facts.viewer, now, "announce", f"announcement:{made.id}", "", made.text), said


def edition(turn: Turn, facts: Facts) -> Put:
    """Has every replica look again."""
    old = next((one for one in facts.org_values if one.name == EDITION), OrgValue(EDITION, ""))
    return Put(OrgValue(EDITION, turn.seed[:16], facts.viewer.id, old.version))


def told(facts: Facts, kept: Confirmation) -> Mapping[str, object]:
    """What a second admin sees of it."""
    return _shown(facts, {name: kept.arg(name) for name in ("text", "topic", "start", "end")})


def due(turn: Turn, facts: Facts) -> tuple[Ask, ...]:  # noqa: ARG001 - every question has this shape
    """The announcement whose time is over."""
    return (Ask(Announcement, id=getattr(turn.stimulus, "entity", "")),)


def end(turn: Turn, facts: Facts, now: datetime) -> Decision:  # noqa: ARG001 - every skill has this shape
    """Its replies are as before."""
    kept = facts.first(Announcement)
    if kept is None or kept.state != "set":
        return Decision(Reason.IGNORED)
    return Decision(Reason.NOTED, (Put(replace(kept, state="over", due=None)), edition(turn, facts)))


def _local(facts: Facts, instant: datetime) -> str:
    return facts.policy.minute(instant)
