"""Reads JSON from outside, strictly: one function for callbacks and Stream frames (reliability T18)."""

from __future__ import annotations

import json
import math

MAX_BYTES = 256 * 1024
MAX_DEPTH = 20
_MAX_DIGITS = 19


class BadPayload(ValueError):
    """What came is not what DingTalk sends; the text says why and quotes nothing."""


def read_object(raw: bytes | str, *, limit: int = MAX_BYTES) -> dict[str, object]:
    """The JSON object in `raw`. BadPayload for anything else: too long or deep, repeated keys, NaN, huge numbers, invalid UTF-8, other values."""
    if len(raw) > limit:
        raise BadPayload("too long")
    try:
        text = raw if isinstance(raw, str) else raw.decode("utf-8")
        found = _DECODER.decode(text)
    except BadPayload:
        raise
    except (ValueError, RecursionError) as fault:
        raise BadPayload("not JSON") from fault
    if not isinstance(found, dict):
        raise BadPayload("not an object")
    if text.count("{") + text.count("[") > MAX_DEPTH:
        _check_depth(found)
    return found


def _check_depth(root: object) -> None:
    level = [root]
    for _ in range(MAX_DEPTH):
        level = [below for value in level if isinstance(value, dict | list) for below in (value.values() if isinstance(value, dict) else value)]
        if not level:
            return
    raise BadPayload("too deep")


def _no_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadPayload("a key comes twice")
    return found


def _whole(digits: str) -> int:
    if len(digits.removeprefix("-")) > _MAX_DIGITS:
        raise BadPayload("a number is too long")
    return int(digits)


def _fraction(digits: str) -> float:
    value = float(digits)
    if len(digits) > 40 or not math.isfinite(value):
        raise BadPayload("a number is too long")
    return value


def _no_constant(name: str) -> float:
    raise BadPayload(f"{name} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_no_twins, parse_int=_whole, parse_float=_fraction, parse_constant=_no_constant)
