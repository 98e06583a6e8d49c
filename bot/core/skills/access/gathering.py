"""What the skills of permission ask the store for, as data: whom it is for and what they hold, who decides, and what waits for somebody."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.core.access import FINANCE, group
from bot.core.facts import Ask, Facts, Tally
from bot.core.lifecycle.access import UNDER_WAY
from bot.core.lifecycle.joining import UNDECIDED
from bot.core.model import Application, Away, Batch, Followed, Grant, Member, Person, Request, Step
from bot.core.turn import Message, Press, Turn

Asked = tuple[Ask | Tally, ...]
HOLDING = ("active", "ending", "failed")
"""States of a grant in which its person has the permission."""
MOST_WAITING = 60
"""Items of one decider that are looked at in one turn."""


def named(turn: Turn, facts: Facts) -> Asked:
    """The colleague whom a request is for, or to whom an item goes."""
    who, stimulus = turn.understanding.slot("person") or turn.understanding.slot("to") or spoken(turn, facts), turn.stimulus
    if not who or not isinstance(stimulus, Message | Press):
        return ()
    return (Ask(Person, id=who), Ask(Person, tag=f"account={stimulus.channel}:{who}"), Ask(Person, tag=f"name={who}"), Ask(Member, tag=f"name={who}"))


BY_CODE = ("access.again", "access.renew", "access.less", "access.change")
"""Intents that go on with the request that their code names."""


def again(turn: Turn, facts: Facts) -> Request | None:
    """The request of the viewer's that is gone on with by its code."""
    code = turn.understanding.slot("code")
    if turn.understanding.intent not in BY_CODE or not code:
        return None
    return next((one for one in facts.all(Request) if one.code == code and facts.viewer.id in (one.person, one.whose)), None)


def spoken(turn: Turn, facts: Facts) -> str:
    """The colleague whom a message names without a mention, as the one it asks for; empty when it asks for the speaker."""
    read = turn.understanding
    if read.intent != "act.permission_request" or read.rule in ("awaited", "button", "choice", "code") or not turn.text:
        return ""
    words = facts.catalogue.labels.get(turn.language, {})
    before, behind, own = ("|".join(map(re.escape, words.get(f"for_{name}_words", "").split())) for name in ("before", "behind", "self"))
    if not before or not own:
        return ""
    if behind:
        found = re.search(rf"(?:{before})(?!{own})([\u3400-\u9fff\u00b7]{{2,4}}?)(?={behind})", turn.text.replace(" ", ""))
    else:
        found = re.search(rf"\b(?:{before})\s+(?!(?:{own})\b)([A-Z][a-z]+(?:\s[A-Z][a-z]+)+)", turn.text)
    name = found[1] if found is not None else ""
    known = (turn.text[slot.start : slot.end] for slot in read.slots if slot.end > slot.start >= 0)
    return "" if any(piece in name for piece in known) else name


def called(turn: Turn, facts: Facts) -> tuple[str, ...]:
    """The ids of all who are called as the message calls them; nobody when it names none."""
    who = turn.understanding.slot("person") or spoken(turn, facts)
    people = {one.id for one in facts.people if who in (one.id, one.name) or any(who == account for _, account in one.accounts)}
    return tuple(sorted(people | {one.id for one in facts.all(Member) if who in (one.id, one.name) and one.state not in ("left", "invited")})) if who else ()


def beneficiary(turn: Turn, facts: Facts) -> str:
    """Whose permission it is: a colleague who was named and found, else the viewer's own. Empty: somebody was named whom nobody knows for certain."""
    before = again(turn, facts)
    if before is not None:
        return before.whose
    if not (turn.understanding.slot("person") or spoken(turn, facts)):
        return facts.viewer.id
    found = called(turn, facts)
    return found[0] if len(found) == 1 else ""


