"""The access review: grants in batches of five, idle and excessive ones first; each is kept, reduced or removed by somebody it does not belong to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core import codes
from bot.core.access import Access, eligible
from bot.core.calendar import add_working_days
from bot.core.facts import Ask, Facts
from bot.core.lifecycle import access as lives
from bot.core.model import Action, Grant, Member, Person, Review
from bot.core.skills.access import ending, filing, gathering
from bot.core.skills.access.telling import granted, name_of, no_such, policy_of, role_told
from bot.core.turn import Decision, Due, Effect, Here, Private, Put, Reason, Say, Turn

BATCH = 5
MOST_GRANTS = 300
IDLE = timedelta(days=90)
"""Without a sign of use for so long a right is idle (finance.md 10.4)."""
REDUCED = timedelta(days=7)
"""How long somebody may still use what is reduced, to ask for less in the meantime."""
EVERY = 3
"""Working days after which a round that stands still is brought to mind, unless admins set others."""


def grants_asks(turn: Turn, facts: Facts) -> gathering.Asked:  # noqa: ARG001 - every question has this shape
    """Every grant that is in force, and the rounds under way."""
    return (Ask(Grant, states=("active",), most=MOST_GRANTS), Ask(Review, states=("open",), most=50))


def holders_asks(turn: Turn, facts: Facts) -> gathering.Asked:  # noqa: ARG001 - every question has this shape
    """The members who hold them, and the people who decide on them."""
    members = tuple(Ask(Member, id=one, most=1) for one in dict.fromkeys(grant.person for grant in facts.all(Grant)))
    keys = {key for role in {grant.role for grant in facts.all(Grant)} for key in (*facts.policy.access.owners.get(role, ()), *facts.policy.access.finance)}
    return (*members, *(Ask(Person, tag=f"account={key}", most=1) for key in sorted(keys)))


def began(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """A round begins: each reviewer gets the grants they answer for, never their own. While one is under way its state is told instead."""
    under_way = facts.all(Review)
    if under_way:
        rows = [{"name": name_of(facts, one.person), "left": len(one.grants), "total": one.total} for one in under_way]
        return Decision(Reason.ANSWERED, (Say(Here(), "access/campaign", {"what": "under_way", "rows": rows}),), topic="adm.access_review")
    access = policy_of(facts)
    lots: dict[str, list[Grant]] = {}
    for grant in sorted(facts.all(Grant), key=lambda one: _urgency(one, facts, now)):
        reviewer = _reviewer(grant, access, facts)
        if reviewer:
            lots.setdefault(reviewer, []).append(grant)
    if not lots:
        return Decision(Reason.ANSWERED, (Say(Here(), "access/campaign", {"what": "nothing", "rows": []}),), topic="adm.access_review")
    effects: list[Effect] = []
    for place, (reviewer, grants) in enumerate(lots.items()):
        ident, code = f"v{turn.seed[:12]}{place:02}", codes.make(int(turn.seed[12:24], 16) + 1000 * place)
        held = tuple(one.id for one in grants)
        review = Review(ident, code, reviewer, "open", turn.seed[:12], facts.viewer.id, now, held, len(held), due=_again(facts, now))
        effects += [Put(review), _card(review, grants, Private(reviewer), facts, now, pushed=reviewer != facts.viewer.id)]
    rows = [{"name": name_of(facts, one), "left": len(grants), "total": len(grants)} for one, grants in lots.items()]
    noted = filing.entry(turn, now, facts.viewer.id, "review.begin", f"round:{turn.seed[:12]}", str(sum(map(len, lots.values()))))
    return Decision(Reason.SAVED, (Say(Here(), "access/campaign", {"what": "begun", "rows": rows}), *effects, noted), topic="adm.access_review")


def _reviewer(grant: Grant, access: Access, facts: Facts) -> str:
    """Who looks at it: the first owner of the role, else a finance admin, that is not its own person."""
    where = gathering.department(facts, grant.person)
    order = (*access.owners.get(grant.role, ()), *access.finance, *sorted(eligible(access, grant.role, where)))
    return next((one for one in order if one != grant.person), "")


def _urgency(grant: Grant, facts: Facts, now: datetime) -> tuple[int, int, datetime, str]:
    """What is idle or broken first, then what gives the most, then what is older."""
    member = next((one for one in facts.all(Member) if one.id == grant.person), None)
    idle = grant.works == "no" or (member is not None and (member.state in filing.LEFT or (member.seen is not None and now - member.seen > IDLE)))
    overdue = now - (grant.reviewed or grant.since) > timedelta(days=facts.policy.access.role(grant.role).review_days)
    return (0 if idle else 1 if overdue else 2), -facts.policy.access.role(grant.role).weight, grant.since, grant.id


def _card(review: Review, grants: Sequence[Grant], to: Here | Private, facts: Facts, now: datetime, *, pushed: bool = False) -> Say:
    """The next five: all kept with one tap, or one of them looked at. A card that nobody asked for (`pushed`) has one button, which names the round."""
    batch = grants[:BATCH]
    rows = [{**granted(one, facts), "name": _named(one, facts), "why": _urgency(one, facts, now)[0]} for one in batch]
    slots = (("review", review.id), ("grants", ",".join(one.id for one in batch)))
    each = tuple(Action("access.look", (("review", review.id), ("grant", one.id)), f"look_{place}") for place, one in enumerate(batch, 1))
    data = {"rows": rows, "left": len(review.grants), "total": review.total, "pushed": pushed, "code": review.code}
    if pushed:
        return Say(to, "access/review_batch", data, (Action("access.round", (("code", review.code),), "begin_review", review.code),), priority=2)
    return Say(to, "access/review_batch", data, (Action("access.keep", slots, "keep_all"), *each), priority=2)


def _named(grant: Grant, facts: Facts) -> str:
    member = next((one for one in facts.all(Member) if one.id == grant.person), None)
    return (member.name if member else "") or name_of(facts, grant.person)


def review_asks(turn: Turn, facts: Facts) -> gathering.Asked:  # noqa: ARG001 - every question has this shape
    """The round that a button or the clock names."""
    ident = turn.stimulus.entity if isinstance(turn.stimulus, Due) else turn.understanding.slot("review")
    code = turn.understanding.slot("code")
    return (Ask(Review, id=ident, most=1),) if ident else (Ask(Review, tag=f"code={code}", most=1),) if code else ()


def left_asks(turn: Turn, facts: Facts) -> gathering.Asked:
    """The grants that are looked at and those that come next."""
    review = facts.first(Review)
    if review is None:
        return ()
    named = (*turn.understanding.slot("grants").split(","), turn.understanding.slot("grant"))
    wanted = dict.fromkeys(one for one in (*named, *review.grants[: 2 * BATCH]) if one in review.grants)
    return tuple(Ask(Grant, id=one, most=1) for one in wanted)


def shown_round(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The round that was named, at the place where it stands."""
    review = _mine(facts)
    grants = [one for ident in review.grants for one in facts.all(Grant) if one.id == ident] if review is not None else []
    if review is None or not grants:
        return no_such(turn)
    return Decision(Reason.ANSWERED, (_card(review, grants, Private(facts.viewer.id), facts, now),))


