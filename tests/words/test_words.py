"""The shipped words are sound, an edit is taken whole or not at all, and an import keeps its answers as text."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.check import faults_of
from bot.core.model import Organisation
from bot.core.understanding import Matcher
from bot.engine.wording import Wording
from bot.ports import WordsError
from bot.verbs.example import example
from bot.words.loading import Words, load

ROOT = Path(__file__).parents[2]


def test_the_shipped_words_have_no_fault() -> None:
    assert [line for line in faults_of([]) if not line.startswith("note:")] == []


def test_no_question_and_no_action_is_lost(words: Words) -> None:
    groups = [name.split(".")[0] for name in words.headings]
    assert sum(group in {"act", "adm"} for group in groups) == 36
    assert sum(group not in {"act", "adm", "chat", "shell", "setup", "elsewhere"} for group in groups) == 123


def test_an_exact_phrase_answers_with_its_intent(words: Words) -> None:
    for name in ("invite.not_received", "perm.upgrade_how", "act.nudge"):
        for line in words.headings[name].utterances["zh"]:
            assert words.reader.matchers["zh"].weigh(line).candidates[0].intent == name


@pytest.mark.parametrize("text", ["没收到邀请！！！", "請問沒收到邀請怎麼辦", "ＡＢＣ　邀请", "mei shou dao yaoqing", "@小引 查进度~~~", "邀邀邀请\u200b"])
def test_the_normal_form_is_idempotent(words: Words, text: str) -> None:
    matcher = words.reader.matchers["zh"]
    assert matcher.normal(matcher.normal(text)) == matcher.normal(text)


def test_the_order_of_a_catalogue_changes_nothing() -> None:
    rows = [
        {"id": f"i{n}", "name": "", "examples": [f"问题{word}怎么办", f"{word}不行了"]}
        for n, word in enumerate(["邀请", "审核", "权限", "登录", "密码", "发票"])
    ]
    one, other = Matcher(), Matcher()
    one.fit(rows, "zh")
    other.fit([{**row, "examples": row["examples"][::-1]} for row in rows[::-1]], "zh")
    for query in ("邀请不行", "密码怎么弄", "审核"):
        assert one.rank(query) == other.rank(query)


def overlay(folder: Path, name: str, text: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("intents/zh/x/a.yaml", "question: 一\nutterances: [1, yes]\n", "utterances"),
        ("intents/zh/x/a.yaml", "question: 一\nquestion: 二\n", "question"),
        ("intents/zh/x/a.yaml", "audience: king\nutterances: [一]\n", "king"),
        ("intents/zh/x/a.yaml", "- a\n", "mapping"),
        ("intents/zh/x/a.yaml", "utterances: [一]\nfollow_up: [no.such]\n", "no.such"),
        ("templates/zh/x/a.md.j2", "{% if %}", "line 1"),
    ],
)
def test_a_fault_names_its_file(tmp_path: Path, name: str, text: str, told: str) -> None:
    overlay(tmp_path, name, text)
    with pytest.raises(WordsError) as fault:
        load([tmp_path])
    assert told in str(fault.value)


async def test_words_with_a_fault_stay_out_of_use(tmp_path: Path) -> None:
    overlay(tmp_path, "intents/zh/x/a.yaml", "question: 一\nutterances: [一一]\n")
    overlay(tmp_path, "templates/zh/x/a.md.j2", "好")
    wording = Wording([tmp_path], load([tmp_path]), Organisation(), "Asia/Shanghai", "zh")
    before = wording.words
    overlay(tmp_path, "templates/zh/x/a.md.j2", "{{")
    with pytest.raises(WordsError):
        await wording.reload()
    assert wording.words is before
    assert wording.fault
    overlay(tmp_path, "templates/zh/x/a.md.j2", "更好")
    assert (await wording.reload()).version != before.version


def test_the_example_settings_are_current() -> None:
    assert (ROOT / "usher.example.toml").read_text(encoding="utf-8") == example()
