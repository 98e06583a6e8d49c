"""查成员: an administrator looks somebody up by name, mobile or code; the look is a line of the audit trail."""

from __future__ import annotations

from datetime import datetime

from bot.core.facts import Ask, Facts, Tally
from bot.core.model import Action, Application, Entry, Invite, Member, Person, Request
from bot.core.skills.joining.cards import Card, cards_of, lost, request_card
from bot.core.skills.joining.filing import labels_of
from bot.core.skills.joining.own import Standing, standing
from bot.core.skills.joining.typed import code_in, invitees, masked_mobile
from bot.core.skills.joining.whom import mentioned
from bot.core.turn import Decision, Here, Put, Reason, Say, Turn

MOST = 5


def _wanted(turn: Turn, facts: Facts) -> tuple[str, str, str]:
    """Code, mobile and name that were said."""
    text = turn.understanding.slot("value") or turn.text
    code = code_in(text)
    named = next(iter(invitees(text.replace("\n", " "), labels_of(facts, turn.language))), None)
    return code, named.mobile if named else "", named.name if named and not code else ""


def _who(turn: Turn) -> str:
    """The person whom a button names or the message mentions."""
    return turn.understanding.slot("who") or next(iter(mentioned(turn)), "")


def named(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:
    """Whatever bears that code, mobile or name."""
    code, mobile, name = _wanted(turn, facts)
    who = _who(turn)
    if who:
        return Ask(Member, id=who), Ask(Person, id=who)
    if code:
        return tuple(Ask(kind, tag=f"code={code}", most=1) for kind in (Application, Invite, Request))
    if mobile:
        return Ask(Member, tag=f"!mobile={mobile}", most=MOST), Ask(Invite, tag=f"!mobile={mobile}", most=MOST)
    return (Ask(Member, tag=f"name={name}", most=MOST), Ask(Invite, tag=f"!name={name}", most=MOST), Ask(Person, tag=f"name={name}", most=MOST)) if name else ()


def people(turn: Turn, facts: Facts) -> list[str]:
    """The ids of the people who were found."""
    who = _who(turn)
    found = [one.person for one in facts.items if isinstance(one, Member | Invite | Application | Request)] + [one.id for one in facts.people]
    return [who] if who else [one for one in dict.fromkeys(found) if one]


def theirs(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:
    """The whole record of those who were found."""
    ids = people(turn, facts)[:MOST]
    return tuple(
        ask
        for one in ids
        for ask in (
            Ask(Member, id=one),
            Ask(Invite, person=one, most=2),
            Ask(Application, person=one, most=2),
            Ask(Request, person=one, most=2),
            Ask(Person, id=one),
        )
    )


def holders(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every question has this shape
    """Who holds what was found."""
    ids = {one.index.holder for one in facts.items} | {one.inviter for one in facts.all(Invite)}
    known = {one.id for one in (*facts.people, *facts.admins, facts.viewer)}
    return tuple(Ask(Person, id=one) for one in sorted(ids - known - {""}))


def look(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """One person's state, or the list when several bear the name."""
    code, mobile, name = _wanted(turn, facts)
    shown = people(turn, facts)
    strays = [one for one in facts.all(Invite) if not one.person]
    if not (code or mobile or name or _who(turn)):
        return Decision(Reason.ASKED_VALUE, (Say(Here(), "adm/member_status", {"why": "ask", "rows": [], "name": ""}),), topic="adm.member_status")
    if len(shown) > 1:
        return _several(shown, name, facts)
    rows = _rows(shown[0], facts, now) if shown else []
    rows += [card for one in strays for card in cards_of(Standing(one), facts, now)] if not rows else []
    titled = _called(shown[0], facts) if shown else (strays[0].name if strays else name)
    data = {"why": "found" if rows else "nobody", "rows": rows, "name": titled, "target": masked_mobile(mobile)}
    line = Put(Entry(f"e{turn.seed[:14]}", now, facts.viewer.id, "person.look_up", f"person:{shown[0] if shown else '?'}"))
    again = next((one for one in (*facts.all(Invite),) if lost(one, now)), None)
    actions = (Action("joining.grant", (("code", again.code),), "give_invite", again.code),) if again and not facts.all(Member) else ()
    return Decision(Reason.ANSWERED, (line, Say(Here(), "adm/member_status", data, actions)), topic="adm.member_status")


def _called(who: str, facts: Facts) -> str:
    member = next((one for one in facts.all(Member) if one.person == who), None)
    found = facts.person(who)
    return (member.name if member else "") or (found.name if found else "") or who.rpartition(":")[2]


def _rows(who: str, facts: Facts, now: datetime) -> list[Card]:
    """The person's cards, permission requests last."""
    found = standing(facts, who)
    rows = cards_of(found, facts, now)
    seen: dict[str, Card] = {one.id: request_card(one, facts, now) for one in found.requests if one.state in ("pending", "granting", "granted", "effective")}
    return rows + list(seen.values())


def _several(ids: list[str], name: str, facts: Facts) -> Decision:
    """Which one? Told apart by department."""
    rows = [
        {"name": _called(one, facts), "department": next((member.department for member in facts.all(Member) if member.person == one), "")} for one in ids[:MOST]
    ]
    actions = tuple(Action("adm.member_status", (("who", one),), f"{row['name']} {row['department']}".strip()) for one, row in zip(ids, rows, strict=False))
    data = {"why": "several", "rows": rows, "name": name}
    return Decision(Reason.ASKED_BACK, (Say(Here(), "adm/member_status", data, actions),), topic="adm.member_status")
