"""准备清单: what the company itself must have ready before its people can join, ticked off by its admins and kept."""

from __future__ import annotations

from datetime import datetime

from bot.core import drawing
from bot.core.facts import Facts
from bot.core.model import Action
from bot.core.skills.admin.single import valued
from bot.core.turn import Decision, Effect, Here, Reason, Say, Turn

COMMAND = "shell.prepare"
ITEMS = ("certificate", "real_name", "liaison", "materials", "agreement", "infrastructure", "version")
READY, OPEN, WRONG = "ready", "open", "wrong"


def show(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The list; a press ticks an item off or takes the tick back, and shows it again."""
    item, wish = turn.understanding.slot("item"), turn.understanding.slot("wish")
    ready = {name: day for name in ITEMS if (day := facts.policy.said.get(_value(name), ""))}
    effects: tuple[Effect, ...] = ()
    if item in ITEMS and wish in (READY, OPEN):
        today = facts.policy.wall(now).date().isoformat() if wish == READY else ""
        ready = {name: day for name, day in {**ready, item: today}.items() if day}
        effects = (valued(facts, _value(item), today), drawing.line(turn, facts.viewer, now, f"prepare_{wish}", f"value:{item}"))
    return Decision(Reason.SAVED if effects else Reason.ANSWERED, (*effects, _list(ready, wish)))


def _list(ready: dict[str, str], wish: str) -> Say:
    missing = [name for name in ITEMS if name not in ready]
    if wish == WRONG:
        actions = tuple(Action(COMMAND, (("item", name), ("wish", OPEN)), f"prepare_{OPEN}_{name}") for name in ITEMS if name in ready)
    else:
        ticks = tuple(Action(COMMAND, (("item", name), ("wish", READY)), f"prepare_{READY}_{name}") for name in missing)
        actions = (*ticks, *((Action(COMMAND, (("wish", WRONG),), "prepare_wrong"),) if ready else ()))
    data = {"missing": missing, "ready": [{"item": name, "day": ready[name]} for name in ITEMS if name in ready], "wrong": wish == WRONG}
    return Say(Here(), "adm/prepare", data, actions)


def _value(item: str) -> str:
    return f"prepared:{item}"
