"""Out of office in one sentence: from when to when, and who decides meanwhile. Deputies form no chains; the requester never decides their own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core import drawing
from bot.core.access import resolved
from bot.core.facts import Ask, Facts
from bot.core.model import Action, Application, Audience, Awaiting, Away, Entry, Member, Person, Request
from bot.core.nudging import Absence, absence_faults
from bot.core.nudging.shown import Told, moment
from bot.core.skills.nudging import moments
from bot.core.skills.nudging.gathering import Asked
from bot.core.skills.nudging.telling import item_told, name_of, worded
from bot.core.turn import Decision, Effect, Here, Message, Press, Private, Put, Reason, Say, Turn

AWAY = "act.away"
END, NONE = "end", "none"
PATIENCE = timedelta(minutes=30)
REFUSED = ("order", "past", "too_long", "deputy_self", "deputy_away")
OFFERED = 4
MOST_TOLD, SHOWN = 60, 8
LATELY = timedelta(days=14)
DECIDING = frozenset({"request.approve", "request.reject", "application.approve", "application.reject"})
_KINDS: Mapping[str, type[Request | Application]] = {"request": Request, "application": Application}
LONGEST_NAME, SHORTEST_NAME = 4, 2
_HAN = re.compile(r"[\u3400-\u9fff]{2,4}")


def mine(turn: Turn, facts: Facts) -> Asked:  # noqa: ARG001 - every question has this shape
    """The absence there is, whom the viewer stands in for, and the people who decide."""
    who, deciders = facts.viewer.id, facts.policy.access.deciders
    return Ask(Away, id=who), Ask(Away, holder=who), *(Ask(Person, tag=f"account={key}", most=1) for key in deciders)


def called(turn: Turn, facts: Facts) -> Asked:
    """The people who are mentioned, or whose names may stand in the sentence."""
    stimulus = turn.stimulus
    if not isinstance(stimulus, Message | Press):
        return ()
    said = [slot.value for slot in turn.understanding.slots if slot.name in ("person", "person.read", "deputy")]
    asks: list[Ask] = [ask for one in said for ask in (Ask(Person, id=one, most=1), Ask(Person, tag=f"account={stimulus.channel}:{one}", most=1))]
    return (*asks, *(Ask(kind, tag=f"name={name}", most=2) for name in names_in(turn, facts) for kind in (Person, Member)))


def theirs(turn: Turn, facts: Facts) -> Asked:  # noqa: ARG001 - every question has this shape
    """Whether the deputy is away, and who needs the viewer meanwhile."""
    named = {one.id for one in facts.people} | {one.id for one in facts.all(Member)} | set(_deciders(facts)) | {one.person for one in facts.all(Away)}
    return tuple(ask for one in sorted(named) for ask in (Ask(Away, id=one, most=1), Ask(Person, id=one, most=1)))


def decided(turn: Turn, facts: Facts) -> Asked:
    """When the viewer comes back: what their deputy decided lately."""
    deputy = next((one.deputy for one in facts.all(Away) if one.id == facts.viewer.id), "")
    return (Ask(Entry, tag=deputy, most=MOST_TOLD),) if deputy and _comes_back(turn, facts) else ()


def meanwhile(turn: Turn, facts: Facts) -> Asked:  # noqa: ARG001 - every question has this shape
    """The items of those decisions."""
    places = dict.fromkeys(tuple(entry.subject.split(":", 1)) for entry in facts.entries if entry.act in DECIDING)
    return tuple(Ask(_KINDS[kind], id=ident, most=1) for kind, ident in places if kind in _KINDS)


def _comes_back(turn: Turn, facts: Facts) -> bool:
    return turn.understanding.slot("do") == END or worded("back_words", turn, facts)


def names_in(turn: Turn, facts: Facts) -> tuple[str, ...]:
    """What may be a name: the letters behind each word that gives the work to somebody, or the whole answer to the question for one."""
    text = turn.text.strip()
    if turn.understanding.rule == "awaited" and turn.understanding.slot("person"):
        return (text,) if len(text) <= 20 else ()
    found: dict[str, None] = {}
    for word in facts.catalogue.labels.get(turn.language, {}).get("deputy_words", "").split():
        place = text.casefold().find(word.replace("_", " "))
        while place >= 0:
            found |= dict.fromkeys(_behind(text[place + len(word) :]))
            place = text.casefold().find(word.replace("_", " "), place + 1)
    return (*found, *_before(turn, facts))


def _behind(rest: str) -> tuple[str, ...]:
    """The names that may begin here: up to four Chinese characters, or two words in Latin letters."""
    rest = rest.strip(" :：,，")
    if rest[:1].isascii():
        words = rest.replace(",", " ").replace(".", " ").split()
        return tuple(" ".join(words[:size]) for size in (1, 2) if len(words) >= size)
    run = _HAN.match(rest)
    return tuple(rest[:size] for size in range(SHORTEST_NAME, run.end() + 1)) if run else ()


def _before(turn: Turn, facts: Facts) -> tuple[str, ...]:
    """The names that may end before a word of standing in."""
    text = turn.text
    found: dict[str, None] = {}
    for word in facts.catalogue.labels.get(turn.language, {}).get("deputises_words", "").split():
        head = text[: max(0, text.casefold().find(word.replace("_", " ")))].rstrip()
        if head and not head[-1].isascii():
            run = head[-LONGEST_NAME:]
            found |= dict.fromkeys(run[-size:] for size in range(SHORTEST_NAME, len(run) + 1))
        elif head:
            found |= dict.fromkeys(" ".join(head.replace(",", " ").split()[-size:]) for size in (1, 2))
    return tuple(found)


def run(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """One step: the end of an absence, or its days, its deputy, and then it holds."""
    old = next((one for one in facts.all(Away) if one.id == facts.viewer.id), None)
    current = old if old is not None and old.end > now else None
    if _comes_back(turn, facts):
        return _back(current, old, turn, facts, now)
    if current is None and turn.understanding.rule not in ("button", "choice", "awaited") and not _decides(turn, facts):
        return Decision(Reason.ANSWERED, (Say(Here(), "nudge/away_none", {}, ()),), topic=AWAY)
    span = _span(turn, facts, now)
    if span is None:
        return _when(current, turn, facts, now)
    deputy, unsure = _deputy(turn, facts)
    if not deputy or unsure:
        return _whom(span, facts, now, "unsure" if unsure else "")
    return _set(old, span, "" if deputy == NONE else deputy, turn, facts, now)


def _decides(turn: Turn, facts: Facts) -> bool:
    """Whether anything may come to the viewer to decide; who names a deputy surely thinks so."""
    viewer = facts.viewer
    return bool(viewer.audiences & {Audience.APPROVER, Audience.ADMIN}) or viewer.id in _deciders(facts) or any(_deputy(turn, facts))


def _span(turn: Turn, facts: Facts, now: datetime) -> moments.Span | None:
    start, end = turn.understanding.slot("start"), turn.understanding.slot("until")
    if start and end:
        return datetime.fromisoformat(start), datetime.fromisoformat(end)
    return moments.away_from(turn, facts.policy.calendar, now)


def _deputy(turn: Turn, facts: Facts) -> tuple[str, bool]:
    """The id of whoever is named; unsure when several are or the answer names nobody who is known."""
    chosen = turn.understanding.slot("deputy")
    if chosen:
        return chosen, False
    stimulus = turn.stimulus
    channel = stimulus.channel if isinstance(stimulus, Message | Press) else ""
    said = {slot.value for slot in turn.understanding.slots if slot.name == "person.read" or (slot.name == "person" and turn.understanding.rule != "awaited")}
    names = set(names_in(turn, facts))
    people = {one.id: one for one in (*facts.people, *facts.admins) if one.inside}
    called_ = {one: name_of(one, facts) for one in (*people, *_deciders(facts))} | {one.id: one.name for one in facts.all(Member) if one.state != "left"}
    mentioned = {_id_of(one, channel, tuple(people.values())) for one in said}
    found = mentioned or {one for one, name in called_.items() if name and name in names}
    asked = turn.understanding.rule == "awaited" and bool(turn.understanding.slot("person"))
    return (found.pop(), False) if len(found) == 1 else ("", len(found) > 1 or asked)


def _id_of(member: str, channel: str, people: tuple[Person, ...]) -> str:
    """The id of whoever was mentioned by their id inside the organisation."""
    known = (one.id for one in people if member == one.id or any(member == account for _, account in one.accounts))
    return next(known, f"{channel}:{member}")


def _deciders(facts: Facts) -> tuple[str, ...]:
    """Everybody who decides anything."""
    return resolved(facts.policy.access, (facts.viewer, *facts.people, *facts.admins)).deciders


def _when(current: Away | None, turn: Turn, facts: Facts, now: datetime) -> Decision:
    calendar = facts.policy.calendar
    deputy, _ = _deputy(turn, facts)
    kept = (("deputy", deputy),) if deputy else ()
    data: Told = {
        "ask": "when", "fault": "", "names": [], "deputy": name_of(deputy, facts) if deputy else "",
        "start": moment(current.start, calendar, now) if current else None, "end": moment(_last(current.end), calendar, now) if current else None,
        "now": name_of(current.deputy, facts) if current and current.deputy else "",
    }  # fmt: skip
    actions = (Action(AWAY, (("do", END),), "away_end"),) if current else ()
    return Decision(Reason.ASKED_VALUE, (Say(Here(), "nudge/away_ask", data, actions),), AWAY, Awaiting(AWAY, "when", kept, now + PATIENCE))


def _whom(span: moments.Span, facts: Facts, now: datetime, fault: str) -> Decision:
    """Asks for the deputy; those who decide as well are buttons."""
    kept = (("start", span[0].isoformat()), ("until", span[1].isoformat()))
    able = [one for one in dict.fromkeys((*_deciders(facts), *(admin.id for admin in facts.admins))) if one != facts.viewer.id][:OFFERED]
    offers = tuple(Action(AWAY, (*kept, ("deputy", one)), name_of(one, facts)) for one in able)
    data: Told = {
        "ask": "whom", "fault": fault, "names": [name_of(one, facts) for one in able], "deputy": "",
        "start": moment(span[0], facts.policy.calendar, now), "end": moment(_last(span[1]), facts.policy.calendar, now), "now": "",
    }  # fmt: skip
    said = Say(Here(), "nudge/away_ask", data, (*offers, Action(AWAY, (*kept, ("deputy", NONE)), "no_deputy")))
    return Decision(Reason.ASKED_VALUE, (said,), AWAY, Awaiting(AWAY, "person", kept, now + PATIENCE))


def _set(old: Away | None, span: moments.Span, deputy: str, turn: Turn, facts: Facts, now: datetime) -> Decision:
    """It holds at once; the deputy is told, and whoever counted on the viewer meanwhile."""
    who = facts.viewer.id
    others = [Absence(one.person, one.start, one.end, one.deputy) for one in {one.id: one for one in facts.all(Away)}.values() if one.id != who]
    faults = absence_faults(Absence(who, *span, deputy), others, now)
    refused = next((fault for fault in REFUSED if fault in faults), "")
    if refused in ("deputy_self", "deputy_away"):
        return _whom(span, facts, now, refused)
    if refused:
        data: Told = {"ask": "when", "fault": refused, "names": (), "deputy": "", "start": None, "end": None, "now": ""}
        return Decision(Reason.ASKED_VALUE, (Say(Here(), "nudge/away_ask", data),), AWAY, Awaiting(AWAY, "when", (), now + PATIENCE))
    made = replace(old, start=span[0], end=span[1], deputy=deputy) if old is not None else Away(who, who, span[0], span[1], deputy)
    detail = f"{who} > {deputy or '-'}, {span[0].isoformat()} - {span[1].isoformat()}"
    line = drawing.line(turn, facts.viewer, now, "away.set", f"person:{who}", "", detail)
    covered = tuple(one.person for one in others if one.deputy == who and one.start < span[1] and span[0] < one.end)
    return Decision(Reason.SAVED, (Put(made), line, *_told(made, covered, facts, now)), topic=AWAY)


def _told(made: Away, covered: tuple[str, ...], facts: Facts, now: datetime) -> tuple[Effect, ...]:
    """The echo with both days, the word to the deputy, and to those whose deputy goes away."""
    calendar = facts.policy.calendar
    data: Told = {
        "start": moment(made.start, calendar, now), "end": moment(_last(made.end), calendar, now), "began": made.start <= now,
        "deputy": name_of(made.deputy, facts) if made.deputy else "", "name": name_of(made.person, facts),
    }  # fmt: skip
    echo = Say(Here(), "nudge/away", {**data, "covered": [name_of(one, facts) for one in covered]}, (Action(AWAY, (("do", END),), "away_end"),))
    deputy = (Say(Private(made.deputy), "nudge/deputy", {**data, "what": "begins"}, (Action("act.my_pending"),)),) if made.deputy else ()
    return (echo, *deputy, *(Say(Private(one), "nudge/deputy", {**data, "what": "lost"}, (Action(AWAY),)) for one in covered))


def _last(end: datetime) -> datetime:
    """The last moment of an absence, which is what people call its end."""
    return end - timedelta(seconds=1)


def _done(gone: Away | None, facts: Facts, now: datetime) -> Told:
    """What the deputy decided in the viewer's name during that absence, the newest first; of one that is long over nothing is told."""
    if gone is None or not gone.deputy or now - gone.end > LATELY:
        return {"done": [], "did": 0, "by": ""}
    rows: list[tuple[datetime, Told]] = []
    found: tuple[Request | Application, ...] = (*facts.all(Request), *facts.all(Application))
    for item in {one.id: one for one in found}.values():
        if isinstance(item, Application):
            ours = item.holder == gone.person and item.decided_by == gone.deputy and gone.start <= item.since <= gone.end
            rows += [(item.since, {**item_told(item, facts), "ok": item.state == "approved"})] if ours else []
            continue
        given = [one for one in item.approvals if one.by == gone.deputy and one.of == gone.person and gone.start <= one.at <= gone.end]
        rows += [(one.at, {**item_told(item, facts), "ok": one.ok}) for one in given[-1:]]
    told = [row for _, row in sorted(rows, key=lambda row: row[0], reverse=True)]
    return {"done": told[:SHOWN], "did": len(told), "by": name_of(gone.deputy, facts)}


