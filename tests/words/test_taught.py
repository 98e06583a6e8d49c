"""What was taught lies above the files: text stays text, a bad lesson is blocked, and taken back every reply is byte for byte what it was."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from bot.core.access import Access
from bot.core.model import Announcement, Conversation, Lesson, Organisation, OrgValue, Sender
from bot.core.turn import PRIVATE, Call, Event, Here, Message, Put, Say, Verdict
from bot.engine.wording import EDITION, Wording
from bot.ports import Commit, ConnectorRefused, Journal
from bot.words.gate import Teaching, trial
from bot.words.importing import bring_faqs
from bot.words.loading import Words, bundled, headings, load
from bot.words.overlay import set_down
from bot.words.plays import Line, Play, read
from bot.words.staging import told
from bot.words.taught import Fits, inert, laid, plain, source
from storage import SqlStore

BARE = {"act", "adm", "shell", "elsewhere"}
"""Groups whose replies depend on more than the words."""
NOW = datetime(2026, 3, 3, 1, tzinfo=UTC)
FAQS = {
    "canteen": ("食堂几点开饭", ["食堂什么时候开门", "食堂开饭时间", "几点能去食堂吃饭", "食堂营业到几点", "中午食堂几点开", "食堂早饭几点"], "十一点半。"),
    "parking": ("车停哪里", ["停车场在哪", "哪里可以停车", "公司有停车位吗", "开车来停哪", "地下车库怎么进", "访客停车"], "地下二层。"),
    "wifi": ("无线密码是多少", ["wifi密码", "怎么连无线", "访客网络密码", "会议室无线怎么连", "无线连不上", "网络密码多少"], "在前台。"),
    "badge": ("工牌丢了怎么办", ["工牌找不到了", "补办工牌", "工牌坏了", "没带工牌怎么进门", "工牌在哪领", "换新工牌"], "找前台。"),
}


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A small organisation of four answers."""
    folder = tmp_path_factory.mktemp("small")
    rows = [{"id": name, "question": question, "phrasings": lines, "answer": answer} for name, (question, lines, answer) in FAQS.items()]
    (folder / "f.json").write_text(json.dumps({"faqs": rows}, ensure_ascii=False), encoding="utf-8")
    bring_faqs(folder / "f.json", folder / "own", replace=True)
    return [bundled(), folder / "own"]


@pytest.fixture(scope="module")
def small(roots: list[Path]) -> Words:
    return load(roots)


@pytest.fixture(scope="module")
def fits(roots: list[Path]) -> Fits:
    return Fits(roots)


def lesson(kind: str, intent: str, *lines: str, **other: object) -> Lesson:
    values = {"id": f"l{kind}", "code": "K7Q2M", "state": "live", "language": "zh", "by": "c:a", "made": NOW, "live": NOW, "utterances": lines, **other}
    return Lesson(kind=kind, intent=intent, **values)  # type: ignore[arg-type] # of the table


def reply(words: Words, text: str) -> str:
    """What somebody who says it is answered, rendered; its name where nothing is fixed."""
    message = Message("t", "t", "1", PRIVATE, True, Sender("t"), text, NOW)
    read, language = words.reader.read(message, Conversation(PRIVATE, "t"), NOW, "zh")
    name = read.intent.replace(".", "/", 1) if read.verdict is Verdict.ANSWER else ""
    if f"{language}/{name}" not in words.templates.sources or name.split("/")[0] in BARE:
        return f"{read.verdict} {read.intent}"
    organisation = Organisation(**words.defaults_in(language))
    return words.templates.render(Say(Here(), name), language, {"org": organisation, "asker": {"name": ""}}).text


def test_without_lessons_the_words_are_those_of_the_files(small: Words, fits: Fits) -> None:
    assert laid(small, (), fits) is small


@pytest.mark.parametrize(
    "answer", ["{{ 7 * 7 }}", "{% endraw %}{{ 7 * 7 }}", "{%- endraw -%}{{ org }}", "{% end{% endraw %}raw %}{{ 7 * 7 }}", "${7*7} #{7*7} %(x)s {0.__class__}"]
)
def test_a_taught_answer_is_text_and_never_run(small: Words, fits: Fits, answer: str) -> None:
    words = laid(small, (lesson("answer", "imported.canteen", answer=answer),), fits)
    told = reply(words, "食堂几点开饭")
    assert "49" not in told
    assert told == inert(answer).strip()
    assert plain(source(answer)) == inert(answer).strip()


