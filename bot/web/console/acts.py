"""What an admin changes from a page: a press of a button in the one flow, as if it stood in their private chat; the reply is shown here and said there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from bot.core.model import Action, Sender
from bot.core.skills.admin.reminding import RULES
from bot.core.turn import Decision, Here, Press, Private, Say
from bot.web.console.inside import Inside, Visitor
from bot.web.console.keys import fresh
from bot.web.console.showing import action_label
from bot.web.playground.rendering import shown

DOABLE: Mapping[str, frozenset[str]] = {
    "shell.teach": frozenset({"wish", "intent", "step"}),
    "adm.faq_add": frozenset({"wish", "step", "question", "text"}),
    "adm.faq_edit": frozenset({"intent", "step", "text", "whom", "room"}),
    "shell.values": frozenset({"name", "text"}),
    "adm.nudge_policy": frozenset(RULES),
    "shell.publish": frozenset({"code"}),
    "shell.unpublish": frozenset({"code"}),
    "shell.drop": frozenset({"code"}),
    "shell.confirm": frozenset({"code"}),
    "shell.lessons": frozenset(),
    "adm.unanswered": frozenset(),
}
"""The intents that pages press, with the slots that they may name; rights are asked by the flow itself."""
LONGEST = 4_000


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply of the flow to the admin, and what can be pressed next: (intent, slots, label)."""

    body: Markup
    buttons: tuple[tuple[str, tuple[tuple[str, str], ...], str], ...]


def pressed(form: Mapping[str, object]) -> Action | None:
    """The action of a form; None for one that no page offers."""
    intent = str(form.get("do", ""))
    allowed = DOABLE.get(intent)
    if allowed is None:
        return None
    slots = ((name.removeprefix("slot."), value) for name, value in form.items() if name.startswith("slot.") and isinstance(value, str) and value.strip())
    kept = tuple((name, value.replace("\r\n", "\n").strip()[:LONGEST]) for name, value in slots if name in allowed)
    return Action(intent, kept)


async def act(inside: Inside, visitor: Visitor, action: Action, language: str) -> Sequence[Reply]:
    """Presses it for the visitor and gives back what the flow replied to them."""
    account = next((account for channel, account in visitor.person.accounts if channel == inside.channel), visitor.person.id.rpartition(":")[2])
    sender = Sender(account, "", visitor.person.name)
    press = Press(inside.channel, inside.robot, f"console:{fresh()[:32]}", f"console:{account}", True, sender, action, inside.clock.now())
    decision = await inside.outcome(press)
    return _replies(inside, visitor, decision, language) if decision is not None else ()


def _replies(inside: Inside, visitor: Visitor, decision: Decision, language: str) -> Sequence[Reply]:
    return [_reply(inside, visitor, say, language) for say in decision.says if isinstance(say.to, Here) or say.to == Private(visitor.person.id)]


def _reply(inside: Inside, visitor: Visitor, say: Say, language: str) -> Reply:
    told = inside.render(say, language, visitor.person)
    offered = [action for action in say.actions if action.intent in DOABLE and {name for name, _ in action.slots} <= DOABLE[action.intent]]
    return Reply(shown(told.text, "markdown", "", ()).body, tuple((one.intent, one.slots, _label(inside, one, language)) for one in offered))


def _label(inside: Inside, action: Action, language: str) -> str:
    return " ".join(filter(None, (action_label(inside, action, language), action.code)))
