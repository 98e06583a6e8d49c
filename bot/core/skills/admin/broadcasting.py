"""Writes to everybody in a state, at once or at a time: the audience, the text, a preview with its count, the confirmation. `sending` does it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core import drawing
from bot.core.calendar import may_send, next_send
from bot.core.facts import Ask, Facts, Tally
from bot.core.model import Action, Application, Awaiting, Broadcast, Confirmation, Invite, Member, Request
from bot.core.nudging.shown import moment
from bot.core.skills.admin.asking import DROP, wanted
from bot.core.skills.admin.planning import Planned, planned, told
from bot.core.turn import Decision, Effect, Here, Put, Reason, Say, Turn

COMMAND = "adm.broadcast"
MOST = 5_000
"""People that one broadcast can reach."""
PATIENCE = timedelta(minutes=10)
LONGEST = 500
LIVE = ("planned", "sending", "counting")
_WAITING, _MEMBERS = ("submitted", "resubmitted"), ("synced", "role_assigned", "setup", "trained", "active", "access_problem", "stale")
_INVITED, _NEW = ("sent", "opened"), ("synced", "role_assigned", "setup", "trained")
AUDIENCES: Mapping[str, tuple[Ask, ...]] = {
    "not_joined": (Ask(Invite, states=_INVITED, most=MOST),),
    "no_form": (Ask(Application, states=("draft", "needs_info"), most=MOST),),
    "waiting": (Ask(Application, states=_WAITING, most=MOST),),
    "not_set_up": (Ask(Member, states=_NEW, most=MOST),),
    "deciders": (Ask(Application, states=_WAITING, most=MOST), Ask(Request, states=("pending",), most=MOST)),
    "members": (Ask(Member, states=_MEMBERS, most=MOST),),
    "all": (Ask(Member, states=_MEMBERS, most=MOST), Ask(Application, most=MOST), Ask(Invite, states=_INVITED, most=MOST)),
}
"""Who can be written to, by state; `not_set_up` are members whose setup list has open steps, `deciders` those who hold something that waits."""


def asked(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:
    """What is planned or being sent, and once an audience is chosen, who that is."""
    return Ask(Broadcast, states=LIVE, most=10), *AUDIENCES.get(_chosen(turn, facts), ())


def audience(kept: Confirmation, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every execution has this shape
    """Who it is now, at the moment of doing it."""
    return AUDIENCES[kept.arg("audience")]


def _chosen(turn: Turn, facts: Facts) -> str:
    """The audience of the button, else the one that the sentence names before the message; `audience_<name>_words` in labels.yaml are its words, and the
    longest that is found counts."""
    named = turn.understanding.slot("audience")
    if named in AUDIENCES or not turn.text or turn.understanding.rule == "awaited":
        return named if named in AUDIENCES else ""
    begin = next((slot.start for slot in turn.understanding.slots if slot.name == "text"), len(turn.text))
    head, labels = turn.text[:begin].casefold(), facts.catalogue.labels.get(turn.language, {})
    words = [(word.replace("_", " "), name) for name in AUDIENCES for word in labels.get(f"audience_{name}_words", "").casefold().split()]
    return max(((len(word), name) for word, name in words if word in head), default=(0, ""))[1]


def begin(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """One step of the dialogue: to whom, what, when, and is this right."""
    chosen, text, plan = _chosen(turn, facts), turn.understanding.slot("text").strip(), planned(turn, facts, now)
    if plan.fault or turn.understanding.slot("later"):
        return _when(chosen, text, plan.fault, now)
    if not chosen:
        return _whom(facts, text, plan, now)
    people = people_of(facts, chosen)
    if not people and plan.at is None:
        return Decision(Reason.ANSWERED, (Say(Here(), "adm/broadcast_nobody", {"audience": chosen, "unknown": unknown(facts)}),))
    if not text or len(text) > LONGEST:
        data = {"audience": chosen, "count": len(people), "most": LONGEST, "wrong": bool(text), **told(plan, facts, now)}
        waiting = Awaiting(COMMAND, "text", (("audience", chosen), *plan.kept), now + PATIENCE)
        return Decision(Reason.ASKED_VALUE, (Say(Here(), "adm/broadcast_text", data),), awaiting=waiting)
    args = {"audience": chosen, "text": text, "argument": chosen, "at": plan.at.isoformat() if plan.at else ""}
    return wanted(turn, facts, now, COMMAND, args, _preview(chosen, text, plan, facts, now), _later(chosen, text, plan, facts, now))


def _preview(chosen: str, text: str, plan: Planned, facts: Facts, now: datetime) -> dict[str, object]:
    """What would happen; at an hour at which nobody is at work this is said, and it is the admin's to decide."""
    late = plan.at is None and not may_send(facts.policy.calendar, now)
    shown = {"audience": chosen, "count": len(people_of(facts, chosen)), "unknown": unknown(facts), "lines": lined(text), "off_hours": late}
    return {**shown, **told(plan, facts, now)}


