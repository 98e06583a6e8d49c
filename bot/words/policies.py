"""Reads the policy of permissions, intents/_policy/ and an organisation's own, and marries it with the people that the settings name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from bot.config import AccessSettings
from bot.core.access import FINANCE, HEAD, LEVELS, OWNER, Access, Role, System
from bot.core.segregation import Act, Rule
from bot.ports import WordsError

FOLDER = "intents/_policy"


def _in_both(words: dict[str, str]) -> dict[str, str]:
    """A text that was written in one language only stands in for the other."""
    first = next(iter(words.values()), "")
    return {"zh": first, "en": first} | words


Words = Annotated[dict[str, str], AfterValidator(_in_both)]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RoleRow(_Row):
    """A role as the file says it; the fields are those of core's Role."""

    title: Words = Field(min_length=1)
    does: Words = Field(default_factory=dict, validate_default=True)
    level: str = LEVELS[0]
    modules: tuple[str, ...] = ()
    duties: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    weight: int = Field(10, ge=0, le=1000)
    by: tuple[str, ...] = Field((HEAD, OWNER), min_length=1)
    quorum: int = Field(1, ge=1, le=5)
    max_days: int = Field(0, ge=0, le=3660)
    evidence: bool = False
    low: bool = False
    review_days: int = Field(180, ge=1, le=3660)

    @field_validator("by")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if not set(names) <= {HEAD, OWNER, FINANCE}:
            raise ValueError(f"by names {HEAD}, {OWNER} or {FINANCE}")
        return names

    @field_validator("level")
    @classmethod
    def _ranked(cls, level: str) -> str:
        if level not in LEVELS:
            raise ValueError(f"a level is {', '.join(LEVELS)}")
        return level


class LevelRow(_Row):
    """A level: what it is called, and what it lets one do."""

    title: Words
    does: Words = Field(default_factory=dict, validate_default=True)


class RuleRow(_Row):
    """A rule of segregation as the file says it."""

    id: str = Field(pattern=r"^[A-Z0-9-]{2,16}$")
    a: tuple[str, ...] = Field(min_length=1)
    b: tuple[str, ...] = ()
    act: Act
    hard: bool = False
    law: Words
    why: Words


class AccessFile(_Row):
    """The file access.yaml."""

    levels: dict[str, LevelRow] = Field(default_factory=dict)
    roles: dict[str, RoleRow] = Field(default_factory=dict)


_RULES = TypeAdapter(tuple[RuleRow, ...])


@dataclass(frozen=True, slots=True)
class Ruled:
    """The policy without its people, and the rules of segregation."""

    access: Access
    rules: tuple[Rule, ...]


@lru_cache(maxsize=8)
def load(roots: tuple[Path, ...], version: str) -> Ruled:  # noqa: ARG001 - the words' version is part of what a result is kept under
    """Reads the roots in order, a later role or rule of the same name in place of the former. Raises WordsError with every fault, one a line."""
    faults: list[str] = []
    roles: dict[str, RoleRow] = {}
    levels: dict[str, LevelRow] = {}
    rules: dict[str, RuleRow] = {}
    for root in roots:
        told = _read(root / FOLDER / "access.yaml", TypeAdapter(AccessFile), faults)
        if told is not None:
            roles.update(told.roles)
            levels.update(told.levels)
        rules.update({row.id: row for row in _read(root / FOLDER / "segregation.yaml", _RULES, faults) or ()})
    if faults:
        raise WordsError("\n".join(faults))
    access = Access({name: _role(name, row) for name, row in roles.items()}, {k: v.title for k, v in levels.items()}, {k: v.does for k, v in levels.items()})
    return Ruled(access, tuple(Rule(row.id, frozenset(row.a), frozenset(row.b), row.act, row.hard, row.law, row.why) for row in rules.values()))


def _role(name: str, row: RoleRow) -> Role:
    values = {item.name: getattr(row, item.name) for item in fields(Role) if item.name not in {"id", "modules", "duties"}}
    return Role(name, modules=frozenset(row.modules), duties=frozenset(row.duties), **values)


def _read(path: Path, shape: TypeAdapter[Any], faults: list[str]) -> Any:
    if not path.is_file():
        return None
    try:
        return shape.validate_python(YAML(typ="safe").load(path.read_text(encoding="utf-8")))
    except ValidationError as fault:
        faults += [f"{path}: {'.'.join(map(str, row['loc']))}: {row['msg']}" for row in fault.errors(include_input=False, include_url=False)]
    except (YAMLError, UnicodeDecodeError, OSError) as fault:
        faults.append(f"{path}: {' '.join(str(fault).split())[:300]}")
    return None


def peopled(access: Access, settings: AccessSettings, channel: str, admins: Iterable[str]) -> Access:
    """The policy with the people and numbers of the settings. Without finance admins of their own the admins decide; they are the seconds as well."""

    def keys(accounts: Sequence[str]) -> tuple[str, ...]:
        return tuple(f"{channel}:{account}" for account in accounts)

    finance = keys(settings.finance) or keys(tuple(admins))
    roles = {name: replace(role, **_changed(role, settings)) for name, role in access.roles.items()}
    return replace(
        access,
        roles=roles,
        systems={name: System(name, row.title or name, row.connector or name, row.roles) for name, row in settings.systems.items()},
        owners={name: keys(accounts) for name, accounts in settings.owners.items()},
        heads={name: keys(accounts) for name, accounts in settings.heads.items()},
        finance=finance,
        seconds=keys(settings.seconds) or finance,
        connector=settings.connector,
        most_open=settings.most_open,
        lapse_days=settings.lapse_days,
        exception_days=settings.exception_days,
        emergency=keys(settings.emergency_persons) if settings.emergency else (),
        emergency_hours=settings.emergency_hours,
    )


def _changed(role: Role, settings: AccessSettings) -> Mapping[str, Any]:
    told = {"by": settings.by.get(role.id), "quorum": settings.quorum.get(role.id), "max_days": settings.max_days.get(role.id)}
    return {name: value for name, value in told.items() if value is not None}
