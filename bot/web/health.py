"""How the parts of a running process are, for health and metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Health:
    """What the parts of a running process last said of themselves."""

    parts: dict[str, Callable[[], Mapping[str, object]]] = field(default_factory=dict)
    draining: bool = False
