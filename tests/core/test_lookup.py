"""Whatever the address book answers to "whose numbers are these?", each invite ends in one legal state and the administrator hears of it once."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from core_samples import SEED
from hypothesis import given
from hypothesis import strategies as st

from bot.core.facts import Facts, Policy
from bot.core.lifecycle.joining import INVITES
from bot.core.lifecycle.terms import Terms
from bot.core.model import Catalogue, Conversation, Invite, Member, Organisation, Person
from bot.core.skills.joining.lookup import looked
from bot.core.turn import Call, Decision, Outcome, Put, Say, Turn, Understanding, Verdict

NOW = datetime(2026, 3, 3, 1, tzinfo=UTC)
BOSS = Person("c:boss", "王敏")
INVITE = Invite("i1", "sent", "13800000011", "张三", "", "c:boss", "code", "K7Q2M", NOW)


def asked(value: str, ok: bool, *, invite: Invite = INVITE, member: Member | None = None, synced: bool = False) -> Decision:
    call = Call("contacts", "by_mobiles", "k", {"mobiles": invite.mobile, "invites": invite.id, "person": BOSS.id})
    turn = Turn(Outcome(call, ok, value, NOW), Understanding(Verdict.ANSWER), "zh", SEED)
    nothing = Conversation("private", BOSS.id)
    policy = Policy(Organisation(), joining=Terms(synced=synced))
    items = (invite, *((member,) if member else ()))
    return looked(turn, Facts(BOSS, nothing, nothing, Catalogue("v", {}, {}), policy, items=items), NOW)


def outcomes(decision: Decision) -> list[str]:
    return [row["outcome"] for say in decision.says if say.reply == "joining/looked_up" for row in say.data["rows"]]  # type: ignore[attr-defined] # rows are a list


@given(
    st.one_of(
        st.text(max_size=60),
        st.recursive(
            st.none() | st.booleans() | st.text(max_size=9), lambda x: st.lists(x) | st.dictionaries(st.sampled_from(["rows", "found", "user", "why"]), x)
        ).map(json.dumps),
    ),
    st.booleans(),
)
def test_any_answer_is_taken(value: str, ok: bool) -> None:
    decision = asked(value, ok)
    assert len(outcomes(decision)) == 1
    for effect in decision.effects:
        if isinstance(effect, Put) and isinstance(effect.entity, Invite):
            moved = effect.entity.state
            assert moved == INVITE.state or any(INVITE.state in move.sources and move.target == moved for move in INVITES.values())


def test_a_refusal_leaves_the_invite_as_it_is() -> None:
    decision = asked("no connector contacts", ok=False)
    assert outcomes(decision) == ["failed"]
    assert not [effect for effect in decision.effects if isinstance(effect, Put)]


def test_with_synchronised_accounts_whoever_is_found_is_a_member() -> None:
    decision = asked('{"rows":[{"found":true,"user":"a"}]}', ok=True, synced=True)
    put = [effect.entity for effect in decision.effects if isinstance(effect, Put)]
    assert outcomes(decision) == ["synced"]
    assert [one.state for one in put if isinstance(one, Invite | Member)] == ["withdrawn", "synced"]


@pytest.mark.parametrize("invite", [replace(INVITE, state="used"), replace(INVITE, state="withdrawn"), replace(INVITE, person="c:x")])
def test_what_was_settled_meanwhile_stays(invite: Invite) -> None:
    decision = asked('{"rows":[{"found":true,"user":"a"}]}', ok=True, invite=invite)
    assert decision.effects == ()


def test_the_invite_reaches_whoever_has_the_number() -> None:
    decision = asked('{"rows":[{"found":true,"user":"a"}]}', ok=True)
    assert [(say.reply, say.to.person) for say in decision.says if isinstance(say, Say)] == [("joining/invited", "c:a"), ("joining/looked_up", "c:boss")]  # type: ignore[union-attr] # both are private
