"""Admins set the rules of reminders in words: what would change is echoed with a dry run over the last weeks, and counts once it is confirmed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core import drawing
from bot.core.calendar import Calendar
from bot.core.facts import Ask, Facts, Tally
from bot.core.model import Action, Application, Confirmation, OrgValue, Person, Request
from bot.core.nudging import NudgePolicy, Rules
from bot.core.nudging.kinds import KIND, KINDS
from bot.core.nudging.past import past
from bot.core.nudging.policy import Fault, echo, faults, wall
from bot.core.nudging.replay import Replayed, compared
from bot.core.nudging.said import ESCALATES, FIRST, GAPS, MANUAL, PER_DAY, PER_WEEK, QUIET, SLOTS, TRIAL, calendar_of, policy_of
from bot.core.nudging.wished import Named, Wished, wall_minute, wished
from bot.core.skills.admin import pacing
from bot.core.skills.admin.asking import wanted
from bot.core.turn import Decision, Effect, Here, Put, Reason, Say, Turn
from bot.core.understanding.times.values import Ahead, Length, Period, Point, Repeat, Unit, Value, parsed

COMMAND = "adm.nudge_policy"
RULES = (SLOTS, FIRST, GAPS, ESCALATES, PER_DAY, PER_WEEK, MANUAL, QUIET)
"""The values that this command sets, in the order in which they are told."""
ABOUT = ("first", "gap", "most", "slots", "per_day", "per_week", "manual", "escalate", "quiet", "no", "always", "trial")
"""What a sentence can speak of; `rule_<name>_words` in labels.yaml are its words."""
RESET, TRIAL_ON, TRIAL_OFF = "reset", "trial", "trial_off"
WEEKS = 2
MOST = 200
"""Items of each kind that are replayed: those of the last weeks, the newest first."""
SHOWN = 5
_KINDS = tuple(KIND + kind for kind in KINDS)
PERCENT = 10
Told = dict[str, object]


def asked(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every question has this shape
    """What was decided lately and what waits."""
    return Ask(Application, most=MOST), Ask(Request, most=MOST)


def known(kept: Confirmation, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every execution has this shape
    """The values are gathered anyway."""
    return ()


def people(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every question has this shape
    """What those are called who would get most."""
    busy = dict.fromkeys(item.holder for item in past(_items(facts)))
    return tuple(Ask(Person, id=one, most=1) for one in list(busy)[:50] if one)


def run(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Without a change: how the rules stand. With one: what would change, the dry run, and the confirmation."""
    chosen = turn.understanding.slot("do")
    if chosen in (TRIAL_ON, TRIAL_OFF) or (not chosen and "trial" in _about(turn, facts)):
        return _trial(turn, facts, now, chosen)
    found = _given(turn, chosen) or _wished(turn, facts, now)
    values = {name: value for name, value in found.values.items() if value != facts.policy.said.get(name, "")}
    policy, calendar = after(values, facts)
    wrong = found.faults or tuple(faults(policy, calendar))
    rows = changes(values, facts)
    if wrong or not rows:
        return _shown(turn, facts, now, wrong[:2], same=bool(found.values) and not wrong)
    shown = {"rows": rows, **dry(policy, calendar, facts, now)}
    args = {**values, "argument": RESET if chosen == RESET else "set"}
    return wanted(turn, facts, now, COMMAND, args, shown)


def _wished(turn: Turn, facts: Facts, now: datetime) -> Wished:
    """What the sentence sets, of one kind of thing when it names one, else of all."""
    policy, calendar, of = facts.policy.nudging, facts.policy.calendar, pacing.named_kind(turn, facts)
    said = named(turn, facts, now, kind=bool(of.kind))
    return pacing.wished_of(of, said, policy, calendar) if of.kind else wished(said, policy, calendar)


def _given(turn: Turn, chosen: str) -> Wished | None:
    """What a button says outright: all rules as in the settings, or values by their names."""
    if chosen == RESET:
        return Wished(dict.fromkeys((*RULES, *_KINDS), ""))
    values = {name: value for name in RULES if (value := turn.understanding.slot(name))}
    return Wished(values) if values else None


def _about(turn: Turn, facts: Facts) -> frozenset[str]:
    """What the sentence speaks of, by the words in labels.yaml; `_` stands for a blank in them."""
    labels, text = facts.catalogue.labels.get(turn.language, {}), turn.text.casefold()
    return frozenset(name for name in ABOUT if any(word.replace("_", " ") in text for word in labels.get(f"rule_{name}_words", "").casefold().split()))


