"""What the connectors to DingTalk share: operations by name, arguments that are checked, faults in the contract's words, and lenient reading."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from aiolimiter import AsyncLimiter

from bot.core.turn import Call
from bot.dingtalk_api.answer import TOO_LONG
from bot.dingtalk_api.compact import to_text
from bot.dingtalk_api.faults import CODES, DingTalkFault, Reaction
from bot.ports import ConnectorError, ConnectorRefused, ConnectorTransient

Told = Mapping[str, object]
Operation = Callable[[Call], Awaitable[Told]]
"""Does it and tells what came of it; raises DingTalkFault or ConnectorRefused."""

PER_SECOND = 10
"""Calls a second of one connector: half of what the free edition lets the whole app make of one API."""
_LONGEST_ARGUMENT = 60_000
_LATER = frozenset({Reaction.LATER, Reaction.UNKNOWN, Reaction.RENEW})


def bucket() -> AsyncLimiter:
    """Paces the calls of one connector."""
    return AsyncLimiter(PER_SECOND, 1.0)


async def perform(operations: Mapping[str, Operation], call: Call) -> str:
    """Performs the call's operation; compact JSON. Raises ConnectorTransient or ConnectorRefused, whose texts name no person."""
    operation = operations.get(call.operation)
    if operation is None:
        raise ConnectorRefused(f"{call.connector} has no operation {call.operation[:40]!r}")
    try:
        return to_text(await operation(call))
    except DingTalkFault as fault:
        raise connector_error(fault) from fault


def connector_error(fault: DingTalkFault) -> ConnectorError:
    """The fault in the contract's words."""
    answered = fault.status == 200 and fault.code not in CODES and not fault.code.startswith("HTTP")  # it said no, in a word that we do not know
    if answered or TOO_LONG in str(fault) or fault.reaction not in _LATER:
        return ConnectorRefused(str(fault))
    return ConnectorTransient(str(fault))


def wanted(call: Call, name: str) -> str:
    """An argument that must be there. Raises ConnectorRefused."""
    value = call.args.get(name, "").strip()
    if not value or len(value) > _LONGEST_ARGUMENT:
        raise ConnectorRefused(f"{call.connector}.{call.operation}: {name} is wanted")
    return value


def said_yes(value: object) -> bool:
    """A truth value, which some pages show as text."""
    return value is True or value == "true"


def as_text(value: object) -> str:
    """An id or a text, which may come as a number; anything else is nothing."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def as_rows(value: object) -> list[dict[str, object]]:
    """A list of objects; one object alone is a list of one."""
    found = value if isinstance(value, list) else [value]
    return [row for row in found if isinstance(row, dict)]


def as_object(value: object) -> dict[str, object]:
    """An object; anything else is an empty one."""
    return value if isinstance(value, dict) else {}
