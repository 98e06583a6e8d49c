"""Whose turn it is, with which rights."""

from __future__ import annotations

import pytest
from engine_samples import NOW, message

from bot.core.model import Audience, Person, Sender
from bot.core.turn import Call, Due, Message, Outcome
from bot.engine.people import Rights

RIGHTS = Rights("c", ["boss"], ["boss", "chief"])


@pytest.mark.parametrize(("account", "extra"), [("boss", {Audience.ADMIN, Audience.APPROVER}), ("chief", {Audience.APPROVER}), ("a", set()), ("BOSS", set())])
def test_rights_come_from_the_member_id(account: str, extra: set[Audience]) -> None:
    viewer = RIGHTS.viewer(message(person=account), None)
    assert viewer.audiences == {Audience.EMPLOYEE, Audience.ALL} | extra
    assert (viewer.id, viewer.accounts) == (f"c:{account}", (("c", account),))


@pytest.mark.parametrize("sender", [Sender("", "boss", "boss", inside=False), Sender("boss", "x", "boss", inside=False), Sender("a", "boss", "boss")])
def test_a_name_gives_no_right(sender: Sender) -> None:
    viewer = RIGHTS.viewer(Message("c", "r", "1", "room", False, sender, "x", NOW), None)
    assert Audience.ADMIN not in viewer.audiences
    assert viewer.inside is sender.inside


def test_an_outsider_keeps_nothing_that_was_stored() -> None:
    stored = Person("p1", "王", frozenset({Audience.ADMIN, Audience.ALL}))
    viewer = RIGHTS.viewer(Message("c", "r", "1", "room", False, Sender("boss", inside=False), "x", NOW), stored)
    assert viewer.audiences == {Audience.ALL}


@pytest.mark.parametrize("stimulus", [Due("setup", "c:boss", NOW), Outcome(Call("words", "reload", "k", {"person": "c:boss"}), True, "1 1", NOW)])
def test_what_falls_due_for_somebody_never_stored_is_theirs(stimulus: Due | Outcome) -> None:
    viewer = RIGHTS.viewer(stimulus, None)
    assert viewer.id == "c:boss"
    assert Audience.ADMIN in viewer.audiences


def test_admins_are_those_stored_and_those_named() -> None:
    stored = Person("p1", "王", frozenset({Audience.ADMIN}), accounts=(("c", "x"),))
    assert [one.id for one in RIGHTS.admins([stored])] == ["p1", "c:boss"]
    assert RIGHTS.first_admin == "c:boss"
    assert Rights("c", [], []).first_admin == ""