def _back(current: Away | None, old: Away | None, turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The absence ends now; the deputy hears that they are free, and the viewer what was decided for them."""
    did = _done(current or old, facts, now)
    if current is None:
        over = moment(_last(old.end), facts.policy.calendar, now) if old is not None and old.deputy and now - old.end <= LATELY else None
        data = {"was": False, "deputy": "", "over": over, **did}
        return Decision(Reason.ANSWERED, (Say(Here(), "nudge/back", data, (Action("act.my_pending"),)),), topic=AWAY)
    deputy = name_of(current.deputy, facts) if current.deputy else ""
    line = drawing.line(turn, facts.viewer, now, "away.end", f"person:{facts.viewer.id}", "", f"{facts.viewer.id} > {current.deputy or '-'}")
    done = replace(current, start=min(current.start, now), end=now, deputy="")
    said = Say(Here(), "nudge/back", {"was": True, "deputy": deputy, "over": None, **did}, (Action("act.my_pending"),))
    data = {"name": name_of(facts.viewer.id, facts), "deputy": deputy, "what": "ends", "start": None, "end": None, "began": True}
    told = (Say(Private(current.deputy), "nudge/deputy", data),) if current.deputy else ()
    return Decision(Reason.SAVED, (Put(done), line, said, *told), topic=AWAY)
