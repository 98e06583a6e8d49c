"""Phrases that name one moment or one stretch of days: a day, a time of day, so long from now, or these together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from bot.core.understanding.times.clock import DAY, EVENING, Clock, minute_of, parted, read_clock
from bot.core.understanding.times.days import FURTHEST, Day, NoSuchTime, Sight, days_of, moved, read_day
from bot.core.understanding.times.lengths import read_length
from bot.core.understanding.times.values import WORKING, Ahead, Length, Nonsense, Period, Point, Unit, days, midnight
from bot.core.understanding.times.words import Token

_EXACT = {Unit.MINUTE: timedelta(minutes=1), Unit.HOUR: timedelta(hours=1)}
_UNDECIDED = frozenset({"week", "month", "quarter", "year", "month_no"})


@dataclass(frozen=True, slots=True)
class Scene:
    """When and where a phrase is said: `now` in the zone of the speaker, and whether what is not told lies behind."""

    now: datetime
    zone: tzinfo
    back: bool = False

    @property
    def sight(self) -> Sight:
        """The days as seen from now."""
        return Sight(self.now.date(), self.back)

    def later(self, length: Length, times: int = 1) -> datetime:
        """So many minutes or hours from now, by the clock's running and not by its hands."""
        return (self.now.astimezone(UTC) + times * length.amount * _EXACT[length.unit]).astimezone(self.zone)


@dataclass(frozen=True, slots=True)
class Moment:
    """What was named together: a day or a length from now (`steps` is -1 for ago), and a time of day."""

    day: Day | None = None
    clock: Clock | None = None
    length: Length | None = None
    steps: int = 1


def _kind(tokens: Sequence[Token], at: int) -> str:
    return tokens[at].kind if at < len(tokens) else ""


def read_moment(tokens: Sequence[Token], at: int) -> tuple[Moment, int] | None:
    """The moment named at a place, and the place behind it. Raises NoSuchTime."""
    relative = _relative(tokens, at)
    if relative is not None:
        moment, end = relative
        clock = read_clock(tokens, end) if moment.length and moment.length.unit not in _EXACT else None
        return (Moment(None, clock[0], moment.length, moment.steps), clock[1]) if clock else relative
    day = read_day(tokens, at)
    clock = read_clock(tokens, at)
    if day is not None and (clock is None or clock[1] <= day[1]):
        return _day_first(day[0], tokens, day[1])
    if clock is None:
        return None
    day = read_day(tokens, clock[1])
    if day is not None and clock[0].bare and _parts_alone(tokens, day[1]):
        return Moment(day[0], parted(clock[0], tokens[day[1]])), day[1] + 1
    owned = day is not None and read_clock(tokens, day[1]) is None and (tokens[clock[1]].text.isascii() or day[0].kind == "offset")
    return (Moment(day[0], clock[0]), day[1]) if day is not None and owned else (Moment(None, clock[0]), clock[1])


def _parts_alone(tokens: Sequence[Token], at: int) -> bool:
    """Whether an English part of the day stands there with no hour of its own: at nine tomorrow morning."""
    clock = read_clock(tokens, at)
    return clock is not None and clock[0].hour is None and clock[1] == at + 1 and tokens[at].text.isascii()


def _day_first(day: Day, tokens: Sequence[Token], end: int) -> tuple[Moment, int]:
    step = end + (_kind(tokens, end) == "ahead" and _kind(tokens, end + 1) == "part")
    clock = read_clock(tokens, step)
    return (Moment(day, clock[0]), clock[1]) if clock else (Moment(day), end)


def _relative(tokens: Sequence[Token], at: int) -> tuple[Moment, int] | None:
    """In three days, ten minutes later, two hours ago; the next working day."""
    kind = _kind(tokens, at)
    if kind == "shift" and tokens[at].value > 0 and _kind(tokens, at + 1) == "workday":
        return Moment(length=Length(tokens[at].value, Unit.WORKDAY)), at + 2
    before = kind == "ahead" or (kind == "after" and tokens[at].text.isascii())
    found = read_length(tokens, at + before) or _days_of_month_words(tokens, at + before)
    if found is None:
        return None
    length, end = found
    if before:
        return Moment(length=length), end
    if _kind(tokens, end) in ("after", "from_now"):
        return Moment(length=length), end + 1
    ago = _kind(tokens, end) == "ago" or (_kind(tokens, end) == "before" and not tokens[end].text.isascii())
    return (Moment(length=length, steps=-1), end + 1) if ago else None


