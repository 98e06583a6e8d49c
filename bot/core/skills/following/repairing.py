"""The details of one instance, asked for when something is missing: by the clock for one that nobody explained, by the nightly look for lost events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from bot.core.facts import Ask, Facts
from bot.core.introducing import introductions
from bot.core.lifecycle.following import News, blanked
from bot.core.model import Followed, OaTask, Step, Sweep
from bot.core.skills.following import keeping, sweeping
from bot.core.turn import Decision, Due, Effect, Outcome, Put, Reason, Turn


def due(turn: Turn, facts: Facts) -> tuple[Ask, ...]:  # noqa: ARG001 - every question has this shape
    """The approval that is due, with its turns."""
    return keeping.asked(turn.stimulus.entity) if isinstance(turn.stimulus, Due) else ()


def look(turn: Turn, facts: Facts, now: datetime) -> Decision:  # noqa: ARG001 - every skill has this shape
    """One that ended long ago is blanked; of one whose originator nobody named the details are asked for."""
    followed = facts.first(Followed)
    if followed is None:
        return Decision(Reason.IGNORED)
    if followed.state != "running":
        bare = blanked(followed)
        gone = (replace(one, state="done", person="", name="", url="", holder="") for one in facts.all(Step))
        return Decision(Reason.SAVED, (Put(bare), *(Put(one) for one in gone)))
    channel = next((one.holder.partition(":")[0] for one in followed.tasks), "")
    call = keeping.details(followed.id, followed.process, channel, "late")
    return Decision(Reason.SAVED, (Put(replace(followed, due=None)), call))


def _args(turn: Turn) -> Mapping[str, str]:
    return turn.stimulus.call.args if isinstance(turn.stimulus, Outcome) else {}


def _told(turn: Turn) -> Mapping[str, object]:
    """What DingTalk answered; nothing when it did not."""
    return turn.stimulus.told if isinstance(turn.stimulus, Outcome) else {}


def _look_asks(turn: Turn, facts: Facts) -> tuple[Ask, ...]:  # noqa: ARG001 - every question has this shape
    args = _args(turn)
    instance = keeping.asked(args["instance"]) if "instance" in args else ()
    return (*instance, *((Ask(Sweep, id=args["process"], most=1),) if args.get("night") else ()))


def _people_asks(turn: Turn, facts: Facts) -> tuple[Ask, ...]:
    news = news_of(_told(turn), _args(turn), facts) if _args(turn).get("instance") else None
    return keeping.people_of(news) if news is not None else ()


def _open_asks(turn: Turn, facts: Facts) -> tuple[Ask, ...]:  # noqa: ARG001 - every question has this shape
    """The approvals of the form that are open here, to compare a list with."""
    args = _args(turn)
    return (Ask(Followed, tag=f"process={args['process']}", states=("running",), most=sweeping.MOST),) if args.get("what") == "open" else ()


def _listed_asks(turn: Turn, facts: Facts) -> tuple[Ask, ...]:
    """Which of the listed ones are known; those that were found open need no question."""
    if "what" not in _args(turn):
        return ()
    known = {one.id for one in facts.all(Followed)}
    return tuple(Ask(Followed, id=one, most=1) for one in sweeping.listed(_told(turn)) if one not in known)[: sweeping.MOST_ASKED]


ASKS = (_look_asks, _people_asks, _open_asks, _listed_asks)


def answered(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """DingTalk's answer: a list of the nightly look, or the details of an instance."""
    outcome = turn.stimulus
    assert isinstance(outcome, Outcome)  # noqa: S101 - the SKILLS table sends only outcomes here
    args, told = outcome.call.args, _told(turn)
    if "what" in args:
        return sweeping.compared(args, told, facts, now)
    if "instance" not in args or not facts.policy.following.kind(args.get("process", "")):
        return Decision(Reason.IGNORED)
    news = news_of(told, args, facts)
    old = next((one for one in facts.all(Followed) if one.id == args["instance"]), None)
    changes: tuple[Effect, ...] = ()
    if news is not None and not (news.state == "deleted" and old is None):
        people = (news.person, *(one.holder for one in news.tasks if one.closed is None))
        changes = (*keeping.kept(news, facts, now, looked=True), *introductions(people, facts, now))
    further = sweeping.went_on(args, facts, failed=not told, repaired=news is not None and keeping.changed(old, news))
    return Decision(Reason.SAVED if changes or further else Reason.IGNORED, (*changes, *further))


def news_of(told: Mapping[str, object], args: Mapping[str, str], facts: Facts) -> News | None:
    """The details as news; None when there was no answer. One that DingTalk no longer knows was removed."""
    if not told:
        return None
    instance, channel = args["instance"], args.get("channel", "")
    old = next((one for one in facts.all(Followed) if one.id == instance), None)
    if told.get("found") is not True:
        return News(instance, args.get("process", ""), old.made if old else datetime.max.replace(tzinfo=UTC), "deleted", ended=old.ended if old else None)
    made = moment(told.get("created")) or (old.made if old else None)
    if made is None:
        return None
    rows = told.get("tasks")
    tasks = tuple(task for row in (rows if isinstance(rows, list) else []) if isinstance(row, dict) and (task := _task(row, channel, made)))
    states = {"agreed": "agreed", "refused": "refused", "terminated": "terminated"}
    return News(
        instance,
        args.get("process", ""),
        made,
        states.get(_text(told.get("state")), "running"),
        person=f"{channel}:{_text(told.get('originator'))}" if told.get("originator") else "",
        number=_text(told.get("number")),
        title=_text(told.get("title")),
        ended=moment(told.get("finished")),
        tasks=tasks,
    )


def _task(row: Mapping[str, object], channel: str, made: datetime) -> OaTask | None:
    """A turn of the details; one that has not begun yet is none."""
    user, number, state = _text(row.get("user")), _text(row.get("task")), _text(row.get("state"))
    if not user or not number or state not in ("waiting", "over"):
        return None
    since = moment(row.get("since")) or made
    result = _text(row.get("result"))
    closed = (moment(row.get("finished")) or since) if state == "over" else None
    known = result if result in ("agree", "refuse", "redirect") else "cancel" if closed else ""
    return OaTask(number, f"{channel}:{user}", since, closed, known)


def moment(value: object) -> datetime | None:
    """A time as the workflow API writes it (`2026-07-26T02:00Z`, to the minute), None for anything else."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) and value else None
    except ValueError:
        return None
    return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC) if found else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
