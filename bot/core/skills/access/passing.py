"""Passing an item on: only to somebody who may decide it as well, and never to whoever it is for."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

from bot.core.access import eligible, principal
from bot.core.facts import Facts
from bot.core.lifecycle import access as lives
from bot.core.lifecycle.joining import UNDECIDED
from bot.core.model import Action, Application, Audience, Away, Request
from bot.core.skills.access import filing, gathering, pending
from bot.core.skills.access.deciding import decisive
from bot.core.skills.access.telling import deciding, name_of, policy_of, role_told
from bot.core.turn import About, Decision, Here, Private, Put, Reason, Say, Turn

MOST_NAMED = 4
_NAME = re.compile(r"[\u3400-\u9fff\u00b7]{2,4}|[A-Z][A-Za-z]+(?: [A-Z][a-z]+)?")


def run(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The item goes to whom was named; when nobody fit was named, those who could are shown."""
    code = turn.understanding.slot("code")
    if not decisive(turn) or not code:
        return _which(turn, facts, now) or pending.listed(turn, facts, now, mistyped=bool(turn.understanding.slot("mistyped")), undecided=True)
    request = next((one for one in facts.all(Request) if one.code == code and one.state == "pending"), None)
    name = principal(request, facts.viewer.id, policy_of(facts), facts.all(Away), now) if request is not None else ""
    if request is not None and name:
        return _request(request, name, turn, facts, now)
    application = next((one for one in facts.all(Application) if one.code == code and one.state in UNDECIDED and one.holder == facts.viewer.id), None)
    return _application(application, turn, facts, now) if application is not None else pending.unknown(code, turn, facts, now)


def _which(turn: Turn, facts: Facts, now: datetime) -> Decision | None:
    """To whom was said and of what was not: the items that can go there are buttons. None when nobody is named, or a code or a place was near."""
    if turn.understanding.rule == "mistyped" or turn.understanding.slot("request") or any(letter.isdigit() for letter in turn.text):
        return None
    called = {one: name_of(facts, one) for one in policy_of(facts).deciders if one != facts.viewer.id}
    named = [one for one, name in called.items() if name and name in turn.text]
    if not named and (said := _said(turn.text, turn, facts)):
        could = dict.fromkeys(one for item in pending.mine(facts, now) for one in _takers(item, facts, now))
        return _refused("", said, "none", None, tuple(could), facts)
    if len(named) != 1:
        return None
    items = [one for one in pending.mine(facts, now) if _may_take(one, named[0], facts, now)][:MOST_NAMED]
    if not items:
        return None
    actions = tuple(Action("act.transfer", (("code", one.code), ("to", named[0])), f"{one.code} {pending.told(one, facts, now)['name']}") for one in items)
    data = {"code": "", "already": "", "people": [called[named[0]]], "items": [pending.told(one, facts, now) for one in items]}
    return Decision(Reason.ASKED_BACK, (Say(Here(), "access/transfer", data, actions),), topic="act.my_pending")


def _may_take(item: Request | Application, to: str, facts: Facts, now: datetime) -> bool:
    """Whether this item may go to them."""
    if isinstance(item, Application):
        return to != item.person
    name = principal(item, facts.viewer.id, policy_of(facts), facts.all(Away), now)
    return bool(name) and to in _able(item, name, facts, now)


def _takers(item: Request | Application, facts: Facts, now: datetime) -> tuple[str, ...]:
    """Who could decide a request instead of the viewer."""
    name = principal(item, facts.viewer.id, policy_of(facts), facts.all(Away), now) if isinstance(item, Request) else ""
    return _able(item, name, facts, now) if isinstance(item, Request) and name else ()


def _said(text: str, turn: Turn, facts: Facts) -> str:
    """The name behind the last word that gives the item to somebody; empty when nobody in particular is meant."""
    labels = facts.catalogue.labels.get(turn.language, {})
    places = [(text.rfind(word), len(word)) for word in labels.get("give_to_words", "").split() if word in text]
    at, long = max(places, default=(-1, 0))
    found = _NAME.match(text[at + long :].strip()) if at >= 0 else None
    return found[0] if found is not None and found[0].casefold() not in labels.get("somebody_words", "").split() else ""


def _hindrance(request: Request, said: str, facts: Facts, now: datetime) -> str:
    """Why they cannot take it: it is their own, they are not here, or they do not decide such a thing."""
    access = policy_of(facts)
    may = eligible(access, request.role, request.department)
    people = {one: name_of(facts, one) for one in (*may, request.person, request.whose)}
    ident = next((one for one, name in people.items() if name and name in said), "")
    if ident in (request.person, request.whose) and ident:
        return "own"
    return "away" if ident and ident in filing.gone(facts, tuple(may), now) else "none"


