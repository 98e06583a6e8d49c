"""Other answers for some: which of them fits whoever asks, in which place, and which never can because another always comes first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bot.core.access import Access
from bot.core.facts import Ask, Facts
from bot.core.model import Application, Audience, Catalogue, Grant, Intent, Member, Variant

ROOM = "room"
KINDS = ("role", "department", "state", "audience", ROOM)
"""By what an answer can differ: the role, the department, the standing and the audience of whoever asks, and the group it is asked in. Of two that fit
alike the one whose kind stands further left counts: one's own case before the group's."""
ASKED_FOR = frozenset({"role", "department", "state"})
"""Kinds that must be looked up."""
STATES = ("newcomer", "applying", "sent_back", "member")
"""Where somebody stands: not applied yet, under review, sent back to be mended, joined."""
AUDIENCES = (Audience.EMPLOYEE.value, Audience.APPROVER.value, Audience.ADMIN.value)
_STANDING: Mapping[str, str] = {
    "approved": "member",
    "rejected": "sent_back",
    "needs_info": "sent_back",
    "withdrawn": "newcomer",
}
_LIVE = ("active", "ending")
MOST = 10
Known = Mapping[str, frozenset[str]]
"""What is known of who asks and where: the values of each kind."""


def ordered(variants: Sequence[Variant]) -> tuple[Variant, ...]:
    """In the order in which they are tried: the more is asked of them the earlier, then by their kinds, then as they stand."""
    return tuple(sorted(variants, key=lambda one: (-len(one.kinds), [KINDS.index(kind) for kind in KINDS if kind in one.kinds])))


def chosen(variants: Sequence[Variant], known: Known) -> Variant | None:
    """The one that counts here, None for the general answer."""
    return next((one for one in ordered(variants) if _fits(one, known)), None)


def _fits(variant: Variant, known: Known) -> bool:
    return all(any(_form(value) in known.get(kind, ()) for value in variant.values(kind)) for kind in variant.kinds)


def _form(value: str) -> str:
    return " ".join(value.split()).casefold()


def unreachable(variants: Sequence[Variant]) -> Iterator[tuple[Variant, Variant]]:
    """(the one that is never said, the one that always comes before it)."""
    tried = ordered(variants)
    for place, later in enumerate(tried):
        first = next((earlier for earlier in tried[:place] if _covers(earlier, later)), None)
        if first is not None:
            yield later, first


def _covers(earlier: Variant, later: Variant) -> bool:
    """Whether the earlier fits whenever the later does."""
    return all(kind in later.kinds and _forms(later, kind) <= _forms(earlier, kind) for kind in earlier.kinds)


def _forms(variant: Variant, kind: str) -> frozenset[str]:
    return frozenset(map(_form, variant.values(kind)))


def same(one: Variant, only: Sequence[tuple[str, str]]) -> bool:
    """Whether the answer is for just these."""
    other = Variant("", tuple(only))
    return one.kinds == other.kinds and all(_forms(one, kind) == _forms(other, kind) for kind in one.kinds)


def asked(intent: Intent | None, facts: Facts) -> tuple[Ask, ...]:
    """What must be looked up to tell: nothing for an answer that is the same for all, and nothing of people of other organisations."""
    if intent is None or not facts.viewer.inside or not any(ASKED_FOR & one.kinds for one in intent.variants):
        return ()
    viewer = facts.viewer.id
    return Ask(Member, person=viewer, most=MOST), Ask(Application, person=viewer, most=MOST), Ask(Grant, person=viewer, states=_LIVE, most=MOST)


def place(facts: Facts) -> Known:
    """What everybody in this conversation knows."""
    return {ROOM: frozenset({_form(facts.conversation.id)})}


def asker(facts: Facts) -> Known:
    """What is known of the viewer beside the place."""
    if not facts.viewer.inside:
        return place(facts)
    member = next((one for one in facts.all(Member) if one.person == facts.viewer.id and one.state != "left"), None)
    own = [one for one in facts.all(Application) if one.person == facts.viewer.id]
    newest = max(own, key=lambda one: (one.made, one.id), default=None)
    found = {
        "audience": [one.value for one in facts.viewer.audiences],
        "state": [_state(member, newest)],
        "department": _departments(member, newest),
        "role": list(_roles(member, facts)),
    }
    return {**place(facts), **{kind: frozenset(map(_form, values)) for kind, values in found.items()}}


def _state(member: Member | None, newest: Application | None) -> str:
    if member is not None:
        return "member"
    return _STANDING.get(newest.state, "applying") if newest is not None else "newcomer"


def _departments(member: Member | None, newest: Application | None) -> list[str]:
    """Whole, and each part of a path of them."""
    told = (member.department if member else "") or (newest.field("department") if newest else "")
    return [told, *told.split("/")] if told else []


def _roles(member: Member | None, facts: Facts) -> Iterator[str]:
    """The keys and titles of the viewer's roles."""
    held = [role for _, role in member.roles] if member else []
    held += [one.role for one in facts.all(Grant) if one.person == facts.viewer.id and one.state in _LIVE]
    access: Access = facts.policy.access
    for role in held:
        yield role
        yield from access.roles[role].title.values() if role in access.roles else ()


def meant(told: str, facts: Facts, room: str) -> tuple[tuple[str, str], ...]:
    """For whom an answer is, as somebody says it: this group (`room`), where people stand, what they are, a role, a department. Empty when it is none."""
    form, labels = _form(told), facts.catalogue.labels
    for kind, values in ((ROOM, (ROOM,)), ("state", STATES), ("audience", AUDIENCES)):
        for value in values:
            if any(form == _form(one) for words in labels.values() for one in words.get(f"whom_{value}", "").split("|") if one):
                return ((kind, room if kind == ROOM else value),) if kind != ROOM or room else ()
    access = facts.policy.access
    role = next((name for name, one in access.roles.items() if form in map(_form, (name, *one.title.values()))), "")
    if role:
        return (("role", role),)
    ends = [end for words in labels.values() for end in words.get("whom_department_ends", "").split("|") if end]
    known = any(form == _form(one) for one in access.heads)
    return (("department", " ".join(told.split())),) if known or any(form.endswith(_form(end)) and form != _form(end) for end in ends) else ()


def titled(only: Sequence[tuple[str, str]], facts: Facts, language: str) -> str:
    """For whom it is, in words; a group by no more than that it is one."""
    labels, access = {**facts.catalogue.labels.get("zh", {}), **facts.catalogue.labels.get(language, {})}, facts.policy.access

    def one(kind: str, value: str) -> str:
        if kind == "role" and value in access.roles:
            return access.roles[value].title.get(language, value)
        named = labels.get("whom_group" if kind == ROOM else f"whom_{value}", "") if kind in (ROOM, "state", "audience") else ""
        return named.split("|")[0] or value

    return " + ".join(one(kind, value) for kind, value in only)


def reply_of(intent: str, variant: Variant | None, catalogue: Catalogue) -> str:
    """The name of the reply; one that has no words is not said."""
    reply = intent.replace(".", "/", 1)
    told = f"{reply}.{variant.name}" if variant is not None else reply
    return told if told in catalogue.replies else reply
