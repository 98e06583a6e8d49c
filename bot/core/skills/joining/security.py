"""Security reports in chat: abnormal log-in, lock, phishing, violation. They reach the administrators at once, a confidential one only the person named."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.core.facts import Facts
from bot.core.masking import masked
from bot.core.model import Action, Awaiting, Entry, Wish
from bot.core.skills.joining.filing import labels_of
from bot.core.skills.joining.typed import Labels, words_of
from bot.core.skills.joining.whom import place
from bot.core.turn import Decision, Effect, Private, Put, Reason, Say, Turn

KINDS = ("login", "locked", "phishing", "violation", "leak")
"""What is reported, by its words in the labels (`report_<kind>_words`); anything else is `other`."""
FAQS = {"login": "security.abnormal_login", "locked": "security.account_locked", "phishing": "invite.phishing", "violation": "security.report_violation"}
PATIENCE = timedelta(hours=2)
SHORTEST = 8
"""Characters of a message that tells what happened and not just that something did."""


def report(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Takes a report: asks what happened when nothing was told, then passes it on."""
    labels = labels_of(facts, turn.language)
    told = turn.understanding.slot("value")
    text = told or turn.understanding.slot("text") or turn.text
    kind = turn.understanding.slot("kind") or kind_of(text, labels)
    bare = not told and (len(text.strip()) < SHORTEST or turn.understanding.rule == "same_words" or not turn.text)
    if bare:
        waiting = Awaiting("joining.security", "value", (("kind", kind),), now + PATIENCE)
        return Decision(Reason.ASKED_VALUE, (Say(place(turn, facts), "act/report_security", {"kind": kind}),), topic="act.report_security", awaiting=waiting)
    return alarm(kind, text, turn, facts, now)


def kind_of(text: str, labels: Labels) -> str:
    """What a report is about, by its words."""
    spoken = text.casefold().replace(" ", "")
    return next((kind for kind in KINDS if any(word in spoken for word in words_of(labels, f"report_{kind}_words"))), "other")


def receivers(kind: str, facts: Facts) -> list[str]:
    """Who is told: a violation confidentially to the contact named for it, else to the first administrator; anything else to all. Never the asker."""
    admins = [one.id for one in facts.admins if one.id != facts.viewer.id]
    if kind != "violation":
        return admins
    named = [one.person for one in facts.policy.organisation.admins if one.person and "violation" in one.covers.casefold().split()]
    ids = [admin.id for admin in facts.admins if admin.id.rpartition(":")[2] in named or admin.id in named]
    return [one for one in ids if one != facts.viewer.id] or admins[:1]


def alarm(kind: str, words: str, turn: Turn, facts: Facts, now: datetime, before: tuple[Effect, ...] = ()) -> Decision:
    """Passes a report on at once, before anything that waits, and says to whom. Its words are masked; who violated what stays out of the group."""
    to = receivers(kind, facts)
    code = f"e{turn.seed[:14]}"
    text = words if kind == "invite" else masked(words)
    data = {"kind": kind, "text": text, "name": facts.viewer.name, "private": kind == "violation"}
    told = [Say(Private(one), "joining/alarm", data, priority=2) for one in to]
    kept = Put(Wish(f"w{turn.seed[:12]}", f"security_{kind}", "act.report_security", "" if kind == "violation" else text, facts.viewer.id, now))
    line = Put(Entry(code, now, facts.viewer.id, f"security.{kind}", f"person:{facts.viewer.id}", "", text))
    names = [one.name or one.id.rpartition(":")[2] for one in facts.admins if one.id in to]
    actions = (*((Action(FAQS[kind]),) if kind in FAQS else ()), Action("act.human", label="human"))
    said = Say(place(turn, facts), "joining/reported", {"kind": kind, "admins": names}, actions)
    return Decision(Reason.REPORTED, (*before, kept, line, *told, said), topic="act.report_security")
