"""Asks for the confirmation of a dangerous command: its effect is shown, and a one-time code is the only way on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.core import drawing
from bot.core.facts import Facts
from bot.core.model import Action, Confirmation
from bot.core.rights import Care, care
from bot.core.turn import Decision, Here, Put, Reason, Say, Turn

PATIENCE = timedelta(seconds=60)
CONFIRM, DROP = "shell.confirm", "shell.drop"


def wanted(turn: Turn, facts: Facts, now: datetime, act: str, args: Mapping[str, str], shown: Mapping[str, object], more: tuple[Action, ...] = ()) -> Decision:
    """What would happen (`shown`, for the template `adm/confirm`), the code, and nothing else yet. `args["argument"]` decides how much care it takes; `more`
    are other ways on."""
    code = drawing.code(turn)
    second = care(act, args.get("argument", ""), len(facts.admins)) is Care.SECOND
    kept = Confirmation(
        drawing.ident(turn, "c"), code, facts.viewer.id, act, "open", now, now + PATIENCE, tuple(sorted(args.items())), second, due=now + PATIENCE
    )
    data = {**shown, "act": act, "argument": args.get("argument", ""), "code": code, "seconds": int(PATIENCE.total_seconds()), "second": second}
    return Decision(Reason.ASKED_BACK, (Put(kept), Say(Here(), "adm/confirm", data, (*buttons(code), *more))))


def buttons(code: str) -> tuple[Action, ...]:
    """Do it, or let it be."""
    return Action(CONFIRM, (("code", code),), "confirm", code), Action(DROP, (("code", code),), "drop", code)