def named(turn: Turn, facts: Facts, now: datetime, *, kind: bool = False) -> Named:
    """The numbers and times of the sentence, and what they are about; of a kind "in 8 hours" is a length."""
    calendar, read = facts.policy.calendar, turn.understanding
    told = [(slot, parsed(slot.value, calendar.zone)) for slot in read.slots if slot.name in ("when", "duration")]
    values = [value for _, value in told if value is not None]
    inside = [(slot.start, slot.end) for slot, value in told if value is not None]
    numbers = [slot for slot in read.slots if slot.name == "number"]
    counts = [int(slot.value) for slot in numbers if ":" not in slot.value and not any(start <= slot.start < end for start, end in inside)]
    about = _about(turn, facts)
    spans = [value for value in values if isinstance(value, Period) and not value.whole_days]
    timed = spans if spans and "quiet" in about else values
    first = "first" in about or "manual" in about or kind
    return Named(
        about=about,
        no="no" in about,
        lengths=tuple(found for value in values if (found := _length(value, calendar, now, relative=first)) is not None),
        times=tuple(minute for value in timed for minute in _times(value, calendar)) if not first else (),
        every=next((found for value in values if isinstance(value, Repeat) and (found := _every(value))), 0),
        counts=tuple(counts),
        hours=tuple(minute for slot in numbers if (minute := _hour(slot.value)) is not None),
    )


def _length(value: Value, calendar: Calendar, now: datetime, *, relative: bool) -> int | None:
    """Working minutes of a length. Hours are hours of work up to a working day; 24, 48 hours are so many days, since that is what people mean by them."""
    if isinstance(value, Repeat):
        return 60 * value.every if value.unit is Unit.HOUR else None
    if isinstance(value, Point):
        return round((value.at - now).total_seconds() / 60) if relative and value.at > now else None
    length = value.length if isinstance(value, Ahead) else value if isinstance(value, Length) else None
    if length is None:
        return None
    day = calendar.day_minutes
    minutes = {Unit.MINUTE: 1, Unit.HOUR: 60, Unit.WORKHOUR: 60, Unit.DAY: day, Unit.WORKDAY: day, Unit.WEEK: 5 * day}.get(length.unit)
    if minutes is None:
        return None
    return length.amount // 24 * day if length.unit is Unit.HOUR and length.amount % 24 == 0 else length.amount * minutes


def _times(value: Value, calendar: Calendar) -> tuple[int, ...]:
    if isinstance(value, Repeat):
        return tuple(60 * one.hour + one.minute for one in value.times)
    if isinstance(value, Point):
        return (wall_minute(value.at, calendar),)
    return (wall_minute(value.start, calendar), wall_minute(value.end, calendar)) if isinstance(value, Period) and not value.whole_days else ()


def _every(value: Repeat) -> int:
    """Working days from one reminder to the next; every day at a time of the day says when, not how often."""
    return value.every if value.unit in (Unit.DAY, Unit.WORKDAY) and not value.times else 0


def _hour(text: str) -> int | None:
    hour, _, minute = text.partition(":")
    return 60 * int(hour) + int(minute or 0) if int(hour) <= 24 and int(minute or 0) < 60 else None


def after(values: Mapping[str, str], facts: Facts) -> tuple[NudgePolicy, Calendar]:
    """The rules with these values; what is taken away falls back to the settings."""
    calendar, policy = facts.policy.settled or (facts.policy.calendar, facts.policy.nudging)
    said = {**facts.policy.said, **values}
    return policy_of(policy, said), calendar_of(calendar, said)


def changes(values: Mapping[str, str], facts: Facts) -> list[Told]:
    """Each rule, and the rules of each kind, as they are and as they will be."""
    policy, calendar = after(values, facts)
    old, new = _told(facts.policy.nudging, facts.policy.calendar), _told(policy, calendar)
    rows = [{"rule": name.partition(".")[2], "old": old[name], "new": new[name]} for name in RULES if name in values and old[name] != new[name]]
    for kind in KINDS:
        before, then = pacing.told(kind, facts.policy.nudging, facts), pacing.told(kind, policy, facts)
        if KIND + kind in values and before != then:
            rows.append({"rule": "kind", "kind": kind, "old": before, "new": then})
    return rows


def _told(policy: NudgePolicy, calendar: Calendar) -> dict[str, object]:
    shown = echo(policy)
    quiet = "-".join(map(wall, calendar.quiet)) if calendar.quiet else ""
    return {
        SLOTS: shown.slots, FIRST: f"{shown.first_hours:g}", GAPS: shown.gaps, ESCALATES: shown.escalates, PER_DAY: shown.per_day,
        PER_WEEK: shown.per_week, MANUAL: f"{shown.manual_hours:g}", QUIET: quiet,
    }  # fmt: skip


