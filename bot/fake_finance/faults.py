"""Faults that can be switched on while a stand-in runs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What goes wrong."""

    LATENCY = "latency"  # answers `seconds` late
    ERROR = "error"  # answers `status` and does nothing
    ERROR_AFTER = "error_after"  # does it and answers `status`
    DROP_BEFORE = "drop_before"  # resets the connection, nothing was done
    DROP_AFTER = "drop_after"  # does it, then resets the connection: the answer is lost
    HANG_AFTER = "hang_after"  # does it and never answers
    MALFORMED = "malformed"  # does it and answers half a JSON text
    HTML = "html"  # does nothing and answers a gateway's page with status 200
    ODD = "odd"  # does it and answers JSON of a shape nobody knows
    TWICE = "twice"  # the network delivers it twice; the first answer comes back
    THROTTLE = "throttle"  # 429 with Retry-After `seconds`
    REDIRECT = "redirect"  # 302 to another host
    HUGE = "huge"  # an answer without end


AFTER = frozenset({Kind.ERROR_AFTER, Kind.DROP_AFTER, Kind.HANG_AFTER, Kind.MALFORMED, Kind.ODD, Kind.LATENCY, Kind.TWICE})
"""Kinds that let the call take effect."""


@dataclass(slots=True)
class Fault:
    """One fault. `on` names a call ("*": all), `times` how often it still happens (None: until cleared)."""

    kind: Kind
    on: str = "*"
    times: int | None = None
    status: int = 500
    seconds: float = 0.0


class Faults:
    """The faults in force."""

    def __init__(self) -> None:
        self.active: list[Fault] = []

    def add(self, kind: Kind | str, on: str = "*", *, times: int | None = None, status: int = 500, seconds: float = 0.0) -> Fault:
        """Switches a fault on. Raises ValueError for a kind that is none."""
        fault = Fault(Kind(kind), on, times, status, seconds)
        self.active.append(fault)
        return fault

    def clear(self) -> None:
        """Switches all off."""
        self.active.clear()

    def strike(self, call: str) -> Fault | None:
        """The fault that strikes this call now; it counts."""
        fault = next((one for one in self.active if one.times != 0 and one.on in ("*", call)), None)
        if fault is not None and fault.times is not None:
            fault.times -= 1
        return fault