def _refused(code: str, said: str, why: str, request: Request | None, able: tuple[str, ...], facts: Facts) -> Decision:
    """Whoever was named cannot take it: why, and who could."""
    names = {one: name_of(facts, one) for one in able[:MOST_NAMED]}
    actions = tuple(Action("act.transfer", (("code", code), ("to", one)), shown_) for one, shown_ in names.items()) if code else (Action("act.my_pending"),)
    role = role_told(policy_of(facts), request.role) if request is not None else None
    data = {"code": code, "people": list(names.values()), "already": "", "items": [], "named": said, "why": why, "role": role}
    return Decision(Reason.ASKED_BACK, (Say(Here(), "access/transfer", data, actions),), topic="act.my_pending")


def _able(request: Request, name: str, facts: Facts, now: datetime) -> tuple[str, ...]:
    """Who could decide it instead, and has no part in it yet; in place of a second approver only another of them."""
    access = policy_of(facts)
    may = frozenset((*access.seconds, *access.finance)) if name == request.second else eligible(access, request.role, request.department)
    may -= {request.person, request.whose, facts.viewer.id, *request.open_to, *(one.by for one in request.given), *(one.of for one in request.given)}
    return tuple(sorted(may - filing.gone(facts, tuple(may), now)))


def _target(turn: Turn, facts: Facts, able: tuple[str, ...]) -> str:
    """The one of them who was named: by button, by mention, or by name."""
    said = turn.understanding.slot("to") or turn.understanding.slot("person")
    words = turn.understanding.slot("reason")
    if said:
        return next((one for one in able if said in (one, one.rpartition(":")[2], name_of(facts, one))), "")
    named = [one for one in able if words and name_of(facts, one) in words]
    return named[0] if len(named) == 1 else ""


def _named(turn: Turn, facts: Facts) -> str:
    """Whoever was named behind a code, as they are called or as it was typed."""
    ident = turn.understanding.slot("to") or turn.understanding.slot("person")
    if ident:
        known = next((one.id for one in facts.people if ident in (one.id, one.id.rpartition(":")[2], one.name)), "")
        return name_of(facts, known) if known else ident.rpartition(":")[2]
    words = turn.understanding.slot("reason")
    return _said(words, turn, facts) or _said(turn.text, turn, facts) if words else ""


def _request(request: Request, name: str, turn: Turn, facts: Facts, now: datetime) -> Decision:
    able = _able(request, name, facts, now)
    to = _target(turn, facts, able)
    already = "" if to else _target(turn, facts, tuple(request.open_to))
    said = "" if to or already else _named(turn, facts)
    if said:
        return _refused(request.code, said, _hindrance(request, said, facts, now), request, able, facts)
    if not to:
        return _whom(request.code, able, facts, already)
    moved = lives.moved(request, "transfer", "approver", now)
    if moved is None:
        return _whom(request.code, (), facts)
    approvers = tuple(dict.fromkeys(to if one == name else one for one in (*request.approvers, *((name,) if name not in request.approvers else ()))))
    done = replace(moved, approvers=approvers, holder=to if request.holder == name else request.holder, second=to if request.second == name else request.second)
    noted = filing.entry(turn, now, facts.viewer.id, "request.transfer", f"request:{request.id}", to)
    return pending.answered(done, "transferred", (Put(done), noted, filing.review(done, to, facts, now)), turn, facts, now)


def _application(application: Application, turn: Turn, facts: Facts, now: datetime) -> Decision:
    people = {one.id for one in (*facts.people, *facts.admins) if one.audiences & {Audience.APPROVER, Audience.ADMIN}} | set(policy_of(facts).deciders)
    able = tuple(sorted(people - {application.person, facts.viewer.id}))
    to = _target(turn, facts, able)
    if not to:
        return _whom(application.code, able, facts)
    done = replace(application, holder=to, since=now, touched=now, promised=None, snoozed=None, raised=None)
    noted = filing.entry(turn, now, facts.viewer.id, "application.transfer", f"application:{application.id}", to)
    item = {**pending.told(done, facts, now), "role": None, "system": "", "from": name_of(facts, facts.viewer.id)}
    card = Say(
        Private(to), "nudge/received", {"items": [item], "total": 1}, deciding(done.code), priority=2, about=About("application", done.id, (done.state,))
    )
    return pending.answered(done, "transferred", (Put(done), noted, card), turn, facts, now)


def _whom(code: str, able: tuple[str, ...], facts: Facts, already: str = "") -> Decision:
    """Those who could take it; `already` may decide it as it is, so there is nothing to pass on."""
    names = {one: name_of(facts, one) for one in able[:MOST_NAMED]}
    actions = tuple(Action("act.transfer", (("code", code), ("to", one)), shown_) for one, shown_ in names.items())
    return Decision(
        Reason.ASKED_BACK,
        (Say(Here(), "access/transfer", {"code": code, "people": list(names.values()), "already": name_of(facts, already) if already else ""}, actions),),
    )


def presence_asks(turn: Turn, facts: Facts) -> gathering.Asked:  # noqa: ARG001 - every question has this shape
    """Whether those who could take it are here."""
    access = policy_of(facts)
    return gathering.presence({one for request in facts.all(Request) for one in eligible(access, request.role, request.department)})
