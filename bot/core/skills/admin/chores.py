"""What comes back by itself: the weekly list of what was not understood, what is overdue for a look, and the figures of the week."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from bot.core.facts import Ask, Facts, Tally
from bot.core.freshness import overdue
from bot.core.introducing import introductions
from bot.core.model import Action, Application, Chore, Invite, Lesson, Member, Person, Ticket
from bot.core.rights import given
from bot.core.skills.admin import figures, nightly
from bot.core.turn import Decision, Event, Private, Put, Reason, Say, Turn

WEEKLY = "weekly"
AT = time(9, 30)
WEEK = timedelta(days=7)
SHOWN = 5
LIST = "adm.unanswered"
"""Who may see this list owns the knowledge."""


def known(turn: Turn, facts: Facts) -> tuple[Ask, ...]:
    """Which of them are there already, and what those are called who decide."""
    return (Ask(Chore, id=WEEKLY), Ask(Chore, id=nightly.NIGHTLY), *(Ask(Person, id=one, most=1) for one in _deciding(turn, facts)))


def _deciding(turn: Turn, facts: Facts) -> tuple[str, ...]:
    """Everybody whom the settings name, when there is an address book to ask about them."""
    values = turn.stimulus.values if isinstance(turn.stimulus, Event) else {}
    return tuple(dict.fromkeys((*values.get("people", "").split(), *facts.policy.access.deciders))) if values.get("book") else ()


def begin(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """At the first start the weekly list gets its time, next Monday morning, and the nightly purge its own, whether or not the settings name an admin: one
    may be named in chat. At every start those who decide are introduced, so that others read their names."""
    stimulus = turn.stimulus
    person = stimulus.values.get("person", "") if isinstance(stimulus, Event) else ""
    asked = introductions(_deciding(turn, facts), facts, now)
    there = {one.id for one in facts.all(Chore)}
    fresh = {WEEKLY: Put(Chore(WEEKLY, person, _monday(facts, now))), nightly.NIGHTLY: nightly.first(person, facts, now)}
    puts = tuple(put for name, put in fresh.items() if name not in there)
    return Decision(Reason.NOTED if puts or asked else Reason.IGNORED, (*puts, *asked))


def _monday(facts: Facts, now: datetime) -> datetime:
    local = facts.policy.wall(now)
    day = local.date() + timedelta(days=7 - local.weekday())
    return datetime.combine(day, AT, local.tzinfo).astimezone(UTC)


def due(turn: Turn, facts: Facts) -> tuple[Ask, ...]:  # noqa: ARG001 - every question has this shape
    """The chore itself."""
    return (Ask(Chore, id=getattr(turn.stimulus, "entity", "")),)


def needed(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every question has this shape
    """The figures of the report."""
    return Tally(Invite), Tally(Application), Tally(Member), Tally(Ticket), Tally(Lesson)


def run(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Every admin gets the same page, and the chore its next time; whoever was given the list of what was not understood gets what it says of
    the answers, and nothing of people."""
    kept = facts.first(Chore)
    if kept is None:
        return Decision(Reason.IGNORED)
    if kept.id == nightly.NIGHTLY:
        return nightly.purge(kept, facts, now)
    week = [wish for wish in facts.wishes if now - wish.at <= WEEK]
    late = overdue(facts.catalogue, facts.policy.wall(now).date())
    data = {
        "unanswered": sum(wish.kind == "unanswered" for wish in week),
        "wrong": sum(wish.kind == "feedback" for wish in week),
        "texts": [wish.text for wish in week if wish.kind == "unanswered"][:SHOWN],
        "late": [{"label": facts.catalogue.label(Action(name), turn.language), "owner": owner, "date": date} for name, owner, date in late[:SHOWN]],
        "late_all": len(late),
        "members": sum(count for (kind, state), count in facts.tallies.items() if kind is Member and state != "left"),
        "waiting": sum(count for (kind, state), count in facts.tallies.items() if kind is Application and state in {"submitted", "resubmitted"}),
        "tickets": facts.tallies.get((Ticket, "open"), 0),
        "proposed": facts.tallies.get((Lesson, "proposed"), 0),
        **figures.of(turn, facts, now),
    }
    actions = (Action(LIST), Action("adm.nudge_report"), Action("shell.stale"))
    says = tuple(Say(Private(admin.id), "adm/weekly", data, actions) for admin in facts.admins)
    admins = {admin.id for admin in facts.admins}
    owners = [ident for ident in given(facts.policy.said, LIST) if ident not in admins]
    answers = {name: data[name] for name in ("unanswered", "wrong", "texts", "late", "late_all")}
    says += tuple(Say(Private(ident), "adm/weekly_knowledge", answers, actions[:1]) for ident in owners)
    return Decision(Reason.NOTED, (Put(replace(kept, due=_monday(facts, now), ran=now)), *says))
