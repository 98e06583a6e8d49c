"""Hands a question over to a person: the admins get it with a code, whoever answers does so in the chat, and the asker is told who and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core import drawing
from bot.core.calendar import next_morning
from bot.core.facts import Ask, Facts, Need, Skill
from bot.core.masking import masked
from bot.core.model import Action, Awaiting, Person, Ticket
from bot.core.turn import About, Decision, Here, Private, Put, Reason, Say, Turn

ANSWER = "shell.answer"
MOST_REMINDERS = 3
LONGEST = 1_000
MORNING = 9 * 60 + 30
"""Minutes of the wall clock at which an unanswered question comes back."""
PATIENCE = timedelta(minutes=30)


def open_ones(turn: Turn, facts: Facts) -> tuple[Ask, ...]:  # noqa: ARG001 - every question has this shape
    """What this person has asked and nobody has answered."""
    return (Ask(Ticket, person=facts.viewer.id, states=("open",)),)


def hand_over(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Opens a ticket for the last question and names the admins to the asker. Asking twice for the same question tells nobody twice."""
    question = masked(facts.conversation.question or facts.private.question)
    others = tuple(admin for admin in facts.admins if admin.id != facts.viewer.id)
    again = any(ticket.question == question for ticket in facts.all(Ticket))
    data = {"admins": [_name(admin) for admin in others], "question": question, "again": again}
    said = Say(Here(), "act/human", data)
    if again:
        return Decision(Reason.HANDED_OVER, (said,), topic="act.human")
    topic, language = facts.conversation.topic, turn.language
    ticket = Ticket(
        drawing.ident(turn, "t"),
        drawing.code(turn),
        facts.viewer.id,
        "open",
        question,
        now,
        facts.viewer.name,
        topic,
        language,
        due=next_morning(facts.policy.calendar, now, MORNING),
    )
    told = tuple(_shown(ticket, admin, facts, turn, "human/request") for admin in others)
    return Decision(Reason.HANDED_OVER, (said, Put(ticket), *told), topic="act.human")


def _shown(ticket: Ticket, admin: Person, facts: Facts, turn: Turn, reply: str) -> Say:
    topic = facts.catalogue.label(Action(ticket.topic), turn.language) if ticket.topic in facts.catalogue.intents else ""
    data = {"name": ticket.name, "question": ticket.question, "code": ticket.code, "topic": topic, "times": ticket.reminded}
    buttons = (Action(ANSWER, (("code", ticket.code),), "answer", ticket.code),)
    return Say(Private(admin.id), reply, data, buttons, priority=2, about=About("ticket", ticket.id, ("open",)))


def named(turn: Turn, facts: Facts) -> tuple[Ask, ...]:  # noqa: ARG001 - every question has this shape
    """The ticket that the code names."""
    code = turn.understanding.slot("code")
    return (Ask(Ticket, tag=f"code={code}", most=1),) if code else ()


def whose(turn: Turn, facts: Facts) -> tuple[Ask, ...]:  # noqa: ARG001 - every question has this shape
    """Its asker, and who answered."""
    ticket = facts.first(Ticket)
    return (Ask(Person, id=ticket.person), Ask(Person, id=ticket.holder)) if ticket is not None else ()


def answer(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The expert's words go to the asker in private; without words they are asked for. A second answer is added to the first."""
    ticket, text = facts.first(Ticket), turn.understanding.slot("text").strip()
    if ticket is None:
        fault = "mistyped" if turn.understanding.slot("mistyped") else "unknown"
        return Decision(Reason.STALE_OPTION, (Say(Here(), "human/no_ticket", {"fault": fault}),))
    if not text or len(text) > LONGEST:
        data = {"question": ticket.question, "code": ticket.code, "most": LONGEST, "wrong": bool(text), "answered": ticket.answer != ""}
        waiting = Awaiting(ANSWER, "text", (("code", ticket.code),), now + PATIENCE)
        return Decision(Reason.ASKED_VALUE, (Say(Here(), "human/write", data),), awaiting=waiting)
    at = facts.policy.minute(now)
    told = {"by": _name(facts.viewer), "at": at, "question": ticket.question, "lines": _lined(text), "more": ticket.answer != ""}
    whole = f"{ticket.answer}\n{text}".strip()
    kept = replace(ticket, state="answered", holder=facts.viewer.id, answer=whole, answered=now, due=None)
    to_faq = (Action("adm.faq_add", (("ticket", ticket.id),), "keep_answer"),) if ticket.question else ()
    line = drawing.line(turn, facts.viewer, now, "answer", f"ticket:{ticket.id}")
    done = Say(Here(), "human/sent", {"name": ticket.name, "question": ticket.question}, to_faq)
    return Decision(Reason.SAVED, (Put(kept), line, Say(Private(ticket.person), "human/answered", told, priority=2), done))


def waiting(turn: Turn, facts: Facts) -> tuple[Ask, ...]:  # noqa: ARG001 - every question has this shape
    """All that nobody has answered."""
    return (Ask(Ticket, states=("open",), most=20),)


def listed(turn: Turn, facts: Facts, now: datetime) -> Decision:  # noqa: ARG001 - every skill has this shape
    """The open tickets, the oldest first."""
    oldest = sorted(facts.all(Ticket), key=lambda ticket: ticket.made)
    rows = [{"code": one.code, "name": one.name, "question": one.question, "hours": int((now - one.made).total_seconds() // 3600)} for one in oldest[:8]]
    buttons = tuple(Action(ANSWER, (("code", one.code),), "answer", one.code) for one in oldest[:5])
    return Decision(Reason.ANSWERED, (Say(Here(), "human/tickets", {"rows": rows, "all": len(oldest)}, buttons),), topic="shell.tickets")


def due(turn: Turn, facts: Facts) -> tuple[Ask, ...]:  # noqa: ARG001 - every question has this shape
    """The ticket that nobody has answered."""
    return (Ask(Ticket, id=getattr(turn.stimulus, "entity", "")),)


def remind(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Again to the admins, three times at most; then the asker is told that nobody came to it."""
    ticket = facts.first(Ticket)
    if ticket is None or ticket.state != "open":
        return Decision(Reason.IGNORED)
    if ticket.reminded >= MOST_REMINDERS:
        closed = replace(ticket, state="closed", due=None)
        return Decision(Reason.NOTED, (Put(closed), Say(Private(ticket.person), "human/nobody", {"question": ticket.question})))
    again = replace(ticket, reminded=ticket.reminded + 1, due=next_morning(facts.policy.calendar, now, MORNING))
    told = tuple(_shown(again, admin, facts, turn, "human/overdue") for admin in facts.admins if admin.id != ticket.person)
    return Decision(Reason.REMINDED, (Put(again), *told))


def _name(person: Person) -> str:
    return person.name or person.id.rpartition(":")[2]


def _lined(text: str, most: int = 200) -> list[str]:
    rows = [line.strip() for line in text.split("\n") if line.strip()]
    return [row[at : at + most] for row in rows for at in range(0, len(row), most)]


ROWS: Mapping[str, Skill] = {
    "act.human": Skill(hand_over, frozenset({Need.ADMINS}), (open_ones,)),
    ANSWER: Skill(answer, frozenset(), (named, whose)),
    "shell.tickets": Skill(listed, frozenset(), (waiting,)),
    "due.ticket": Skill(remind, frozenset({Need.ADMINS}), (due, whose)),
}