def _days_of_month_words(tokens: Sequence[Token], at: int) -> tuple[Length, int] | None:
    """Written Chinese counts days with the word that also marks the day of a month, when later or within follows."""
    if _kind(tokens, at) == "number" and _kind(tokens, at + 1) == "day_mark" and _kind(tokens, at + 2) in ("after", "within") and tokens[at].value:
        return Length(min(tokens[at].value, FURTHEST), Unit.DAY), at + 2
    return None


def at_minute(day: date, minute: int, zone: tzinfo) -> datetime:
    """The moment when the clock shows that minute of the day."""
    over, rest = divmod(minute, DAY)
    return datetime.combine(day + timedelta(days=over), time(rest // 60, rest % 60), zone)


def moment_value(moment: Moment, scene: Scene, seen: Sight | None = None) -> Point | Period | Ahead:
    """What a moment means; `seen` is from where its day is seen when that is not now. Raises NoSuchTime."""
    if moment.length is not None:
        return _from_now(moment, moment.length, scene)
    if moment.day is None:
        return _clock_alone(moment.clock or Clock(0), scene, seen)
    first, last = days_of(moment.day, seen or scene.sight)
    if moment.clock is None:
        return days(first, last, scene.zone)
    return _timed(first, moment.day, moment.clock, scene)


def _timed(first: date, day: Day, clock: Clock, scene: Scene) -> Point | Period:
    found = _on(first, clock, scene.zone)
    if isinstance(found, Period) or found.at > scene.now or scene.back:
        return found
    if day.kind == "weekday" and day.loose:
        return _on(first + timedelta(days=7), clock, scene.zone)
    evening = at_minute(first, minute_of(clock) + DAY // 2, scene.zone)
    return Point(evening) if day.kind == "offset" and clock.bare and minute_of(clock) < DAY // 2 and evening > scene.now else found


def _on(day: date, clock: Clock, zone: tzinfo) -> Point | Period:
    if clock.hour is None and clock.part is not None:
        return Period(at_minute(day, 60 * clock.part[2], zone), at_minute(day, 60 * clock.part[3], zone), whole_days=False)
    return Point(at_minute(day, minute_of(clock), zone))


def _clock_alone(clock: Clock, scene: Scene, seen: Sight | None) -> Point | Period:
    """The next such time; looking back, the last one."""
    today = (seen or scene.sight).today
    found = _on(today, clock, scene.zone)
    over = found.at <= scene.now if isinstance(found, Point) else found.end <= scene.now
    if scene.back:
        return found if over or isinstance(found, Period) else _on(today - timedelta(days=1), clock, scene.zone)
    if not over:
        return found
    evening = at_minute(today, minute_of(clock) + DAY // 2, scene.zone)
    if clock.bare and evening > scene.now and minute_of(clock) + DAY // 2 < EVENING:
        return Point(evening)
    return _on(today + timedelta(days=1), clock, scene.zone)


def _from_now(moment: Moment, length: Length, scene: Scene) -> Point | Period | Ahead:
    if length.unit in WORKING:
        if moment.steps < 0:
            raise NoSuchTime(Nonsense.REVERSED)
        minute = minute_of(moment.clock) % DAY if moment.clock else None
        return Ahead(length, at=None if minute is None else time(minute // 60, minute % 60))
    if length.unit in _EXACT:
        return Point(scene.later(length, moment.steps))
    day = moved(scene.now.date(), moment.steps * length.amount, length.unit)
    return _on(day, moment.clock, scene.zone) if moment.clock else days(day, day, scene.zone)


def edges(value: Point | Period) -> tuple[datetime, datetime]:
    """Where a moment begins and where it is over; a point is both."""
    return (value.at, value.at) if isinstance(value, Point) else (value.start, value.end)


def today_of(scene: Scene) -> datetime:
    """The midnight with which today began."""
    return midnight(scene.now.date(), scene.zone)