def _later(chosen: str, text: str, plan: Planned, facts: Facts, now: datetime) -> tuple[Action, ...]:
    """Other times than the one that is shown: when people are at work next, or one to be told."""
    kept = (("audience", chosen), ("text", text))
    opens = next_send(facts.policy.calendar, now)
    morning = (Action(COMMAND, (*kept, ("at", opens.isoformat())), "send_at_work"),) if plan.at is None and opens > now else ()
    return (*morning, Action(COMMAND, (*kept, ("later", "yes")), "send_later"))


def _when(chosen: str, text: str, fault: str, now: datetime) -> Decision:
    kept = tuple((name, value) for name, value in (("audience", chosen), ("text", text)) if value)
    waiting = Awaiting(COMMAND, "when", kept, now + PATIENCE)
    return Decision(Reason.ASKED_VALUE, (Say(Here(), "adm/broadcast_when", {"fault": fault}),), awaiting=waiting)


def _whom(facts: Facts, text: str, plan: Planned, now: datetime) -> Decision:
    """The audiences as buttons, and a way to stop what is planned or being sent."""
    kept = (*((("text", text[:LONGEST]),) if text else ()), *plan.kept)
    running = [one for one in facts.all(Broadcast) if one.state in ("planned", "sending")]
    actions = tuple(Action(COMMAND, (("audience", name), *kept), f"audience_{name}") for name in AUDIENCES)
    data = {"running": [row(one, facts, now) for one in running], "lines": lined(text), **told(plan, facts, now)}
    return Decision(Reason.ASKED_BACK, (Say(Here(), "adm/broadcast_whom", data, (*stops(running), *actions)),), topic=COMMAND)


def stops(running: Iterable[Broadcast]) -> tuple[Action, ...]:
    """A button for each of them."""
    return tuple(Action(DROP, (("code", one.code),), "drop", one.code) for one in running)


def row(one: Broadcast, facts: Facts, now: datetime) -> dict[str, object]:
    """A broadcast in a list."""
    goes = moment(one.due if one.state == "planned" else None, facts.policy.calendar, now)
    return {"code": one.code, "state": one.state, "left": len(one.left), "audience": one.audience, "lines": lined(one.text)[:1], "goes": goes}


def people_of(facts: Facts, chosen: str) -> tuple[str, ...]:
    """Ids of those who can be written to, each once."""
    applications, requests = facts.all(Application), facts.all(Request)
    if chosen == "deciders":
        found = [one.holder for one in applications] + [one.holder for one in requests]
    else:
        found = [one.person for one in facts.all(Member)] + [one.person for one in applications] + [one.person for one in facts.all(Invite)]
    return tuple(sorted({ident for ident in found if ident}))[:MOST]


def unknown(facts: Facts) -> int:
    """Invited people of whom only a telephone number is known: nobody can write to them here."""
    return sum(not invite.person for invite in facts.all(Invite))


def start(turn: Turn, facts: Facts, now: datetime, kept: Confirmation) -> tuple[Effect, ...]:
    """The confirmed broadcast begins, its first part at once, or is put down for its time; who it goes to is looked up then."""
    at = datetime.fromisoformat(kept.arg("at")) if kept.arg("at") else None
    made = Broadcast(drawing.ident(turn, "b"), drawing.code(turn, 2), "sending", kept.arg("audience"), kept.arg("text"), kept.person, now)
    people = people_of(facts, kept.arg("audience"))
    if at is not None and at > now:
        data = {"count": len(people), "code": made.code, "goes": moment(at, facts.policy.calendar, now)}
        return Put(replace(made, state="planned", at=at, due=at)), Say(Here(), "adm/broadcast_planned", data, (*stops((made,)), Action("shell.broadcasts")))
    begun = replace(made, left=people, due=now)
    return Put(begun), Say(Here(), "adm/broadcast_started", {"count": len(people), "code": made.code}, stops((made,)))


def second(facts: Facts, kept: Confirmation) -> Mapping[str, object]:
    """What a second admin sees of it."""
    at = datetime.fromisoformat(kept.arg("at")) if kept.arg("at") else None
    return {**_preview(kept.arg("audience"), kept.arg("text"), Planned(at, at), facts, kept.made), "off_hours": False}


def lined(text: str, most: int = 200) -> list[str]:
    """The text in pieces that a template may show whole: its lines, long ones cut."""
    rows = [line.strip() for line in text.split("\n") if line.strip()]
    return [row[at : at + most] for row in rows for at in range(0, len(row), most)]
