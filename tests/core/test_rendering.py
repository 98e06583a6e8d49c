"""Nobody's text becomes markup, a link, a mention or a template, wherever in a reply it stands; markdown-it is the judge."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.core.turn import Here, Say
from bot.ports import WordsError
from bot.words.rendering import FOLD, Templates, Trusted, neutral, title_of

HOSTILE = [
    "[点我](http://evil.test)", "# 公告", "- 一", "* 一", "+ 一", "> 引", "**粗**", "_斜_", "~~删~~", "`x`", "```", "<b>", "<!-- x", "![x](http://e)", "@所有人", "1. 一", "1) 一",
    "http://evil.test", "www.evil.test", "evil.com", "mailto:a@b.c", "javascript:alert(1)", "dingtalk://dingtalkclient/page", "dtmd://x", "\u202e", "\u200b", "| a | b |", "---",
    "===", "&lt;b&gt;", "&#91;", "\\", "    code", "\t", "[x]: http://e", "{{7*7}}", "{% if x %}", "\r\n\r\n", "\u2028", "<http://e>",
]  # fmt: skip
PLACES = ["{{ data.v }}", "前 {{ data.v }} 后", "- {{ data.v }}", "> {{ data.v }}", "**{{ data.v }}**", "#### {{ data.v }}", "1. {{ data.v }}"]
"""Where a template may put a value."""
TEXTS = st.lists(st.sampled_from(HOSTILE) | st.text(max_size=20), min_size=1, max_size=6).map(" ".join)
PLAIN = {"text"}


def shape(markdown: str) -> list[str]:
    """The tokens of a text, without what stands in them."""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown)
    return [inner.type for token in tokens for inner in (token, *(token.children or ()))]


@cache
def written(source: str) -> Templates:
    """The one reply zh/x/y."""
    faults: list[str] = []
    with TemporaryDirectory() as folder:
        path = Path(folder) / "zh" / "x" / "y.md.j2"
        path.parent.mkdir(parents=True)
        path.write_text(source, encoding="utf-8")
        templates = Templates.read([Path(folder)], faults)
    assert faults == []
    return templates


def filled(place: str, value: object) -> str:
    """The place as a whole reply."""
    return written(f"第一行\n\n{place}\n\n末行\n").render(Say(Here(), "x/y", {"v": value}), "zh", {"org": None}).text


@pytest.mark.parametrize("place", PLACES)
@given(text=TEXTS)
@example(text="甲\n\n# 乙\n\n- 丙\n\n> 丁")
@example(text="{{7*7}}")
def test_a_value_changes_nothing_around_it(place: str, text: str) -> None:
    told = filled(place, f"a{text}a")
    assert shape(told) == shape(filled(place, "甲"))
    assert "@" not in told


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("text", HOSTILE)
def test_not_even_at_its_start(place: str, text: str) -> None:
    told = filled(place, text)
    if neutral(text).strip() and text not in {"---", "    code"}:
        assert [kind for kind in shape(told) if kind not in shape(filled(place, "甲"))] == []


@pytest.mark.parametrize(("place", "text"), [("{{ data.v }}", "---"), ("- {{ data.v }}", "---"), ("{{ data.v }}", "    甲"), ("**{{ data.v }}**", "甲 ")])
def test_dashes_and_blanks(place: str, text: str) -> None:
    assert shape(filled(place, text)) == shape(filled(place, "甲"))


@given(TEXTS)
def test_no_link_that_a_client_would_make_itself(text: str) -> None:
    told = neutral(f" {text}")
    assert not re.search(r"(?i)(?<![^\s])(?:https?|ftp|dingtalk|dtmd)://|(?<!\S)www\.|(?<!\S)(?:mailto|tel|javascript|data):", told)


@pytest.mark.parametrize("text", ["点我http://evil/x", "点dingtalk://x", "写mailto:a"])
def test_no_link_right_behind_a_chinese_character(text: str) -> None:
    assert not re.search(r"://|www\.|mailto:", neutral(text))


@pytest.mark.parametrize("text", ["{{7*7}}", "{% raw %}", "{{ org.__class__ }}", "{{data}}"])
def test_a_template_in_a_value_stays_text(text: str) -> None:
    told = filled("{{ data.v }}", text)
    assert "49" not in told
    assert neutral(text) in told
    assert "class 'bot" not in told


@given(st.text())
def test_a_value_is_one_short_line(text: str) -> None:
    told = neutral(text)
    assert "\n" not in told
    assert len(told) <= 200
    assert neutral(told) == told


@pytest.mark.parametrize(
    ("value", "told"), [(None, ""), (7, 7), (1.5, 1.5), (Trusted("**x**"), "**x**"), ("张三", "张三"), ("U8+ 16.5", "U8+ 16.5"), ("A_1", "A＿1")]
)
def test_ordinary_values_stay(value: object, told: object) -> None:
    assert neutral(value) == told


@pytest.mark.parametrize("source", ["{{ data.__class__.__mro__ }}", "{{ org.nothing }}", "{{ data.v.append(1) }}", "{{ ''.__class__ }}", "{{ missing }}"])
def test_the_sandbox_holds(source: str) -> None:
    with pytest.raises(WordsError, match=r"zh/x/y"):
        written(source).render(Say(Here(), "x/y", {"v": [1]}), "zh", {"org": None})


def test_a_picture_stays_and_its_title_is_its_description() -> None:
    told = written("![入口](https://x.example/a.png)\n\n下一步：点它。").render(Say(Here(), "x/y"), "zh", {"org": None})
    assert told.title == "入口"
    assert told.text.startswith("![入口](https://x.example/a.png)")


def test_a_template_that_does_not_exist() -> None:
    with pytest.raises(WordsError, match="does not exist"):
        Templates({}).render(Say(Here(), "x/y"), "zh", {})


def test_a_brief_reply_ends_at_its_fold() -> None:
    templates = written(f"头\n{FOLD}\n尾\n")
    assert templates.render(Say(Here(), "x/y", brief=True), "zh", {}).text == "头"
    assert templates.render(Say(Here(), "x/y"), "zh", {}).text == "头\n\n尾"
    assert templates.folded == {("zh", "x/y")}


def test_a_language_that_is_missing_falls_back_to_chinese() -> None:
    assert written("好").render(Say(Here(), "x/y"), "en", {}).text == "好"


@pytest.mark.parametrize(("text", "title"), [("#### **好**\n下", "好"), ("\n\n> [看](x)", "看"), ("字" * 50, "字" * 40), ("", "")])
def test_the_title_is_the_first_line_without_markup(text: str, title: str) -> None:
    assert title_of(text) == title
