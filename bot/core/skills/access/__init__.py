"""Permissions: asked for, decided by the right other people, given, looked at again and taken back."""

from __future__ import annotations

from collections.abc import Mapping

from bot.core import evidence
from bot.core.facts import Need, Skill
from bot.core.skills.access import (
    anew,
    answering,
    asking,
    batching,
    clock,
    deciding,
    emergency,
    ending,
    gathering,
    mine,
    mirroring,
    parting,
    passing,
    pending,
    proof,
    reviewing,
    working,
)
from bot.core.skills.access.gathering import all_deciders, around, coded, named, standing_in, waiting, whole

_ADMINS = frozenset({Need.ADMINS})
_ANEW = (anew.coded, anew.granted, gathering.held, asking.wanted_asks, asking.presence_asks)
_WISH = (named, gathering.held, asking.wanted_asks, asking.presence_asks, proof.asks)
_CODED = (named, coded, whole, waiting, around, all_deciders)
_WORKING = (coded, answering.people_asks, working.grants_asks)
_REVIEW = (reviewing.review_asks, reviewing.left_asks, reviewing.holders_asks)

ROWS: Mapping[str, Skill] = {
    "act.permission_request": Skill(proof.run, _ADMINS, _WISH),
    "access.again": Skill(anew.asked_again, _ADMINS, _ANEW),
    "access.renew": Skill(anew.asked_again, _ADMINS, _ANEW),
    "access.less": Skill(anew.asked_again, _ADMINS, _ANEW),
    "access.change": Skill(anew.change, _ADMINS, (anew.coded, around, all_deciders)),
    "access.emergency": Skill(emergency.opened, _ADMINS, (anew.coded, around, all_deciders)),
    "access.cancel": Skill(asking.cancel),
    "access.files": Skill(proof.files, asks=(coded, all_deciders, evidence.of_items)),
    "access.roles": Skill(asking.roles),
    "act.my_permissions": Skill(mine.run, asks=(mine.asks,)),
    "act.my_pending": Skill(pending.listed, _ADMINS, (standing_in, pending.desk_asks, waiting, around, all_deciders)),
    "act.approve": Skill(deciding.approve, _ADMINS, _CODED),
    "act.reject": Skill(deciding.reject, _ADMINS, _CODED),
    "act.transfer": Skill(passing.run, _ADMINS, (*_CODED, passing.presence_asks)),
    "access.batch": Skill(batching.gathered, _ADMINS, (standing_in, waiting, around, all_deciders)),
    "access.done": Skill(working.done_by_hand, _ADMINS, _WORKING),
    "access.undone": Skill(working.done_by_hand, _ADMINS, _WORKING),
    "access.retry": Skill(working.retried, _ADMINS, _WORKING),
    "access.works": Skill(working.said, _ADMINS, _WORKING),
    "access.broken": Skill(working.said, _ADMINS, _WORKING),
    "access.mended": Skill(working.mended, _ADMINS, _WORKING),
    "access.let_go": Skill(ending.let_go, asks=(ending.named_asks, ending.of_code_asks)),
    "access.ended": Skill(ending.ended_by_hand, _ADMINS, (ending.named_asks, ending.of_code_asks, answering.people_asks)),
    "adm.access_review": Skill(reviewing.began, _ADMINS, (reviewing.grants_asks, reviewing.holders_asks)),
    "access.round": Skill(reviewing.shown_round, asks=_REVIEW),
    "access.look": Skill(reviewing.looked, asks=_REVIEW),
    "access.keep": Skill(reviewing.kept, asks=_REVIEW),
    "access.reduce": Skill(reviewing.reduced, asks=_REVIEW),
    "access.remove": Skill(reviewing.removed, asks=_REVIEW),
    "due.request": Skill(clock.looked_at, _ADMINS, (clock.asks, around, all_deciders, clock.presence_asks)),
    "due.grant": Skill(ending.looked_at, _ADMINS, (ending.due_asks, ending.beside_asks, ending.request_asks)),
    "due.review": Skill(reviewing.reminded, asks=_REVIEW),
    "outcome.files.request": Skill(proof.came, asks=(evidence.asked,)),
    "outcome.oa_requests": Skill(mirroring.answered, _ADMINS, (mirroring.asks, mirroring.deciders_asks, around, all_deciders)),
    "outcome": Skill(answering.answered, _ADMINS, (answering.answer_asks, answering.people_asks, answering.holding_asks)),
}
"""The skills of permission. `outcome` takes the answers of every finance system."""


def following(rows: Mapping[str, Skill]) -> Mapping[str, Skill]:
    """The rows of the contact events that end or question permissions, with that added to what they do already; and of looking at what was sent."""
    leaving, moving, looking = "event.user_leave_org", "event.user_modify_org", "joining.files"
    return {
        leaving: parting.following(rows[leaving], parting.left, parting.theirs),
        moving: parting.following(rows[moving], parting.moved, parting.theirs, parting.answerable),
        looking: proof.following(rows[looking], coded, all_deciders),
    }
