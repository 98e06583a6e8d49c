"""Joining: where somebody stands, invites, the form, the review, what follows, reports. `ROWS` is its part of the table of skills."""

from __future__ import annotations

from collections.abc import Mapping

from bot.core import answering, evidence
from bot.core.facts import Need, Skill
from bot.core.masking import secret_in
from bot.core.skills.joining import (
    after_joining,
    answers,
    changing,
    checking,
    drafts,
    erasing,
    events,
    form,
    invites,
    looking,
    lookup,
    own,
    papers,
    photos,
    profile,
    pushed,
    review,
    scanning,
    security,
    sending,
    status,
    warning,
    whose,
)
from bot.core.skills.joining.whose import another as another
from bot.core.skills.joining.whose import only_own as only_own
from bot.core.turn import Turn, Verdict

_ADMINS = frozenset({Need.ADMINS})
_VALUES = frozenset({Need.ORGANISATION})
_OWN = (own.record, own.others)
_ALL = (own.whole, own.others)

ROWS: Mapping[str, Skill] = {
    "act.status_check": Skill(status.status, asks=(status.asked, whose.theirs, own.others)),
    "shell.keep": Skill(status.status, asks=(status.asked, own.others)),
    "shell.submit": Skill(form.hand_in, _ADMINS, _OWN),
    "act.invite_check": Skill(status.invited, _ADMINS, _OWN),
    "act.request_invite": Skill(invites.want, _ADMINS, _OWN),
    "act.resubmit": Skill(changing.resubmit, _ADMINS, _OWN),
    "act.withdraw": Skill(changing.withdraw, _ADMINS, (*_ALL, evidence.of_items)),
    "act.update_profile": Skill(profile.update, _ADMINS, _OWN),
    "act.report_security": Skill(security.report, _ADMINS),
    "adm.send_invite": Skill(sending.send, frozenset(), (invites.coded, sending.known, sending.receivers)),
    "adm.member_status": Skill(looking.look, _ADMINS, (looking.named, looking.theirs, looking.holders)),
    "shell.apply": Skill(form.begin, _ADMINS, _OWN),
    "shell.checklist": Skill(after_joining.show, frozenset(), (own.record,)),
    "shell.mydata": Skill(erasing.show, _VALUES, (erasing.mine,)),
    "shell.forget": Skill(erasing.forget, _VALUES, (erasing.mine,)),
    "joining.form": Skill(form.begin, _ADMINS, _OWN),
    "joining.field": Skill(photos.field, _ADMINS, _OWN),
    "joining.submit": Skill(form.submit, _ADMINS, _OWN),
    "joining.cancel": Skill(form.cancel, _ADMINS, (*_OWN, evidence.of_items)),
    "joining.invite": Skill(sending.send, frozenset(), (sending.known, sending.receivers)),
    "joining.grant": Skill(sending.grant, frozenset(), (invites.coded, invites.invited)),
    "joining.decline": Skill(invites.decline, frozenset(), (invites.coded, invites.invited)),
    "joining.ask_info": Skill(review.ask_info, frozenset(), (review.named, review.applicant)),
    "joining.files": Skill(papers.files, frozenset(), (review.named, evidence.of_items)),
    "joining.roles": Skill(review.roles, frozenset(), (review.named,)),
    "joining.admit": Skill(review.admit, frozenset(), (review.named, review.applicant)),
    "joining.secret": Skill(warning.warn),
    "joining.link": Skill(checking.check, _ADMINS, (checking.asked, checking.inviters)),
    "joining.photo": Skill(scanning.look),
    "outcome.files.link": Skill(scanning.came, _ADMINS, (scanning.asked, checking.inviters)),
    "joining.report": Skill(checking.report, _ADMINS, (checking.reported,)),
    "joining.security": Skill(security.report, _ADMINS),
    "joining.profile": Skill(profile.update, _ADMINS, _OWN),
    "joining.list": Skill(after_joining.show, frozenset(), (own.record,)),
    "joining.tick": Skill(after_joining.tick, frozenset(), (own.record,)),
    "joining.works": Skill(after_joining.works, _ADMINS, (own.record,)),
    "joining.mended": Skill(after_joining.mended, frozenset(), (after_joining.named,)),
    "joining.current": Skill(after_joining.current, frozenset(), (own.record,)),
    "due.invite": Skill(invites.due, _ADMINS, (invites.due_item, invites.applying, invites.invited)),
    "due.application": Skill(drafts.due, frozenset(), (drafts.due_item, evidence.of_items)),
    "due.evidence": Skill(photos.expire, frozenset(), (photos.due_item,)),
    "outcome.files": Skill(photos.dropped),
    "outcome.files.application": Skill(photos.came, _ADMINS, (own.record, evidence.asked, photos.sent_before, own.others)),
    "due.member": Skill(after_joining.due, _ADMINS, (after_joining.due_item,)),
    "outcome.contacts": Skill(lookup.looked, _ADMINS, (lookup.known,)),
    "event.user_add_org": Skill(events.joined, _ADMINS, (events.known,)),
    "event.user_active_org": Skill(events.active, _ADMINS, (events.known,)),
    "event.user_modify_org": Skill(events.modified, _ADMINS, (events.known,)),
    "event.user_leave_org": Skill(events.left, _ADMINS, (events.known,)),
    "event.org_admin_add": Skill(events.administers, _ADMINS),
    "event.org_admin_remove": Skill(events.administers, _ADMINS),
    "event.person": Skill(events.joined, _ADMINS, (events.known,)),
    "event.invite": Skill(pushed.invite, frozenset(), (pushed.invite_known,)),
    "event.application": Skill(pushed.application, _ADMINS, (pushed.application_known,)),
    **{f"{group}.{name}": Skill(answers.answer, _ADMINS, (*_OWN, answering.asked)) for group, names in answers.QUESTIONS.items() for name in names},
}
"""The skills of joining by intent, due item and event."""


_OTHERWISE = ("awaited", "exact", "choice", "button", "command", "code")
_FREE = ("adm.", "shell.", "setup.", "act.feedback", "act.report_security", "act.human")


def pasted(turn: Turn) -> str:
    """The row that must see the message whatever it means: one with a secret, a photo, or a link to be checked (not as part of a command or of a text for
    somebody else); empty for all others."""
    read = turn.understanding
    if secret_in(turn.text):
        return "joining.secret"
    if scanning.photo_in(turn):
        return "joining.photo"
    free = read.rule in _OTHERWISE or (read.verdict is Verdict.ANSWER and read.intent.startswith(_FREE))
    return "joining.link" if not free and checking.link_in(turn.text) else ""
