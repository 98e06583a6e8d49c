"""DingTalk's markdown as HTML: what it shows, and what it never lets through."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.web.playground.rendering import plain, shown

NAMES = ("张三", "张三丰")


def body(text: str, title: str = "") -> str:
    return str(shown(text, "markdown", title, NAMES).body).replace("\n", "")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("#### 标题", '<p class="heading">标题</p>'),
        ("**粗** *斜*", "<p><strong>粗</strong> <em>斜</em></p>"),
        ("a  \nb", "<p>a<br>b</p>"),
        ("- 一\n- 二", "<ul><li>一</li><li>二</li></ul>"),
        ("> 引", "<blockquote><p>引</p></blockquote>"),
        ("[网](https://a.cn)", '<p><a href="https://a.cn" target="_blank" rel="noopener noreferrer nofollow">网</a></p>'),
        ("你好 @张三", '<p>你好 <span class="at">@张三</span></p>'),
        ("@张三丰 @李四", '<p><span class="at">@张三丰</span> @李四</p>'),
        ("![图](http://a.cn/b.png)", "<p>图</p>"),
    ],
)
def test_the_subset_is_shown(text: str, html: str) -> None:
    assert body(text) == html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[a](javascript:alert(1))",
        "[a](JaVaScRiPt:alert(1))",
        "[a](data:text/html;base64,PHNjcmlwdD4=)",
        "[a](dtmd://dingtalkclient/sendMessage?content=x)",
        '[a](https://a.cn "onmouseover=alert(1)")',
        "![a](javascript:alert(1))",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "@张三<b onclick=x>",
    ],
)
def test_nothing_live_gets_through(text: str) -> None:
    check_harmless(body(text))


@given(st.text(alphabet=st.sampled_from(list("<>&\"'[]()*_#`!@\n -1.:/ajs张三")), max_size=60))
def test_only_our_tags_come_out(text: str) -> None:
    check_harmless(body(text))
    check_harmless(str(plain(text, NAMES)))


def check_harmless(html: str) -> None:
    """Only our tags, and of their attributes only those that do nothing."""
    reader = Tags()
    reader.feed(html)
    for tag, attributes in reader.seen:
        assert tag in {"p", "strong", "em", "a", "br", "ul", "ol", "li", "blockquote", "span"}
        for name, value in attributes:
            assert name in {"href", "target", "rel", "class", "start", "title"}
            assert name != "href" or (value or "").startswith(("http://", "https://"))


class Tags(HTMLParser):
    """Collects the tags of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, list[tuple[str, str | None]]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, attrs))


def test_the_first_line_is_the_headline_when_it_is_the_title() -> None:
    told = shown("**结论**在此。\n\n下一步", "actionCard", "结论在此。", ())
    assert (told.title, str(told.body).strip()) == ("结论在此。", "<p>下一步</p>")
    assert shown("只有一行", "markdown", "只有一行", ()).title == ""


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("答\n\n1. 看详细  \n2. 查邀请", ((1, "看详细"), (2, "查邀请"))),
        ("答\n\n1. 一\n2. 二\n\n1. 看详细\n\n@张三", ((1, "看详细"),)),
        ("答\n\n1. 一\n2. 二\n\n下一步：问", ()),
        ("1. 只有\n2. 清单", ()),
        ("", ()),
    ],
)
def test_the_list_at_the_end_is_what_one_may_choose(text: str, options: tuple[tuple[int, str], ...]) -> None:
    assert shown(text, "markdown", "", NAMES).options == options


def test_a_list_above_the_options_keeps_its_own_numbers() -> None:
    assert body("答\n\n1. 一\n2. 二\n\n1. 看详细").count("<ol>") == 2


def test_plain_text_is_no_markdown() -> None:
    assert str(plain("**a** <b>\n@小引 x", ("小引",))) == '<p>**a** &lt;b&gt;<br><span class="at">@小引</span> x</p>'
