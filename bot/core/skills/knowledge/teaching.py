"""Teaches in chat: an unanswered question becomes another way to say something known, or a question of its own with its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.facts import Ask, Facts
from bot.core.masking import masked
from bot.core.model import Action, Awaiting, Ticket, Wish
from bot.core.skills.knowledge.drafts import LONGEST_ANSWER, LONGEST_QUESTION, MOST_LINES, drafted, handed_in, unnamed
from bot.core.skills.knowledge.unanswered import Cluster, cluster_of
from bot.core.turn import Decision, Here, Put, Reason, Say, Turn

ADD, TEACH = "adm.faq_add", "shell.teach"
PATIENCE = timedelta(minutes=30)
MOST_CANDIDATES = 4


def teach(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """For one question of the list: what it may mean; or the choice that was made."""
    wish = turn.understanding.slot("wish")
    cluster = cluster_of(facts.wishes, wish, turn.language) if wish else None
    if cluster is None:
        return Decision(Reason.STALE_OPTION, (Say(Here(), "teach/gone", {}, (Action("adm.unanswered"),)),))
    if turn.understanding.slot("step") == "skip":
        done = tuple(Put(replace(one, kind="passed")) for one in cluster.wishes)
        return Decision(Reason.NOTED, (*done, Say(Here(), "teach/skipped", {"count": len(done)}, (Action("adm.unanswered"),))))
    intent = turn.understanding.slot("intent")
    if intent in facts.catalogue.intents:
        lines = tuple(dict.fromkeys(one.text.strip() for one in cluster.wishes))[:MOST_LINES]
        return handed_in(drafted(turn, facts, now, "alias", intent, {"wish": wish}, lines), turn, facts, now)
    return _choices(facts, cluster)


def _choices(facts: Facts, cluster: Cluster) -> Decision:
    wish = cluster.wishes[0].id
    near = [name for name in cluster.nearest if name in facts.catalogue.intents and not name.startswith("elsewhere.")][:MOST_CANDIDATES]
    actions = (
        *(Action(TEACH, (("wish", wish), ("intent", name)), name) for name in near),
        Action(ADD, (("wish", wish), ("step", "answer")), "teach_new"),
        Action(TEACH, (("wish", wish), ("step", "skip")), "teach_skip"),
    )
    data = {"texts": [one.text for one in cluster.wishes][:MOST_CANDIDATES], "count": len(cluster.wishes), "near": len(near)}
    return Decision(Reason.ASKED_BACK, (Say(Here(), "teach/choose", data, actions),), topic=TEACH)


def asked(turn: Turn, facts: Facts) -> tuple[Ask, ...]:  # noqa: ARG001 - every question has this shape
    """The answered question that is to be kept."""
    ticket = turn.understanding.slot("ticket")
    return (Ask(Ticket, id=ticket),) if ticket else ()


def add(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """A new question: the question, its answer, and off to the gate. From a list or a ticket, what is known is not asked again."""
    read, wish = turn.understanding, _wish(turn, facts)
    ticket = facts.first(Ticket)
    if ticket is not None and ticket.answer:
        values = {"question": ticket.question, "answer": ticket.answer, "language": ticket.language or turn.language}
        return handed_in(drafted(turn, facts, now, "faq", "", values, (ticket.question,)), turn, facts, now)
    step = read.slot("step")
    question = read.slot("question") or (wish.text if wish else "")
    text = read.slot("text").strip()
    if step == "question" and text:
        question = masked(" ".join(text.split()))
    if not question or len(question) > LONGEST_QUESTION:
        return _ask("question", {}, now, wrong=bool(question))
    kept = {"question": question, **({"wish": wish.id} if wish else {})}
    odd = unnamed(text, turn, facts) if step == "answer" else {}
    if step != "answer" or odd or not text or len(text) > LONGEST_ANSWER:
        return _ask("answer", kept, now, wrong=step == "answer" and bool(text) and not odd, odd=odd)
    lines = tuple(dict.fromkeys((question, *(one.text.strip() for one in _alike(turn, facts, wish)))))[:MOST_LINES]
    return handed_in(drafted(turn, facts, now, "faq", "", {**kept, "answer": text}, lines), turn, facts, now)


def _wish(turn: Turn, facts: Facts) -> Wish | None:
    ident = turn.understanding.slot("wish")
    return next((wish for wish in facts.wishes if wish.id == ident), None) if ident else None


def _alike(turn: Turn, facts: Facts, wish: Wish | None) -> tuple[Wish, ...]:
    cluster = cluster_of(facts.wishes, wish.id, turn.language) if wish else None
    return cluster.wishes if cluster else ()


def _ask(step: str, kept: dict[str, str], now: datetime, *, wrong: bool, odd: Mapping[str, object] | None = None) -> Decision:
    waiting = Awaiting(ADD, "text", (("step", step), *kept.items()), now + PATIENCE)
    most = LONGEST_ANSWER if step == "answer" else LONGEST_QUESTION
    data = {"question": kept.get("question", ""), "whom": "", "wrong": wrong, "most": most, "unknown": (), **(odd or {})}
    return Decision(Reason.ASKED_VALUE, (Say(Here(), f"teach/ask_{step}", data),), topic=ADD, awaiting=waiting)
