"""Time phrases in Chinese and English, read by a closed grammar: what it knows it reads exactly, what makes no sense it refuses, all else it leaves alone.

The rules where people are vague, all of them open to correction because what was understood is always told with its date and weekday:
- a bare hour is read by office hours (clock), a day without a year or month is the next such day, today included; looking `back` it is the last;
- next Monday is the Monday of the next calendar week, weeks begin on Monday; Monday to Wednesday begins with the next Monday;
- until and by include the day that is named, before does not - but before the end of a month runs to its end;
- 12/3 is the third of December; half a month is 15 days; working days and hours are kept as such, the calendar resolves them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, tzinfo

from bot.core.understanding.times.clock import between, read_clock
from bot.core.understanding.times.days import Day, NoSuchTime, Sight, moved
from bot.core.understanding.times.lengths import UNITS, read_length, read_repeat
from bot.core.understanding.times.moments import Moment, Scene, at_minute, edges, moment_value, read_moment, today_of
from bot.core.understanding.times.values import WORKING, Ahead, Length, Nonsense, Period, Phrase, Point, Refused, Unit, Value, day_end, days
from bot.core.understanding.times.words import TimeWords, Token, runs

LONGEST = 512
"""Characters that are looked at."""
_GAP = 8
"""Characters that may stand between the day from which something lasts and how long: from tomorrow I am away for three days."""
_STOPS = frozenset("。；！？;!?\n")
_EXACT = (Unit.MINUTE, Unit.HOUR)

Found = tuple[Value, int] | None


def read(text: str, now: datetime, zone: tzinfo, words: TimeWords, *, back: bool = False) -> tuple[Phrase, ...]:
    """The time phrases of a text in their order, never overlapping. `now` is aware. Never raises for a text."""
    scene = Scene(now.astimezone(zone), zone, back)
    found: list[Phrase] = []
    for run in runs(text[:LONGEST], words):
        found += _phrases(run, scene, words)
    return tuple(_joined(found, text))


def _phrases(tokens: Sequence[Token], scene: Scene, words: TimeWords) -> Iterator[Phrase]:
    at = 0
    while at < len(tokens):
        try:
            value, end = _longest(tokens, at, scene, words)
        except NoSuchTime as fault:
            value, end = Refused(fault.reason), len(tokens)
        except (OverflowError, ValueError):
            value, end = Refused(Nonsense.TOO_FAR), len(tokens)
        if value is not None:
            yield Phrase(value, tokens[at].start, tokens[end - 1].end)
        at = max(end, at + 1)


def _longest(tokens: Sequence[Token], at: int, scene: Scene, words: TimeWords) -> tuple[Value | None, int]:
    best: tuple[Value | None, int] = None, at
    repeat = read_repeat(tokens, at, words)
    if repeat is not None:
        return repeat
    for rule in _RULES:
        found = rule(tokens, at, scene, words)
        if found is not None and found[1] > best[1]:
            best = found
    return best


def _kind(tokens: Sequence[Token], at: int) -> str:
    return tokens[at].kind if at < len(tokens) else ""


def _span(tokens: Sequence[Token], at: int, scene: Scene, words: TimeWords) -> Found:
    """From here to there, from here on, from here so long."""
    named = _kind(tokens, at) == "from"
    at += named
    first = _spread_start(tokens, at) or read_moment(tokens, at)
    if first is None:
        return None
    moment, end = first
    started = named or _kind(tokens, end) == "start"
    end += _kind(tokens, end) == "start"
    if _kind(tokens, end) in ("to", "until"):
        last = _spread_end(moment, tokens, end + 1, words) or _next_day_end(tokens, end + 1) or read_moment(tokens, end + 1)
        if last is not None:
            return _range(moment, last[0], scene), last[1]
    return _lasting(moment, tokens, end, scene) or ((_open(moment, scene), end) if started else None)


def _spread_start(tokens: Sequence[Token], at: int) -> tuple[Moment, int] | None:
    """The first of two days that share the word behind the second: 3 to 5 December."""
    if _kind(tokens, at) not in ("number", "ordinal") or _kind(tokens, at + 1) != "to" or _kind(tokens, at + 2) not in ("number", "ordinal"):
        return None
    behind = _kind(tokens, at + 3)
    if behind == "day_mark":
        return Moment(Day("monthday", tokens[at].value)), at + 1
    return (Moment(Day("monthdate", tokens[at].value, None, tokens[at + 3].value)), at + 1) if behind == "month_name" else None


def _spread_end(first: Moment, tokens: Sequence[Token], at: int, words: TimeWords) -> tuple[Moment, int] | None:
    """The second of two days that share the word before the first: Dec 3 to 5, and Monday to Friday in short."""
    if first.day is None or _kind(tokens, at) not in ("number", "ordinal") or _kind(tokens, at + 1) in (*UNITS, "month_name", "hour_mark", "meridiem"):
        return None
    if first.day.kind == "weekday" and tokens[at].text in words.weekdays:
        return Moment(Day("weekday", words.weekdays[tokens[at].text])), at + 1
    return (Moment(Day("monthday", tokens[at].value)), at + 1) if first.day.kind == "monthdate" and _kind(tokens, at + 1) != "day_mark" else None


def _next_day_end(tokens: Sequence[Token], at: int) -> tuple[Moment, int] | None:
    """The next day's hour behind a start: there it is read as it stands, since nights end early."""
    if _kind(tokens, at) != "next_day":
        return None
    clock = read_clock(tokens, at + 1)
    day = Day("next_day", tokens[at].value)
    return (Moment(day, replace(clock[0], exact=True)), clock[1]) if clock else (Moment(day), at + 1)


