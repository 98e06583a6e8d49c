"""Writes to everybody in a state: the audience, the text, a preview with its count, the confirmation; then in parts that can still be stopped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core import drawing
from bot.core.facts import Ask, Facts, Tally
from bot.core.model import Action, Application, Awaiting, Broadcast, Confirmation, Invite, Member, Person, Request
from bot.core.skills.admin.asking import DROP, wanted
from bot.core.turn import Decision, Effect, Here, Private, Put, Reason, Say, Turn

COMMAND = "adm.broadcast"
MOST = 5_000
"""People that one broadcast can reach."""
PART = 50
"""People told at once; between two parts it can be stopped."""
PAUSE = timedelta(seconds=15)
PATIENCE = timedelta(minutes=10)
LONGEST = 500
_WAITING, _MEMBERS = ("submitted", "resubmitted"), ("synced", "role_assigned", "setup", "trained", "active", "access_problem", "stale")
_INVITED = ("sent", "opened")
AUDIENCES: Mapping[str, tuple[Ask, ...]] = {
    "not_joined": (Ask(Invite, states=_INVITED, most=MOST),),
    "no_form": (Ask(Application, states=("draft", "needs_info"), most=MOST),),
    "waiting": (Ask(Application, states=_WAITING, most=MOST),),
    "deciders": (Ask(Application, states=_WAITING, most=MOST), Ask(Request, states=("pending",), most=MOST)),
    "members": (Ask(Member, states=_MEMBERS, most=MOST),),
    "all": (Ask(Member, states=_MEMBERS, most=MOST), Ask(Application, most=MOST), Ask(Invite, states=_INVITED, most=MOST)),
}
"""Who can be written to, by state; `deciders` are those who hold something that waits."""


def asked(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every question has this shape
    """What is being sent, and once an audience is chosen, who that is."""
    return Ask(Broadcast, states=("sending",), most=3), *AUDIENCES.get(turn.understanding.slot("audience"), ())


def audience(kept: Confirmation, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every execution has this shape
    """Who it is now, at the moment of doing it."""
    return AUDIENCES[kept.arg("audience")]


def begin(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """One step of the dialogue: to whom, what, and is this right."""
    chosen, text = turn.understanding.slot("audience"), turn.understanding.slot("text").strip()
    if chosen not in AUDIENCES:
        return _whom(facts, text)
    count = len(_people(facts, chosen))
    if not count:
        return Decision(Reason.ANSWERED, (Say(Here(), "adm/broadcast_nobody", {"audience": chosen, "unknown": _unknown(facts)}),))
    if not text or len(text) > LONGEST:
        data = {"audience": chosen, "count": count, "most": LONGEST, "wrong": bool(text)}
        return Decision(Reason.ASKED_VALUE, (Say(Here(), "adm/broadcast_text", data),), awaiting=_wait(chosen, now))
    args = {"audience": chosen, "text": text, "argument": chosen}
    return wanted(turn, facts, now, COMMAND, args, {"audience": chosen, "count": count, "unknown": _unknown(facts), "lines": lined(text)})


def _wait(chosen: str, now: datetime) -> Awaiting:
    return Awaiting(COMMAND, "text", (("audience", chosen),), now + PATIENCE)


def _whom(facts: Facts, text: str) -> Decision:
    """The audiences as buttons, and a way to stop what is being sent."""
    kept = (("text", text[:LONGEST]),) if text else ()
    running = [one for one in facts.all(Broadcast) if one.state == "sending"]
    stops = tuple(Action(DROP, (("code", one.code),), "drop", one.code) for one in running)
    actions = tuple(Action(COMMAND, (("audience", name), *kept), f"audience_{name}") for name in AUDIENCES)
    data = {"running": [{"code": one.code, "left": len(one.left), "lines": lined(one.text)[:1]} for one in running], "lines": lined(text)}
    return Decision(Reason.ASKED_BACK, (Say(Here(), "adm/broadcast_whom", data, (*stops, *actions)),), topic=COMMAND)


def _people(facts: Facts, chosen: str) -> tuple[str, ...]:
    """Ids of those who can be written to, each once."""
    applications, requests = facts.all(Application), facts.all(Request)
    if chosen == "deciders":
        found = [one.holder for one in applications] + [one.holder for one in requests]
    else:
        found = [one.person for one in facts.all(Member)] + [one.person for one in applications] + [one.person for one in facts.all(Invite)]
    return tuple(sorted({ident for ident in found if ident}))[:MOST]


def _unknown(facts: Facts) -> int:
    """Invited people of whom only a telephone number is known: nobody can write to them here."""
    return sum(not invite.person for invite in facts.all(Invite))


def start(turn: Turn, facts: Facts, now: datetime, kept: Confirmation) -> tuple[Effect, ...]:
    """The confirmed broadcast begins; its first part goes out at once."""
    people = _people(facts, kept.arg("audience"))
    made = Broadcast(drawing.ident(turn, "b"), drawing.code(turn, 2), "sending", kept.arg("audience"), kept.arg("text"), kept.person, now, people, due=now)
    stop = (Action(DROP, (("code", made.code),), "drop", made.code),)
    return Put(made), Say(Here(), "adm/broadcast_started", {"count": len(people), "code": made.code}, stop)


def told(facts: Facts, kept: Confirmation) -> Mapping[str, object]:
    """What a second admin sees of it."""
    chosen = kept.arg("audience")
    return {"audience": chosen, "count": len(_people(facts, chosen)), "unknown": _unknown(facts), "lines": lined(kept.arg("text"))}


def due(turn: Turn, facts: Facts) -> tuple[Ask, ...]:  # noqa: ARG001 - every question has this shape
    """The broadcast whose next part goes out."""
    return (Ask(Broadcast, id=getattr(turn.stimulus, "entity", "")),)


def recipients(turn: Turn, facts: Facts) -> tuple[Ask, ...]:  # noqa: ARG001 - every question has this shape
    """Where the next part and its author can be reached."""
    kept = facts.first(Broadcast)
    return tuple(Ask(Person, id=ident) for ident in (*kept.left[:PART], kept.by)) if kept is not None else ()


def send(turn: Turn, facts: Facts, now: datetime) -> Decision:  # noqa: ARG001 - every skill has this shape
    """The next part, and after the last one a word to its author."""
    kept = facts.first(Broadcast)
    if kept is None or kept.state != "sending":
        return Decision(Reason.IGNORED)
    part, left = kept.left[:PART], kept.left[PART:]
    says: tuple[Effect, ...] = tuple(Say(Private(person), "adm/broadcast", {"lines": lined(kept.text)}, priority=0) for person in part)
    sent = kept.told + len(part)
    if left:
        return Decision(Reason.NOTED, (Put(replace(kept, left=left, told=sent, due=now + PAUSE)), *says))
    done = Say(Private(kept.by), "adm/broadcast_done", {"count": sent, "code": kept.code})
    return Decision(Reason.NOTED, (Put(replace(kept, state="done", left=(), told=sent, due=None)), *says, done))


def lined(text: str, most: int = 200) -> list[str]:
    """The text in pieces that a template may show whole: its lines, long ones cut."""
    rows = [line.strip() for line in text.split("\n") if line.strip()]
    return [row[at : at + most] for row in rows for at in range(0, len(row), most)]
