"""Searches the audit trail: by a code, by a person, or the newest lines."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.core.facts import Ask, Facts
from bot.core.model import Action, Announcement, Application, Broadcast, Entry, Item, Lesson, Member, Person, Request, Ticket, kind_of
from bot.core.turn import Decision, Here, Message, Press, Reason, Say, Turn

SHOWN = 12
LOOKED_AT = 60
"""Newest lines among which those that only show something are passed over."""
SYSTEM = "system"
LOOK = "command:"
"""How the subject of a line begins when a command only showed something."""
LONGEST_NAME = 4
SHORTEST_NAME = 2
LONGEST = 24
"""Characters of a sentence in which a name is looked for."""
CODED: tuple[type[Item], ...] = (Application, Request, Lesson, Ticket, Announcement, Broadcast)


def named(turn: Turn, facts: Facts) -> tuple[Ask, ...]:  # noqa: ARG001 - every question has this shape
    """What the code names, who was mentioned, and whose name stands in the sentence."""
    code = turn.understanding.slot("code") or turn.understanding.slot("request")
    asks = [Ask(kind, tag=f"code={code}", most=1) for kind in CODED] if code else []
    heard = turn.stimulus
    account = turn.understanding.slot("person")
    if account and isinstance(heard, Message | Press):
        asks.append(Ask(Person, tag=f"account={heard.channel}:{account}"))
    elif not code:
        asks += [Ask(kind, tag=f"name={part}", most=2) for part in _parts(turn.text) for kind in (Person, Member)]
    return tuple(asks)


def _parts(text: str) -> list[str]:
    """Every piece of the text that may be a name."""
    text = text.strip()[:LONGEST]
    found = [text[at : at + size] for size in range(LONGEST_NAME, SHORTEST_NAME - 1, -1) for at in range(len(text) - size + 1)]
    return [part for part in dict.fromkeys(found) if part.isalpha()]


def _subjects(facts: Facts) -> tuple[str, ...]:
    items = [f"{kind_of(type(item))}:{item.id}" for item in facts.items if not isinstance(item, Member)]
    people = [person.id for person in facts.people] + [member.person for member in facts.all(Member) if member.person]
    return tuple(dict.fromkeys((*items, *people, *(f"person:{ident}" for ident in people))))


def lines(turn: Turn, facts: Facts) -> tuple[Ask, ...]:
    """The lines about what was found; without anything to look for, the newest."""
    subjects = _subjects(facts)
    if not subjects and not turn.understanding.slot("code"):
        return (Ask(Entry, most=LOOKED_AT),)
    return tuple(Ask(Entry, tag=subject, most=SHOWN) for subject in subjects[:4])


def actors(turn: Turn, facts: Facts) -> tuple[Ask, ...]:  # noqa: ARG001 - every question has this shape
    """Who did it, by name."""
    return tuple(Ask(Person, id=ident) for ident in dict.fromkeys(entry.actor for entry in facts.entries if entry.actor))


def show(turn: Turn, facts: Facts, now: datetime) -> Decision:  # noqa: ARG001 - every skill has this shape
    """Who did what when, newest first."""
    zone = ZoneInfo(facts.policy.zone)
    known = {entry.id: entry for entry in facts.entries}
    found, sought = _found(turn, facts), turn.understanding.slot("code") or turn.understanding.slot("request") or _sought(turn, facts)
    newest = sorted(known.values(), key=lambda entry: (entry.at, entry.id), reverse=True)
    if not found:
        newest = [] if sought else [entry for entry in newest if not entry.subject.startswith(LOOK)] or newest
    rows = [
        {
            "at": entry.at.astimezone(zone).strftime("%m-%d %H:%M"),
            "who": _word("who", SYSTEM, turn, facts) if entry.actor == SYSTEM else _name(facts, entry.actor),
            "act": _word("act", entry.act, turn, facts),
            "what": _subject(turn, facts, entry),
            "why": "" if entry.subject.startswith("confirmation:") else entry.reason,
        }
        for entry in newest[:SHOWN]
    ]
    data = {"rows": rows, "sought": sought, "found": found, "mistyped": turn.understanding.slot("mistyped")}
    return Decision(Reason.ANSWERED, (Say(Here(), "adm/audit", data),), topic="adm.audit")


def _found(turn: Turn, facts: Facts) -> bool:
    """Whether what was looked for is there; those who did something are known as well, but were not looked for."""
    account = turn.understanding.slot("person")
    meant = [one for one in facts.people if (one.name and one.name in turn.text) or (account and one.id.rpartition(":")[2] == account)]
    return bool(meant or facts.items)


def _sought(turn: Turn, facts: Facts) -> str:
    """The name that ends the sentence, also when nobody here is called so."""
    last = turn.text.strip().rpartition(" ")[2].lstrip("@＠")
    said = facts.catalogue.label(Action("", label="say_adm.audit"), turn.language)
    named = last not in said and last != turn.text.strip() and last.isalpha() and not last.isascii()
    return last if named and SHORTEST_NAME <= len(last) <= LONGEST_NAME else ""


def _name(facts: Facts, ident: str) -> str:
    person = facts.person(ident)
    return (person.name if person else "") or ident.rpartition(":")[2]


def _word(kind: str, name: str, turn: Turn, facts: Facts) -> str:
    """What people call it; what has no word of its own yet keeps its name."""
    found = facts.catalogue.label(Action("", label=f"{kind}_{name}"), turn.language)
    if found != f"{kind}_{name}":
        return found
    return facts.catalogue.label(Action(name), turn.language) if name in facts.catalogue.intents else name.replace("_", " ")


def _subject(turn: Turn, facts: Facts, entry: Entry) -> str:
    kind, _, ident = entry.subject.partition(":")
    item = next((one for one in facts.items if one.id == ident and kind_of(type(one)) == kind), None)
    code = getattr(item, "code", "")
    named = code or (_name(facts, ident) if kind == "person" else "")
    return f"{_word('kind', kind, turn, facts)} {named}".strip()