def held(turn: Turn, facts: Facts) -> Asked:
    """What the beneficiary holds and has asked for, and what the viewer has open."""
    whose = beneficiary(turn, facts)
    return (*having(whose), *((Ask(Request, person=facts.viewer.id, states=UNDER_WAY),) if whose != facts.viewer.id else ())) if whose else ()


def having(person: str) -> Asked:
    """Everything of somebody that counts for the rules."""
    return (
        Ask(Member, id=person, most=1),
        Ask(Grant, person=person, states=HOLDING, most=100),
        Ask(Request, tag=f"for={person}", states=UNDER_WAY, most=50),
    )


def department(facts: Facts, person: str) -> str:
    """The department in which somebody is known to be."""
    return next((one.department for one in facts.all(Member) if one.id == person), "")


def deciders(role: str, where: str, facts: Facts) -> Asked:
    """The people whom the policy names for a role, and the seconds."""
    access = facts.policy.access
    keys = [key for name in (*access.role(role).by, FINANCE) for key in group(access, name, role, where)]
    return tuple(Ask(Person, tag=f"account={key}", most=1) for key in dict.fromkeys((*keys, *access.seconds)))


def presence(people: Iterable[str]) -> Asked:
    """Whether these people are here."""
    return tuple(ask for one in dict.fromkeys(people) if one for ask in (Ask(Away, id=one, most=1), Ask(Member, id=one, most=1)))


def all_deciders(turn: Turn, facts: Facts) -> Asked:  # noqa: ARG001 - every question has this shape
    """Everybody the policy names for the roles of the requests at hand."""
    return tuple(dict.fromkeys(ask for one in facts.all(Request) for ask in deciders(one.role, one.department, facts)))


def coded(turn: Turn, facts: Facts) -> Asked:
    """What a code names, and whom the viewer stands in for."""
    code = turn.understanding.slot("code")
    found = tuple(Ask(kind, tag=f"code={code}", most=5) for kind in (Request, Application, Batch, Step, Followed)) if code else ()
    return (*found, Ask(Away, holder=facts.viewer.id))


def whole(turn: Turn, facts: Facts) -> Asked:  # noqa: ARG001 - every question has this shape
    """The requests of a batch that was named."""
    batch = facts.first(Batch)
    return tuple(Ask(Request, id=ident, most=1) for ident, _ in batch.requests) if batch is not None else ()


def around(turn: Turn, facts: Facts) -> Asked:  # noqa: ARG001 - every question has this shape
    """Of the requests that were named: the people in them and what whoever gets the permission holds."""
    people = [one for request in facts.all(Request) for one in (request.person, request.whose, *request.approvers, *(given.by for given in request.approvals))]
    applicants = [*(one.person for one in facts.all(Application)), *(one.person for one in facts.all(Step))]
    names = tuple(Ask(Person, id=one, most=1) for one in dict.fromkeys((*people, *applicants)) if one)
    members = tuple(Ask(Member, id=one.person, most=1) for one in facts.all(Application))
    return (*names, *members, *(ask for whose in dict.fromkeys(request.whose for request in facts.all(Request)) for ask in having(whose)))


def waiting(turn: Turn, facts: Facts) -> Asked:  # noqa: ARG001 - every question has this shape
    """What waits for the viewer, and for those they stand in for."""
    names = (facts.viewer.id, *dict.fromkeys(away.person for away in facts.all(Away) if away.deputy == facts.viewer.id))
    followed = (Ask(Step, holder=facts.viewer.id, states=("open",), most=MOST_WAITING),) if facts.viewer.id else ()
    return followed + tuple(
        ask
        for name in names
        for ask in (
            Ask(Request, tag=f"decider={name}", states=("pending",), most=MOST_WAITING),
            Ask(Application, holder=name, states=UNDECIDED, most=MOST_WAITING),
            Ask(Person, id=name, most=1),
        )
    )


def standing_in(turn: Turn, facts: Facts) -> Asked:  # noqa: ARG001 - every question has this shape
    """Whom the viewer stands in for."""
    return (Ask(Away, holder=facts.viewer.id),)
