"""What only looks or sounds like a destructive command never acts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import pytest
from core_samples import BOSS, NOW, SEED, facts, message
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from bot.core import codes
from bot.core.decide import decide
from bot.core.model import Broadcast, Catalogue, Confirmation, Conversation, Entry, Intent, Lesson, OrgValue, Scope, Wish
from bot.core.rights import RIGHTS
from bot.core.turn import Call, Put, Slot, Turn, Understanding, Verdict
from bot.core.understanding.commands import Commands
from bot.core.understanding.suggesting import suggested
from bot.core.understanding.text import readings

INTENTS = Path(__file__).parents[2] / "intents"
FILES = [YAML(typ="safe").load((INTENTS / language / "_commands.yaml").read_text(encoding="utf-8")) for language in ("zh", "en")]
COMMANDS = Commands.of(FILES)
DESTRUCTIVE = sorted(verb for verb, intent in COMMANDS.verbs.items() if verb and intent != "act.status_check")
ALIKE = {
    "确": "缺雀却", "认": "人任仁", "上": "尚商", "线": "限现县", "撤": "彻澈车", "下": "夏吓", "作": "做坐", "废": "费肺", "回": "会惠", "答": "达打搭", "批": "皮披",
    "准": "淮谁", "同": "铜童", "意": "义议", "通": "同痛", "过": "国果", "驳": "博薄", "拒": "句具", "绝": "决觉", "取": "去区", "消": "销宵", "转": "传专", "交": "叫脚",
}  # fmt: skip
"""Characters that sound or look like those of the verbs."""
CODES = st.integers(0, 2**40).map(codes.make)


@st.composite
def slips(draw: st.DrawFn) -> str:
    """A verb with one slip: another character, one more, one less, two swapped, or its sound."""
    verb = draw(st.sampled_from([one for one in DESTRUCTIVE if len(one) > 1]))
    at = draw(st.integers(0, len(verb) - 1))
    near = ALIKE.get(verb[at], "") or ("abcxyz" if verb.isascii() else "的了一")
    kind = draw(st.sampled_from(["other", "more", "less", "swap"]))
    if kind == "other":
        return verb[:at] + draw(st.sampled_from(near)) + verb[at + 1 :]
    if kind == "more":
        return verb[:at] + draw(st.sampled_from(near)) + verb[at:]
    if kind == "less":
        return verb[:at] + verb[at + 1 :]
    return verb[1] + verb[0] + verb[2:]


@settings(max_examples=400)
@given(slips(), CODES)
def test_a_slip_of_a_verb_is_no_command(slip: str, code: str) -> None:
    if slip in COMMANDS.verbs:
        return
    for text in (f"{slip} {code}", f"{slip}{code}", f"{code} {slip}", f"请{slip}：{code}"):
        found = COMMANDS.read(text)
        assert found is None or (found.intent == "act.status_check" and found.bare), text
        told = suggested(COMMANDS, text)
        assert told is None or told.verdict is Verdict.REJECT


@settings(max_examples=200)
@given(st.sampled_from(DESTRUCTIVE), CODES, st.integers(0, 4), st.sampled_from(codes.ALPHABET))
def test_a_slip_of_the_code_names_nothing(verb: str, code: str, at: int, other: str) -> None:
    if code[at] == other:
        return
    found = COMMANDS.read(f"{verb} {code[:at]}{other}{code[at + 1 :]}")
    assert found is None or not found.code


FRAMES = (
    "不要{}",
    "别{}",
    "先别{}",
    "请{}吗",
    "{}吗",
    "{}？",
    "{}了吗",
    "要不要{}",
    "他说「{}」",
    "谁{}",
    "> {}",
    "如果{}",
    "{}的人是谁",
    "帮我看看{}行不行",
    "don't {}",
    "should I {}?",
    'he said "{}"',
    "please don't {}",
    "if I {}",
)
"""A command that is denied, asked about, quoted, supposed or part of a sentence."""


@settings(max_examples=300)
@given(st.sampled_from([verb for verb in DESTRUCTIVE if COMMANDS.verbs[verb] not in COMMANDS.free]), CODES, st.sampled_from(FRAMES))
def test_a_command_that_is_only_spoken_of_is_none(verb: str, code: str, frame: str) -> None:
    found = COMMANDS.read(frame.format(f"{verb} {code}"))
    assert found is None or found.intent == "act.status_check", frame


def homophones() -> Mapping[str, tuple[str, ...]]:
    """Characters of the common ones by the sound of those that stand in the verbs, made from the readings themselves."""
    sounds: dict[str, list[str]] = defaultdict(list)
    for sign, sound in readings().items():
        sounds[sound].append(sign)
    return {sign: tuple(one for one in sounds[readings().get(sign, "")] if one != sign)[:40] for verb in DESTRUCTIVE for sign in verb if not sign.isascii()}


SOUNDS = homophones()


def test_homophones_are_made_of_every_verb() -> None:
    """The next test would pass on none."""
    assert [verb for verb in DESTRUCTIVE if not verb.isascii() and not any(SOUNDS.get(sign) for sign in verb)] == []


@settings(max_examples=400)
@given(st.sampled_from([verb for verb in DESTRUCTIVE if not verb.isascii()]), CODES, st.data())
def test_every_homophone_of_a_verb_names_nothing(verb: str, code: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(verb) - 1))
    if not SOUNDS.get(verb[at]):
        return
    near = verb[:at] + data.draw(st.sampled_from(SOUNDS[verb[at]])) + verb[at + 1 :]
    if near in COMMANDS.verbs:
        return
    for text in (f"{near} {code}", f"{near}{code}", f"{code}{near}"):
        found = COMMANDS.read(text)
        assert found is None or found.intent == "act.status_check", text


@settings(max_examples=200)
@given(st.sampled_from(DESTRUCTIVE), CODES, st.sampled_from(["\u200b", "·", "👍", "*", "_", "~", "-", "、"]), st.data())
def test_a_verb_with_something_inside_it_names_nothing(verb: str, code: str, sign: str, data: st.DataObject) -> None:
    if len(verb) < 2:
        return
    at = data.draw(st.integers(1, len(verb) - 1))
    found = COMMANDS.read(f"{verb[:at]}{sign}{verb[at:]} {code}")
    assert found is None or found.intent == "act.status_check"


SOUND = [
    ("que ren", 0),
    ("queren", 0),
    ("shang xian", 0),
    ("chexia", 0),
    ("zuo fei", 0),
    ("确定", 0),
    ("通知", 0),
    ("取消吧", 0),
    ("不要确认", 0),
    ("确认吗", 0),
]


@pytest.mark.parametrize("head", [head for head, _ in SOUND])
def test_sounds_and_near_words_name_nothing(head: str) -> None:
    assert COMMANDS.read(f"{head} {codes.make(12345)}") is None


TYPED = st.lists(
    st.builds(
        Slot,
        st.sampled_from(["text", "when", "duration", "person", "request", "level"]),
        st.sampled_from(["停三天", "2026-03-09/2026-03-09", "3 day", "所有人", "李四", "K7Q2M"]),
    ),
    max_size=3,
).map(tuple)
"""What can be read out of a sentence; choices come from buttons alone."""
CATALOGUE = Catalogue("v", {name: Intent(name, right.audience, Scope.PRIVATE) for name, right in RIGHTS.items()}, {"zh": {}})


@given(st.sampled_from(sorted(RIGHTS)), TYPED, st.sampled_from(["sure_enough", "same_words", "close"]), st.text(max_size=20))
def test_a_sentence_never_does_what_needs_care(command: str, slots: tuple[Slot, ...], rule: str, text: str) -> None:
    """Whatever an admin's words were taken for, nothing happens but a question, a draft or a look."""
    asked = Turn(message(text or "群发"), Understanding(Verdict.ANSWER, command, 0.9, 0.9, slots=slots, rule=rule), "zh", SEED)
    decision = decide(asked, facts("admin", catalogue=CATALOGUE, admins=(BOSS,)), NOW)
    puts = [effect.entity for effect in decision.effects if isinstance(effect, Put)]
    assert all(
        isinstance(one, Conversation | Confirmation | Entry | Wish) or (isinstance(one, Lesson) and one.state == "trying") for one in puts if not _quiet(one)
    )
    assert not any(isinstance(one, Broadcast) for one in puts)
    assert all(effect.connector in {"teaching", "words", "console"} for effect in decision.effects if isinstance(effect, Call))


def _quiet(one: object) -> bool:
    """Setup's and the quiet hours' values are harmless and asked for by name."""
    return isinstance(one, OrgValue) and not one.name.startswith("words.")
