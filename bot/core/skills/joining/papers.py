"""A reviewer looks at what was sent: a link of a few minutes for them alone, in private, and a line on the trail. Without a public address there is none."""

from __future__ import annotations

from datetime import datetime

from bot.core import evidence
from bot.core.drawing import line
from bot.core.facts import Facts
from bot.core.lifecycle.joining import UNDECIDED
from bot.core.model import Action, Application, Evidence
from bot.core.skills.joining import filing
from bot.core.skills.joining.whom import is_admin
from bot.core.turn import Decision, Private, Reason, Say, Turn


def files(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The files of an application for whoever reviews it or administers; anybody else is told that it is not theirs."""
    application = facts.first(Application)
    to = Private(facts.viewer.id)
    mine = application is not None and application.state in UNDECIDED and (application.holder == facts.viewer.id or is_admin(facts))
    if application is None or not mine or not facts.viewer.inside:
        return Decision(
            Reason.DENIED,
            (Say(to, "joining/not_yours", {"code": turn.understanding.slot("code") or turn.understanding.slot("mistyped")}), *evidence.aside(turn)),
        )
    names = dict(application.files)
    labels, sent = filing.labels_of(facts, turn.language), [one for one in facts.all(Evidence) if names.get(one.field) == one.sha256]
    shown = evidence.linked([(filing.named(one.field, labels), one) for one in sent], facts, now)
    data = {"code": application.code, "name": application.field("name"), "request": False, **shown}
    looked = line(turn, facts.viewer, now, "evidence.look", f"application:{application.id}")
    actions = tuple(
        Action(intent, (("code", application.code),), label, application.code) for intent, label in (("act.approve", "approve"), ("act.reject", "reject"))
    )
    return Decision(Reason.ANSWERED, (looked, Say(to, "joining/files", data, actions), *evidence.aside(turn)))
