"""Segregation of duties: which duties one person must not hold together, as rules that carry their law and a sentence for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Act(StrEnum):
    """What a rule does: stop the request, let it pass as an exception, or only remind whoever decides."""

    BLOCK = "block"
    FLAG = "flag"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Rule:
    """Whoever holds a duty of `a` must not hold another one of `b`. `hard` rules are statute and know no exception; every other needs a named second approver
    and an end date. `law` is the source, `why` one sentence for people, both by language. A NOTE has no `b`."""

    id: str
    a: frozenset[str]
    b: frozenset[str]
    act: Act
    hard: bool = False
    law: Mapping[str, str] = field(default_factory=dict)
    why: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Held:
    """What somebody has or has asked for: a role's canonical id with its duties; `pending` says that it is not decided yet."""

    role: str
    duties: frozenset[str]
    pending: bool = False


@dataclass(frozen=True, slots=True)
class Conflict:
    """A rule that a wish would break, and with what: `role` is held, or asked for when `pending`; empty when the wish alone breaks it."""

    rule: Rule
    role: str = ""
    pending: bool = False


def clash(rule: Rule, one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two sets of duties in one hand break the rule: a duty of each side, and not the same one twice."""
    sides = ((one & rule.a, other & rule.b), (one & rule.b, other & rule.a))
    return any(first != second for left, right in sides for first in left for second in right)


def conflicts(rules: Sequence[Rule], wanted: frozenset[str], held: Iterable[Held]) -> tuple[Conflict, ...]:
    """Every rule that `wanted` would break alone or together with what is held or pending, the hardest first, each rule once. Notes are left out."""
    having = tuple(held)
    found = []
    for rule in rules:
        if rule.act is Act.NOTE:
            continue
        if clash(rule, wanted, wanted):
            found.append(Conflict(rule))
            continue
        with_ = next((one for one in sorted(having, key=lambda one: one.pending) if clash(rule, wanted, one.duties)), None)
        if with_ is not None:
            found.append(Conflict(rule, with_.role, with_.pending))
    return tuple(sorted(found, key=lambda one: (not one.rule.hard, one.rule.act is not Act.BLOCK)))


def notes(rules: Sequence[Rule], wanted: frozenset[str]) -> tuple[Rule, ...]:
    """What whoever decides should bear in mind, though no record can tell whether it applies."""
    return tuple(rule for rule in rules if rule.act is Act.NOTE and wanted & rule.a)
