"""Phrases that name a time of day: their patterns over tokens, and which minute of the day they mean.

A bare hour is read by office hours, 7 to 21: 1 to 6 are in the afternoon, since 3:00 lies outside; 7 to 12 are in the morning - but with no day
named, and that hour over today, 7 and 8 are this evening's. What cannot be misread stands (0:30, 03:30, 15:00), and a part of the day settles it:
3 at night is tomorrow's 3:00.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot.core.understanding.times.days import NoSuchTime
from bot.core.understanding.times.values import Nonsense
from bot.core.understanding.times.words import Token, Window

DAY = 24 * 60
NOON = DAY // 2
MORNING, AFTERNOON = (0, 12, 9, 12), (12, 24, 14, 18)
FIRST_OFFICE_HOUR = 7
EVENING = 21 * 60
DUSK = 18 * 60
_UNITS = frozenset({"measure", "days", "hour", "minute", "workday", "workhour", "week", "month", "months", "year", "month_name", "day_mark", "half", "once"})


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day as it was said; without an hour a whole part of the day. `exact` says that the hour cannot be misread."""

    hour: int | None
    minute: int = 0
    part: Window | None = None
    exact: bool = False

    @property
    def bare(self) -> bool:
        """Whether morning or afternoon was left open."""
        return self.hour is not None and self.part is None and not self.exact and 1 <= self.hour <= 12


Core = Callable[[Sequence[Token]], Clock]


def _written(tokens: Sequence[Token]) -> Clock:
    token = tokens[0]
    return Clock(token.values[0], token.values[1], exact=token.text.startswith("0") or token.values[0] >= 13)


def _minutes(total: int) -> Clock:
    return Clock(total // 60, total % 60, exact=True)


_CORES: Sequence[tuple[str, Core]] = (
    ("clock", _written),
    ("number hour_mark half", lambda t: Clock(t[0].value, 30)),
    ("number hour_mark number clock_quarter", lambda t: Clock(t[0].value, 15 * t[2].value)),
    ("number hour_mark number quarter_hour", lambda t: Clock(t[0].value, 15 * t[2].value)),
    ("number hour_mark number minute_mark", lambda t: Clock(t[0].value, t[2].value)),
    ("number hour_mark number", lambda t: Clock(t[0].value, t[2].value)),
    ("number hour_mark", lambda t: Clock(t[0].value)),
    ("half past number", lambda t: Clock(t[2].value, 30)),
    ("clock_quarter past number", lambda t: Clock(t[2].value, 15)),
    ("clock_quarter to number", lambda t: Clock((t[2].value - 1) % 12 or 12, 45)),
    ("name_of_time", lambda t: _minutes(t[0].value)),
    ("day_end", lambda t: _minutes(60 * t[0].value)),
)


def read_clock(tokens: Sequence[Token], at: int) -> tuple[Clock, int] | None:
    """The time of day named at a place, and the place behind it."""
    asked = _kind(tokens, at) == "at"
    at += asked
    part = tokens[at] if _kind(tokens, at) in ("part", "part_short") else None
    inner = at + (part is not None)
    asked_inside = part is not None and _kind(tokens, inner) == "at"
    core = _core(tokens, inner + asked_inside, bare_number=asked or asked_inside)
    if core is None:
        return (Clock(None, part=_window(part)), at + 1) if part is not None and part.kind == "part" else None
    clock, end = core
    if part is not None:
        return replace(clock, part=_window(part)), end
    return _parted(clock, tokens, end)


def _parted(clock: Clock, tokens: Sequence[Token], end: int) -> tuple[Clock, int]:
    """A part of the day behind the hour: 3 pm, 9 in the morning."""
    if _kind(tokens, end) == "meridiem":
        return replace(clock, part=AFTERNOON if tokens[end].value else MORNING), end + 1
    step = end + (_kind(tokens, end) == "ahead")
    if _kind(tokens, step) == "part" and tokens[step].text.isascii():
        return replace(clock, part=_window(tokens[step])), step + 1
    return clock, end


def parted(clock: Clock, token: Token) -> Clock:
    """The time of day in the part of the day that a token names."""
    return replace(clock, part=_window(token))


def _core(tokens: Sequence[Token], at: int, *, bare_number: bool) -> tuple[Clock, int] | None:
    for pattern, built in _CORES:
        kinds = pattern.split()
        part = tokens[at : at + len(kinds)]
        if [token.kind for token in part] == kinds and not (kinds[-1] == "number" and len(kinds) > 1 and _kind(tokens, at + len(kinds)) in _UNITS):
            return built(part), at + len(kinds)
    if _kind(tokens, at) != "number":
        return None
    following = _kind(tokens, at + 1)
    spanned = following == "to" and _kind(tokens, at + 2) == "number" and _kind(tokens, at + 3) in ("hour_mark", "meridiem")
    parted = following == "ahead" and _kind(tokens, at + 2) == "part"
    if following == "meridiem" or spanned or parted or (bare_number and following not in _UNITS):
        return Clock(tokens[at].value), at + 1
    return None


def _kind(tokens: Sequence[Token], at: int) -> str:
    return tokens[at].kind if at < len(tokens) else ""


def _window(token: Token) -> Window:
    low, high, first, last = token.values
    return low, high, first, last


def minute_of(clock: Clock) -> int:
    """The minute of the day that is meant; 1,440 and above are the next day's. Of a part of the day its first. Raises NoSuchTime."""
    if clock.hour is None:
        return 60 * clock.part[2] if clock.part else 0
    if not 0 <= clock.minute < 60:
        raise NoSuchTime(Nonsense.NO_SUCH_MINUTE)
    return 60 * _hour(clock.hour, clock) + clock.minute


def _hour(hour: int, clock: Clock) -> int:
    if not 0 <= hour <= 24 or (hour == 24 and clock.minute):
        raise NoSuchTime(Nonsense.NO_SUCH_HOUR)
    if clock.part is None:
        return hour + 12 if clock.bare and hour < FIRST_OFFICE_HOUR else hour
    low, high, _, _ = clock.part
    readings = [hour] if hour > 12 else [hour % 12, hour % 12 + 12, hour % 12 + 24]
    fitting = [reading for reading in readings if low <= reading < high]
    if not fitting:
        raise NoSuchTime(Nonsense.NO_SUCH_HOUR)
    return fitting[0]


def between(first: Clock, last: Clock) -> tuple[int, int]:
    """The minutes from one time of day to another: what the one leaves open the other settles; night runs into the next day. Raises NoSuchTime."""
    if first.bare and last.part is not None and last.hour is not None:
        try:
            start = minute_of(replace(first, part=last.part))
        except NoSuchTime:
            start = minute_of(first)
        first = replace(first, part=last.part) if start < minute_of(last) and start != minute_of(first) else first
    start = minute_of(first)
    end = minute_of(last) if last.hour is not None or last.part is None else 60 * last.part[3]
    if end <= start and last.bare and end + DAY // 2 > start:
        end += DAY // 2
    if end <= start and (last.part is not None or (start >= DUSK and end <= NOON)):
        end += DAY
    if not start < end <= 2 * DAY:
        raise NoSuchTime(Nonsense.REVERSED)
    return start, end
