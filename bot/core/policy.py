"""Who may do what, and where an answer may be said."""

from __future__ import annotations

from dataclasses import replace

from bot.core.model import Audience, Intent, Person, Scope
from bot.core.turn import Decision, Here, Private, Reason, Say

_HARMLESS = {"shell.more", "shell.leave"}
_OPEN = {Audience.ALL, Audience.EMPLOYEE, Audience.COMPANY}


def may_use(viewer: Person, intent: Intent) -> bool:
    """Whether this person may have the intent done. Knowledge is open to all colleagues; approvers' and admins' actions are theirs alone."""
    acts = intent.id.split(".")[0] in {"act", "adm", "shell", "setup"}
    return not acts or intent.audience in _OPEN or intent.audience in viewer.audiences


def personal(intent: Intent | None) -> bool:
    """Whether the answer belongs in the private chat."""
    return intent is not None and intent.scope is Scope.PRIVATE


def closed_to_outsiders(intent: Intent) -> bool:
    """Whether people of other organisations are refused: everything personal, and every command but the rest of an answer they saw and letting go."""
    return intent.id not in _HARMLESS and (personal(intent) or intent.id.split(".")[0] in {"adm", "shell"})


def moved(decision: Decision, viewer: Person) -> Decision:
    """The same decision with everything said here moved to the viewer's private chat, and one neutral line left in the group."""
    effects = tuple(
        replace(effect, to=Private(viewer.id), brief=False) if isinstance(effect, Say) and isinstance(effect.to, Here) else effect
        for effect in decision.effects
    )
    line = Say(Here(), "shell/moved_private", mention=True)
    return replace(decision, reason=Reason.MOVED_PRIVATE if decision.reason is Reason.ANSWERED else decision.reason, effects=(*effects, line))
