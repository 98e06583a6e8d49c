"""Admin work by message; each command is a row here, what needs care goes through `confirming`."""

from __future__ import annotations

from collections.abc import Mapping

from bot.core.facts import Need, Skill
from bot.core.skills.admin import (
    announcing,
    auditing,
    backlog,
    broadcasting,
    chores,
    confirming,
    erasing,
    exporting,
    figures,
    nightly,
    pausing,
    preparing,
    reminding,
    rights,
    rooms,
    sending,
    stats,
    taking_over,
)  # fmt: skip

_ADMINS = frozenset({Need.ADMINS})
_VALUES = frozenset({Need.ADMINS, Need.ORGANISATION})

ROWS: Mapping[str, Skill] = {
    "adm.backlog": Skill(backlog.show, asks=(backlog.asked, backlog.holders)),
    "adm.stats": Skill(stats.show, frozenset({Need.WISHES}), (stats.asked,)),
    "adm.audit": Skill(auditing.show, _ADMINS, (auditing.named, auditing.lines, auditing.actors)),
    "adm.pause_nudges": Skill(pausing.pause, _VALUES, (pausing.asked,)),
    "adm.nudge_policy": Skill(reminding.run, _VALUES, (reminding.asked, reminding.people)),
    "adm.nudge_report": Skill(figures.show, _ADMINS, (figures.asked, figures.people)),
    "adm.broadcast": Skill(broadcasting.begin, _ADMINS, (broadcasting.asked,)),
    "shell.broadcasts": Skill(sending.show, asks=(sending.asked, sending.ends, sending.missing)),
    "shell.rights": Skill(rights.manage, _ADMINS, (rights.asked,)),
    "shell.announce": Skill(announcing.begin, _VALUES, (announcing.asked,)),
    "shell.confirm": Skill(confirming.confirm, _VALUES, (confirming.asked, confirming.needed)),
    "shell.room": Skill(rooms.manage, _VALUES),
    "shell.quiet": Skill(pausing.quiet, _VALUES),
    "shell.erase": Skill(erasing.erase, _VALUES, (erasing.named, erasing.theirs)),
    "shell.export": Skill(exporting.show, _ADMINS),
    "shell.export_faqs": Skill(exporting.answers),
    "shell.prepare": Skill(preparing.show, _VALUES),
    "shell.takeover": Skill(taking_over.begin, _ADMINS, (taking_over.pressed,)),
    "outcome.contacts.takeover": Skill(taking_over.found, _ADMINS, (taking_over.known,)),
    "due.confirmation": Skill(confirming.lapse, asks=(confirming.due, confirming.asker)),
    "due.broadcast": Skill(sending.send, asks=(sending.due, sending.who_then, sending.recipients)),
    "due.announcement": Skill(announcing.end, frozenset({Need.ORGANISATION}), (announcing.due,)),
    "due.chore": Skill(chores.run, frozenset({Need.ADMINS, Need.WISHES}), (chores.due, chores.needed, figures.asked, figures.people)),
    "outcome.keeping": Skill(nightly.purged),
    "event.started": Skill(chores.begin, asks=(chores.known,)),
}
