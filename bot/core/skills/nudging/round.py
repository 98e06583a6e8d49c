"""A slot has come for one person: their digest goes out, or the reason why not is kept; what was reminded of in vain goes up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.core.facts import Facts
from bot.core.model import Action, Desk
from bot.core.nudging import Act, Digest, Rules, Verdict, Waiting, Why, digest
from bot.core.nudging.waiting import Held, sent_of
from bot.core.nudging.waiting import reminded as noted
from bot.core.skills.nudging.alarming import alarmed
from bot.core.skills.nudging.moving import carried_out, lost, reachable
from bot.core.skills.nudging.ruling import desk_of, noting, once, rules_of, waits_of, written
from bot.core.skills.nudging.telling import DESK, SNOOZE, about, deciding, line_told
from bot.core.turn import Decision, Private, Put, Reason, Say, Turn

NOT_DUE = frozenset({Why.NOT_YET, Why.ACTIVE})
"""Reasons that need no record: nothing is due."""
Rows = Sequence[tuple[Held, Waiting]]


def run(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """One message at most to this person, with everything that waits for them; escalations are carried out at once."""
    who = facts.viewer.id
    rules, rows = rules_of(facts), waits_of(facts, now, who)
    desk = desk_of(who, facts)
    found = digest(who, [waiting for _, waiting in rows], sent_of(desk), rules, now)
    above = [(item, waiting, verdict) for (item, waiting), verdict in zip(rows, found.verdicts, strict=True) if verdict.act is Act.ESCALATE]
    parted = any(item.holder == who for item, *_ in above)
    told = bool(found.lines) or (parted and reachable(who, facts, rules, now))
    listed = {line.item for line in found.lines}
    kept = _desk(desk, found.verdicts, listed, now, digest_sent=bool(found.lines), told=told)
    known = noting(facts, (Put(kept),))  # what this round tells counts for the rest of it
    gone, effects = carried_out(above, turn, known, rules, now)
    mine = [one for one in gone if one.item.holder == who]
    said = reminded(found, rows, facts, rules, now, lost(mine, facts))
    if told and said is None:
        said = Say(Private(who), "nudge/passed", {"passed": lost(mine, facts)}, (DESK,))
    touched = tuple(Put(noted(item, waiting.holder, now)) for item, waiting in rows if item.id in listed)
    known = noting(known, effects)
    alarm, last = alarmed(found.verdicts, rows, desk, desk_of(who, known), known, rules, now)
    changes = once((*touched, *effects, *((Put(last),) if last != desk else ()), *alarm))
    if said is None and not gone and not alarm:
        return Decision(Reason.IGNORED, changes)
    return Decision(Reason.REMINDED, (*((said,) if said else ()), *changes))


def _desk(desk: Desk, verdicts: Sequence[Verdict], listed: set[str], now: datetime, *, digest_sent: bool, told: bool) -> Desk:
    """The desk with what was sent and why the rest was not."""
    reasons = tuple((one.item, one.why.value) for one in verdicts if one.item not in listed and one.act is not Act.ESCALATE and one.why not in NOT_DUE)
    return replace(written(desk, now, digest=digest_sent) if told else desk, reasons=reasons)


def reminded(found: Digest, rows: Rows, facts: Facts, rules: Rules, now: datetime, passed: list[dict[str, object]]) -> Say | None:
    """The digest as a message: one item can be decided right there, several lead to the desk."""
    if not found.lines:
        return None
    items = {item.id: item for item, _ in rows}
    lines = [line_told(line, items[line.item], facts, rules, now) for line in found.lines[: found.shown]]
    single = items[found.lines[0].item] if len(found.lines) == 1 else None
    data = {"lines": lines, "total": len(found.lines), "passed": passed}
    if single:
        later = Action("act.snooze", (("request", single.code),))
        return Say(Private(found.person), "nudge/digest", data, (*deciding(single), later), priority=2, about=about(single))
    abouts = tuple(about(items[line.item]) for line in found.lines)
    return Say(Private(found.person), "nudge/digest", data, (DESK, SNOOZE), priority=2, lines=abouts)
