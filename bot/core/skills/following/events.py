"""What DingTalk pushes of approvals: an instance began, ended or went away; somebody's turn in it began or ended (dingtalk.md 6.5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from bot.core.facts import Ask, Facts
from bot.core.introducing import introductions
from bot.core.lifecycle.following import News
from bot.core.model import OaTask, Person
from bot.core.skills.following import keeping
from bot.core.turn import Decision, Event, Outcome, Put, Reason, Turn

ENDS = {("finish", "agree"): "agreed", ("finish", "refuse"): "refused", ("terminate", ""): "terminated", ("delete", ""): "deleted"}
"""State by type and result. A finish without a result says nothing that could be told to somebody: the details will."""


def of(turn: Turn) -> Event:
    """The event of the turn."""
    assert isinstance(turn.stimulus, Event)  # noqa: S101 - the SKILLS table sends only events here
    return turn.stimulus


def instant(ms: str) -> datetime | None:
    """A time in milliseconds, None for anything else."""
    return datetime.fromtimestamp(int(ms) / 1000, UTC) if ms.isascii() and ms.isdigit() and 12 <= len(ms) <= 14 else None


def followed(event: Event, facts: Facts) -> bool:
    """Whether approvals of this form are followed."""
    return bool(facts.policy.following.kind(event.values.get("process", "")))


def known(turn: Turn, facts: Facts) -> tuple[Ask, ...]:
    """What is known of the instance, and of whoever the event names."""
    event = of(turn)
    return (*keeping.asked(event.subject), *keeping.people_of(_told(event))) if followed(event, facts) else ()


def _told(event: Event, state: str = "running") -> News:
    values = event.values
    return News(
        event.subject,
        values.get("process", ""),
        instant(values.get("created", "")) or event.at,
        state,
        number=values.get("number", ""),
        title=values.get("title", ""),
        url=values.get("url", ""),
        person=_person(event) if event.kind == "bpms_instance_change" else "",
    )


def _person(event: Event) -> str:
    account = event.values.get("person", "")
    return f"{event.source}:{account}" if account else ""


def instance(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """It began, ended, was taken back or removed."""
    event = of(turn)
    if not followed(event, facts):
        return Decision(Reason.IGNORED)
    kind, result = event.values.get("type", ""), event.values.get("result", "")
    state = ENDS.get((kind, result)) or ENDS.get((kind, ""), "running")
    news = _told(event, state)
    if state != "running":
        news = replace(news, ended=instant(event.values.get("finished", "")) or event.at)
    done = _decided(news, facts, now)
    if kind != "finish" or state != "running":
        return done
    return Decision(Reason.SAVED, (*done.effects, keeping.details(news.instance, news.process, event.source, "finish")))  # over, and nobody says how


def task(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Somebody's turn began or ended."""
    event = of(turn)
    number, who = event.values.get("task", ""), _person(event)
    if not followed(event, facts) or not number or not who:
        return Decision(Reason.IGNORED)
    began = instant(event.values.get("created", "")) or event.at
    over = event.values.get("type") in ("finish", "cancel")
    result = event.values.get("result", "") if event.values.get("type") == "finish" else "cancel" if over else ""
    closed = (instant(event.values.get("finished", "")) or event.at) if over else None
    one = OaTask(number, who, began, closed, result if result in ("agree", "refuse", "redirect", "cancel") else "")
    return _decided(replace(_told(event), tasks=(one,)), facts, now)


def _decided(news: News, facts: Facts, now: datetime) -> Decision:
    changes = keeping.kept(news, facts, now)
    people = (news.person, *(one.holder for one in news.tasks))
    return Decision(Reason.SAVED, (*changes, *introductions(people, facts, now))) if changes else Decision(Reason.IGNORED)


def named(turn: Turn, facts: Facts) -> tuple[Ask, ...]:  # noqa: ARG001 - every question has this shape
    """Whether somebody is known by now."""
    whom = turn.stimulus.call.args.get("whom", "") if isinstance(turn.stimulus, Outcome) else ""
    return (Ask(Person, id=whom, most=1),) if whom else ()


def introduced(turn: Turn, facts: Facts, now: datetime) -> Decision:  # noqa: ARG001 - every skill has this shape
    """The address book says what somebody is called; who spoke with us meanwhile keeps the name they have here."""
    outcome = turn.stimulus
    assert isinstance(outcome, Outcome)  # noqa: S101 - the SKILLS table sends only outcomes here
    whom = outcome.call.args.get("whom", "")
    told = outcome.told if whom else {}
    name = told.get("name")
    person = next((one for one in facts.people if one.id == whom), None)
    if told.get("found") is not True or not isinstance(name, str) or not name or (person is not None and person.name):
        return Decision(Reason.IGNORED)
    channel, _, account = whom.partition(":")
    return Decision(Reason.SAVED, (Put(replace(person or Person(whom, accounts=((channel, account),)), name=name[:80])),))
