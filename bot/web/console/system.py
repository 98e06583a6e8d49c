"""The policies with their values as they count now, and how the parts of the system are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from bot import __version__
from bot.web.console.inside import Inside
from bot.web.console.showing import Asked

HIDDEN = {"admins", "hold_out_salt", "kinds", "default"}


async def policies(inside: Inside, asked: Asked) -> Mapping[str, Any]:
    """The values by their group, those said in chat by name, the roles with who decides, the rules of segregation."""
    policy = inside.policy(asked.language)
    calendar = policy.calendar
    hours = ", ".join(f"{_wall(start)}-{_wall(end)}" for start, end in calendar.hours)
    quiet = f"{_wall(calendar.quiet[0])}-{_wall(calendar.quiet[1])}" if calendar.quiet else ""
    groups = [
        ("organisation", _pairs(policy.organisation)),
        ("calendar", [("zone", policy.zone), ("hours", hours), ("quiet", quiet)]),
        ("nudging", [("first", policy.nudging.default.first), ("gaps", _text(policy.nudging.default.gaps)), *_pairs(policy.nudging)]),
        ("joining", _pairs(policy.joining)),
    ]
    access = policy.access
    roles = [
        (name, role.title.get(asked.language, name), ", ".join(role.by), role.quorum, role.max_days, ", ".join(sorted(role.duties)))
        for name, role in access.roles.items()
    ]
    rules = [(rule.id, rule.why.get(asked.language, ""), rule.act.value, rule.hard) for rule in policy.segregation]
    return {"groups": groups, "said": sorted(policy.said), "roles": roles, "rules": rules}


def _wall(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _pairs(value: object) -> list[tuple[str, str]]:
    """The fields of a group that say something."""
    found = [(one.name, getattr(value, one.name)) for one in fields(value) if one.name not in HIDDEN]  # type: ignore[arg-type] # a dataclass
    return [(name, _text(told)) for name, told in found if told not in (None, "", (), {})]


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return ", ".join(f"{name}: {told}" for name, told in value.items()) if isinstance(value, dict) else str(value)


async def health(inside: Inside, asked: Asked) -> Mapping[str, Any]:  # noqa: ARG001 - every page has this shape
    """Each part with what it says of itself, the depths of the queues, the words, the head of the audit trail."""
    parts = {name: dict(told()) for name, told in inside.health.parts.items()}
    lines, head = await inside.store.audit_head()
    return {"parts": parts, "counts": await inside.store.counts(), "lines": lines, "head": head, "version": __version__, "words": inside.words().version}