def _range(first: Moment, last: Moment, scene: Scene) -> Value:
    start = moment_value(first, scene)
    if isinstance(start, Ahead):
        raise NoSuchTime(Nonsense.REVERSED)
    begins = edges(start)[0]
    if last.day is None and last.length is None and last.clock is not None:
        return _hours(first, last, begins.date(), scene)
    loose = last.day is not None and last.day.loose
    end = moment_value(last, scene, Sight(begins.date()) if loose else None)
    if isinstance(end, Ahead):
        raise NoSuchTime(Nonsense.REVERSED)
    over = edges(end)[1]
    if over < begins or (over == begins and isinstance(end, Point)):
        raise NoSuchTime(Nonsense.REVERSED)
    return Period(begins, over, first.clock is None and last.clock is None and isinstance(start, Period) and start.whole_days)


def _hours(first: Moment, last: Moment, day: date, scene: Scene) -> Value:
    """Hours of one day; when no day was named and they are over today, tomorrow's."""
    if last.clock is None or (first.clock is None and first.day is None):
        raise NoSuchTime(Nonsense.REVERSED)
    if first.clock is None:
        begins, end = moment_value(first, scene), moment_value(Moment(first.day, last.clock), scene)
        if isinstance(begins, Ahead) or isinstance(end, Ahead):
            raise NoSuchTime(Nonsense.REVERSED)
        return Period(edges(begins)[0], edges(end)[1], whole_days=False)
    begin, end_minute = between(first.clock, last.clock)
    if first.day is None and first.length is None:
        day = scene.now.date()
        if at_minute(day, end_minute, scene.zone) <= scene.now and not scene.back:
            day += timedelta(days=1)
    return Period(at_minute(day, begin, scene.zone), at_minute(day, end_minute, scene.zone), whole_days=False)


def _lasting(moment: Moment, tokens: Sequence[Token], at: int, scene: Scene) -> Found:
    found = read_length(tokens, at)
    if found is None or _kind(tokens, found[1]) in ("after", "before", "ago", "from_now", "within", "once"):
        return None
    period = lasting(moment_value(moment, scene), found[0], scene.zone)
    return (period, found[1]) if period is not None else None


def lasting(start: Value, length: Length, zone: tzinfo) -> Period | None:
    """The period that begins with `start` and lasts so long; None where only the working calendar or nobody knows."""
    if length.unit in WORKING or not isinstance(start, Point | Period):
        return None
    begins = edges(start)[0]
    if length.unit in _EXACT:
        step = timedelta(minutes=length.amount * (60 if length.unit is Unit.HOUR else 1))
        return Period(begins, begins + step, whole_days=False) if isinstance(start, Point) or not start.whole_days else None
    day = moved(begins.date(), length.amount, length.unit)
    if isinstance(start, Point):
        return Period(begins, datetime.combine(day, begins.timetz()), whole_days=False)
    return days(begins.date(), day - timedelta(days=1), zone)


def _open(moment: Moment, scene: Scene) -> Value:
    value = moment_value(moment, scene)
    if isinstance(value, Point):
        return Period(value.at, day_end(value.at.date(), scene.zone), whole_days=False, open=True)
    return replace(value, open=True) if isinstance(value, Period) else value


def _until(tokens: Sequence[Token], at: int, scene: Scene, words: TimeWords) -> Found:  # noqa: ARG001 - every rule has this shape
    """From now to there, that day included."""
    if _kind(tokens, at) not in ("to", "until") or not tokens[at].text[0].isalpha():
        return None
    found = read_moment(tokens, at + 1)
    if found is None:
        return None
    value = moment_value(found[0], scene)
    return (value if isinstance(value, Ahead) else _till(edges(value)[1], isinstance(value, Period) and value.whole_days, scene)), found[1]


