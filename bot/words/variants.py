"""Answers for some as the words' files have them: under `variants` in an intent's file, a name and for whom; their words lie beside the intent's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.core.model import Variant
from bot.core.variants import AUDIENCES, KINDS, STATES

_NAME = re.compile(r"[a-z0-9_]{1,40}")
_CLOSED: Mapping[str, Sequence[str]] = {"state": STATES, "audience": AUDIENCES}
"""Kinds of which there are only these values."""


def read(data: Any, faults: list[str], place: str) -> tuple[Variant, ...]:
    """The rows of the key `variants`: {name, only: {kind: value or list}}; adds a line to `faults` for each that is none."""
    found: list[Variant] = []
    for row in data if isinstance(data, list) else [data] if data else []:
        wrong = _fault(row)
        if not wrong and any(one.name == row["name"] for one in found):
            wrong = f"{row['name']!r} is there twice"
        if wrong:
            faults.append(f"{place}: variants: {wrong}")
        else:
            found.append(Variant(row["name"], tuple((kind, value) for kind, values in row["only"].items() for value in _listed(values))))
    return tuple(found)


def _fault(row: Any) -> str:
    if not isinstance(row, dict) or row.keys() != {"name", "only"} or not isinstance(row["only"], dict) or not row["only"]:
        return "each row has a name and only, which says for whom"
    if not isinstance(row["name"], str) or not _NAME.fullmatch(row["name"]):
        return f"{row['name']!r} is no name: small letters, figures and _"
    return next(filter(None, (_odd(str(kind), values) for kind, values in row["only"].items())), "")


def _odd(kind: str, values: Any) -> str:
    if kind not in KINDS:
        return f"{kind!r} is none of {', '.join(KINDS)}"
    listed = _listed(values)
    if not listed or not all(listed):
        return f"{kind} names nobody"
    return next((f"{kind} {one!r} is none of {', '.join(_CLOSED[kind])}" for one in listed if kind in _CLOSED and one not in _CLOSED[kind]), "")


def _listed(values: Any) -> tuple[str, ...]:
    return tuple(str(one).strip() for one in (values if isinstance(values, list) else [values]))


def row_of(variant: Variant) -> dict[str, Any]:
    """The variant as a row of the file."""
    only = {kind: list(variant.values(kind)) for kind in KINDS if kind in variant.kinds}
    return {"name": variant.name, "only": {kind: values[0] if len(values) == 1 else values for kind, values in only.items()}}


def as_text(variant: Variant) -> str:
    """For whom it is, as a cell of a table says it."""
    return "; ".join(f"{kind}={value}" for kind, value in variant.only)


def from_text(cell: str) -> tuple[tuple[str, str], ...]:
    """What a cell says. Raises ValueError when it is none."""
    pairs = [part.partition("=") for part in re.split(r"[;\n]+", cell) if part.strip()]
    only = tuple((kind.strip(), value.strip()) for kind, _, value in pairs)
    wrong = next(filter(None, (_odd(kind, value) for kind, value in only)), "")
    if wrong:
        raise ValueError(wrong)
    return only


def named(only: Sequence[tuple[str, str]], taken: Iterator[str] | Sequence[str]) -> str:
    """A file name for an answer that has none, other than those that are taken."""
    plain = re.sub(r"[^a-z0-9]+", "_", "_".join(value for _, value in only).lower()).strip("_")[:30]
    start, used = plain or only[0][0], set(taken)
    return next(name for number in range(1, 1000) if (name := start if number == 1 else f"{start}_{number}") not in used)
