"""What becomes of a followed approval when DingTalk tells something of it: late, twice, in any order, or in one piece by its details.

Everything here only grows: a state of a higher rank replaces a lower one, the earliest beginning and the latest end stay, a closed task stays closed. So
the same news in any order, however often, come to the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.core import codes
from bot.core.model import Followed, Link, OaTask, Step, link_of

STATES = ("running", "terminated", "refused", "agreed", "deleted", "forgotten")
"""By rank: the later one stands, whichever came first."""
RESULTS = ("", "cancel", "redirect", "agree", "refuse")
PROCESS = "{instance}"


@dataclass(frozen=True, slots=True)
class Filing:
    """The form by which permission requests are filed in DingTalk OA: its processCode, the label of the field for our own number, and for other labels
    which of a request's values goes there (person, account, system, role, level, until, reason, evidence, code)."""

    process: str
    key: str
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Following:
    """Which approvals are followed: `processes` are forms by their processCode with the word people call them by, `link` is the page of an instance where
    DingTalk tells none, `calls` how many a night may cost, `at` its minute, `keep_days` after which an ended one is blanked; `filing` is how permission
    requests are filed there, None: they are decided here."""

    processes: Mapping[str, str] = field(default_factory=dict)
    link: str = ""
    calls: int = 60
    at: int = 150
    keep_days: int = 90
    filing: Filing | None = None

    def kind(self, process: str) -> str:
        """What people call approvals of this form."""
        return self.processes.get(process, "")

    def page(self, instance: str, url: str) -> Link:
        """DingTalk's own page of it, empty when there is none."""
        return link_of(url) or link_of(self.link.replace(PROCESS, instance))


@dataclass(frozen=True, slots=True)
class News:
    """What was told of an instance, once: all of it or any part."""

    instance: str
    process: str
    made: datetime
    state: str = "running"
    person: str = ""
    number: str = ""
    title: str = ""
    url: str = ""
    ended: datetime | None = None
    tasks: tuple[OaTask, ...] = ()


def code_of(instance: str) -> str:
    """The code by which people name it: the same whoever heard of it first."""
    return codes.make(int.from_bytes(hashlib.sha256(instance.encode()).digest()[:6], "big"))


def merged(old: Followed | None, news: News) -> Followed:
    """What is known after the news."""
    was = old or Followed(news.instance, code_of(news.instance), news.process, "running", news.made)
    if was.state == "forgotten":
        return was
    state = max(was.state, news.state, key=STATES.index)
    return replace(
        was,
        state=state,
        made=min(was.made, news.made),
        person=max(was.person, news.person),
        number=max(was.number, news.number),
        title=max(was.title, news.title),
        url=max(was.url, news.url),
        ended=_latest(was.ended, news.ended),
        tasks=_joined(was.tasks, news.tasks),
    )


def _latest(*moments: datetime | None) -> datetime | None:
    return max((one for one in moments if one is not None), default=None)


def _joined(old: Iterable[OaTask], new: Iterable[OaTask]) -> tuple[OaTask, ...]:
    tasks = {one.id: one for one in old}
    for one in new:
        was = tasks.get(one.id, one)
        result = max(was.result, one.result, key=RESULTS.index)
        tasks[one.id] = OaTask(one.id, max(was.holder, one.holder), min(was.since, one.since), _latest(was.closed, one.closed), result)
    return tuple(tasks[name] for name in sorted(tasks))


def steps(followed: Followed, known: Sequence[Step]) -> tuple[Step, ...]:
    """The turns of its approvers that changed with it: new ones, and those whose facts are others now."""
    by_id = {one.id: one for one in known}
    changed = []
    for task in followed.tasks:
        ident = f"{followed.id}/{task.id}"
        was = by_id.get(ident)
        state = "open" if task in followed.waiting else "done"
        if was is None and state == "done":
            continue
        told = Step(
            ident, followed.id, followed.code, followed.person, task.holder, state, followed.process, followed.title, task.since, followed.made, followed.url
        )
        if was is not None:
            kept = replace(
                told, touched=was.touched, nudges=was.nudges, asked=was.asked, promised=was.promised, snoozed=was.snoozed, due=was.due, version=was.version
            )  # fmt: skip
            told = kept
        if told != was:
            changed.append(told)
    return tuple(changed)


def blanked(followed: Followed) -> Followed:
    """Long after its end nobody's name or words are kept."""
    return replace(followed, state="forgotten", person="", title="", number="", url="", tasks=(), due=None)


PATIENCE = timedelta(minutes=10)
"""How long it is waited for the event that says who filed it, before the details are asked for."""


def due_of(followed: Followed, now: datetime, keep_days: int) -> datetime | None:
    """When to look at it again by itself: soon when it is not known who filed it, long after its end to blank it; else never, the nightly look is enough."""
    if followed.state != "running":
        return (followed.ended or now) + timedelta(days=keep_days) if followed.state != "forgotten" else None
    return followed.due or now + PATIENCE if not followed.person else None
