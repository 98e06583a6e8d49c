"""Writes JSON the way DingTalk counts it: compact, in UTF-8."""

from __future__ import annotations

import json

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def to_text(value: object) -> str:
    """Compact JSON."""
    return _ENCODER.encode(value)


def to_bytes(value: object) -> bytes:
    """Compact JSON in UTF-8; what UTF-8 cannot hold becomes a question mark."""
    return _ENCODER.encode(value).encode("utf-8", "replace")