def dry(policy: NudgePolicy, calendar: Calendar, facts: Facts, now: datetime) -> Told:
    """What the last weeks would have sent to whom, by the rules as they are and as they would be."""
    start = now - timedelta(weeks=WEEKS)
    count, old, new = compared(past(_items(facts)), Rules(facts.policy.calendar, facts.policy.nudging), Rules(calendar, policy), start, now)
    return {
        "weeks": WEEKS,
        "items": count,
        "old": old.total,
        "new": new.total,
        "most": new.most_a_day,
        "up": new.escalated,
        "people": _people(old, new, facts),
    }


def _people(old: Replayed, new: Replayed, facts: Facts) -> list[Told]:
    """Those for whom it changes most."""
    before, then = dict(old.messages), dict(new.messages)
    ranked = sorted({*before, *then}, key=lambda one: (-abs(then.get(one, 0) - before.get(one, 0)), one))
    return [{"name": _name(one, facts), "old": before.get(one, 0), "new": then.get(one, 0)} for one in ranked[:SHOWN]]


def _name(ident: str, facts: Facts) -> str:
    person = facts.person(ident)
    return (person.name if person else "") or ident.rpartition(":")[2]


def _items(facts: Facts) -> tuple[Application | Request, ...]:
    return (*facts.all(Application), *facts.all(Request))


def _shown(turn: Turn, facts: Facts, now: datetime, wrong: Sequence[Fault], *, same: bool) -> Decision:  # noqa: ARG001 - one shape
    """The rules as they are, and why what was said is no change."""
    policy, calendar = facts.policy.nudging, facts.policy.calendar
    told = _told(policy, calendar)
    data = {
        "rules": {name.partition(".")[2]: told[name] for name in RULES}, "trial": round(100 * policy.hold_out), "same": same,
        "kinds": pacing.all_told(policy, facts),
        "faults": [{"rule": one.rule, "value": one.value, "least": one.least, "most": one.most} for one in wrong], "always": "always" in _about(turn, facts),
    }  # fmt: skip
    reset = (Action(COMMAND, (("do", RESET),), "rules_reset"),) if any(facts.policy.said.get(name) for name in (*RULES, *_KINDS)) else ()
    trial = Action(COMMAND, (("do", TRIAL_OFF),), "trial_off") if policy.hold_out else Action(COMMAND, (("do", TRIAL_ON),), "trial_on")
    return Decision(Reason.ANSWERED, (Say(Here(), "adm/nudge_policy", data, (*reset, trial, Action("adm.nudge_report"))),), topic=COMMAND)


def _trial(turn: Turn, facts: Facts, now: datetime, chosen: str) -> Decision:
    """The experiment begins with a confirmation and ends without one."""
    if chosen == TRIAL_OFF or (not chosen and "no" in _about(turn, facts)):
        line = drawing.line(turn, facts.viewer, now, "nudge_trial", "value:nudging", "off")
        said = Say(Here(), "adm/rules_set", {"rows": (), "trial": "off"}, (Action("adm.nudge_report"),))
        return Decision(Reason.SAVED, (Put(_value(facts, TRIAL, "0")), line, said), topic=COMMAND)
    value = f"{PERCENT} {facts.policy.wall(now):%Y-%m-%d}"
    shown = {"rows": (), "percent": PERCENT, "days": facts.policy.nudging.hold_out_days}
    return wanted(turn, facts, now, COMMAND, {TRIAL: value, "argument": TRIAL_ON}, shown)


def change(turn: Turn, facts: Facts, now: datetime, kept: Confirmation) -> tuple[Effect, ...]:  # noqa: ARG001 - every execution has this shape
    """The confirmed rules hold from now on."""
    values = {name: value for name, value in kept.args if name in (*RULES, *_KINDS, TRIAL)}
    rows = changes({name: value for name, value in values.items() if name != TRIAL}, facts)
    puts = tuple(Put(_value(facts, name, value)) for name, value in values.items())
    return (*puts, Say(Here(), "adm/rules_set", {"rows": rows, "trial": "on" if TRIAL in values else ""}, (Action(COMMAND),)))


def told(facts: Facts, kept: Confirmation) -> Mapping[str, object]:
    """What a second admin sees of it."""
    values = {name: value for name, value in kept.args if name in (*RULES, *_KINDS)}
    return {"rows": changes(values, facts), "percent": PERCENT, "days": facts.policy.nudging.hold_out_days}


def _value(facts: Facts, name: str, value: str) -> OrgValue:
    old = next((one for one in facts.org_values if one.name == name), OrgValue(name, ""))
    return replace(old, value=value, by=facts.viewer.id)
