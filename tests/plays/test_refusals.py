"""What every command answers to what cannot be done: played through the house, command by refusal. A new command with a code, a person, a question of its
own or a confirmation fails here until it has its rows."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from playing import CODE, Stage, Told

from bot.core import codes
from bot.core.helping import AREAS
from bot.core.rights import CARE, RIGHTS
from bot.core.skills.admin.confirming import EXECUTIONS
from bot.engine.people import Rights
from bot.words.loading import Words

BOSS, OTHER = "王敏", "陈经理"
UNKNOWN, SECOND = codes.make(987654), codes.make(123456)
MISTYPED = UNKNOWN[:-1] + ("2" if UNKNOWN[-1] != "2" else "3")
NOBODY, TWINS = "吴不存", "王小明"
PASSWORD = "我的密码是 Abc12345"
CODED = {
    "access": ("access/no_such", "access/no_such"),
    "access.emergency": ("access/emergency", "access/emergency"),
    "act.approve": ("access/cannot", "access/pending"),
    "act.escalate": ("nudge/raised", "nudge/raised"),
    "act.nudge": ("nudge/asked", "nudge/asked"),
    "act.reject": ("access/cannot", "access/pending"),
    "act.resubmit": ("act/resubmit", "act/resubmit"),
    "act.status_check": ("act/status_check", "act/status_check"),
    "act.transfer": ("access/cannot", "access/pending"),
    "act.withdraw": ("act/withdraw", "act/withdraw"),
    "adm.audit": ("adm/audit", "adm/audit"),
    "joining": ("joining/not_yours", "joining/not_yours"),
    "shell.answer": ("human/no_ticket", "human/no_ticket"),
    "shell.confirm": ("adm/not_confirmed", "adm/not_confirmed"),
    "shell.drop": ("adm/dropped", "adm/dropped"),
    "shell.publish": ("teach/not_published", "teach/not_published"),
    "shell.unpublish": ("teach/not_published", "teach/not_published"),
}
"""By command, or by its group: the reply to a code that names nothing, and to one with a wrong character."""
SHAPED = {"act.status_check", "adm.audit", "shell.answer"}
"""What only asks, or takes any text behind the code, needs no word for two codes."""
BY_BUTTON = {"act.approve", "act.reject", "act.nudge", "act.escalate", "act.transfer", "act.withdraw", "act.resubmit"}
"""What people also say without a code is understood without one: it shows what there is, and decides nothing."""


@pytest.fixture
async def house(words: Words, tmp_path: Path) -> AsyncIterator[Stage]:
    """A house with a second admin, two people of one name, and one who left."""
    async with Stage(words, tmp_path) as stage:
        stage.loop.rights = stage.rights = Rights("paper", [BOSS, OTHER], [OTHER])
        for account, name in (("张三", "张三"), ("李四", TWINS), ("周总", TWINS)):
            await stage.happen({"kind": "user_add_org", "subject": account, "values": {"name": name}})
        yield stage


async def said(stage: Stage, *lines: str) -> Told:
    """The last thing that the first admin was told; `!x` presses x, `#x` is said in the group, `other:x` by the second admin."""
    told: list[Told] = []
    for line in lines:
        stage.clock.at += timedelta(seconds=4)
        who, text = (OTHER, line.removeprefix("other:")) if line.startswith("other:") else (BOSS, line)
        if text.startswith("!"):
            told = await stage.press(who, text[1:], group=False)
        else:
            told = await stage.say(who, text.lstrip("#"), group=text.startswith("#"))
    return next(one for one in told if one.who == who) if any(one.who == who for one in told) else told[-1]


def polite(told: Told, *fragments: str) -> None:
    """It names what was wrong, and shows the way on with one example."""
    way = re.search(r"(?:下一步：|Next: )(.+)", told.text)
    assert way is not None, told
    assert re.search(r"[「\"].+[」\"]", way[1]), told
    assert [one for one in fragments if one not in told.text] == [], told


def verbs(words: Words) -> dict[str, str]:
    """The first verb of every command that takes a code."""
    found: dict[str, str] = {}
    for verb, intent in words.reader.spoken.commands.verbs.items():
        if verb:
            found.setdefault(intent, verb)
    return found


async def test_a_code_that_is_none(house: Stage, words: Words) -> None:
    for intent, verb in verbs(words).items():
        unknown, mistyped = CODED.get(intent) or CODED[intent.split(".")[0]]
        told = await said(house, f"{verb} {UNKNOWN}")
        assert told.reply == unknown, (intent, told)
        polite(told)
        told = await said(house, f"{verb} {MISTYPED}")
        assert told.reply == mistyped, (intent, told)
        polite(told)


async def test_two_codes_and_what_looks_like_none(house: Stage, words: Words) -> None:
    for intent, verb in verbs(words).items():
        if intent in SHAPED:
            continue
        for text, fragment in ((f"{verb} {UNKNOWN} {SECOND}", f"「{verb} {UNKNOWN}」"), (f"{verb} abc", "「abc」")):
            told = await said(house, "算了", text)
            if told.reply != "shell/suggest":
                assert intent in BY_BUTTON or intent == "joining.grant", (intent, told)
                polite(told)
            else:
                polite(told, fragment, "什么都没动")


CARED = {
    "adm.broadcast": ("发公告", "!所有人", "今晚维护"),
    "adm.pause_nudges": ("暂停催办三天",),
    "adm.nudge_policy": ("提醒间隔改成2天",),
    "shell.rights": ("权限名单", "!加审批人", "张三"),
    "shell.room": ("#本群指令", "关闭 统计"),
    "shell.erase": ("邀请 张伟 13800000011", "清除成员资料", "张三"),
    "shell.takeover": ("接管管理员", "!全部接管"),
    "shell.announce": ("挂公告", "今晚维护", "!登录和改资料", "3小时"),
    "shell.export": ("导出数据",),
}
"""How each command that needs care is brought to its confirmation."""


def test_every_command_that_needs_care_has_its_row() -> None:
    assert set(CARED) == set(EXECUTIONS) == {command for command, _ in CARE}


@pytest.mark.parametrize("command", sorted(CARED))
async def test_a_confirmation_that_is_late_foreign_used_or_dropped(house: Stage, command: str) -> None:
    if command == "shell.erase":
        await house.happen({"kind": "user_leave_org", "subject": "张三"})

    async def begun() -> str:
        told = await said(house, *CARED[command])
        assert told.reply == "adm/confirm", told
        return CODE.findall(told.text)[0]

    code = await begun()
    told = await said(house, f"other:确认 {code}")
    assert told.reply == "adm/not_confirmed", told
    polite(told, "别人的操作", "什么都没做")
    told = await said(house, f"#确认 {code}")
    assert told.reply == "shell/only_private", told
    house.clock.at += timedelta(seconds=60)
    told = await said(house, f"确认 {code}")
    polite(told, "过时", "什么都没做")
    code = await begun()
    await said(house, f"作废 {code}")
    told = await said(house, f"确认 {code}")
    polite(told, "已经作废", "什么都没做")
    code = await begun()
    first = await said(house, f"确认 {code}")
    assert first.reply not in {"adm/not_confirmed", "shell/denied"}, first
    again = await said(house, f"确认 {code}")
    assert again.reply == "adm/not_confirmed", again
    polite(again)


NAMED = {
    "adm.member_status": {NOBODY: ("查 {}", "adm/member_status"), TWINS: ("查 {}", "adm/member_status")},
    "adm.send_invite": {NOBODY: ("邀请 {}", "adm/send_invite")},
    "shell.erase": {NOBODY: ("清除资料 {}", "joining/erase_whom"), TWINS: ("清除资料 {}", "joining/erase_whom")},
    "adm.audit": {NOBODY: ("审计记录 {}", "adm/audit")},
}
"""Commands that name a person in one sentence: nobody of that name, and two of it. An invite needs the mobile, which tells two apart."""


def test_every_command_before_a_name_has_its_row(words: Words) -> None:
    assert set(words.reader.spoken.commands.opens.values()) <= set(NAMED)


@pytest.mark.parametrize(("command", "name"), [(command, name) for command, rows in NAMED.items() for name in rows])
async def test_nobody_or_two_of_that_name(house: Stage, command: str, name: str) -> None:
    text, reply = NAMED[command][name]
    told = await said(house, text.format(name))
    assert told.reply == reply, told
    polite(told, name)


WRONG = {
    "adm.faq_add": (("怎么开发票",), "长" * 2100, "teach/ask_answer", "太长"),
    "adm.faq_edit": ((), "没有这一条", "teach/which", "没"),
    "shell.announce": (("今晚维护", "!登录和改资料"), "随便吧", "adm/announce_when", "没看懂"),
    "shell.erase": ((), NOBODY, "joining/erase_whom", NOBODY),
    "shell.quiet": ((), "25:00-08:00", "adm/quiet", "没看懂"),
    "shell.setup": ((), "长" * 70, "setup/invalid", "有点长"),
}
"""Commands that ask for something: what leads to the question, a wrong answer, the reply and what it says of it."""


async def asking(stage: Stage, label: str) -> bool:
    """Whether the words of the command, said alone, lead to a question."""
    stage.clock.at += timedelta(hours=1)  # what the command before asked for is not awaited any more
    await said(stage, label)
    return (await stage.store.recall_person(f"paper:{BOSS}")).private.awaiting is not None


async def test_every_command_that_asks_has_its_wrong_answer(house: Stage, words: Words) -> None:
    labels = words.catalogue.labels["zh"]
    found = {command for names in AREAS.values() for command in names if f"say_{command}" in labels and await asking(house, labels[f"say_{command}"])}
    assert sorted(found) == sorted(WRONG)


@pytest.mark.parametrize("command", sorted(WRONG))
async def test_a_wrong_answer(house: Stage, words: Words, command: str) -> None:
    before, wrong, reply, fragment = WRONG[command]
    label = words.catalogue.labels["zh"][f"say_{command}"]
    told = await said(house, label, *before, wrong)
    assert told.reply == reply, told
    polite(told, fragment)


@pytest.mark.parametrize(
    ("lines", "reply", "fragment"),
    [
        (("权限名单", "!加管理员", NOBODY), "adm/rights_whom", "没找到"),
        (("权限名单", "!加管理员", TWINS), "adm/rights_whom", "不止一位"),
        (("权限名单", "!放开一条指令", "张三 飞行"), "adm/rights_whom", "没有这条指令"),
        (("#本群指令", "关闭 飞行"), "adm/room", "没有这条指令"),
        (("#本群指令", "公开 查成员"), "adm/room", "只能私聊"),
        (("发公告", "!所有人", "长" * 1100), "adm/broadcast_text", "太长"),
    ],
)
async def test_a_wrong_answer_behind_a_button_or_in_a_room(house: Stage, lines: tuple[str, ...], reply: str, fragment: str) -> None:
    told = await said(house, *lines)
    assert told.reply == reply, told
    polite(told, fragment)


async def test_a_secret_in_a_group_is_never_taken_whatever_it_stands_in(house: Stage, words: Words) -> None:
    labels = words.catalogue.labels["zh"]
    heads = [*words.reader.spoken.commands.opens, *(labels[name] for command in RIGHTS if (name := f"say_{command}") in labels)]
    heads += [f"{verb} {UNKNOWN}" for verb in verbs(words).values()]
    for head in heads:
        told = await said(house, f"#{head} {PASSWORD}")
        assert (told.who, told.reply) == ("群", "shell/secret"), (head, told)
        polite(told, "撤回")