def test_each_kind_of_lesson(small: Words, fits: Fits) -> None:
    assert "十一点半" not in reply(small, "干饭时间到没")
    assert reply(laid(small, (lesson("alias", "imported.canteen", "干饭时间到没"),), fits), "干饭时间到没") == "十一点半。"
    new = lesson("faq", "taught.k7q2m", "打印机在哪", question="打印机在哪", answer="三楼。", owner="行政")
    words = laid(small, (new,), fits)
    assert reply(words, "打印机在哪") == "三楼。"
    assert words.catalogue.labels["zh"]["taught.k7q2m"] == "打印机在哪"
    gone = laid(small, (lesson("retire", "imported.canteen"),), fits)
    assert "imported.canteen" not in gone.catalogue.intents
    assert "十一点半" not in reply(gone, "食堂几点开饭")


def test_a_lesson_for_an_answer_that_is_gone_changes_nothing(small: Words, fits: Fits) -> None:
    words = laid(small, (lesson("alias", "imported.nothing", "哈哈"), lesson("answer", "imported.nothing", answer="哈")), fits)
    assert words.headings == small.headings


def test_the_same_change_is_learned_once(small: Words, fits: Fits) -> None:
    change = lesson("alias", "imported.canteen", "干饭时间到没")
    assert laid(small, (change,), fits).reader.matchers["zh"] is laid(small, (replace(change, state="trying"),), fits).reader.matchers["zh"]


@pytest.mark.parametrize(
    ("kind", "intent", "lines", "sound"),
    [
        ("alias", "imported.canteen", ["干饭时间到没"], True),
        ("alias", "imported.canteen", ["停车场在哪"], False),
        ("alias", "imported.parking", ["食堂 几点开饭？！"], False),
        ("faq", "taught.x", ["打印机在哪"], True),
        ("faq", "taught.x", ["工牌坏了"], False),
        ("retire", "imported.canteen", [], True),
    ],
)
def test_the_gate_blocks_what_would_make_another_answer_wrong(small: Words, fits: Fits, kind: str, intent: str, lines: list[str], sound: bool) -> None:
    tried = lesson(kind, intent, *lines, question=lines[0] if kind == "faq" else "", answer="x")
    found = trial(small, laid(small, (tried,), fits), tried, fits)
    assert found.sound is sound
    assert bool(found.collisions or found.taken) is not sound
    assert found.known > 100


def test_the_gate_blocks_an_alias_that_another_intent_surely_answers(small: Words, fits: Fits) -> None:
    """Unless somebody said that today's answer is wrong: then the reviewer is told of it."""
    text = "食堂几点能开饭呀中午"
    tried = lesson("alias", "imported.wifi", text)
    after = laid(small, (tried,), fits)
    found = trial(small, after, tried, fits)
    assert not found.sound
    assert [(one.text, one.intent) for one in found.taken] == [(text, "imported.canteen")]
    assert not found.mended
    mended = trial(small, after, tried, fits, complaints=[text])
    assert ([one.intent for one in mended.mended], mended.taken) == (["imported.canteen"], ())


def test_the_gate_runs_the_plays_again(small: Words, fits: Fits) -> None:
    """A line that is nobody's known utterance is promised by its play alone."""
    tried = lesson("alias", "imported.parking", "食堂开着吗")
    after = laid(small, (tried,), fits)
    play = Play("canteen/open", "zh", (Line("张三", "食堂几点开饭"), Line("张三", "食堂开着吗")))
    (harm,) = trial(small, after, tried, fits, (play,), ["食堂开着吗"]).played
    assert (harm.text, harm.intent, harm.instead, harm.play) == ("食堂开着吗", "imported.canteen", "imported.parking", "canteen/open")
    assert trial(small, after, tried, fits, (play, replace(play, language="en"))).plays == 1


def test_the_gate_runs_the_plays_again_for_every_kind_of_change(small: Words, fits: Fits) -> None:
    """An answer that goes takes its own lines with it; what it leaves behind must be answered as before. Another text changes nothing that is read."""
    plays = (Play("canteen/open", "zh", (Line("张三", "食堂几点开饭"), Line("张三", "停车场在哪"))), Play("badge/lost", "zh", (Line("张三", "工牌坏了"),)))
    for change in (
        lesson("retire", "imported.canteen"),
        lesson("answer", "imported.canteen", answer="十一点半。"),
        lesson("faq", "taught.x", "打印机在哪", question="打印机在哪"),
    ):
        found = trial(small, laid(small, (change,), fits), change, fits, plays)
        assert (found.plays, found.played, found.sound) == (2, (), True), change.kind


