"""Answers for some and variables in answers: which counts for whom, what a group may read, and that files, tables and chat say the same."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.check import variants as lint
from bot.core import answering
from bot.core.access import Access
from bot.core.facts import Facts, Policy
from bot.core.model import Application, Audience, Conversation, Grant, Lesson, Member, Organisation, Person, Sender, Variant
from bot.core.policy import moved
from bot.core.turn import Decision, Here, Message, Private, Reason, Say, Turn, Understanding, Verdict
from bot.core.variables import Variables, fault, linked
from bot.core.variants import chosen, ordered, unreachable
from bot.ports import WordsError
from bot.words.importing import bring_faqs
from bot.words.loading import Words, load
from bot.words.overlay import set_down
from bot.words.table import as_csv, faqs
from bot.words.taught import Fits, laid, source
from bot.words.variants import from_text

NOW = datetime(2026, 3, 3, 1, tzinfo=UTC)
ORG = Organisation(support_hotline="400-800")
LABELS = {"zh": {"var_support_hotline": "客服电话|客服热线", "var_unset": "（{}还没填）"}}
TABLE = [
    ("x.a", "怎么报名", "怎么报名\n报名找谁", "先填表，急就打 {{客服电话}}。{{ 7 * 7 }}", "zh", ""),
    ("x.a", "怎么报名", "", "这里不用报名。", "zh", "room=cid9"),
    ("x.a", "怎么报名", "", "销售在系统里报，打 {{客服热线}}。", "zh", "department=销售部; department=市场部"),
    ("x.a", "怎么报名", "", "退回来的改好再交。", "zh", "state=sent_back; audience=employee"),
]


@pytest.fixture
def words(tmp_path: Path) -> Words:
    """One answer with three for some, from a table."""
    columns = ("id", "question", "phrasings", "answer", "language", "only")
    (tmp_path / "f.csv").write_text(as_csv([dict(zip(columns, row, strict=True)) for row in TABLE]), encoding="utf-8")
    assert bring_faqs(tmp_path / "f.csv", tmp_path / "own", replace=False) == len(TABLE)
    return load([tmp_path / "own"])


def facts(words: Words, *items: object, group: bool = False, inside: bool = True, roles: frozenset[Audience] = frozenset({Audience.EMPLOYEE})) -> Facts:
    """What is known when 张三 asks."""
    private = Conversation("private", "c:a")
    here = Conversation("cid9", "c:a") if group else private
    viewer = Person("c:a", "张三", roles | {Audience.ALL}, inside)
    return Facts(viewer, here, private, words.catalogue, Policy(ORG), items=items)  # type: ignore[arg-type] # items


def told(words: Words, known: Facts, *, group: bool = False) -> dict[object, str]:
    """To whom what is said."""
    heard = Message("c", "r", "1", known.conversation.id, not group, Sender("a"), "怎么报名", NOW)
    turn = Turn(heard, Understanding(Verdict.ANSWER, "x.a", 1.0), "zh", "0" * 32)
    said = answering.said("x.a", turn, known, NOW)
    return {one.to: words.templates.render(one, "zh", {"org": ORG, "asker": {"name": ""}}).text for one in said}


SALES = Member("m", "c:a", "张三", "active", NOW, department="总部/销售部")
BACK = Application("a", "K7Q2M", "c:a", "rejected", (), NOW, NOW)
GENERAL, HERE, OF_SALES, OF_BACK = "先填表，急就打 400-800。{{ 7 * 7 }}", "这里不用报名。", "销售在系统里报，打 400-800。", "退回来的改好再交。"


@pytest.mark.parametrize(
    ("items", "group", "inside", "said"),
    [
        ((), False, True, {Here(): GENERAL}),
        ((), True, True, {Here(): HERE}),
        ((SALES,), False, True, {Here(): OF_SALES}),
        ((BACK,), False, True, {Here(): OF_BACK}),
        ((replace(SALES, department="市场部"), BACK), False, True, {Here(): OF_SALES}),
        ((replace(SALES, state="left"),), False, True, {Here(): GENERAL}),
        ((replace(SALES, person="c:b"), replace(BACK, person="c:b")), False, True, {Here(): GENERAL}),
        ((SALES,), True, True, {Here(): HERE, Private("c:a"): OF_SALES}),
        ((BACK,), True, True, {Here(): HERE, Private("c:a"): OF_BACK}),
        ((SALES,), True, False, {Here(): HERE}),
    ],
)
def test_who_reads_what_where(words: Words, items: tuple[object, ...], group: bool, inside: bool, said: dict[object, str]) -> None:
    assert told(words, facts(words, *items, group=group, inside=inside), group=group) == said


def test_what_is_moved_out_of_a_group_is_the_askers_own(words: Words) -> None:
    """An answer that belongs in private anyway is one message there, and nothing of it stays in the group."""
    known = facts(words, SALES, group=True)
    decision = moved(Decision(Reason.ANSWERED, (answering.whole("x.a", known, NOW),)), known.viewer)
    assert [(one.to, one.reply) for one in decision.says] == [(Private("c:a"), "x/a.department"), (Here(), "shell/moved_private")]


def test_nobody_is_looked_up_for_an_answer_that_is_the_same_for_all(words: Words) -> None:
    heard = Message("c", "r", "1", "p", True, Sender("a"), "", NOW)
    turn = Turn(heard, Understanding(Verdict.ANSWER, "x.a", 1.0), "zh", "0" * 32)
    assert {one.kind for one in answering.asked(turn, facts(words))} == {Member, Application, Grant}
    assert answering.asked(turn, facts(words, inside=False)) == ()
    intent = replace(words.catalogue.intents["x.a"], variants=(Variant("here", (("room", "cid9"),)),))
    same = replace(facts(words), catalogue=replace(words.catalogue, intents={"x.a": intent}))
    assert answering.asked(turn, same) == ()


def test_the_more_is_asked_the_earlier_it_is_tried() -> None:
    room, sales, both = Variant("r", (("room", "1"),)), Variant("s", (("department", "销售部"),)), Variant("b", (("room", "1"), ("department", "销售部")))
    assert [one.name for one in ordered((room, sales, both))] == ["b", "s", "r"]
    assert chosen((room, sales, both), {"room": frozenset({"1"})}) is room
    assert chosen((room,), {}) is None


@pytest.mark.parametrize(
    ("only", "hidden"),
    [
        ([[("state", "member")], [("state", "member")]], [("1", "0")]),
        ([[("state", "member"), ("state", "newcomer")], [("state", "newcomer")]], [("1", "0")]),
        ([[("state", "newcomer")], [("state", "member"), ("state", "newcomer")]], []),
        ([[("state", "member")], [("state", "member"), ("room", "1")]], []),
        ([[("department", "销售部 ")], [("department", "销售部")]], [("1", "0")]),
    ],
)
def test_one_that_is_never_said_is_found(only: list[list[tuple[str, str]]], hidden: list[tuple[str, str]]) -> None:
    found = unreachable([Variant(str(number), tuple(pairs)) for number, pairs in enumerate(only)])
    assert [(one.name, first.name) for one, first in found] == hidden


def test_the_check_says_which_answer_nobody_gets(words: Words, tmp_path: Path) -> None:
    own = tmp_path / "own"
    assert [*lint.never_said(words, "zh"), *lint.for_nobody(words, "zh"), *lint.unnamed(words, "zh")] == []
    file = own / "intents" / "zh" / "x" / "a.yaml"
    file.write_text(file.read_text(encoding="utf-8") + "- name: twin\n  only: {room: cid9}\n", encoding="utf-8")
    (own / "templates" / "zh" / "x" / "a.lost.md.j2").write_text(source("给 {{没有的}}"), encoding="utf-8")
    odd = load([own])
    assert [line.split(":")[1].strip() for line in lint.never_said(odd, "zh")] == ["the answer 'twin' is never said", "the answer 'twin' has no words"]
    assert "for nobody" in next(lint.for_nobody(odd, "zh"))
    assert "没有的" in next(lint.unnamed(odd, "zh"))


@pytest.mark.parametrize(
    "row", ["{name: a}", "{name: A, only: {room: x}}", "{name: a, only: {mood: x}}", "{name: a, only: {state: happy}}", "{name: a, only: {room: ''}}"]
)
def test_files_that_name_nobody_are_refused(tmp_path: Path, row: str) -> None:
    file = tmp_path / "intents" / "zh" / "x" / "a.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(f"question: 怎么报名\nutterances: [怎么报名]\nvariants:\n- {row}\n", encoding="utf-8")
    with pytest.raises(WordsError, match="variants: "):
        load([tmp_path])


def test_a_table_comes_back_as_it_went(words: Words, tmp_path: Path) -> None:
    rows = list(faqs(words, ORG))
    assert [(row["answer"], row["only"]) for row in rows] == [(answer, only) for _, _, _, answer, _, only in TABLE]
    (tmp_path / "again.csv").write_text(as_csv(rows), encoding="utf-8")
    bring_faqs(tmp_path / "again.csv", tmp_path / "back", replace=True)
    assert list(faqs(load([tmp_path / "back"]), ORG)) == rows
    assert len(list(csv.DictReader(io.StringIO(as_csv(rows))))) == len(TABLE)
    for only, why in (("department=", "names nobody"), ("mood=x", "none of"), ("state=happy", "none of")):
        with pytest.raises(ValueError, match=why):
            from_text(only)
    (tmp_path / "alone.csv").write_text(as_csv(rows[1:2]), encoding="utf-8")
    with pytest.raises(WordsError, match="none for all"):
        bring_faqs(tmp_path / "alone.csv", tmp_path / "alone", replace=False)


def test_taught_for_some_lies_above_and_is_set_down(words: Words, tmp_path: Path) -> None:
    """One for the same people takes the place of what was there; another stands beside it. In files it is the same, and written twice it is written once."""
    own, fits = tmp_path / "own", Fits([tmp_path / "own"])
    base = {"kind": "answer", "state": "live", "intent": "x.a", "language": "zh", "by": "c:b", "made": NOW, "live": NOW}
    there = Lesson("l1", "AAAA2", answer="这里周三报。", only=(("room", "cid9"),), **base)  # type: ignore[arg-type] # of the table
    new = Lesson("l2", "BBBB3", answer="新人打 {{ support_hotline }}。", only=(("state", "newcomer"),), **base)  # type: ignore[arg-type] # of the table
    both = laid(words, (there, new), fits)
    assert laid(words, (), fits) is words
    assert [one.name for one in both.catalogue.intents["x.a"].variants] == ["taught_bbbb3", "cid9", "department", "sent_back_employee"]
    file = own / "intents" / "zh" / "x" / "a.yaml"
    file.write_text("# from the handbook\n" + file.read_text(encoding="utf-8"), encoding="utf-8")
    set_down((there, new), words, own)
    once = file.read_text(encoding="utf-8")
    set_down((there, new), words, own)
    assert file.read_text(encoding="utf-8") == once
    assert once.startswith("# from the handbook\n")
    down = load([own])
    for items, group in (((), False), ((), True), ((SALES,), True), ((BACK,), False)):
        assert told(both, facts(both, *items, group=group), group=group) == told(down, facts(down, *items, group=group), group=group)
    assert told(down, facts(down, group=True), group=True) == {Here(): "这里周三报。", Private("c:a"): "新人打 400-800。"}


NAMED = Variables.of(LABELS, "zh")


@pytest.mark.parametrize(
    ("answer", "value", "shown"),
    [
        ("打 {{客服电话}}。", "400", "打 400。"),
        ("打 {{ 客服热线 }}\n{{support_hotline}}", "400", "打 400\n400"),
        ("打 {{客服电话}}。", "", "打 （客服电话还没填）。"),
        ("打 {{客服电话}}。", "[点](https://evil.example) {{ 7 * 7 }}", "打 ［点］（https：／／evil．example） ｛｛ 7 ＊ 7 ｝｝。"),
        ("{% raw %}{{客服电话}}{% endraw %}{{ org }}", "400", "{% raw %}400{{ org }}"),
        ("{{客服电话.__class__}} {{客服电话|upper}} {{ cycler }}", "400", "{{客服电话.__class__}} {{客服电话|upper}} {{ cycler }}"),
        ("{{客服{% endraw %}电话}}", "400", "400"),
        ("一\n  {{客服电话}}\n二 %}\n三", "400", "一\n  400\n二 %}\n三"),
    ],
)
def test_a_variable_is_a_value_and_nothing_else_is_run(words: Words, answer: str, value: str, shown: str) -> None:
    topped = words.templates.topped({"zh/x/b": source(answer, NAMED)})
    organisation = linked(replace(ORG, support_hotline=value))
    assert topped.render(Say(Here(), "x/b"), "zh", {"org": organisation, "asker": {"name": ""}}).text == shown


def test_links_are_links_and_only_https() -> None:
    assert (fault("guide_url", "javascript:alert(1)"), fault("guide_url", "https://x.example/a b"), fault("guide_url", "https://x.example/a")) == (
        "link",
        "link",
        "",
    )
    assert linked(replace(ORG, guide_url="https://x.example/a)b")).guide_url == "https://x.example/a%29b"
    assert linked(replace(ORG, guide_url="http://x.example")).guide_url == ""
    assert (NAMED.unknown("{{客服}} {{客服电话}} {{ 1 + 1 }}"), NAMED.missing("{{客服热线}}", Organisation())) == (("客服",), ("support_hotline",))


def test_roles_count_by_key_and_by_title(words: Words) -> None:
    grant = Grant("g", "r", "c:a", "erp", "reviewer", "active", NOW)
    for value in ("reviewer", "Reviewer "):
        intent = replace(words.catalogue.intents["x.a"], variants=(Variant("department", (("role", value),)),))
        catalogue = replace(words.catalogue, intents={"x.a": intent})
        known = replace(facts(words, grant), catalogue=catalogue, policy=Policy(ORG, access=Access()))
        assert told(words, known) == {Here(): OF_SALES}