def _till(end: datetime, whole: bool, scene: Scene) -> Value:
    if end <= scene.now:
        raise NoSuchTime(Nonsense.REVERSED)
    return Period(today_of(scene) if whole else scene.now, end, whole)


def _before(tokens: Sequence[Token], at: int, scene: Scene, words: TimeWords) -> Found:  # noqa: ARG001
    """Done with before it begins; before the end of a month means before it is over."""
    leading = _kind(tokens, at) == "before"
    found = read_moment(tokens, at + leading)
    if found is None or not (leading or (_kind(tokens, found[1]) == "before" and not tokens[found[1]].text.isascii())):
        return None
    moment, end = found
    value = moment_value(moment, scene)
    if isinstance(value, Ahead):
        return replace(value, within=True), end + (not leading)
    begins, over = edges(value)
    late = over if moment.day is not None and moment.day.edge and moment.clock is None else begins
    return _till(late, isinstance(value, Period) and value.whole_days, scene), end + (not leading)


def _within(tokens: Sequence[Token], at: int, scene: Scene, words: TimeWords) -> Found:  # noqa: ARG001
    leading = _kind(tokens, at) == "within"
    found = read_length(tokens, at + leading) or _marked_days(tokens, at + leading)
    if found is None or not (leading or _kind(tokens, found[1]) == "within"):
        return None
    length, end = found[0], found[1] + (not leading)
    return (Ahead(length, within=True) if length.unit in WORKING else Period(scene.now, _later(length, scene), whole_days=False)), end


def _marked_days(tokens: Sequence[Token], at: int) -> tuple[Length, int] | None:
    marked = _kind(tokens, at) == "number" and _kind(tokens, at + 1) == "day_mark" and tokens[at].value
    return (Length(tokens[at].value, Unit.DAY), at + 2) if marked else None


def _later(length: Length, scene: Scene) -> datetime:
    if length.unit in _EXACT:
        return scene.later(length)
    return datetime.combine(moved(scene.now.date(), length.amount, length.unit), scene.now.timetz())


def _recent(tokens: Sequence[Token], at: int, scene: Scene, words: TimeWords) -> Found:  # noqa: ARG001
    """The last so many, today included."""
    if not (_kind(tokens, at) in ("recent", "past") or (_kind(tokens, at) == "shift" and tokens[at].value == -1)):
        return None
    found = read_length(tokens, at + 1) or _bare_unit(tokens, at + 1)
    if found is None or found[0].unit in WORKING:
        return None
    length, end = found
    if length.unit in _EXACT:
        return Period(scene.later(length, -1), scene.now, whole_days=False), end
    today = scene.now.date()
    first = moved(today, -length.amount, length.unit)
    return days(first + timedelta(days=1), today, scene.zone), end


def _bare_unit(tokens: Sequence[Token], at: int) -> tuple[Length, int] | None:
    """The past week."""
    bare = _kind(tokens, at) in ("week", "month", "year") and _kind(tokens, at - 1) in ("recent", "past")
    return (Length(1, UNITS[tokens[at].kind]), at + 1) if bare else None


def _length_from(tokens: Sequence[Token], at: int, scene: Scene, words: TimeWords) -> Found:  # noqa: ARG001
    """A length alone, or three days from Monday."""
    found = read_length(tokens, at)
    if found is None:
        return None
    length, end = found
    start = read_moment(tokens, end + 1) if _kind(tokens, end) == "from" else None
    period = lasting(moment_value(start[0], scene), length, scene.zone) if start else None
    return (period, start[1]) if period is not None and start else (length, end)


def _moment(tokens: Sequence[Token], at: int, scene: Scene, words: TimeWords) -> Found:  # noqa: ARG001
    found = read_moment(tokens, at)
    return None if found is None else (moment_value(found[0], scene), found[1])


_RULES: Sequence[Callable[[Sequence[Token], int, Scene, TimeWords], Found]] = (_span, _until, _before, _within, _recent, _moment, _length_from)


def _joined(phrases: Sequence[Phrase], text: str) -> Iterator[Phrase]:
    """From tomorrow on, and a few words later three days: one period."""
    held: Phrase | None = None
    for phrase in phrases:
        near = held is not None and phrase.start - held.end <= _GAP and not _STOPS.intersection(text[held.end : phrase.start])
        if held is not None and near and isinstance(held.value, Period) and held.value.open and isinstance(phrase.value, Length):
            start = replace(held.value, open=False) if held.value.whole_days else Point(held.value.start)
            period = lasting(start, phrase.value, held.value.start.tzinfo or UTC)
            if period is not None:
                held = Phrase(period, held.start, phrase.end)
                continue
        if held is not None:
            yield held
        held = phrase
    if held is not None:
        yield held
