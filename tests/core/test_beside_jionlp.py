"""Chinese time phrases beside JioNLP: over a thousand that are put together here begin at the same minute, or differ in one of the ways that have a name.

JioNLP is no dependency of any kind of ours: `pip install jionlp`, or the group `diff` of pyproject.toml. Where it is missing this is skipped, and says so.
"""

from __future__ import annotations

import importlib.util
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest
from spoken_samples import TUE, ZONE, spoken

from bot.core.understanding.times.values import WORKING, Ahead, Length, Period, Point, Refused, Repeat, Unit, Value
from bot.core.understanding.times.whenever import read

WORDS = """
days: 今天 明天 后天 大后天 昨天 前天 周三 周五 这周五 本周日 下周一 下周三 下下周五 上周四 下个星期二 礼拜天 12月5日 11月30号 3月5号 25号 下个月10号
edges: 月底 下个月底 月初 年底
times: 9点 10点半 15点 15:30 上午9点 上午10点半 中午12点 下午3点 下午三点半 下午2点15分 晚上8点 早上8点 早8点 晚8点 凌晨2点 傍晚6点 上午 下午 晚上 中午 早上
numbers: 1 2 3 5 10 30 两 三 五 十 十五
units: 分钟 小时 个小时 天 周 个星期 个月 年 个工作日
repeats: 每天 每周一 每周 每个月15号 每月底 每个工作日 每两天 每2小时 每隔一天 每周一三五
single: 今晚 明早 明晚 今早 昨晚 今晚8点 明早9点 明晚8点半 半小时后 一个半小时后 半个月后 一刻钟后 三刻钟后 周末 下周末 下周 这周 上周 今年 明年 本季度 下季度 最近三天 近一个月 本月中旬 12月上旬
more: 今儿 明儿 后儿 12/5 2026年12月5日 二十五号 十二月五号 十一月二十五日 明天早8点 周五晚8点 八点一刻 16点整 下班前 明天下班前 下个工作日 两个工作日后 三个工作日内
"""
LISTED = {name: words.split() for name, words in (line.split(": ") for line in WORDS.strip().splitlines())}
DAYS, TIMES, NUMBERS, REPEATS = (LISTED[name] for name in ("days", "times", "numbers", "repeats"))
SPANS = (
    ("明天", "后天"), ("周三", "周五"), ("下周一", "下周三"), ("12月1日", "12月5日"), ("12月30日", "1月2日"), ("明天上午9点", "明天下午6点"), ("15点", "18点"), ("下午3点", "5点"),
    ("晚上10点", "早上6点"), ("晚10点", "早8点"), ("晚10点", "次日早8点"), ("22:00", "08:00"), ("22点", "次日8点"), ("晚上十点", "第二天早上八点"), ("今天", "月底"), ("明天", "下周三"),
)  # fmt: skip


LEAST = 1000
Span = tuple[datetime, datetime | None]


def built() -> Iterator[str]:
    """Every phrase once."""
    yield from (*DAYS, *LISTED["edges"], *TIMES, *LISTED["single"], *LISTED["more"])
    yield from map("".join, product(DAYS, TIMES))
    yield from map("".join, product(NUMBERS, LISTED["units"], ("后", "之后", "内", "以内", "前")))
    yield from ("".join(parts) for parts in product(DAYS, ("前", "之前", "起", "开始")))
    yield from (f"{named}{first}{joint}{last}" for (first, last), joint, named in product(SPANS, "到至-~", ("", "从")))
    yield from (*REPEATS, *map("".join, product(REPEATS, ("9点", "上午9点", "下午3点半", "10:00"))))


def theirs(text: str) -> Mapping[str, Any] | None:
    """What the other library makes of it, None when it raises or is silent."""
    import jionlp  # type: ignore[import-not-found]

    try:
        found: Mapping[str, Any] | None = jionlp.parse_time(text, time_base=TUE.replace(tzinfo=None).timestamp())
    except Exception:  # it raises whatever it meets
        return None
    return found


def span_of(found: Mapping[str, Any]) -> Span | None:
    """The two moments it names; None for lengths and repetitions."""
    if found["type"] not in ("time_point", "time_span"):
        return None
    first, last = (None if one in ("inf", "-inf") else datetime.fromisoformat(one).replace(tzinfo=ZONE) for one in found["time"])
    return None if first is None else (first, last)


def begins(value: Value) -> datetime | None:
    """Where a value begins, when it does."""
    return value.at if isinstance(value, Point) else value.start if isinstance(value, Period) else None


def silent(text: str, mine: Value, other: Mapping[str, Any] | None) -> bool:
    return other is None


