"""The one door: every stimulus goes in here with its facts, and a Decision comes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bot.core import answering, drawing, policy, rights
from bot.core.facts import Facts, Need, Skill
from bot.core.masking import masked
from bot.core.model import Awaiting, Batch, Confirmation, Conversation, Entry, Intent, Wish, kind_of
from bot.core.skills import access, admin, console, faq, following, help, human, joining, knowledge, nudging, reload, setup, shell, why  # noqa: A004 - the skill is called help
from bot.core.skills.nudging import holding
from bot.core.turn import PRIVATE, Call, Decision, Due, Event, Here, Message, Outcome, Press, Private, Put, Reason, Say, Turn, Verdict

SKILLS: Mapping[str, Skill] = {
    "act.help": Skill(help.help_for),
    "act.feedback": Skill(shell.feedback),
    "act": Skill(shell.not_yet),
    "adm": Skill(shell.not_yet),
    "card.press": Skill(shell.stale),
    "shell.leave": Skill(shell.leave),
    "shell.more": Skill(faq.more, asks=(faq.asked_more,)),
    "shell.none": Skill(shell.unknown),
    "shell.why": Skill(why.explain),
    "shell.reload": Skill(reload.ask),
    "shell.setup": Skill(setup.begin, frozenset({Need.ORGANISATION})),
    "setup.value": Skill(setup.value, frozenset({Need.ORGANISATION})),
    "due.setup": Skill(setup.begin, frozenset({Need.ORGANISATION})),
    "due.calendar": Skill(setup.uncovered),
    "outcome.words": Skill(reload.outcome, frozenset({Need.ADMINS})),
    **access.ROWS,
    **admin.ROWS,
    **console.ROWS,
    **following.ROWS,
    **human.ROWS,
    **joining.ROWS,
    **access.following(joining.ROWS),
    **knowledge.ROWS,
    **nudging.ROWS,
}
"""An intent's own row, else its group's, else the FAQ."""
_FAQ = Skill(faq.answer, asks=(answering.asked,))
_UNHEEDED = Skill(shell.unheeded)
_UNREAD = Skill(shell.unread)
_EITHER = Skill(shell.words_or_command)
_RULES: Mapping[str, Skill] = {
    "empty": _UNREAD,
    "unreadable": _UNREAD,
    "too_long": _UNREAD,
    "near_command": Skill(shell.suggest),
    "no_option": Skill(shell.stale),
}


def skill_of(turn: Turn, intents: Mapping[str, object]) -> Skill:
    """The row that answers this turn."""
    stimulus, read = turn.stimulus, turn.understanding
    if isinstance(stimulus, Due | Outcome | Event):
        return _unsaid(stimulus)
    if found := joining.pasted(turn):
        return SKILLS[found]
    if read.rule in _RULES:
        return _RULES[read.rule]
    if read.rule == "awaited" and read.slot("command"):
        return _EITHER
    if read.verdict is Verdict.ANSWER and (read.intent in intents or read.intent in SKILLS):
        return SKILLS.get(read.intent) or SKILLS.get(read.intent.split(".")[0]) or _FAQ
    if read.verdict is Verdict.ASK:
        return Skill(shell.ask_back)
    top = read.candidates[0].intent if read.candidates else ""
    return Skill(shell.elsewhere) if top.startswith("elsewhere.") and read.rule == "fence" else Skill(shell.unknown)


def _unsaid(stimulus: Due | Outcome | Event) -> Skill:
    """The row of what nobody said."""
    if isinstance(stimulus, Due):
        row = SKILLS[f"due.{stimulus.kind}"]
        return replace(row, asks=(*row.asks, holding.own_asks)) if row.asks and stimulus.kind != holding.ROUND else row
    if isinstance(stimulus, Outcome):
        name = f"outcome.{stimulus.call.connector}"
        return SKILLS.get(f"{name}.{stimulus.call.args.get('for', '')}") or SKILLS.get(name) or SKILLS["outcome"]
    return SKILLS.get(f"event.{stimulus.kind}", _UNHEEDED)


def decide(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Holds every rule of the product. Never raises for what a person can do; gives the same answer for the same arguments."""
    stimulus = turn.stimulus
    if isinstance(stimulus, Due) and _settled(stimulus, facts, now):
        return Decision(Reason.IGNORED)
    if isinstance(stimulus, Due | Outcome | Event):
        row = skill_of(turn, facts.catalogue.intents)
        done = row.run(turn, facts, now)
        return _remembered(holding.kept_to(done, turn, facts, now) if holding.own_asks in row.asks else done, turn, facts, now)
    if isinstance(stimulus, Message) and not stimulus.addressed:
        return Decision(Reason.NOT_ADDRESSED)
    if turn.flood:
        return Decision(Reason.FLOODED, (Say(Here(), "shell/busy", priority=0),) if turn.flood == "told" else ())
    return _remembered(_gated(turn, facts, now, stimulus.private), turn, facts, now)


