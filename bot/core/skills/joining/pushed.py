"""Invites and applications that another system keeps, pushed by its API or imported: they are recorded, and their owners hear of a decision.

`invite`: mobile, name, inviter, channel, sent, expires (ISO 8601), state. `application`: id, person, state, reason, holder, name, mobile, department.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from bot.core import codes
from bot.core.facts import Ask, Facts, Tally
from bot.core.lifecycle.joining import APPLICATIONS, CAUSES, INVITES, VALID, approve, ask_for_info, reject
from bot.core.lifecycle.moves import Table
from bot.core.model import Application, Invite, Member, Person
from bot.core.skills.joining.events import of, told_fields
from bot.core.skills.joining.invites import told
from bot.core.skills.joining.keeping import until
from bot.core.skills.joining.typed import mobile_in
from bot.core.turn import Decision, Effect, Put, Reason, Turn


def states(moves: Table) -> frozenset[str]:
    """Every state of a table."""
    return frozenset(state for move in moves.values() for state in (*move.sources, move.target))


def reachable(moves: Table, source: str, target: str) -> bool:
    """Whether one move leads there, whoever makes it: another system's word for what happened."""
    return any(source in move.sources and move.target == target for move in moves.values())


def instant(text: str, otherwise: datetime | None) -> datetime | None:
    """A time as the event says it, UTC; one without a zone is UTC."""
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        return otherwise
    return otherwise if found is None else found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)


def ident(turn: Turn) -> str:
    """The item's id: the event's own when it is one of ours, else the source and its id."""
    event = of(turn)
    return f"{event.source}:{event.values.get('id', '') or event.subject}"


def invite_known(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:
    """The invite as it was pushed before, and the membership of the mobile, which tells whose it is."""
    mobile = mobile_in(of(turn).values.get("mobile", ""))
    member = (Ask(Member, tag=f"!mobile={mobile}", most=1),) if mobile else ()
    return Ask(Invite, id=ident(turn)), *member, *((Ask(Person, id=facts.viewer.id),) if facts.viewer.id else ())


def invite(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Keeps an invite of another system; a state it cannot come to is not taken."""
    event, old = of(turn), facts.first(Invite)
    state = event.values.get("state") or (old.state if old else "sent")
    if state not in states(INVITES) or (old and state != old.state and not reachable(INVITES, old.state, state)):
        return Decision(Reason.INVALID_VALUE)
    mobile, member = mobile_in(event.values.get("mobile", "")), facts.first(Member)
    sent, expires = instant(event.values.get("sent", ""), event.at), instant(event.values.get("expires", ""), None)
    fresh = old or Invite(ident(turn), state, mobile, "", "", "", "", codes.make(int(turn.seed[:10], 16)), sent or now)
    done = replace(
        fresh,
        state=state,
        mobile=mobile or fresh.mobile,
        name=event.values.get("name", "")[:60] or fresh.name,
        person=fresh.person or facts.viewer.id or (member.person if member else ""),
        inviter=event.values.get("inviter", "")[:80] or fresh.inviter,
        channel=event.values.get("channel", "")[:40] or fresh.channel,
        sent=sent or fresh.sent,
        expires=expires or fresh.expires,
        due=(expires or fresh.expires) if state in VALID else None if state == "asked" else until(facts, now),
    )
    if not (done.mobile or done.person):
        return Decision(Reason.INVALID_VALUE)
    fits = done.person and state == "sent" and not (old and old.state == "sent") and not (done.expires and done.expires <= now)
    return Decision(Reason.SAVED, (Put(done), *((told(done, facts, now),) if fits and event.source == "api" else ())))


def application_known(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:
    """The application under our own id or that of the source, and its applicant's membership."""
    event = of(turn)
    own = event.values.get("id", "") or event.subject
    who = facts.viewer.id or event.values.get("person", "")
    member = (Ask(Member, id=who),) if who else ()
    return Ask(Application, id=own), Ask(Application, id=ident(turn)), *member


def application(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Keeps another system's application, or takes its decision on ours; the applicant hears of it as if it had been decided here."""
    event, old = of(turn), facts.first(Application)
    state = event.values.get("state", "")
    if state not in states(APPLICATIONS) or not (old or facts.viewer.id):
        return Decision(Reason.INVALID_VALUE)
    if old is None:
        fields = told_fields(event.values)
        code = codes.make(int(turn.seed[:10], 16))
        made = Application(ident(turn), code, facts.viewer.id, state, fields, event.at, event.at, _holder(event.values, facts), reason=_cause(event.values))
        reason = event.values.get("reason", "")[:300]
        return Decision(Reason.SAVED, (Put(replace(made, note="" if reason in CAUSES else reason, due=_until(state, None, facts, now))),))
    if state == old.state:
        return Decision(Reason.IGNORED)
    if not reachable(APPLICATIONS, old.state, state):
        return Decision(Reason.INVALID_VALUE)
    decided = _decided(old, state, event.values, turn, facts, now)
    holder = _holder(event.values, facts) or old.holder
    return Decision(Reason.SAVED, decided or (Put(replace(old, state=state, since=now, holder=holder, due=_until(state, old.due, facts, now))),))


def _until(state: str, due: datetime | None, facts: Facts, now: datetime) -> datetime | None:
    """What was withdrawn elsewhere is blanked as if it had been withdrawn here."""
    return until(facts, now) if state == "withdrawn" else due


def _holder(values: Mapping[str, str], facts: Facts) -> str:
    """The id of who holds it: an account is one of the channel on which the applicant is known."""
    holder = values.get("holder", "")
    return f"{facts.viewer.id.partition(':')[0]}:{holder}" if holder and ":" not in holder else holder


def _cause(values: Mapping[str, str]) -> str:
    reason = values.get("reason", "")
    return reason if reason in CAUSES else "other" if reason else ""


def _decided(old: Application, state: str, values: Mapping[str, str], turn: Turn, facts: Facts, now: datetime) -> tuple[Effect, ...] | None:
    """The decision as our own rules make it, told to the applicant; None for any other change."""
    by, reason = Person("system"), values.get("reason", "")[:300]
    if state == "approved":
        return approve(old, by, now, turn.seed, role=values.get("role", ""), member=facts.first(Member))
    if state == "rejected":
        return reject(old, by, now, turn.seed, cause=_cause(values) or "other", note="" if reason in CAUSES else reason)
    return ask_for_info(old, by, now, turn.seed, note=reason or "-") if state == "needs_info" else None
