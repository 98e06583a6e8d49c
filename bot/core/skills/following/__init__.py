"""Approvals people already have in DingTalk OA: followed by their events, told to whoever filed or must decide them, never decided here."""

from __future__ import annotations

from collections.abc import Mapping

from bot.core.facts import Need, Skill
from bot.core.skills.following import events, repairing, standing, sweeping

ROWS: Mapping[str, Skill] = {
    "act.my_approvals": Skill(standing.show, asks=(standing.mine, standing.people)),
    "event.bpms_instance_change": Skill(events.instance, asks=(events.known,)),
    "event.bpms_task_change": Skill(events.task, asks=(events.known,)),
    "event.following": Skill(sweeping.begin, asks=(sweeping.known,)),
    "due.followed": Skill(repairing.look, asks=(repairing.due,)),
    "due.sweep": Skill(sweeping.run, asks=(sweeping.due,)),
    "outcome.oa": Skill(repairing.answered, frozenset({Need.ADMINS}), repairing.ASKS),
    "outcome.contacts.name": Skill(events.introduced, asks=(events.named,)),
}
"""The skills of following by intent, event, due item and answer."""
