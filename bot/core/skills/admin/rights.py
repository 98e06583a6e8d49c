"""Who is an admin or an approver, and who may give a single command: shown, given and taken back in chat, and kept. A flag in a message never counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core import drawing
from bot.core.facts import Ask, Facts, Tally
from bot.core.model import Action, Audience, Awaiting, Confirmation, Person
from bot.core.skills.admin import single
from bot.core.skills.admin.asking import wanted
from bot.core.turn import Decision, Effect, Here, Message, Press, Private, Put, Reason, Say, Turn

COMMAND = "shell.rights"
CHANGES: Mapping[str, tuple[Audience, bool]] = {
    "make_admin": (Audience.ADMIN, True),
    "make_approver": (Audience.APPROVER, True),
    "drop_admin": (Audience.ADMIN, False),
    "drop_approver": (Audience.APPROVER, False),
}
"""The right and whether it is given or taken."""
PATIENCE = timedelta(minutes=10)
_EVERYBODY = frozenset({Audience.ALL, Audience.EMPLOYEE, Audience.COMPANY})


def _who(turn: Turn) -> str:
    """The person as typed; where a single command is given or taken, it stands behind them."""
    text = turn.understanding.slot("person").strip()
    return (single.parted(text)[0] if turn.understanding.slot("change") in single.CHANGES else text).lstrip("@＠")


def asked(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:
    """Who is meant: whoever was mentioned, else an account or a name as typed."""
    heard, text = turn.stimulus, _who(turn)
    if not text or not isinstance(heard, Message | Press):
        return tuple(Ask(Person, id=ident) for ident in single.people(facts))
    account = turn.understanding.slot("person.read")
    if account:
        return (Ask(Person, tag=f"account={heard.channel}:{account}"),)
    return Ask(Person, tag=f"account={heard.channel}:{text}"), Ask(Person, tag=f"name={text}", most=5)


def whose(kept: Confirmation, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every execution has this shape
    """The person as they are now."""
    return (Ask(Person, id=kept.arg("person")),)


def manage(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The list with its buttons; then whom; then the confirmation."""
    change = turn.understanding.slot("change")
    if change not in CHANGES and change not in single.CHANGES:
        data = {"admins": [_name(facts.person(admin.id) or admin) for admin in facts.admins], "single": single.listed(turn, facts)}
        actions = tuple(Action(COMMAND, (("change", name),), name) for name in (*CHANGES, *single.CHANGES))
        return Decision(Reason.ANSWERED, (Say(Here(), "adm/rights", data, actions),))
    if not turn.understanding.slot("person"):
        return _whom(change, "", now)
    if change in single.CHANGES and not single.named(single.parted(turn.understanding.slot("person"))[1], facts):
        return _whom(change, "command", now)
    found = _found(turn, facts)
    if len(found) != 1:
        return _whom(change, "many" if found else "nobody", now)
    person = found[0]
    if change in single.CHANGES:
        return _single(turn, facts, now, change, person)
    fault = _fault(change, person, facts)
    if fault:
        return Decision(Reason.DENIED, (Say(Here(), "adm/rights_refused", {"fault": fault, "name": _name(person), "change": change}),))
    args = {"person": person.id, "account": person.accounts[0][1] if person.accounts else "", "change": change, "argument": change, "name": _name(person)}
    return wanted(turn, facts, now, COMMAND, args, {"name": _name(person), "account": args["account"], "change": change})


def _single(turn: Turn, facts: Facts, now: datetime, change: str, person: Person) -> Decision:
    """One command for one person."""
    command = single.named(single.parted(turn.understanding.slot("person"))[1], facts)
    fault = single.fault(change, command) or ("outside" if not person.inside else "")
    if fault:
        return Decision(Reason.DENIED, (Say(Here(), "adm/rights_refused", {"fault": fault, "name": _name(person), "change": change}),))
    account, what = person.accounts[0][1] if person.accounts else "", single.called(command, turn, facts)
    args = {"person": person.id, "account": account, "change": change, "argument": change, "name": _name(person), "command": command, "what": what}
    return wanted(turn, facts, now, COMMAND, args, {"name": _name(person), "account": account, "change": change, "what": what})


def _whom(change: str, fault: str, now: datetime) -> Decision:
    waiting = Awaiting(COMMAND, "person", (("change", change),), now + PATIENCE)
    return Decision(Reason.ASKED_VALUE, (Say(Here(), "adm/rights_whom", {"change": change, "fault": fault}),), awaiting=waiting)


def _found(turn: Turn, facts: Facts) -> tuple[Person, ...]:
    """Somebody stored, one of the admins, or a mentioned account that was never seen: the platform vouches for that one."""
    stored = tuple({person.id: person for person in facts.people}.values())
    if stored:
        return stored
    text, heard = _who(turn), turn.stimulus
    admins = tuple(admin for admin in facts.admins if text in {admin.name, *(account for _, account in admin.accounts)})
    account = turn.understanding.slot("person.read")
    if admins or not account or not isinstance(heard, Message | Press):
        return admins
    return (Person(f"{heard.channel}:{account}", text.lstrip("@＠"), _EVERYBODY, accounts=((heard.channel, account),)),)


def _fault(change: str, person: Person, facts: Facts) -> str:
    """Why it cannot be done."""
    right, given = CHANGES[change]
    stored = next((one for one in facts.people if one.id == person.id), None)
    has = right in person.audiences or (right is Audience.ADMIN and any(admin.id == person.id for admin in facts.admins))
    if given:
        return "outside" if not person.inside else "has_it" if has else ""
    if right is Audience.ADMIN and has and len(facts.admins) < 2:
        return "last"
    if not has:
        return "has_not"
    return "" if stored is not None and right in stored.audiences else "settings"


def change(turn: Turn, facts: Facts, now: datetime, kept: Confirmation) -> tuple[Effect, ...]:
    """The confirmed change; everybody concerned hears of it."""
    if kept.arg("change") in single.CHANGES:
        return _changed(turn, facts, now, kept, single.put(facts, kept))
    right, given = CHANGES[kept.arg("change")]
    ident, account = kept.arg("person"), kept.arg("account")
    channel = ident.partition(":")[0]
    known = next((one for one in facts.people if one.id == ident), None)
    person = known or Person(ident, kept.arg("name"), _EVERYBODY, accounts=((channel, account),) if account else ())
    changed = replace(person, audiences=person.audiences | {right} if given else person.audiences - {right})
    return _changed(turn, facts, now, kept, Put(changed))


def _changed(turn: Turn, facts: Facts, now: datetime, kept: Confirmation, put: Put) -> tuple[Effect, ...]:
    ident = kept.arg("person")
    data = {"name": kept.arg("name"), "change": kept.arg("change"), "by": _name(facts.viewer), "what": kept.arg("what")}
    others = [admin.id for admin in facts.admins if admin.id not in {facts.viewer.id, ident}]
    says = (
        Say(Here(), "adm/rights_changed", data),
        *(Say(Private(one), "adm/rights_changed", data) for one in others),
        Say(Private(ident), "adm/rights_yours", data),
    )
    line = drawing.line(turn, facts.viewer, now, kept.arg("change"), f"person:{ident}")
    return put, line, *says


def told(facts: Facts, kept: Confirmation) -> Mapping[str, object]:  # noqa: ARG001 - every execution has this shape
    """What a second admin sees of it."""
    return {name: kept.arg(name) for name in ("name", "account", "change", "what")}


def _name(person: Person) -> str:
    return person.name or person.id.rpartition(":")[2]