def test_the_gate_reads_each_line_in_its_conversation(small: Words, fits: Fits) -> None:
    """What an admin dictates when asked for it is no question, whatever it says; asked alone it is, and harmed. A button is what it was shown for."""
    tried = lesson("alias", "imported.parking", "食堂开着吗")
    after = laid(small, (tried,), fits)
    dictated = Play("adm/dictated", "zh", (Line("王敏", "新增问答"), Line("王敏", "食堂开着吗"), Line("王敏", "开着")), (("王敏", frozenset({"admin"})),))
    assert trial(small, after, tried, fits, (dictated,), ["食堂开着吗"]).played == ()
    alone = replace(dictated, lines=dictated.lines[1:])
    assert [one.text for one in trial(small, after, tried, fits, (alone,), ["食堂开着吗"]).played] == ["食堂开着吗"]
    foreign = replace(dictated, rights=())
    assert [one.text for one in trial(small, after, tried, fits, (foreign,), ["食堂开着吗"]).played] == ["食堂开着吗"]
    pressed = Play("x/pressed", "zh", (Line("张三", "zxqv wkjh"), Line("张三", "转人工", press=True), Line("张三", "都不是", press=True)))
    assert [intent for _, intent in told(small.reader, pressed, Organisation(), Access())] == ["", "act.human", ""]


def test_shipped_plays_are_told_in_their_conversations(small: Words) -> None:
    """With the words that ship they mean what they say: a form's answers belong to the form, a code to the newest item."""
    plays = {play.name: play for play in read([bundled()]) if play.language == "zh"}
    add = list(told(small.reader, plays["adm/faq_add"], Organisation(), Access()))
    assert add[:3] == [("新增问答", "adm.faq_add"), ("审核要多久", "adm.faq_add"), ("随缘", "adm.faq_add")]
    dropped = (Line("王敏", "新增问答"), Line("王敏", "打印机在哪"), Line("王敏", "三楼"), Line("王敏", "作废 {code}"))
    codes = Play("adm/dropped", "zh", dropped, plays["adm/faq_add"].rights)
    assert [intent for _, intent in told(small.reader, codes, Organisation(), Access())][-1] == "shell.drop"


def test_the_shipped_plays_are_read_with_those_of_an_overlay_above_them(tmp_path: Path) -> None:
    own = tmp_path / "tests" / "dialogs" / "zh" / "review" / "duration.yaml"
    own.parent.mkdir(parents=True)
    own.write_text("- 张三: 我们审核多久\n  bot: {张三: review/duration}\n- 张三: 看详细\n  press: true\n  bot: {}\n- 王敏: '批准 {code}'\n", encoding="utf-8")
    (own.parent / "broken.yaml").write_text("a: [", encoding="utf-8")
    found = {(play.language, play.name): play.lines for play in read([bundled(), tmp_path])}
    assert [(line.who, line.text, line.press) for line in found["zh", "review/duration"]] == [
        ("张三", "我们审核多久", False), ("张三", "看详细", True), ("王敏", "批准 {code}", False),
    ]  # fmt: skip
    assert found["zh", "review/broken"] == ()
    assert len(found) > 300


async def test_the_connector_tells_the_trial_as_json(small: Words, fits: Fits) -> None:
    teaching = Teaching(fits, lambda: (small, small, ()))
    args = {"lesson": "l", "kind": "answer", "intent": "imported.canteen", "language": "zh", "made": NOW.isoformat(), "answer": "十二点。"}
    told = json.loads(await teaching.perform(Call("teaching", "try", "k", args)))
    assert (told["sound"], told["before"], told["version"]) == (True, "十一点半。", small.version)
    asked = {**args, "kind": "alias", "utterances": "干饭时间到没", "complaints": "干饭时间到没"}
    told = json.loads(await teaching.perform(Call("teaching", "try", "k", asked)))
    assert told["sound"]
    assert told["plays"] > 150
    with pytest.raises(ConnectorRefused):
        await teaching.perform(Call("teaching", "try", "k", {}))


