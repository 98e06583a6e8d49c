"""Who speaks, what is remembered of them, and what a skill asks for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from storage_samples import NOW, ZHANG, Database, message, remembered, turn

from bot.core.facts import Ask, Need
from bot.core.model import Action, Audience, Awaiting, Conversation, OrgValue, Person, Sender, Wish
from bot.core.turn import PRIVATE, Press
from bot.ports import Gathered, Recall, Stale
from storage import SqlStore

EVERYTHING = frozenset(Need)
ZHANG_STORED = Person(
    "p1", "张三", frozenset({Audience.EMPLOYEE, Audience.APPROVER, Audience.ALL}), True, "zh", (("dingtalk", "zhang"), ("playground", "张"), ("console", "z"))
)
ADMIN = Person("boss", "老板", frozenset({Audience.ADMIN, Audience.ALL}), accounts=(("dingtalk", "boss"),))


async def test_a_stranger(store: SqlStore) -> None:
    nothing = Conversation("group", "dingtalk:zhang")
    assert await store.recall(message()) == Recall(None, nothing, replace(nothing, id=PRIVATE))


async def test_an_outsider_is_known_by_alias(store: SqlStore) -> None:
    outsider = Sender("", "$:alias:7", "客人", inside=False)
    assert (await store.recall(message(sender=outsider))).conversation.person == "dingtalk:$:alias:7"
    await store.commit(turn(message(), Person("p7", inside=False, accounts=(("dingtalk", "$:alias:7"),))))
    person = (await store.recall(message(sender=outsider))).person
    assert person is not None
    assert (person.id, person.inside, person.accounts) == ("p7", False, (("dingtalk", "$:alias:7"),))


async def test_a_person_by_any_account(store: SqlStore) -> None:
    await store.commit(turn(message(), ZHANG_STORED, replace(remembered("here"), person="p1"), replace(remembered("there", place=PRIVATE), person="p1")))
    known = await store.recall(message())
    assert known.person == replace(ZHANG_STORED, version=1)
    assert (known.conversation.topic, known.private.topic) == ("here", "there")
    press = Press("playground", "robot", "p", "elsewhere", False, Sender("张"), Action("x"), NOW)
    assert (await store.recall(press)).person == known.person
    assert (await store.recall(press)).conversation == Conversation("elsewhere", "p1")
    assert (await store.recall(message(sender=Sender("wang")))).person is None


async def test_a_private_chat_is_one_whatever_the_platform_calls_it(store: SqlStore) -> None:
    await store.commit(turn(message(), remembered("there", place=PRIVATE)))
    for chat in ("cid1", "cid2"):
        known = await store.recall(replace(message(conversation=chat), private=True))
        assert known.conversation == known.private == remembered("there", 1, PRIVATE)


async def test_by_id(store: SqlStore) -> None:
    await store.commit(turn(message(), ZHANG_STORED, replace(remembered("there", place=PRIVATE), person="p1")))
    known = await store.recall_person("p1")
    assert (known.person, known.conversation.topic, known.private) == (replace(ZHANG_STORED, version=1), "there", known.conversation)
    nothing = Conversation(PRIVATE, "dingtalk:nobody")
    assert await store.recall_person("dingtalk:nobody") == Recall(None, nothing, nothing)


async def test_a_conversation_as_it_was(store: SqlStore) -> None:
    whole = Conversation(
        "group",
        "dingtalk:zhang",
        "access.request",
        "哪个角色？",
        (Action("access.role", (("role", "出纳"),), "teller"), Action("help")),
        Awaiting("access.request", "role", (("system", "用友"),), NOW + timedelta(minutes=5)),
        "zh",
        NOW,
    )
    await store.commit(turn(message(), whole))
    assert (await store.recall(message())).conversation == replace(whole, version=1)
    await store.commit(turn(message("m2"), replace(whole, awaiting=None, version=1)))
    assert (await store.recall(message())).conversation == replace(whole, awaiting=None, version=2)


async def test_people_apart_in_one_group(store: SqlStore) -> None:
    await store.commit(turn(message(), remembered("zhang's")))
    assert (await store.recall(message(sender=Sender("li")))).conversation == Conversation("group", "dingtalk:li")


async def test_a_person_changes(store: SqlStore) -> None:
    await store.commit(turn(message(), ZHANG_STORED))
    changed = replace(ZHANG_STORED, audiences=frozenset({Audience.ALL}), accounts=(("console", "z2"), ("dingtalk", "zhang")), version=1)
    await store.commit(turn(message("m2"), changed))
    assert (await store.recall(message())).person == replace(changed, version=2)
    assert (await store.recall(replace(message(sender=Sender("张")), channel="playground"))).person is None
    with pytest.raises(Stale):
        await store.commit(turn(message("m3"), replace(changed, name="王五")))


async def test_an_account_is_one_persons(database: Database) -> None:
    store = await database.open()
    await store.commit(turn(message(), ZHANG_STORED))
    with pytest.raises(Stale):
        await store.commit(turn(message("m2"), Person("p2", accounts=(("dingtalk", "li"), ("dingtalk", "zhang")))))
    assert database.query("SELECT id FROM person") == [("p1",)]
    merged = replace(ZHANG_STORED, accounts=(), version=1), Person("p2", accounts=ZHANG_STORED.accounts)
    await store.commit(turn(message("m2"), *merged))
    assert (await store.recall(message())).conversation.person == "p2"


async def test_nothing_is_asked_for_nothing(store: SqlStore) -> None:
    assert await store.gather(ADMIN, frozenset()) == Gathered()
    assert await store.gather(ADMIN, EVERYTHING) == Gathered()


async def test_gathered(store: SqlStore) -> None:
    wishes = [Wish(f"w{number}", "unknown", "", "怎么开票", "dingtalk:zhang", NOW + timedelta(seconds=number)) for number in range(3)]
    values = [OrgValue("support_hotline", "400-1", "boss"), OrgValue("contact", "李经理")]
    await store.commit(turn(message(), ADMIN, ZHANG_STORED, *wishes, *values))
    found = await store.gather(ADMIN, EVERYTHING)
    assert found.wishes == tuple(replace(wish, version=1) for wish in reversed(wishes))
    assert found.org_values == (OrgValue("contact", "李经理", version=1), OrgValue("support_hotline", "400-1", "boss", 1))
    assert found.admins == (replace(ADMIN, version=1),)
    assert await store.gather(ADMIN, frozenset({Need.ADMINS})) == Gathered(admins=found.admins)
    assert (await store.gather(ZHANG_STORED, EVERYTHING)).wishes == (), "wishes are their owner's"


async def test_people_by_their_ids_come_together(store: SqlStore) -> None:
    others = [Person(f"p{number}", f"n{number}", accounts=(("dingtalk", f"a{number}"), ("console", f"a{number}"))) for number in range(2, 5)]
    await store.commit(turn(message(), ZHANG_STORED, *others))
    asked = [Ask(Person, id=one) for one in ("p4", "nobody", "p1", "p4")]
    assert (await store.answer([*asked, Ask(Person, tag="name=n3")])).people == (
        *(replace(others[n], version=1) for n in (1, 2)),
        replace(ZHANG_STORED, version=1),
    )


async def test_a_value_changes(store: SqlStore) -> None:
    await store.commit(turn(message(), OrgValue("contact", "李经理")))
    await store.commit(turn(message("m2"), OrgValue("contact", "王经理", "boss", 1)))
    with pytest.raises(Stale):
        await store.commit(turn(message("m3"), OrgValue("contact", "赵经理", "boss", 1)))
    assert (await store.gather(ADMIN, frozenset({Need.ORGANISATION}))).org_values == (OrgValue("contact", "王经理", "boss", 2),)


async def test_names_like_sql(store: SqlStore) -> None:
    hostile = Sender("'; DROP TABLE person; --", "%s %(x)s :y ?")
    await store.commit(turn(message(), Person("%(id)s", "''\"\\", accounts=(("dingtalk", hostile.account),))))
    person = (await store.recall(message(sender=hostile))).person
    assert person is not None
    assert person.name == "''\"\\"
    assert ZHANG.account not in str(person.accounts)
