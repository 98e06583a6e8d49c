"""Time phrases: a table of what each means, and laws that hold for any text and any moment."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spoken_samples import MOMENTS, TUE, ZONE, spoken

from bot.core.understanding.times.values import Ahead, Length, Period, Phrase, Point, Refused, Repeat, Unit, parsed, written
from bot.core.understanding.times.whenever import lasting, read
from bot.core.understanding.times.words import TimeWords

HERE = Path(__file__).parent
ROWS = [
    tuple(part.strip(" ") for part in line.split("|"))
    for language in ("zh", "en")
    for line in (HERE / f"time_phrases_{language}.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
MOST_ROWS = {"zh": 150, "en": 60}
FUTURE = ["明天", "后天下午3点", "周三", "周二9点", "3点", "9点半", "晚上", "下周一", "3天后", "10分钟后", "两小时后", "5号", "12月3日", "到月底", "周末", "月初", "下个月底", "31号",
          "tomorrow", "Friday", "at 9", "tonight", "next week", "in 2 hours", "the 5th", "until end of month", "Dec 3", "end of the week", "within 3 days", "7点", "午夜", "晚10点至早8点", "22:00-08:00"]  # fmt: skip
WORDS = sorted({*spoken().times.words, *spoken().times.parts, *spoken().times.short})
PIECES = st.one_of(
    st.sampled_from(WORDS),
    st.integers(0, 3000).map(str),
    st.sampled_from(["二十", "三", "9:30", "2026-12-05", "12/3", "25:61", " ", "，", "我", "K7Q2M", "3rd", "-", "~", "3.5"]),
)
YEARS = (datetime.fromisoformat("2024-01-01"), datetime.fromisoformat("2031-12-31"))
MOMENTS_AT_ALL = st.datetimes(*YEARS, timezones=st.just(ZONE))


def phrases(text: str, now: datetime = TUE, *, back: bool = False) -> tuple[Phrase, ...]:
    """What is read in a text."""
    return read(text, now, ZONE, spoken().times, back=back)


def told(text: str, now: datetime = TUE, *, back: bool = False) -> str:
    """The values in one line, without what is the same in all of them."""
    return " ; ".join(written(one.value).replace(":00+08:00", "") for one in phrases(text, now, back=back))


@pytest.mark.parametrize(("moment", "marked", "values"), ROWS, ids=[f"{row[0]} {row[1]}" for row in ROWS])
def test_a_phrase_means_this(moment: str, marked: str, values: str) -> None:
    text = marked.replace("⟦", "").replace("⟧", "")
    found = phrases(text, MOMENTS[moment])
    assert told(text, MOMENTS[moment]) == values
    at = 0
    again = ""
    for one in found:
        again += text[at : one.start] + "⟦" + text[one.start : one.end] + "⟧"
        at = one.end
    assert again + text[at:] == marked


def test_the_table_is_large() -> None:
    for language, least in MOST_ROWS.items():
        assert len((HERE / f"time_phrases_{language}.txt").read_text(encoding="utf-8").splitlines()) >= least


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("周五", "2026-11-20/2026-11-20"), ("周二", "2026-11-24/2026-11-24"), ("11月30日", "2025-11-30/2025-11-30"), ("11月3日", "2026-11-03/2026-11-03"), ("30号", "2026-10-30/2026-10-30"),
        ("9点", "2026-11-24T09:00"), ("15点", "2026-11-23T15:00"), ("周五9点", "2026-11-20T09:00"), ("12月", "2025-12-01/2025-12-31"), ("月初", "2026-11-01/2026-11-01"),
        ("Friday", "2026-11-20/2026-11-20"), ("2月29日", "refused no_such_date"), ("上周", "2026-11-16/2026-11-22"), ("昨天下午3点", "2026-11-23T15:00"),
    ],
)  # fmt: skip
def test_looking_back(text: str, value: str) -> None:
    assert told(text, back=True) == value


@given(st.text(max_size=80))
def test_no_text_raises(text: str) -> None:
    phrases(text)


@given(st.lists(PIECES, max_size=9).map("".join), MOMENTS_AT_ALL, st.booleans())
def test_no_heap_of_time_words_raises(text: str, now: datetime, back: bool) -> None:
    end = 0
    for one in phrases(text, now, back=back):
        assert end <= one.start < one.end <= len(text)
        end = one.end
        assert parsed(written(one.value), ZONE) == one.value
        if isinstance(one.value, Period):
            assert one.value.start < one.value.end
            assert one.value.start.tzinfo is not None
            assert one.value.end.tzinfo is not None
        if isinstance(one.value, Repeat):
            assert one.value.every > 0


@given(st.sampled_from(FUTURE), MOMENTS_AT_ALL)
def test_what_lies_ahead_is_never_behind(text: str, now: datetime) -> None:
    (one,) = phrases(text, now)
    assert isinstance(one.value, Point | Period)
    assert (one.value.at if isinstance(one.value, Point) else one.value.end) >= now


@given(st.lists(PIECES, max_size=6).map("".join), MOMENTS_AT_ALL)
def test_the_words_of_a_phrase_mean_the_same_alone(text: str, now: datetime) -> None:
    """Reading is idempotent: the span that was read, read alone, is the value it had."""
    for one in phrases(text, now):
        if not isinstance(one.value, Refused):
            alone = phrases(text[one.start : one.end], now)
            assert [other.value for other in alone] == [one.value]


@given(st.datetimes(*YEARS), st.sampled_from(["明天下午3点", "周五", "10分钟后", "到月底"]))
def test_the_zone_of_now_does_not_matter(naive: datetime, text: str) -> None:
    now = naive.replace(tzinfo=UTC)
    assert phrases(text, now) == phrases(text, now.astimezone(ZONE)) == phrases(text, now.astimezone(ZoneInfo("America/New_York")))


def test_hours_run_through_a_change_of_clocks() -> None:
    york = ZoneInfo("America/New_York")
    (one,) = read("3小时后", datetime(2026, 11, 1, 0, 30, tzinfo=york), york, spoken().times)
    assert isinstance(one.value, Point)
    assert one.value.at.isoformat() == "2026-11-01T02:30:00-05:00"


def test_a_length_from_a_start() -> None:
    (day,), (noon,) = phrases("明天"), phrases("明天12点")
    assert lasting(day.value, Length(3, Unit.DAY), ZONE) == phrases("明天起3天")[0].value
    assert lasting(noon.value, Length(90, Unit.MINUTE), ZONE) == Period(TUE.replace(day=25, hour=12), TUE.replace(day=25, hour=13, minute=30), whole_days=False)
    assert lasting(day.value, Length(3, Unit.WORKDAY), ZONE) is None
    assert lasting(Ahead(Length(1, Unit.WORKDAY)), Length(3, Unit.DAY), ZONE) is None


@pytest.mark.parametrize("text", ["", "x", "2026-13-01", "every", "every x day - -", "3 parsec", "ahead", "refused maybe", "2026-11-24/x", "ahead 1 day 99:00"])
def test_what_was_not_written_here_is_not_read(text: str) -> None:
    assert parsed(text, ZONE) is None


def test_without_words_only_figures_are_read() -> None:
    assert [written(one.value) for one in read("明天 2026-12-05", TUE, ZONE, TimeWords())] == ["2026-12-05/2026-12-05"]


@pytest.mark.parametrize("files", [[{"words": {"day": {"x": "y"}}}], [{"parts": {"x": [1]}}], [{"words": [1]}]])
def test_a_faulty_words_file_is_refused(files: list[dict[str, object]]) -> None:
    with pytest.raises((ValueError, TypeError, AttributeError)):
        TimeWords.of(files)  # type: ignore[arg-type]
