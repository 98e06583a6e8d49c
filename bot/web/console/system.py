"""The policies with their values as they count now, and how the parts of the system are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from bot import __version__
from bot.core.variables import FIELDS, Variables
from bot.web.console.inside import Inside
from bot.web.console.rehearsing import rehearsal
from bot.web.console.showing import Asked

HIDDEN = {"admins", "hold_out_salt", "kinds", "default", "kind", "desks"}
HOURS, WALLS, SHARES = frozenset({"first", "manual_every"}), frozenset({"slots"}), frozenset({"hold_out"})
"""Values that are kept as working minutes, as minutes of the day, as shares of 1."""


async def policies(inside: Inside, asked: Asked) -> Mapping[str, Any]:
    """The values by their group, those said in chat by name, the roles with who decides, the rules of segregation."""
    policy = inside.policy(asked.language)
    calendar = policy.calendar
    hours = ", ".join(f"{_wall(start)}-{_wall(end)}" for start, end in calendar.hours)
    quiet = f"{_wall(calendar.quiet[0])}-{_wall(calendar.quiet[1])}" if calendar.quiet else ""
    groups = [
        ("organisation", _pairs(policy.organisation)),
        ("calendar", [("zone", policy.zone), ("hours", hours), ("quiet", quiet)]),
        ("nudging", [*_pairs(policy.nudging.default), *_pairs(policy.nudging)]),
        ("joining", _pairs(policy.joining)),
    ]
    access = policy.access
    roles = [
        (role.title.get(asked.language, name), role.by, role.quorum, role.max_days, role.does.get(asked.language, "")) for name, role in access.roles.items()
    ]
    rules = [(rule.id, rule.why.get(asked.language, ""), rule.act.value, rule.hard) for rule in policy.segregation]
    known = Variables.of(inside.words().catalogue.labels, asked.language)
    variables = [(field, known.titles[field], getattr(policy.organisation, field)) for field in FIELDS]
    told = {"groups": groups, "said": sorted(policy.said), "roles": roles, "rules": rules, "variables": variables}
    return {**told, **await rehearsal(inside, asked)}


def _wall(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _pairs(value: object) -> list[tuple[str, str]]:
    """The fields of a group that say something."""
    found = [(one.name, getattr(value, one.name)) for one in fields(value) if one.name not in HIDDEN]  # type: ignore[arg-type] # a dataclass
    return [(name, _text(_spelt(name, told))) for name, told in found if told not in (None, "", (), {})]


def _spelt(name: str, told: Any) -> object:
    """Minutes as hours or as times of the wall, shares as percent."""
    if name in HOURS:
        return f"{told / 60:g}"
    if name in WALLS:
        return tuple(map(_wall, told))
    return f"{100 * told:g} %" if name in SHARES else told


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return ", ".join(f"{name}: {told}" for name, told in value.items()) if isinstance(value, dict) else str(value)


def _part(name: str, told: Mapping[str, object]) -> tuple[str, str, list[tuple[str, str]]]:
    """A part's name, how it is (fine, look, wrong), and what it says of itself that says something."""
    how = "wrong" if not told.get("ok", True) else "look" if told.get("alarm") or told.get("fault") else "fine"
    rows = [pair for key, value in told.items() if key not in {"ok", "alarm"} for pair in _flat(key, value)]
    return name, how, [(key, value) for key, value in rows if value not in {"", "{}", "None"}]


def _flat(key: str, value: object) -> list[tuple[str, str]]:
    if isinstance(value, Mapping):
        return [(f"{key}.{name}" if name in {"ok", "fault"} else str(name), _text(one)) for name, one in value.items()]
    return [(key, _text(value))]


async def health(inside: Inside, asked: Asked) -> Mapping[str, Any]:  # noqa: ARG001 - every page has this shape
    """Each part with what it says of itself, the depths of the queues, the words, the head of the audit trail."""
    parts = [_part(name, told()) for name, told in inside.health.parts.items()]
    lines, head = await inside.store.audit_head()
    return {"parts": parts, "counts": await inside.store.counts(), "lines": lines, "head": head, "version": __version__, "words": inside.words().version}