def looked(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """One grant by itself: keep, reduce, or remove."""
    review = _mine(facts)
    grant = _wanted(turn, review, facts)
    if review is None or grant is None:
        return no_such(turn)
    slots = (("review", review.id), ("grant", grant.id))
    actions = tuple(
        Action(f"access.{what}", slots, label) for what, label in (("keep", "review_keep"), ("reduce", "review_reduce"), ("remove", "review_remove"))
    )
    data = {**granted(grant, facts), "name": _named(grant, facts), "why": _urgency(grant, facts, now)[0]}
    return Decision(Reason.ASKED_BACK, (Say(Private(facts.viewer.id), "access/review_one", data, actions),))


def _mine(facts: Facts) -> Review | None:
    return next((one for one in facts.all(Review) if one.person == facts.viewer.id and one.state == "open"), None)


def _wanted(turn: Turn, review: Review | None, facts: Facts) -> Grant | None:
    """The grant that was named, if it is still to be seen and is not the reviewer's own."""
    ident = turn.understanding.slot("grant")
    found = next((one for one in facts.all(Grant) if one.id == ident), None)
    return found if review is not None and found is not None and ident in review.grants and found.person != facts.viewer.id else None


def kept(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """One or five are right as they are."""
    review = _mine(facts)
    named = [one for one in (*turn.understanding.slot("grants").split(","), turn.understanding.slot("grant")) if one]
    grants = [one for one in facts.all(Grant) if review is not None and one.id in named and one.id in review.grants and one.person != facts.viewer.id]
    if review is None or not grants:
        return no_such(turn)
    effects: list[Effect] = []
    for place, grant in enumerate(grants):
        noted = filing.entry(turn, now, facts.viewer.id, "review.keep", f"grant:{grant.id}", review.round, grant.role, place)
        effects += [Put(replace(grant, reviewed=now)), noted]
    return _onward(replace(review, kept=review.kept + len(grants)), grants, tuple(effects), facts, now)


def reduced(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """More than is needed: it ends in a week, and its person can ask for less with one tap."""
    review = _mine(facts)
    grant = _wanted(turn, review, facts)
    if review is None or grant is None or grant.state != "active":
        return no_such(turn)
    until = filing.end_after(REDUCED.days, now, facts)
    shorter = replace(grant, until=min(grant.until, until) if grant.until else until, reviewed=now, warned=1)
    noted = filing.entry(turn, now, facts.viewer.id, "review.reduce", f"grant:{grant.id}", review.round, grant.role)
    told = _told("reduced", shorter, facts, ending.named_by(grant, facts, "access.less", "ask_less"))
    effects = (Put(replace(shorter, due=lives.next_look(shorter, None))), noted, told)
    return _onward(replace(review, reduced=review.reduced + 1), [grant], effects, facts, now)


def removed(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Not needed any more: taken back at once, and its person is told who decided."""
    review = _mine(facts)
    grant = _wanted(turn, review, facts)
    if review is None or grant is None or grant.state != "active":
        return no_such(turn)
    effects = ending.taken_back(grant, "review", turn, facts, now, by=facts.viewer.id)
    told = _told("removed", grant, facts, Action("act.human", label="human"))
    return _onward(replace(review, removed=review.removed + 1), [grant], (*effects, told), facts, now)


def _told(what: str, grant: Grant, facts: Facts, action: Action) -> Say:
    data = {"what": what, **granted(grant, facts), "role": role_told(facts.policy.access, grant.role), "name": name_of(facts, facts.viewer.id)}
    return Say(Private(grant.person), "access/ending", data, (action,))


def _onward(review: Review, seen: Sequence[Grant], effects: tuple[Effect, ...], facts: Facts, now: datetime) -> Decision:
    """The rest of the round, or its report to whoever began it."""
    gone = {one.id for one in seen}
    left = tuple(one for one in review.grants if one not in gone)
    if left:
        rest = replace(review, grants=left, due=_again(facts, now))
        grants = [one for ident in left for one in facts.all(Grant) if one.id == ident]
        return Decision(Reason.SAVED, (*effects, Put(rest), _card(rest, grants, Private(facts.viewer.id), facts, now)))
    done = replace(review, grants=(), state="done", due=None)
    data = {"what": "done", "rows": [], "kept": done.kept, "reduced": done.reduced, "removed": done.removed, "name": name_of(facts, review.person)}
    told = tuple(Say(Private(one), "access/campaign", data) for one in dict.fromkeys((facts.viewer.id, review.by)))
    return Decision(Reason.SAVED, (*effects, Put(done), *told))


def reminded(turn: Turn, facts: Facts, now: datetime) -> Decision:  # noqa: ARG001 - every skill has this shape
    """A round that stands still is brought to mind; nothing is ever taken away by itself."""
    review = facts.first(Review)
    if review is None or review.state != "open":
        return Decision(Reason.IGNORED)
    if facts.policy.nudging.silent("review"):
        return Decision(Reason.IGNORED, (Put(replace(review, due=_again(facts, now))),))
    grants = [one for ident in review.grants for one in facts.all(Grant) if one.id == ident]
    return Decision(Reason.REMINDED, (Put(replace(review, due=_again(facts, now))), _card(review, grants, Private(review.person), facts, now, pushed=True)))


def _again(facts: Facts, now: datetime) -> datetime:
    return add_working_days(facts.policy.calendar, now, facts.policy.nudging.every("review", EVERY))
