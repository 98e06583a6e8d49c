"""Whose numbers are these? The platform's address book is asked about invites that were made out to a mobile (dingtalk.md 5.2): whoever has it gets the
invite at once, a member needs none, and a number that nobody has (60121) means that the person has not joined the company there yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.core.calendar import add_working_days
from bot.core.facts import Ask, Facts, Tally
from bot.core.lifecycle.joining import INVITES, OPEN, VALID
from bot.core.lifecycle.moves import after
from bot.core.model import Application, Invite, Member
from bot.core.skills.joining import invites
from bot.core.skills.joining.keeping import until
from bot.core.turn import Call, Decision, Effect, Outcome, Private, Put, Reason, Say, Turn

CONNECTOR = "contacts"


def asked(made: Sequence[Invite], turn: Turn, facts: Facts) -> tuple[Call, ...]:
    """The one question about all the invites of a message whose people nobody knows; the administrator who sent them hears what came of it."""
    unknown = [one for one in made if one.mobile and not one.person]
    if not unknown:
        return ()
    args = {"mobiles": " ".join(one.mobile for one in unknown), "invites": " ".join(one.id for one in unknown), "person": facts.viewer.id}
    return (Call(CONNECTOR, "by_mobiles", f"{turn.seed[:24]}:contacts", args),)


def _outcome(turn: Turn) -> Outcome:
    assert isinstance(turn.stimulus, Outcome)  # noqa: S101 - the table of skills sends only outcomes here
    return turn.stimulus


def _found(turn: Turn, facts: Facts) -> dict[str, tuple[str, str]]:
    """By invite: the person's id and why not (`nobody`, `mobile`, `failed`), one of them empty."""
    outcome = _outcome(turn)
    ids = outcome.call.args.get("invites", "").split()
    rows = _rows(outcome) if outcome.ok else []
    return {ident: _read(rows[place] if place < len(rows) else None, facts) for place, ident in enumerate(ids)}


def _rows(outcome: Outcome) -> list[object]:
    rows = outcome.told.get("rows")
    return rows if isinstance(rows, list) else []


def _read(row: object, facts: Facts) -> tuple[str, str]:
    if not isinstance(row, Mapping):
        return "", "failed"
    user = row.get("user")
    if row.get("found") and isinstance(user, str) and user:
        return f"{facts.viewer.id.partition(':')[0]}:{user}", ""
    return "", "mobile" if row.get("why") == "mobile" else "nobody"


def known(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:
    """The invites, and what is known of those who were found."""
    found = _found(turn, facts)
    people = sorted({person for person, _ in found.values() if person})
    theirs = (ask for one in people for ask in (Ask(Member, id=one), Ask(Application, person=one, most=1)))
    return (*(Ask(Invite, id=one) for one in found), *theirs)


def looked(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """What became of each invite, told to the administrator in one message."""
    effects: list[Effect] = []
    rows: list[dict[str, object]] = []
    for ident, (person, why) in _found(turn, facts).items():
        invite = next((one for one in facts.all(Invite) if one.id == ident), None)
        if invite is None or invite.state not in VALID or invite.person:
            continue
        outcome, made = (why, ()) if why else _settled(invite, person, turn, facts, now)
        effects += made
        rows.append(invites.row(invite, outcome, facts, now))
    if not rows:
        return Decision(Reason.IGNORED)
    return Decision(Reason.SAVED, (*effects, Say(Private(facts.viewer.id), "joining/looked_up", {"rows": rows})))


def _settled(invite: Invite, person: str, turn: Turn, facts: Facts, now: datetime) -> tuple[str, tuple[Effect, ...]]:
    """The word for what became of it and its effects: a member's invite is taken back, an applicant's is used, anybody else's is delivered."""
    member = next((one for one in facts.all(Member) if one.person == person and one.state != "left"), None)
    if member is not None or facts.policy.joining.synced:
        look = add_working_days(facts.policy.calendar, now, facts.policy.joining.check_days)
        fresh = member or Member(person, person, invite.name, "synced", now, joined=now, seen=now, due=look)
        state = after(INVITES, "withdraw", invite.state, "admin") or invite.state
        taken = replace(invite, person=person, state=state, due=until(facts, now))
        line = invites.entry("invite.withdraw", taken, turn, facts, now)
        return ("synced" if fresh.state == "synced" else "member"), (Put(taken), Put(replace(fresh, mobile=fresh.mobile or invite.mobile)), line)
    if any(one.person == person and one.state in OPEN for one in facts.all(Application)):
        used = replace(invite, person=person, state=after(INVITES, "use", invite.state, "system") or invite.state, due=until(facts, now))
        return "used", (Put(used),)
    bound = replace(invite, person=person, channel="chat")
    return "delivered", (Put(bound), invites.told(bound, facts, now))
