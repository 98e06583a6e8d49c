"""Forms that were begun: brought to mind once, and cleared away when nobody goes on with them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.core import evidence
from bot.core.erasing import blank_application
from bot.core.facts import Ask, Facts, Tally
from bot.core.lifecycle.joining import APPLICATIONS
from bot.core.lifecycle.moves import after
from bot.core.model import Action, Application
from bot.core.skills.joining.cards import at_work
from bot.core.turn import About, Decision, Private, Put, Reason, Say, Turn


def due_item(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every question has this shape
    """The application that fell due."""
    return (Ask(Application, id=getattr(turn.stimulus, "entity", "")),)


def due(turn: Turn, facts: Facts, now: datetime) -> Decision:  # noqa: ARG001 - every skill has this shape
    """A draft that rests is brought to mind (N4) and lapses in the end; a missing answer is brought to mind once (N8); the rest is for the nudges."""
    application = facts.first(Application)
    if application is None:
        return Decision(Reason.IGNORED)
    if application.state == "withdrawn":
        return Decision(Reason.IGNORED, (Put(blank_application(application)), *evidence.of_item(f"application:{application.id}", facts)))
    later = at_work(facts, now)
    if later is not None and application.state in ("needs_info", "draft", "verifying"):
        return Decision(Reason.IGNORED, (Put(replace(application, due=later)),))
    if application.state == "needs_info":
        data = {"code": application.code, "note": application.note, "by": "", "again": True}
        said = Say(Private(application.person), "joining/needs_info", data, (Action("act.resubmit", label="add_info"), Action("act.withdraw")))
        return Decision(Reason.REMINDED, (Put(replace(application, due=None)), said))
    lapsed = after(APPLICATIONS, "lapse", application.state, "system")
    if lapsed is None:
        return Decision(Reason.IGNORED)
    end = (application.touched or application.made) + timedelta(days=facts.policy.joining.draft_days)
    about = About("application", application.id, (application.state, lapsed))
    if end <= now:
        done = replace(application, state=lapsed, since=now, fields=(), files=(), due=None)
        sent = evidence.of_item(f"application:{application.id}", facts)
        return Decision(Reason.REMINDED, (Put(done), *sent, _told(application, "joining/lapsed", Action("joining.form", label="apply_again"), about)))
    return Decision(
        Reason.REMINDED, (Put(replace(application, due=end)), _told(application, "joining/draft_rests", Action("joining.form", label="go_on"), about))
    )


def _told(application: Application, reply: str, action: Action, about: About) -> Say:
    return Say(Private(application.person), reply, {"code": application.code}, (action, Action("joining.cancel", label="cancel_form")), about=about)
