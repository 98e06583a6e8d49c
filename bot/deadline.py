"""How long something may still be done: set by whoever holds a lease, asked by whoever writes a request, at the last moment before it leaves.

The clock is the machine's steady one: no step of the date moves it, and where the system has such a clock it goes on while the machine sleeps. A process
that was stopped therefore finds, whichever line it stood at, that its time is over.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_CLOCK = getattr(time, "CLOCK_BOOTTIME", None)
_UNTIL: ContextVar[float] = ContextVar("until", default=math.inf)


def steady() -> float:
    """Seconds of the steady clock."""
    return time.monotonic() if _CLOCK is None else time.clock_gettime(_CLOCK)


@contextmanager
def until(moment: float) -> Iterator[None]:
    """What is done within, tasks begun there included, has its time until that moment of the steady clock."""
    token = _UNTIL.set(moment)
    try:
        yield
    finally:
        _UNTIL.reset(token)


def left() -> float:
    """Seconds left for what is being done; endless where nobody set a limit."""
    return _UNTIL.get() - steady()
