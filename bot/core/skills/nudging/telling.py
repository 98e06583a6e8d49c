"""How reminders are put before people: items, names, working time and moments as plain values for the templates."""

from __future__ import annotations

from datetime import datetime

from bot.core.calendar import Calendar
from bot.core.facts import Facts
from bot.core.model import Action, Application, Request, Step, kind_of
from bot.core.nudging import Line, Rules
from bot.core.nudging.shown import Told, moment
from bot.core.nudging.waiting import Held
from bot.core.turn import About, Turn

DESK, SNOOZE = Action("act.my_pending"), Action("act.snooze")


def name_of(person: str, facts: Facts) -> str:
    """What somebody is called, else the end of their id."""
    found = facts.person(person)
    return (found.name if found else "") or person.rpartition(":")[2]


def asker_of(item: Held, facts: Facts) -> str:
    """What whoever filed the item is called: as they are known, else as the item has it when it is their own."""
    found = facts.person(item.person)
    own = item.field("name") if isinstance(item, Application) else item.name if isinstance(item, Request) and item.whose == item.person else ""
    return (found.name if found else "") or own or name_of(item.person, facts)


def spent(minutes: int, calendar: Calendar) -> Told:
    """Working minutes as working days and hours."""
    days, rest = divmod(minutes, max(1, calendar.day_minutes))
    return {"days": days, "hours": rest // 60}


def item_told(item: Held, facts: Facts) -> Told:
    """An item in a line: its code, what it is, whose it is."""
    if isinstance(item, Application):
        return {"code": item.code, "what": "application", "name": item.field("name") or name_of(item.person, facts), "role": None, "system": ""}
    if isinstance(item, Step):
        following = facts.policy.following
        kind, link = following.kind(item.process), following.page(item.followed, item.url)
        return {"code": item.code, "what": "oa", "name": name_of(item.person, facts), "role": None, "system": kind, "title": item.name, "link": link}
    access = facts.policy.access
    title = dict(access.role(item.role).title)
    name = item.name or name_of(item.whose, facts)
    return {
        "code": item.code,
        "what": "glass" if item.opened else item.kind,
        "name": name,
        "role": title,
        "system": access.system(item.system).title if item.system else "",
    }


def line_told(line: Line, item: Held, facts: Facts, rules: Rules, now: datetime) -> Told:
    """A line of a digest with everything that is new in it."""
    return {
        **item_told(item, facts),
        "why": line.why.value,
        "step": line.step,
        "last": line.step == line.most,
        "urgent": line.urgent,
        "age": spent(line.age, rules.calendar),
        "waits": asker_of(item, facts) if line.waits == item.person else name_of(line.waits, facts),
        "asks": line.asks,
        "deputising": name_of(line.deputising, facts) if line.deputising else "",
        "passes_to": name_of(line.passes_to, facts) if line.passes_to else "",
        "passes_at": moment(line.passes_at, rules.calendar, now),
    }


def deciding(item: Held) -> tuple[Action, ...]:
    """The buttons of whoever decides one item; what DingTalk decides has its link instead."""
    if isinstance(item, Step):
        return ()
    slots = (("code", item.code),)
    return Action("act.approve", slots, "approve", item.code), Action("act.reject", slots, "reject", item.code)


def about(item: Held) -> About:
    """The message is worth sending only while the item waits for a decision as it does now."""
    return About(kind_of(type(item)), item.id, (item.state,))


def worded(name: str, turn: Turn, facts: Facts) -> bool:
    """Whether the sentence holds one of the words of that name in labels.yaml; `_` stands for a blank in them."""
    text = turn.text.casefold()
    words = facts.catalogue.labels.get(turn.language, {}).get(name, "").casefold()
    return any(word.replace("_", " ") in text for word in words.split())
