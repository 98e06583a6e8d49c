"""The words of times, commands and follow-ups as they are shipped: sound, added to by an overlay, and at work beside the shipped questions."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from bot.core import codes
from bot.core.model import Awaiting, Conversation, Sender
from bot.core.rights import RIGHTS
from bot.core.turn import Message, Understanding, Verdict
from bot.core.understanding.follow_ups import ACTING
from bot.core.understanding.slots import KNOWN
from bot.core.understanding.text import readings
from bot.core.understanding.times.values import written
from bot.core.understanding.times.whenever import read as read_times
from bot.ports import WordsError
from bot.words.loading import Words, bundled, load

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 24, 14, tzinfo=ZONE)


def put(folder: Path, name: str, text: str) -> None:
    """A words file of an organisation's own."""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


def read(words: Words, text: str, topic: str = "") -> Understanding:
    """How the shipped words understand a text."""
    return words.reader.read(_heard(text), Conversation("chat", "a", topic=topic), NOW, "zh")[0]


def _heard(text: str) -> Message:
    return Message("c", "robot", "m1", "chat", True, Sender("a"), text, NOW)


def test_every_declared_slot_can_be_read(words: Words) -> None:
    assert {name for intent in words.catalogue.intents.values() for name in intent.slots} <= KNOWN | {"code"}


def test_every_command_is_known(words: Words) -> None:
    commands = words.reader.spoken.commands
    assert {intent for intent in commands.verbs.values() if intent.startswith("act.")} <= words.catalogue.intents.keys()
    assert all(words.catalogue.intents[name] for name in ("act.approve", "act.reject"))


@pytest.mark.parametrize("name", ["_times.yaml", "_commands.yaml", "_follow_ups.yaml"])
@pytest.mark.parametrize("text", ["- a\n", "words: [1]\nverbs: [1]\nask: 1\n", "words: {day: {x: y}}\nverbs: {a: 1}\nask: [1]\n", "a: [\n"])
def test_a_faulty_file_is_refused(tmp_path: Path, name: str, text: str) -> None:
    put(tmp_path, f"intents/zh/{name}", text)
    with pytest.raises(WordsError, match=name):
        load([tmp_path])


def test_an_organisation_adds_words_of_its_own(tmp_path: Path) -> None:
    put(tmp_path, "intents/zh/_times.yaml", "words: {day_end: {收工: 17}}\n")
    put(tmp_path, "intents/zh/_commands.yaml", "verbs: {act.approve: [照办]}\n")
    spoken = load([bundled(), tmp_path]).reader.spoken
    assert [written(one.value) for one in read_times("明天收工", NOW, ZONE, spoken.times)] == ["2026-11-25T17:00:00+08:00"]
    command = spoken.commands.read(f"照办 {codes.make(7)}")
    assert command is not None
    assert command.intent == "act.approve"


@pytest.mark.parametrize("text", ["还有呢", "怎么弄", "那怎么弄呢", "上一个", "然后呢", "在哪里弄", "为什么", "what next", "tell me more", "say that again"])
@pytest.mark.parametrize("topic", ["invite.not_received", "review.duration", "perm.upgrade_how", "account.login", "act.request_invite"])
def test_a_follow_up_stays_with_questions(words: Words, text: str, topic: str) -> None:
    """Whatever the matcher makes of it: what a follow-up reaches is a question that has an answer, or the rest of the last one."""
    understood = read(words, text, topic)
    if understood.rule == "follow_up":
        assert understood.verdict is Verdict.ANSWER
        assert understood.intent in words.catalogue.intents
        assert understood.intent == "shell.more" or not understood.intent.startswith(ACTING)


@pytest.mark.parametrize(
    ("text", "intent"), [("还有呢", "shell.more"), ("那怎么弄呢", "shell.more"), ("上一个", "invite.not_received"), ("say that again", "invite.not_received")]
)
def test_follow_ups_that_need_no_weighing(words: Words, text: str, intent: str) -> None:
    understood = read(words, text, "invite.not_received")
    assert (understood.intent, understood.rule) == (intent, "follow_up")


def _commanding(words: Words) -> list[tuple[str, str, str]]:
    """(intent, its words, language) of everything an admin's command may be said with."""
    headings = ((name, heading) for name, heading in words.headings.items() if name.startswith("adm.") or name in RIGHTS)
    return [(name, text, language) for name, heading in headings for language, lines in heading.utterances.items() for text in lines]


