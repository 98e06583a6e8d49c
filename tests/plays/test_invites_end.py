"""How invites end: what people gave is blanked after the days of the settings, and an address book that is away loses nothing and is told honestly."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

import pytest
from playing import Book, Stage, told_to

from bot.core.facts import Ask
from bot.core.model import Invite

KEPT = timedelta(days=90)


async def invites(stage: Stage) -> list[Invite]:
    found = cast("tuple[Invite, ...]", (await stage.store.answer((Ask(Invite),))).items)
    return sorted(found, key=lambda one: one.mobile)


@pytest.mark.parametrize("state", ["used", "expired", "withdrawn", "declined"])
async def test_what_was_given_is_blanked_when_the_days_are_over(stage: Stage, state: str) -> None:
    values = {"name": "钱多多", "mobile": "13900001111", "state": state}
    await stage.happen({"kind": "invite", "source": "import", "subject": "I1", "values": values})
    (kept,) = await invites(stage)
    assert (kept.state, kept.name, kept.mobile, kept.due) == (state, "钱多多", "13900001111", stage.clock.at + KEPT)
    stage.clock.at += KEPT - timedelta(minutes=1)
    await stage.tick()
    assert (await invites(stage))[0].mobile
    stage.clock.at += timedelta(minutes=2)
    assert await stage.tick() == []  # nobody is told
    (blank,) = await invites(stage)
    assert (blank.name, blank.mobile, blank.note, blank.due) == ("", "", "", None)
    assert (blank.state, blank.code, blank.sent) == (kept.state, kept.code, kept.sent)  # what happened and when stays
    assert not (await stage.store.answer((Ask(Invite, tag="!mobile=13900001111"),))).items


async def test_an_address_book_that_is_away_loses_nothing(stage: Stage) -> None:
    book = cast("Book", stage.connectors["contacts"])
    book.away = True
    told = await stage.say("王敏", "邀请 张三 13800000011", group=False)
    assert told_to(told) == {"王敏": ["adm/send_invite", "joining/looked_up"]}
    (kept,) = await invites(stage)
    assert "通讯录这会儿查不了" in told[1].text
    assert kept.code in told[1].text  # the way on that needs no address book
    assert (kept.state, kept.person, kept.mobile) == ("sent", "", "13800000011")
    told = await stage.say("王敏", "邀请\n张三 13800000011\n李四 13800000012", group=False)
    assert told[1].text.count("没查成") == 2
    assert all(one.code in told[1].text for one in await invites(stage))
    book.away = False
    told = await stage.say("王敏", "邀请 张三 13800000011", group=False)
    assert told_to(told)["张三"] == ["joining/invited"]  # back again: the same invite is delivered
    assert len(await invites(stage)) == 2
    assert told_to(await stage.say("李四", (await invites(stage))[1].code, group=False)) == {"李四": ["joining/link"]}
