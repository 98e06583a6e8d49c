"""The reviewer's side: what they see of an application, and how they ask for what is missing."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.core.calendar import add_working_days
from bot.core.facts import Ask, Facts, Tally
from bot.core.lifecycle.joining import UNDECIDED, approve, ask_for_info
from bot.core.model import Action, Application, Awaiting, Member, Person
from bot.core.skills.joining.cards import cards_of
from bot.core.skills.joining.filing import changed, labels_of, shown
from bot.core.skills.joining.own import Standing
from bot.core.skills.joining.typed import code_in, masked_mobile
from bot.core.skills.joining.whom import is_admin, place
from bot.core.turn import About, Decision, Private, Reason, Say, Turn

PATIENCE = timedelta(days=1)


def to_review(application: Application, facts: Facts, now: datetime, why: str) -> Say:
    """The reviewer's message: the values, three criteria, history, and buttons that name the item."""
    labels = labels_of(facts, facts.policy.language)
    rows = [row for row in shown(application, labels, facts) if row["value"] != application.field("mobile")]
    data = {
        "code": application.code, "why": why, "fields": rows, "target": masked_mobile(application.field("mobile")),
        "changes": changed(application, facts, whole=False),
        "cause": application.reason, "note": application.note, "made": cards_of(Standing(application=application), facts, now)[0]["made"],
    }  # fmt: skip
    code = (("code", application.code),)
    actions = (
        Action("act.approve", code, "approve", application.code),
        Action("act.reject", code, "reject", application.code),
        Action("joining.ask_info", code, "ask_info", application.code),
        *((Action("joining.files", code, "see_files", application.code),) if application.files else ()),
        *((Action("joining.roles", code, "other_role", application.code),) if facts.policy.organisation.roles else ()),
    )
    return Say(
        Private(application.holder), "joining/review", data, actions, priority=2, about=About("application", application.id, ("submitted", "resubmitted"))
    )


def named(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every question has this shape
    """The application whose code was said; whoever reviews it or administers may have it."""
    code = turn.understanding.slot("code") or code_in(turn.text)
    return (Ask(Application, tag=f"code={code}", most=1),) if code else ()


def applicant(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every question has this shape
    """Whose it is."""
    application = facts.first(Application)
    return (Ask(Person, id=application.person), Ask(Member, id=application.person)) if application else ()


def _mine(facts: Facts) -> Application | None:
    """The application that was named, when it is the viewer's to decide."""
    application = facts.first(Application)
    open_ = application is not None and application.state in UNDECIDED and application.person != facts.viewer.id
    return application if open_ and application and (application.holder == facts.viewer.id or is_admin(facts)) else None


def roles(turn: Turn, facts: Facts, now: datetime) -> Decision:  # noqa: ARG001 - every skill has this shape
    """The organisation's roles as buttons: one tap admits the applicant with it (R47)."""
    application = _mine(facts)
    if application is None:
        return _not_mine(turn, facts)
    code = application.code
    actions = tuple(Action("joining.admit", (("code", code), ("role", role)), role, code) for role in facts.policy.organisation.roles)
    return Decision(Reason.ASKED_BACK, (Say(place(turn, facts), "joining/roles", {"code": code, "name": application.field("name")}, actions),))


def admit(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Admits with the role that was tapped; anything but a tap decides nothing."""
    application, role = _mine(facts), turn.understanding.slot("role")
    if application is None or role not in facts.policy.organisation.roles or turn.understanding.rule not in ("button", "choice"):
        return _not_mine(turn, facts)
    due = add_working_days(facts.policy.calendar, now, facts.policy.joining.check_days)
    effects = approve(application, facts.viewer, now, turn.seed, role=role, member=facts.first(Member), due=due) or ()
    said = Say(place(turn, facts), "joining/admitted", {"name": application.field("name"), "role": role})
    return Decision(Reason.SAVED, (*effects, said))


def _not_mine(turn: Turn, facts: Facts) -> Decision:
    code = turn.understanding.slot("code") or turn.understanding.slot("mistyped")
    return Decision(Reason.DENIED, (Say(place(turn, facts), "joining/not_yours", {"code": code}),))


def ask_info(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The reviewer says what is missing: the clock stands still and the applicant is asked at once."""
    application = facts.first(Application)
    code = turn.understanding.slot("code") or turn.understanding.slot("mistyped") or code_in(turn.text)
    if application is None or not (application.holder == facts.viewer.id or is_admin(facts)):
        return Decision(Reason.DENIED, (Say(place(turn, facts), "joining/not_yours", {"code": code}),))
    note = " ".join(turn.understanding.slot("reason").split())
    if not note:
        waiting = Awaiting("joining.ask_info", "reason", (("code", code),), now + PATIENCE)
        return Decision(Reason.ASKED_VALUE, (Say(place(turn, facts), "joining/ask_what", {"code": code, "name": application.field("name")}),), awaiting=waiting)
    due = add_working_days(facts.policy.calendar, now, facts.policy.joining.info_days)
    effects = ask_for_info(application, facts.viewer, now, turn.seed, note=note, due=due)
    if effects is None:
        data = {"code": code, "state": application.state, "own": application.person == facts.viewer.id}
        return Decision(Reason.DENIED, (Say(place(turn, facts), "joining/not_open", data),))
    return Decision(Reason.SAVED, (*effects, Say(place(turn, facts), "joining/asked_info", {"code": code, "name": application.field("name"), "note": note})))