def _settled(due: Due, facts: Facts, now: datetime) -> bool:
    """Whether a due item was dealt with since its question was put: its due time lies ahead or is gone."""
    item = next((item for item in facts.items if item.id == due.entity and kind_of(type(item)) == due.kind), None)
    return item is not None and (item.index.due is None or item.index.due > now)


def _gated(turn: Turn, facts: Facts, now: datetime, private: bool) -> Decision:
    """Rights first, then the skill, then the privacy router."""
    row = skill_of(turn, facts.catalogue.intents)
    intent = facts.catalogue.intents.get(turn.understanding.intent) if turn.understanding.verdict is Verdict.ANSWER else None
    secret = joining.pasted(turn) == WARNING
    refused = _refused(intent, turn, facts, private) if intent is not None and not secret else None
    if refused is not None:
        return refused
    decision = row.run(turn, facts, now)
    if turn.understanding.hearsay and intent is not None and intent.id not in _REPORTING and _acts(decision, facts):
        return shell.ask_back(turn, facts, now)
    decision = _recorded(decision, turn, facts, now)
    if private or decision.reason in _IMPERSONAL or not (policy.personal(intent) or _continued(intent, facts) or _own_business(turn, facts)):
        return decision
    if intent is not None and rights.spoken_here(intent.id, facts.policy.said, facts.conversation.id):
        return decision
    return policy.moved(decision, facts.viewer)


def _acts(decision: Decision, facts: Facts) -> bool:
    """Whether more comes of it than an answer: something changes, is done elsewhere, or is told to somebody else."""
    return any(
        isinstance(effect, Call)
        or (isinstance(effect, Put) and not isinstance(effect.entity, _ASKING))
        or (isinstance(effect, Say) and not isinstance(effect.to, Here) and effect.to != Private(facts.viewer.id))
        for effect in decision.effects
    )


def _refused(intent: Intent, turn: Turn, facts: Facts, private: bool) -> Decision | None:
    """Whether this person may have the intent done here; of an admin's command the table and what was set for the person and the room decide."""
    if not facts.viewer.inside and policy.closed_to_outsiders(intent):
        return Decision(Reason.OUTSIDER, (Say(Here(), "shell/outsider"),))
    known = intent.id in rights.RIGHTS
    fault = rights.fault(facts.viewer, intent.id, facts.policy.said, "" if private else facts.conversation.id) if known else ""
    if fault == "private":
        return Decision(Reason.DENIED, (Say(Here(), "shell/only_private", mention=True),))
    if fault or not (known or policy.may_use(facts.viewer, intent)):
        if fault == "audience" and joining.another(turn, facts):
            return joining.only_own(turn, facts) if private else policy.moved(joining.only_own(turn, facts), facts.viewer)
        audience = fault if fault in {"person", "room"} else intent.audience.value
        return Decision(Reason.DENIED, (Say(Here(), "shell/denied", {"audience": audience}),))
    return None


