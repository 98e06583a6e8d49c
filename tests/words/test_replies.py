"""Every intent is answered in both languages, with nothing known of the organisation and with everything."""

from __future__ import annotations

import re
from dataclasses import fields, replace

import pytest
from markdown_it import MarkdownIt

from bot.core.model import Contact, Organisation, Scope
from bot.core.turn import Here, Say
from bot.words.loading import LANGUAGES, Words, bundled

BUNDLED = bundled()
SILENT = {"act", "adm", "shell", "setup", "elsewhere"}
"""Groups whose replies the skills choose."""
REPLIES = sorted({path.relative_to(BUNDLED / "intents" / "zh").with_suffix("").as_posix() for path in (BUNDLED / "intents" / "zh").glob("[a-z]*/*.yaml")})
ANSWERED = [reply for reply in REPLIES if reply.split("/")[0] not in SILENT]
FULL = Organisation(
    company_name="甲公司", org_name="乙组织", software_name="丙软件", software_version="V77", admins=(Contact("p", "丁某", "邀请"),), approvers="戊某", contact="己某",
    invite_link_life="71 天", review_time="72 天", required_fields=("姓名", "庚项"), optional_fields=("辛项",), roles=("壬角色",), levels=("癸级",),
    support_hotline="4007737373", escalation_channel="申诉群", desks={"it": "8974"},
)  # fmt: skip
NUMBERS = re.compile(r"\d+(?:[.:]\d+)*")
VALUES = [getattr(FULL, field.name) for field in fields(FULL)]
GIVEN = set(NUMBERS.findall(str(VALUES))) | {str(len(value)) for value in VALUES if isinstance(value, tuple)}
MARKERS = re.compile(r"^ *\d+[.)] ", re.MULTILINE)
EXAMPLES = re.compile(r"「[^」]*」|“[^”]*”|\"[^\"]*\"")
UNITS = r"(?:天|小时|分钟|工作日|个工作日|日内|周|个月|年|次|位|%|days?|hours?|minutes?|weeks?|months?|times)"
CLAIM = re.compile(rf"\d+ ?(?:个|-)?{UNITS}")
"""A number that says how long, how often or how much."""


def empty(words: Words, language: str) -> Organisation:
    """What answers know before anybody has said anything."""
    known = {name: tuple(value) if isinstance(value, list) else value for name, value in words.defaults[language].items()}
    return replace(Organisation(), **known)


def rendered(words: Words, reply: str, language: str, organisation: Organisation, *, brief: bool = False) -> str:
    """The reply as somebody reads it."""
    return words.templates.render(Say(Here(), reply, brief=brief), language, {"org": organisation, "asker": {"name": "张三"}}).text


each_answer = pytest.mark.parametrize(("language", "reply"), [(language, reply) for language in LANGUAGES for reply in ANSWERED])


@each_answer
def test_with_nothing_known(words: Words, language: str, reply: str) -> None:
    assert f"{language}/{reply}" in words.templates.sources
    text = rendered(words, reply, language, empty(words, language))
    assert not re.search(r"\{\{|\{%|None|\(\)|「」|（）| ,|，，|。。|：。|、、", text)
    assert CLAIM.findall(EXAMPLES.sub("", text)) == [], "nobody has said so"


@each_answer
def test_with_everything_known_each_number_comes_from_it(words: Words, language: str, reply: str) -> None:
    told = set(NUMBERS.findall(EXAMPLES.sub("", MARKERS.sub("", rendered(words, reply, language, FULL)))))
    before = set(NUMBERS.findall(EXAMPLES.sub("", MARKERS.sub("", rendered(words, reply, language, empty(words, language))))))
    assert told - before <= GIVEN


@each_answer
def test_a_group_sees_a_short_head(words: Words, language: str, reply: str) -> None:
    if words.headings[reply.replace("/", ".")].intent.scope is Scope.PRIVATE:
        return  # no group ever sees it
    head = rendered(words, reply, language, empty(words, language), brief=True)
    assert len(head) <= 120 if language == "zh" else len(head.split()) <= 60
    assert head.splitlines()[0].strip(), "the first line is the conclusion"


@each_answer
def test_only_the_markdown_that_dingtalk_shows(words: Words, language: str, reply: str) -> None:
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(rendered(words, reply, language, FULL))
    kinds = {inner.type for token in tokens for inner in (token, *(token.children or ()))}
    assert not kinds & {"code_inline", "code_block", "fence", "html_block", "html_inline", "table_open", "hr", "s_open", "image"}
    assert not any(token.tag in {"h1", "h2", "h3"} for token in tokens)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("field", ["review_time", "invite_link_life", "contact", "software_name", "org_name"])
def test_a_value_that_is_set_is_said_somewhere(words: Words, language: str, field: str) -> None:
    assert any(str(getattr(FULL, field)) in rendered(words, reply, language, FULL) for reply in ANSWERED)


@pytest.mark.parametrize("language", LANGUAGES)
def test_buttons_fit(words: Words, language: str) -> None:
    labels = {name: words.catalogue.labels[language].get(name, "") for name in words.headings if not name.startswith("elsewhere.")}
    assert [name for name, label in labels.items() if not label and name.split(".")[0] != "shell"] == []
    assert language != "zh" or [(name, label) for name, label in labels.items() if len(label) > 18] == []
