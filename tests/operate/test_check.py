"""`usher check` and `usher test`: each lint finds what it is for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.check import faults_of, intents, nearness, replies
from bot.words.confusion import thresholds, told
from bot.words.importing import bring_faqs
from bot.words.loading import LANGUAGES, Words, bundled, load

HEAD = "question: {}\nutterances:\n"
SOUND = "先看这里。\n\n下一步：回复「怎么报名」。\n"


def words_of(folder: Path, *, answer: str = SOUND, **phrasings: list[str]) -> Words:
    for name, lines in phrasings.items():
        path = folder / "intents" / "zh" / "x" / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(HEAD.format(lines[0]) + "".join(f"- {line}\n" for line in lines), encoding="utf-8")
        reply = folder / "templates" / "zh" / "x" / f"{name}.md.j2"
        reply.parent.mkdir(parents=True, exist_ok=True)
        if answer:
            reply.write_text(answer, encoding="utf-8")
    return load([folder])


def test_one_utterance_in_two_intents(tmp_path: Path) -> None:
    words = words_of(tmp_path, one=["怎么报名", "报名流程"], two=["怎么报名？！", "签到"])
    assert [line for line in intents.twice(words, "zh") if "x.one" in line and "x.two" in line]


def test_an_intent_without_an_answer(tmp_path: Path) -> None:
    assert list(intents.unanswered(words_of(tmp_path, answer="", one=["怎么报名", "报名流程"]), "zh")) == ["templates/zh/x/one.md.j2 is missing"]


def test_an_action_without_a_template_has_its_skill() -> None:
    words = load([bundled()])
    assert "act.nudge" in words.headings
    assert [line for language in LANGUAGES for line in intents.unanswered(words, language)] == []


def test_few_words_and_a_long_label(tmp_path: Path) -> None:
    found = list(intents.thin(words_of(tmp_path, one=["这一句话作为按钮上面的字实在是太长太长了吧", "报名"]), "zh"))
    assert len(found) == 2
    assert all(line.startswith("note:") for line in found)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("一般 3 个工作日。\n\n下一步：回复「怎么报名」。\n", "nobody has set it"),
        ("{{ org.nothing }}\n", "nothing"),
        ("{{ nobody.here }}\n", "nobody"),
    ],
)
def test_a_reply_that_is_not_sound(tmp_path: Path, answer: str, said: str) -> None:
    found = list(replies.unsound(words_of(tmp_path, answer=answer, one=["怎么报名", "报名流程"]), "zh"))
    assert len(found) == 1
    assert said in found[0]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("先看这里。\n\n下一步：回复「天马行空」。\n", "not understood"),
        ("先看这里。\n\n1. 一\n2. 二\n", "no next step"),
        ("字" * 41 + "\n\n下一步：回复「怎么报名」。\n", "first line"),
        ("好。\n" + "字" * 121 + "\n<!--more-->\n下一步：回复「怎么报名」。\n", "a group sees"),
    ],
)
def test_a_reply_that_could_be_better(tmp_path: Path, answer: str, said: str) -> None:
    words = words_of(tmp_path, answer=answer, one=["怎么报名", "报名流程"], two=["在哪签到", "签到地点"])
    found = [line for line in replies.loose(words, "zh") if "x/one" in line]
    assert len(found) == 1
    assert said in found[0]
    assert found[0].startswith("note:")


def test_a_sound_reply(tmp_path: Path) -> None:
    words = words_of(tmp_path, one=["怎么报名", "报名流程"], two=["在哪签到", "签到地点"])
    assert [*replies.unsound(words, "zh"), *replies.loose(words, "zh")] == []


def test_intents_too_near_each_other(tmp_path: Path) -> None:
    places = ["北京", "上海", "广州", "深圳", "杭州", "成都"]
    apart = words_of(tmp_path / "a", one=[f"{place}怎么报名" for place in places], two=[f"发票丢了{place}" for place in places])
    assert list(nearness.near(apart, "zh")) == []
    topics = ["邀请没收到", "审核要多久", "密码忘了", "权限不够", "登录不上", "发票丢了"]
    close = words_of(tmp_path / "b", one=topics, two=[f"{topic}这件事情" for topic in topics])
    assert [line for line in nearness.near(close, "zh") if "x.one is near x.two" in line]


def test_an_imported_faq_is_advised_not_refused(tmp_path: Path) -> None:
    (tmp_path / "f.json").write_text('{"faqs": [{"id": "a", "question": "报名", "phrasings": ["怎么报名"], "answer": "3 天"}]}', encoding="utf-8")
    bring_faqs(tmp_path / "f.json", tmp_path / "o", replace=True)
    assert [line for line in faults_of([tmp_path / "o"], "zh") if not line.startswith("note:")] == []


def test_an_unknown_language_is_a_fault() -> None:
    assert "fr" in faults_of([], "fr")[0]


def test_the_confusion_table_counts_every_utterance(tmp_path: Path) -> None:
    places = ["北京", "上海", "广州", "深圳", "杭州", "成都"]
    words_of(tmp_path, one=[f"{place}怎么报名" for place in places], two=[f"{place}怎么报到" for place in places])
    (tmp_path / "replaces").write_text("", encoding="utf-8")
    found = list(told([tmp_path], "zh", 2))
    assert "answered, and wrongly" in found[3]
    assert int(found[0].split()[1]) >= 12


def test_the_threshold_is_told_with_its_day_and_what_others_would_give() -> None:
    head, *rows = thresholds([], "en")
    assert re.match(r"en: answers at once from 0\.\d\d on, found 20\d\d-\d\d-\d\d on \d+ of \d+ phrases", head)
    assert sum(row.endswith("<-") for row in rows) == 1
    wrong = [float(row.split("wrongly")[1].split("%")[0]) for row in rows]
    assert wrong == sorted(wrong, reverse=True)
    assert wrong[-1] < wrong[0]
