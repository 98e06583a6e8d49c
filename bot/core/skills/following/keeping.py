"""Keeps what was told of an instance: the approval, the turns of its approvers, and a question for each name that nobody here knows yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bot.core.facts import Ask, Facts
from bot.core.lifecycle.following import News, due_of, merged, steps
from bot.core.model import Followed, Person, Step
from bot.core.turn import Call, Effect, Put

MOST_STEPS = 200


def asked(instance: str) -> tuple[Ask, ...]:
    """What is known of an instance."""
    return Ask(Followed, id=instance, most=1), Ask(Step, tag=f"of={instance}", most=MOST_STEPS)


def kept(news: News, facts: Facts, now: datetime, *, looked: bool = False) -> tuple[Effect, ...]:
    """What changes: nothing when all of it was known. `looked` says that these are the details themselves."""
    old = next((one for one in facts.all(Followed) if one.id == news.instance), None)
    done = merged(old, news)
    if looked:
        done = replace(done, looked=now, due=None)
    later = due_of(done, now, facts.policy.following.keep_days)
    done = replace(done, due=None if looked and done.state == "running" else later)
    if done == old:
        return ()
    turns = [one for one in facts.all(Step) if one.followed == done.id]
    return Put(done), *(Put(one) for one in steps(done, turns)), *_mirrored(old, done, facts)


def _mirrored(old: Followed | None, done: Followed, facts: Facts) -> tuple[Call, ...]:
    """Of a permission request that was filed there and is over now, it is asked who decided."""
    filing = facts.policy.following.filing
    over = done.state != "running" and (old is None or old.state == "running")
    if filing is None or done.process != filing.process or not over:
        return ()
    who = done.person or next((one.holder for one in done.tasks), "")
    return (Call("oa_requests", "get", f"oa.mirror:{done.id}:{done.state}", {"instance": done.id, "channel": who.partition(":")[0]}),)


def changed(old: Followed | None, news: News) -> bool:
    """Whether the news say something that was not known."""
    return merged(old, news) != old


def details(instance: str, process: str, channel: str, why: str, more: Mapping[str, str] | None = None) -> Call:
    """The question for the details of an instance; `why` makes it one question, however often it is put."""
    return Call("oa", "get", f"oa.get:{instance}:{why}", {"instance": instance, "process": process, "channel": channel, **(more or {})})


def people_of(news: News) -> tuple[Ask, ...]:
    """Whether the people of the news are known."""
    names = dict.fromkeys((news.person, *(one.holder for one in news.tasks)))
    return tuple(Ask(Person, id=one, most=1) for one in names if one)
