"""Knowledge that improves itself: what was not understood, lessons with a gate, and the way back."""

from __future__ import annotations

from collections.abc import Mapping

from bot.core.facts import Need, Skill
from bot.core.skills.knowledge import dropping, editing, lessons, stale, teaching, trial, unanswered, values

_WISHES = frozenset({Need.WISHES})
_GATE = frozenset({Need.ADMINS, Need.ORGANISATION, Need.WISHES})

ROWS: Mapping[str, Skill] = {
    "adm.unanswered": Skill(unanswered.show, _WISHES),
    "adm.faq_add": Skill(teaching.add, _WISHES, (teaching.asked,)),
    "adm.faq_edit": Skill(editing.edit, frozenset(), (editing.asked,)),
    "shell.teach": Skill(teaching.teach, _WISHES),
    "shell.lessons": Skill(lessons.show, asks=(lessons.asked, lessons.teachers)),
    "shell.publish": Skill(trial.publish, _GATE, (trial.named,)),
    "shell.unpublish": Skill(trial.unpublish, _GATE, (trial.named,)),
    "shell.drop": Skill(dropping.drop, frozenset({Need.ORGANISATION}), (dropping.asked,)),
    "shell.stale": Skill(stale.show),
    "shell.values": Skill(values.manage, frozenset({Need.ORGANISATION})),
    "outcome.teaching": Skill(trial.outcome, _GATE, (trial.tried,)),
}