def test_what_was_taught_can_be_set_down_in_files_that_keep_their_comments(small: Words, roots: list[Path], tmp_path: Path) -> None:
    overlay = tmp_path / "own"
    file = overlay / "intents" / "zh" / "imported" / "canteen.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("# asked at noon\nquestion: 食堂几点开饭\nutterances:\n- 食堂几点开饭  # the usual one\n", encoding="utf-8")
    alias, new = (
        lesson("alias", "imported.canteen", "干饭时间到没"),
        lesson("faq", "taught.x", "打印机在哪", question="打印机在哪", answer="三楼 {{ 7 * 7 }}", owner="行政"),
    )
    elsewhere, gone = lesson("alias", "imported.wifi", "网络密码给一个"), lesson("retire", "imported.badge")
    told = set_down((alias, new, elsewhere, gone), small, overlay)
    once = file.read_text(encoding="utf-8")
    assert once == "# asked at noon\nquestion: 食堂几点开饭\nutterances:\n- 食堂几点开饭  # the usual one\n- 干饭时间到没\n"
    assert any("must stay" in line for line in told)
    set_down((alias, new, elsewhere, gone), small, overlay)
    assert file.read_text(encoding="utf-8") == once
    words = load([*roots, overlay])
    assert (reply(words, "干饭时间到没"), reply(words, "打印机在哪"), reply(words, "网络密码给一个")) == ("十一点半。", "三楼 {{ 7 * 7 }}", "在前台。")


async def put(store: SqlStore, number: int, *entities: object) -> None:
    """Commits them as a turn does."""
    stimulus = Event("test", "put", str(number), "", {}, NOW)
    assert await store.hear(stimulus)
    journal = Journal(f"j{number}", "event", "", "", "", "", 0.0, "noted", "{}", NOW)
    await store.commit(Commit(stimulus, tuple(Put(one) for one in entities), (), (), journal))  # type: ignore[arg-type] # entities


@pytest.fixture
def trimmed(tmp_path: Path) -> list[Path]:
    """All shipped answers, each with ten ways to ask, so that they are learned quickly."""
    for name, heading in headings([bundled()]).items():
        path = heading.files.get("zh")
        if path is not None and name.split(".")[0] not in {"act", "adm", "chat", "elsewhere", "shell"}:
            said = {**YAML(typ="safe").load(path.read_text(encoding="utf-8")), "utterances": list(heading.utterances["zh"][:10])}
            target = tmp_path / "own" / "intents" / "zh" / path.parent.name / path.name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")
    return [bundled(), tmp_path / "own"]


async def test_taken_back_a_thousand_replies_are_what_they_were(trimmed: list[Path], tmp_path: Path) -> None:
    roots, base = trimmed, load(trimmed)
    store = SqlStore(f"sqlite:///{tmp_path / 'a.db'}", "one", tmp_path)
    await store.open()
    try:
        here, there = (Wording(roots, base, Organisation(), "Asia/Shanghai", "zh") for _ in range(2))
        asked = [text for name, heading in base.headings.items() if name.split(".")[0] not in BARE for text in heading.utterances.get("zh", ())][:1000]
        before = {text: reply(here.words, text) for text in asked}
        assert len(before) == 1000
        assert sum("\n" in told for told in before.values()) > 900
        duration = reply(base, "审核要多久")
        assert reply(base, "几时有回音儿") != duration
        alias, edit = lesson("alias", "review.duration", "几时有回音儿"), lesson("answer", "invite.not_received", answer="改了。")
        await put(store, 1, alias, edit, OrgValue(EDITION, "1"))
        for wording in (here, there):  # every replica looks for itself
            await wording.glance(store)
            assert wording.words is base, "answers go on from the words as they were until the lesson is learned"
            await wording.refresh(store)
            assert (reply(wording.words, "几时有回音儿"), reply(wording.words, "没收到邀请怎么办")) == (duration, "改了。")
        back = [replace(one, state="withdrawn", version=1) for one in (alias, edit)]
        await put(store, 2, *back, OrgValue(EDITION, "2", version=1))
        for wording in (here, there):
            await wording.refresh(store)
            assert wording.words.version == base.version
            assert {text: reply(wording.words, text) for text in asked} == before
    finally:
        await store.close()


async def test_an_announcement_reaches_every_replica(roots: list[Path], small: Words, tmp_path: Path) -> None:
    store = SqlStore(f"sqlite:///{tmp_path / 'a.db'}", "one", tmp_path)
    await store.open()
    try:
        wording = Wording(roots, small, Organisation(), "Asia/Shanghai", "zh")
        notice = Announcement("n", "N7Q2M", "set", "今晚维护", ("imported.wifi",), NOW, NOW + timedelta(hours=1), "c:a")
        await put(store, 1, notice, OrgValue(EDITION, "1"))
        await wording.glance(store)
        (told,) = wording.policy("zh").announcements
        assert [told.lasts("imported.wifi", NOW + timedelta(minutes=minutes)) for minutes in (-1, 0, 59, 60)] == [False, True, True, False]
        assert not told.lasts("imported.canteen", NOW)
        assert wording.words is small
    finally:
        await store.close()