def _recorded(decision: Decision, turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Every admin command leaves a line on the trail, also one that only shows something."""
    name = turn.understanding.intent
    told = any(isinstance(effect, Put) and isinstance(effect.entity, Entry) for effect in decision.effects)
    if name not in rights.RIGHTS or told:
        return decision
    return replace(decision, effects=(*decision.effects, drawing.line(turn, facts.viewer, now, name, f"command:{name}")))


def _continued(intent: Intent | None, facts: Facts) -> bool:
    """The rest of an answer goes to the private chat, which people of other organisations do not have."""
    return intent is not None and intent.id == "shell.more" and facts.viewer.inside


def _own_business(turn: Turn, facts: Facts) -> bool:
    """Commands about somebody's permission tell its role and its purpose: never in a group."""
    return turn.understanding.verdict is Verdict.ANSWER and turn.understanding.intent.startswith("access.") and facts.viewer.inside


def _remembered(decision: Decision, turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Adds what the viewer's conversations remember: the topic, the question, the options that were shown, what is awaited."""
    here = facts.conversation if isinstance(turn.stimulus, Message | Press) else None
    said_here = [say for say in decision.says if isinstance(say.to, Here)]
    to_viewer = [say for say in decision.says if isinstance(say.to, Private) and say.to.person == facts.viewer.id]
    apart = bool(to_viewer) and (here is None or here.id != PRIVATE)
    puts = []
    if apart:
        puts.append(Put(_conversation(facts.private, decision, to_viewer, turn, now, awaiting=True)))
    if here is not None:
        spoken = said_here if apart else said_here + to_viewer
        puts.append(Put(_conversation(here, decision, spoken, turn, now, awaiting=not apart)))
    return replace(decision, effects=(*decision.effects, *puts))


def _asked_still(old: Conversation, decision: Decision, turn: Turn, now: datetime) -> Awaiting | None:
    """What is awaited from now on: what the decision awaits, else what a greeting only interrupted; the question of a form also when a question did, or
    something that nobody said."""
    waiting = old.awaiting
    if waiting is not None and decision.reason is Reason.SMALL_TALK and (waiting.until is None or waiting.until > now):
        return waiting
    if decision.awaiting is not None or waiting is None or waiting.intent != FORM or (waiting.until is not None and waiting.until <= now):
        return decision.awaiting
    spoken, intent = isinstance(turn.stimulus, Message | Press), turn.understanding.intent
    question = not intent.startswith(("act.", "adm.", "joining.", "shell.")) and turn.understanding.rule != "exact"
    aside = decision.reason is Reason.ANSWERED and (question or intent in _SHOWING)
    return waiting if aside or not spoken else None


def _conversation(old: Conversation, decision: Decision, says: list[Say], turn: Turn, now: datetime, *, awaiting: bool) -> Conversation:
    asked = isinstance(turn.stimulus, Message) and turn.understanding.rule not in _KEPT
    return replace(
        old,
        topic=decision.topic or old.topic,
        question=masked(turn.text) if asked else old.question,
        trace=turn.seed[:16] if asked else old.trace,
        options=tuple(action for say in says for action in say.actions),
        awaiting=_asked_still(old, decision, turn, now) if awaiting else None,
        language=turn.language,
        missed=old.missed + 1 if decision.reason is Reason.UNKNOWN else 0 if decision.reason not in _BETWEEN else old.missed,
        at=now,
    )


WARNING = "joining.secret"
"""The row that warns of a password in sight of others: whoever sent it and whatever it stood beside, that comes first."""
_IMPERSONAL = {Reason.NOT_YET, Reason.DENIED, Reason.WARNED}
"""Replies that say nothing of the person and may stay in the group."""
_ASKING = (Conversation, Confirmation, Batch, Entry, Wish)
"""What a question keeps, or a line of somebody's asking: nothing is done by it."""
_REPORTING = frozenset({"act.report_security", "act.feedback"})
"""Whoever reports quotes others and speaks of what somebody did."""
FORM = "joining.field"
"""What awaits the next field of the form."""
_SHOWING = frozenset({"act.status_check", "act.invite_check", "act.help"})
"""What only shows something of the asker: the form goes on behind it."""
_BETWEEN = {Reason.ASKED_BACK, Reason.SMALL_TALK, Reason.EMPTY, Reason.UNREADABLE}
"""Replies that answer no question: before and after them it may still be the same person who is not understood."""
_KEPT = {"exact", "choice", "code", "dictated", "mistyped", "awaited", "empty", "unreadable", "too_long"}
"""Rules under which the message was not a question: the one before stays the question."""
