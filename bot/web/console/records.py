"""Lists of items, one item with its audit trail, people and what is known of them, and the trail itself. Who is looked at is noted before it is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from bot.core.facts import Ask, Tally
from bot.core.model import Application, Entry, Grant, Invite, Item, Lesson, Member, Person, Request, Ticket, kind_of
from bot.core.turn import Reason
from bot.web.console.inside import Inside, Place
from bot.web.console.keys import fresh
from bot.web.console.showing import Asked, names

LISTED: Mapping[str, type[Item]] = {kind_of(kind): kind for kind in (Application, Request, Invite, Member, Grant, Ticket, Lesson)}
"""Kinds that are listed."""
MOST = 25
MOST_LINES = 50
HIDDEN = {"version", "id", "log", "report", "attempt", "rests", "prodded", "current", "wish", "elsewhere", "grant", "lapses", "second"}
_LONGEST = 80


async def items(inside: Inside, asked: Asked) -> Mapping[str, Any]:
    """A page of one kind, by state, the newest first."""
    kind = asked.query.get("kind", "application")
    if kind not in LISTED:
        raise web.HTTPNotFound
    tallies = {state: count for (_, state), count in (await inside.store.answer([Tally(LISTED[kind])])).tallies.items()}
    state = asked.query.get("state", "")
    states = tuple(one for one in state.split(",") if one) or tuple(sorted(tallies))
    found, end = await inside.store.page(LISTED[kind], states, _place(asked.query.get("after", "")), MOST)
    known = await names(inside, (ident for item in found for ident in (item.index.person, item.index.holder)))
    rows = [(item.id, getattr(item, "code", ""), _called(item, known), known.get(item.index.holder, ""), item.index.state, item.index.at) for item in found]
    following = urlencode({"kind": kind, "state": state, "after": f"{end[0]}.{end[1]}"}) if end else ""
    return {"kind": kind, "kinds": list(LISTED), "state": state, "tallies": tallies, "rows": rows, "following": following}


def _place(text: str) -> Place | None:
    at, _, ident = text.partition(".")
    return (int(at), ident) if at.isascii() and at.isdigit() and len(at) < 18 else None


def _called(item: Item, known: Mapping[str, str]) -> str:
    told = item.field("name") if isinstance(item, Application) else getattr(item, "name", "")
    return str(told or known.get(item.index.person, ""))


async def item(inside: Inside, asked: Asked) -> Mapping[str, Any]:
    """One item, and everything that was done to it."""
    kind, ident = asked.query.get("kind", ""), asked.query.get("id", "")[:_LONGEST]
    found = (await inside.store.answer([Ask(LISTED[kind], id=ident)])).items if kind in LISTED and ident else ()
    if not found:
        raise web.HTTPNotFound
    subject = f"{kind}:{found[0].id}"
    await noted(inside, asked, subject)
    lines, _ = await inside.store.trail(subject, 0, MOST_LINES)
    told = dict(_told(found[0]))
    known = await names(inside, (*(entry.actor for _, entry in lines), *_subjects(lines), *_people(found[0])))
    return {"kind": kind, "item": found[0], "code": getattr(found[0], "code", ""), "told": told, "lines": lines, "known": known}


def _people(found: Item) -> Iterator[str]:
    yield from (
        found.index.person,
        found.index.holder,
        *getattr(found, "approvers", ()),
        *(getattr(found, name, "") for name in ("beneficiary", "by", "inviter")),
    )


def _subjects(lines: Sequence[tuple[int, Entry]]) -> Iterator[str]:
    """The people that lines of the trail are about."""
    yield from (entry.subject.removeprefix("person:") for _, entry in lines if entry.subject.startswith("person:"))


def _told(found: Item) -> Iterator[tuple[str, Any]]:
    """Its fields that hold something; a form's fields and other pairs one by one."""
    for one in fields(found):  # type: ignore[arg-type] # every item is a dataclass
        value = getattr(found, one.name)
        if one.name in HIDDEN or value in (None, "", (), 0, False):
            continue
        if one.name == "fields":
            yield from ((name, text) for name, text in value if text)
        elif isinstance(value, datetime | str | int):
            yield one.name, value
        elif isinstance(value, tuple) and all(isinstance(part, str) for part in value):
            yield one.name, ", ".join(value)
        elif isinstance(value, tuple):
            yield one.name, len(value)


