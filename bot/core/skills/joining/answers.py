"""Questions about joining, answered by where the asker stands (X1): their own part in private, the general part for the group and for who has no record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bot.core import answering
from bot.core.facts import Facts
from bot.core.lifecycle.joining import OPEN
from bot.core.model import Action, Scope
from bot.core.skills.joining.cards import MOST_ACTIONS, actions_of, application_card, invite_card, member_card
from bot.core.skills.joining.own import Standing, standing
from bot.core.turn import Decision, Here, Private, Reason, Say, Turn

QUESTIONS: Mapping[str, tuple[str, ...]] = {
    "invite": (
        "not_received", "forms", "get_link", "how_to_open", "link_expired", "notification_settings", "phishing", "qr_fail", "search_org", "verify_authentic",
        "where_to_find", "who_is_admin", "auto_sync", "page_blank",
    ),
    "form": (
        "cannot_submit", "department_post", "doc_quality", "employee_no", "fields", "id_number", "mistake_edit", "permission_needs", "phone_match",
        "prepare", "truthful", "upload_docs", "verification",
    ),
    "review": ("criteria", "duplicate", "duration", "during_wait", "no_response", "notify_result", "rejected_reason", "rejected_what_to_do", "who_reviews"),
    "after": (
        "check_effective", "initial_settings", "install_plugin", "link_identity", "module_no_access", "notifications", "relogin_cache", "training",
        "what_can_do", "where_entry",
    ),
    "profile": ("outdated", "phone_changed", "update_fail", "update_where", "what_to_update"),
}  # fmt: skip
"""The questions whose answer hangs on the asker's record, by group."""


def answer(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The asker's own case where there is one; the general answer stays one tap away."""
    name = turn.understanding.intent
    group, _, asked = name.partition(".")
    intent = facts.catalogue.intents[name]
    found = standing(facts)
    card = _card(group, found, facts, now)
    if card is None:
        return Decision(Reason.ANSWERED, answering.said(name, turn, facts, now), topic=name)
    more = Action("shell.more", (("reply", name),), "general_answer")
    own = Say(
        Here(), f"joining/own_{group}", {"asked": asked, **card}, (*actions_of(found, now)[: MOST_ACTIONS - 1], more), notice=answering.notice(name, facts, now)
    )
    if not turn.in_group or intent.scope is Scope.PRIVATE:
        return Decision(Reason.ANSWERED, (own,), topic=name)
    general = answering.said(name, turn, facts, now)[0]
    return Decision(Reason.ANSWERED, (general, replace(own, to=Private(facts.viewer.id)), Say(Here(), "shell/moved_private", mention=True)), topic=name)


def _card(group: str, found: Standing, facts: Facts, now: datetime) -> dict[str, object] | None:
    """What of the record bears on questions of this group; None when nothing does."""
    application, member, invite = found.application, found.member, found.invite
    pending = application is not None and application.state in OPEN
    if group in ("after", "profile"):
        return {"card": member_card(member, facts, now)} if member and found.joined else None
    if application and (pending or (application.state == "approved" and group == "review")):
        return {"card": application_card(application, facts, now)}
    if group == "review":
        return None
    if member and found.joined:
        return {"card": member_card(member, facts, now)} if group == "invite" else None
    return {"card": invite_card(invite, facts, now)} if invite and group == "invite" else None
