"""The words in use are swapped whole or not at all, on request and when a file changes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.core.model import Contact, Organisation, OrgValue
from bot.core.turn import Call, Put
from bot.engine.wording import Wording
from bot.ports import ConnectorRefused, WordsError
from bot.words.loading import load
from storage import SqlStore

INTENT = "intents/zh/x/a.yaml"
REPLY = "templates/zh/x/a.md.j2"


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


@pytest.fixture
def wording(tmp_path: Path) -> Wording:
    """Words of one intent in a folder of their own."""
    folder = tmp_path / "words"
    write(folder, INTENT, "question: 报名\nutterances: [怎么报名]\n")
    write(folder, REPLY, "好")
    write(folder, "templates/zh/organisation.yaml", "org_name: 组织\nroles: [甲, 乙]\n")
    return Wording([folder], load([folder]), Organisation(admins=(Contact("c:b", "王敏"), Contact("c:d", "李强"))), "Asia/Shanghai", "zh")


@pytest.mark.parametrize(("name", "text"), [(REPLY, "{{"), (INTENT, "utterances: 1\n"), (INTENT, "a: [\n"), (INTENT, "question: x\nnobody: knows\n")])
async def test_a_fault_leaves_the_former_words(wording: Wording, name: str, text: str) -> None:
    before, folder = wording.words, wording.roots[0]
    write(folder, name, text)
    with pytest.raises(WordsError, match="x/a"):
        await wording.reload()
    with pytest.raises(ConnectorRefused, match="x/a"):
        await wording.perform(Call("words", "reload", "k"))
    assert wording.words is before
    assert "x/a" in wording.fault
    write(folder, INTENT, "question: 报名\nutterances: [怎么报名, 报名流程]\n")
    write(folder, REPLY, "更好")
    assert await wording.perform(Call("words", "reload", "k")) == "1 2"
    assert wording.fault == ""
    assert wording.words.version != before.version


async def test_a_changed_file_is_read_and_a_faulty_one_is_told(wording: Wording) -> None:
    told, before = asyncio.Queue[str](), wording.words
    watching = asyncio.create_task(wording.watch(told.put_nowait))
    number = 0
    async with asyncio.timeout(60):
        while wording.words is before:  # the watch begins some time after its task
            number += 1
            write(wording.roots[0], REPLY, f"第 {number} 版")
            await asyncio.sleep(1.0)
        good = wording.words
        write(wording.roots[0], REPLY, "{{")
        assert "x/a" in await told.get()
    assert wording.words.templates.sources.keys() == good.templates.sources.keys()
    assert "第" in wording.words.templates.sources["zh/x/a"]
    watching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watching


async def test_chat_stands_above_settings_above_defaults(wording: Wording, store: SqlStore) -> None:
    assert wording.policy("zh").organisation.contact == "王敏、李强"
    assert wording.policy("zh").organisation.roles == ("甲", "乙")
    assert wording.policy("zh") is wording.policy("zh"), "made once, since rendered replies are kept for it"
    from engine_samples import NOW, committed, message, outbound

    from bot.ports import Commit, Journal

    await committed(store, outbound("x"))
    stimulus = message("set")
    await store.hear(stimulus)
    values = (Put(OrgValue("contact", "赵", "c:b")), Put(OrgValue("review_time", "一天", "c:b")), Put(OrgValue("no_such_field", "x", "c:b")))
    await store.commit(Commit(stimulus, values, (), (), Journal("t", "message", "c", "room", "c:a", "", 1.0, "saved", "{}", NOW)))
    await wording.refresh(store)
    organisation = wording.policy("zh").organisation
    assert (organisation.contact, organisation.review_time, organisation.org_name) == ("赵", "一天", "组织")


async def test_numbers_of_reminders_set_in_chat_are_those_of_the_policy(wording: Wording, store: SqlStore) -> None:
    from engine_samples import NOW, message

    from bot.ports import Commit, Journal

    stimulus = message("set")
    values = (
        Put(OrgValue("nudging.slots", "09:30", "c:b")),
        Put(OrgValue("nudging.quiet", "20:00-09:00", "c:b")),
        Put(OrgValue("nudging.per_day", "1", "c:b")),
    )
    await store.commit(Commit(stimulus, values, (), (), Journal("t", "message", "c", "room", "c:a", "", 1.0, "saved", "{}", NOW)))
    await wording.refresh(store)
    policy = wording.policy("zh")
    assert (policy.nudging.slots, policy.nudging.per_day, policy.calendar.quiet) == ((9 * 60 + 30,), 1, (20 * 60, 9 * 60))