async def people(inside: Inside, asked: Asked) -> Mapping[str, Any]:
    """Whoever is found by name, account, mobile or code; which of them is looked at is noted on their own page."""
    text = " ".join(asked.query.get("q", "").split())[:_LONGEST]
    found: dict[str, tuple[str, str]] = {}
    if text:
        asks = [
            Ask(Person, tag=f"account={inside.channel}:{text}"), Ask(Person, tag=f"name={text}", most=MOST), Ask(Member, tag=f"name={text}", most=MOST),
            Ask(Member, tag=f"!mobile={text}"), Ask(Invite, tag=f"!mobile={text}"),
            *(Ask(kind, tag=f"code={text.upper()}") for kind in (Application, Request)),
        ]  # fmt: skip
        known = await inside.store.answer(asks)
        found = {person.id: (person.name, "") for person in known.people}
        for one in known.items:
            ident = one.index.person
            if ident:
                department = one.department if isinstance(one, Member) else ""
                named = found.get(ident, ("", ""))
                found[ident] = (named[0] or _called(one, {}), named[1] or department)
    return {"q": text, "found": [(ident, name or ident.rpartition(":")[2], department) for ident, (name, department) in found.items()]}


async def person(inside: Inside, asked: Asked) -> Mapping[str, Any]:
    """What is known of somebody: membership, invites, applications, requests, permissions, and what was done to or by them."""
    ident = asked.query.get("id", "")[:_LONGEST]
    kinds = [kind for kind in LISTED.values() if kind is not Lesson]
    known = await inside.store.answer([Ask(Person, id=ident), *(Ask(kind, person=ident, most=MOST) for kind in kinds)]) if ident else None
    if known is None or not (known.people or known.items):
        raise web.HTTPNotFound
    await noted(inside, asked, f"person:{ident}")
    subject, _ = await inside.store.trail(f"person:{ident}", 0, MOST_LINES)
    actor, _ = await inside.store.trail(ident, 0, MOST_LINES)
    lines = sorted(dict((*subject, *actor)).items(), reverse=True)[:MOST_LINES]
    rows = [(kind_of(type(one)), one.id, getattr(one, "code", ""), one.index.state, one.index.at) for one in known.items]
    member = next((one for one in known.items if isinstance(one, Member)), None)
    called = await names(inside, (ident, *(entry.actor for _, entry in lines), *_subjects(lines)))
    name = (member.name if member else "") or called[ident]
    return {"ident": ident, "name": name, "stored": known.people, "told": dict(_told(member)) if member else {}, "rows": rows, "lines": lines, "known": called}


async def audit(inside: Inside, asked: Asked) -> Mapping[str, Any]:
    """A page of the audit trail, of everything or about one subject or actor."""
    about = asked.query.get("about", "").strip()[:_LONGEST]
    before = asked.query.get("before", "")
    lines, end = await inside.store.trail(about, int(before) if before.isascii() and before.isdigit() and len(before) < 18 else 0, MOST_LINES)
    known = await names(inside, (*(entry.actor for _, entry in lines), *_subjects(lines)))
    following = urlencode({"about": about, "before": end}) if end else ""
    return {"about": about, "lines": lines, "known": known, "following": following}


async def noted(inside: Inside, asked: Asked, subject: str) -> None:
    """Writes the look into the audit trail. Raises HTTPForbidden when it cannot be written: then nothing is shown."""
    event = inside.event("console_noted", f"look:{fresh()[:24]}", asked.visitor.person.id, act="looked", subject=subject)
    decision = await inside.outcome(event)
    if decision is None or decision.reason is not Reason.NOTED:
        raise web.HTTPForbidden
