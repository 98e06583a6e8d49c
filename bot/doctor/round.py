"""The doctor's round: everything in the order in which one would mend it."""

from __future__ import annotations

from importlib.util import find_spec

from bot.config import Settings
from bot.doctor import answers, database, machine, platform
from bot.doctor.finding import BETTER, Finding


async def findings(settings: Settings, offline: bool) -> list[Finding]:
    """All findings; with `offline` nothing leaves this machine."""
    looked, said = database.look(settings)
    found = [*machine.program(), *machine.settings_file(settings), *machine.data_folder(settings), *machine.port(settings), *looked]
    found += [*answers.people(settings), *answers.words(settings, said)]
    if find_spec("bot.core.calendar") is None:
        found.append(Finding(BETTER, "calendar", "this version has no calendar of working days", "nothing to do: nothing is scheduled by working days yet"))
    found += platform.configured(settings)
    if settings.dingtalk.mode != "off" and not offline and platform.has_keys(settings):
        found += await platform.reached(settings)
    return found
