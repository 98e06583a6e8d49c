"""What an answer of the catalogue says here: the general one or one for some, its follow-ups as buttons, what was announced about it. What is for some of
those who ask never stands in a group, where it would say something of them: the group reads what everybody there reads, who is concerned theirs in private."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.core import policy, variants
from bot.core.facts import Ask, Facts
from bot.core.model import Action, Intent
from bot.core.turn import Here, Private, Say, Turn

MOST_ACTIONS = 3
OUTAGES = "support.maintenance"
"""The question whether something is down or will be: its answer carries whatever was announced and lasts."""


def asked(turn: Turn, facts: Facts) -> tuple[Ask, ...]:
    """What an answer that differs must know of who asks."""
    return variants.asked(facts.catalogue.intents.get(turn.understanding.intent), facts)


def said(name: str, turn: Turn, facts: Facts, now: datetime) -> tuple[Say, ...]:
    """The reply here, in a group down to its fold; then what is for the asker alone, if it differs."""
    intent = facts.catalogue.intents[name]
    shared, own = _reply(intent, variants.place, facts), _reply(intent, variants.asker, facts)
    group = turn.in_group and not policy.personal(intent)
    reply = shared if group else own
    folded = group and any((language, reply) in facts.catalogue.long_replies for language in (turn.language, "zh"))
    more = (Action("shell.more", (("reply", name),), "more"),) if folded else ()
    others = tuple(Action(other) for other in intent.follow_up)
    told = notice(name, facts, now)
    here = Say(Here(), reply, actions=(*more, *others)[:MOST_ACTIONS], brief=turn.in_group, notice=told)
    return (here, Say(Private(facts.viewer.id), own, actions=others[:MOST_ACTIONS], notice=told)) if group and own != shared else (here,)


def whole(name: str, facts: Facts, now: datetime) -> Say:
    """The asker's answer from its beginning to its end."""
    intent = facts.catalogue.intents[name]
    actions = tuple(Action(other) for other in intent.follow_up)[:MOST_ACTIONS]
    return Say(Here(), _reply(intent, variants.asker, facts), actions=actions, notice=notice(name, facts, now))


def _reply(intent: Intent, known: Callable[[Facts], variants.Known], facts: Facts) -> str:
    return variants.reply_of(intent.id, variants.chosen(intent.variants, known(facts)) if intent.variants else None, facts.catalogue)


def notice(name: str, facts: Facts, now: datetime) -> str:
    """What was announced about this answer and lasts."""
    if name.startswith("chat."):
        return ""
    return next((one.text for one in facts.policy.announcements if one.lasts(name, now) or (name == OUTAGES and one.on(now))), "")