def test_what_an_admin_is_asked_for_never_swallows_a_command(words: Words) -> None:
    """The first admin of a fresh install is asked for six values over three days and gives commands in between."""
    waiting = Awaiting("setup.value", "value", (("field", "review_time"),), NOW + timedelta(days=1))
    rows = _commanding(words)
    swallowed = [
        (text, read.rule)
        for name, text, language in rows
        for read in (words.reader.read(_heard(text), Conversation("chat", "a", awaiting=waiting, language=language), NOW, language)[0],)
        if read.intent != name
    ]
    assert len(rows) > 300
    assert not swallowed


@pytest.mark.parametrize("value", ["两个工作日", "7 天", "王敏（邀请）、李强（权限）", "部门负责人", "用友", "16.0 以上", "跳过", "three days", "skip"])
def test_a_value_is_still_taken_as_one(words: Words, value: str) -> None:
    waiting = Awaiting("setup.value", "value", (("field", "review_time"),), NOW + timedelta(days=1))
    assert words.reader.read(_heard(value), Conversation("chat", "a", awaiting=waiting), NOW, "zh")[0].rule == "awaited"


def test_what_an_admin_dictates_is_no_command(words: Words) -> None:
    waiting = Awaiting("shell.announce", "text", (), NOW + timedelta(days=1))
    assert words.reader.read(_heard("统计"), Conversation("chat", "a", awaiting=waiting), NOW, "zh")[0].rule == "awaited"


SOUNDS: dict[str, str] = {}
for sign, sound in readings().items():
    SOUNDS[sound] = SOUNDS.get(sound, "") + (sign if "\u4e00" <= sign <= "\u9fa5" else "")
"""All characters of each sound."""


@st.composite
def _heard_wrong(draw: st.DrawFn, said: str) -> str:
    """The same sounds, one or two characters of them written otherwise."""
    for _ in range(draw(st.integers(1, 2))):
        at = draw(st.integers(0, len(said) - 1))
        said = said[:at] + draw(st.sampled_from(SOUNDS.get(readings().get(said[at], ""), "") or said[at])) + said[at + 1 :]
    return said


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_what_only_sounds_like_a_command_never_acts_and_is_shown(words: Words, data: st.DataObject) -> None:
    """Every verb with a code and every whole command of an admin, as a colleague's input method may write it."""
    reader, code = words.reader, codes.make(data.draw(st.integers(0, 2**40)))
    verbs = [verb for verb, intent in reader.spoken.commands.verbs.items() if len(verb) > 1 and not verb.isascii() and intent != "act.status_check"]
    whole = [form for form, name in reader.exact.items() if name in RIGHTS and not form.isascii()]
    said = data.draw(st.sampled_from(sorted(verbs) + sorted(whole)))
    wrong = data.draw(_heard_wrong(said))
    known = wrong in reader.spoken.commands.verbs or wrong in reader.exact
    understood = read(words, f"{wrong} {code}" if said in verbs else wrong)
    if known or understood.rule == "same_words":
        return
    assert understood.rule not in {"exact", "code", "choice"}
    if said in verbs or len(said) > 2:
        assert understood.rule == "near_command", (said, wrong)
        assert understood.slot("code") == (code if said in verbs else "")


@pytest.mark.parametrize("text", ["确认", "作废", "上线", "撤下", "confirm", "publish"])
def test_a_verb_without_its_code_says_what_is_missing(words: Words, text: str) -> None:
    understood = read(words, text)
    assert (understood.rule, understood.slot("verb"), understood.slot("whole")) == ("near_command", text, "")


def test_every_rule_that_decides_has_its_words(words: Words) -> None:
    """In `why` and beside the playground's chat; the rules are those the sources name."""
    sources = [path.read_text(encoding="utf-8") for path in (bundled() / "bot" / "core" / "understanding").glob("*.py")]
    rules = {rule for text in sources for rule in re.findall(r'(?:rule=|Verdict\.[A-Z]+, )"([a-z_]+)"', text)}
    assert {"guarded", "same_words", "near_command", "fence"} <= rules
    for language in ("zh", "en"):
        told = YAML(typ="safe").load((bundled() / "templates" / language / "demo.yaml").read_text(encoding="utf-8"))["rules"]
        assert rules <= told.keys(), language
    weighed = {"same_words", "sure_enough", "close", "unsure", "fence", "guarded", "nothing_readable", "near_command", "opened", "follow_up"}
    assert all(f"rule_{rule}" in words.catalogue.labels[language] for rule in weighed for language in ("zh", "en"))