def working_time(text: str, mine: Value, other: Mapping[str, Any] | None) -> bool:
    return (isinstance(mine, Ahead) and mine.length.unit in WORKING) or ("工作日" in text and isinstance(mine, Repeat | Refused))


def repetition(text: str, mine: Value, other: Mapping[str, Any] | None) -> bool:
    return isinstance(mine, Repeat) and other is not None and other["type"] == "time_period"


def no_beginning(text: str, mine: Value, other: Mapping[str, Any] | None) -> bool:
    """Before a day: for them from the beginning of time, for us from now."""
    return other is not None and other["time"][0] == "-inf" and isinstance(mine, Period | Refused)


def before_a_day(text: str, mine: Value, other: Mapping[str, Any] | None) -> bool:
    """Done with before Friday: we are through by Thursday night, they count Friday in. Which it was stands in the echo."""
    span = other and span_of(other)
    return bool(span and span[1] and text.endswith("前") and isinstance(mine, Period) and span[0] == TUE and span[1].date() == mine.end.date())


def looks_ahead(text: str, mine: Value, other: Mapping[str, Any] | None) -> bool:
    """The same day of the year, time or part of the day, and theirs is over."""
    span, own = other and span_of(other), begins(mine)
    if not span or own is None or span[0] >= TUE or own <= TUE:
        return False
    at, hours = span[0].astimezone(ZONE), own - span[0]
    parted = any(part in text for part in PARTS)
    yearly = (at.month, at.day) == (own.month, own.day) and own.year == at.year + 1
    return yearly or hours in (timedelta(hours=12), timedelta(days=1)) or (parted and at.date() + timedelta(days=1) == own.date())


PARTS = ("上午", "下午", "晚上", "中午", "早上", "明早", "今早")


def office_hours(text: str, mine: Value, other: Mapping[str, Any] | None) -> bool:
    """Of a part of the day alone, the hours in which people work."""
    span, own = other and span_of(other), begins(mine)
    return bool(
        span and own and any(part in text for part in PARTS) and span[0].date() == own.date() and isinstance(mine, Period) and span[0] < own < (span[1] or own)
    )


def their_whole(text: str, mine: Value, other: Mapping[str, Any] | None) -> bool:
    """Weeks, months and years away they name the whole one, or two, in which our day lies; so long ago, the span that ends with our moment; an edge, its last days."""
    span, own = other and span_of(other), begins(mine)
    return bool(span and own and span[0] <= own <= (span[1] or own) + timedelta(seconds=1))


def their_fault(text: str, mine: Value, other: Mapping[str, Any] | None) -> bool:
    """Ten years on is read as the year ten, fifteen weeks as five, the weekend as its Sunday; more than ten years are too far for us."""
    return ("年" in text and text.startswith(tuple(NUMBERS))) or text.startswith(("十五周", "十五个星期")) or text.endswith("周末")


DIFFERENCES: tuple[Callable[[str, Value, Mapping[str, Any] | None], bool], ...] = (
    silent, working_time, repetition, no_beginning, before_a_day, looks_ahead, office_hours, their_whole, their_fault,
)  # fmt: skip
"""In which ways the two may differ. Silent: they read nothing (月底前, 明早). Working time: the calendar counts it. Looks ahead: a reminder is never for what is over.
The others are told above."""


@pytest.mark.skipif(
    importlib.util.find_spec("jionlp") is None, reason="jionlp is not installed: pip install jionlp compares over a thousand time phrases with it"
)
def test_a_phrase_begins_where_the_other_reader_says_or_the_difference_has_a_name() -> None:
    kept: Counter[str] = Counter()
    unnamed = []
    for text in dict.fromkeys(built()):
        found = read(text, TUE, ZONE, spoken().times)
        other = theirs(text)
        if len(found) != 1 or (found[0].start, found[0].end) != (0, len(text)):
            unnamed.append((text, "is not read whole", found))
            continue
        mine, span = found[0].value, span_of(other) if other is not None else None
        if span is not None and span[0] == begins(mine):
            kept["same"] += 1
            continue
        name = next((rule.__name__ for rule in DIFFERENCES if rule(text, mine, other)), "")
        kept[name] += 1
        unnamed += [] if name else [(text, mine, other and other["time"])]
    print(dict(kept))  # noqa: T201 - how far they agree is worth a line
    assert not unnamed
    assert kept.total() >= LEAST
    assert kept["same"] > kept.total() // 2


def test_lengths_and_units_are_ours_alone() -> None:
    """A length is no moment: nothing is compared, it is only read."""
    for text, value in (("一刻钟", Length(15, Unit.MINUTE)), ("两周", Length(2, Unit.WEEK)), ("3个月", Length(3, Unit.MONTH))):
        assert [one.value for one in read(text, TUE, ZONE, spoken().times)] == [value]
