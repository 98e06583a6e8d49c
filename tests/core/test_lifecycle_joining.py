"""The lives of invites, applications and memberships: the tables hold, and nothing that decides can leave them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from core_samples import SEED
from hypothesis import given
from hypothesis import strategies as st

from bot.core.lifecycle.joining import APPLICATIONS, CAUSES, EDITABLE, INVITES, LOST, MEMBERS, OPEN, UNDECIDED, VALID, approve, ask_for_info, cause_of, reject
from bot.core.lifecycle.moves import Table, after, diagram
from bot.core.model import Application, Member, Person
from bot.core.turn import Effect, Put, Say

NOW = datetime(2026, 3, 3, 1, tzinfo=UTC)
TABLES = {"invite": INVITES, "application": APPLICATIONS, "member": MEMBERS}
BOSS, APPLICANT = Person("c:boss", "王敏"), Person("c:a", "张三")


def states(moves: Table) -> set[str]:
    return {state for move in moves.values() for state in (*move.sources, move.target)}


def application(state: str, **other: object) -> Application:
    return replace(Application("c:a#1", "K7Q2M", "c:a", state, (("name", "张三"), ("mobile", "13800138000")), NOW, NOW, "c:boss"), **other)  # type: ignore[arg-type]


def put(effects: tuple[Effect, ...] | None, kind: type) -> list[object]:
    return [effect.entity for effect in effects or () if isinstance(effect, Put) and isinstance(effect.entity, kind)]


@pytest.mark.parametrize("name", TABLES)
def test_every_state_but_the_first_is_reached(name: str) -> None:
    first = {"invite": {"asked"}, "application": {"draft"}, "member": set()}[name]
    assert states(TABLES[name]) - {move.target for move in TABLES[name].values()} <= first


@pytest.mark.parametrize("name", TABLES)
def test_the_diagram_has_a_line_for_each_move(name: str) -> None:
    assert len(diagram(TABLES[name]).splitlines()) == 1 + sum(len(move.sources) for move in TABLES[name].values())


def test_groups_of_states_are_states() -> None:
    assert set(OPEN) | set(UNDECIDED) | set(EDITABLE) <= states(APPLICATIONS)
    assert set(VALID) | set(LOST) <= states(INVITES)
    assert set(UNDECIDED) <= set(OPEN)


MOVES = st.sampled_from([(name, move.name) for name, moves in TABLES.items() for move in moves.values()])
PARTS = st.sampled_from(["applicant", "approver", "system", "admin", "member", "invitee", "nobody"])


@given(MOVES, st.sampled_from([*sorted({state for moves in TABLES.values() for state in states(moves)}), "gone"]), PARTS)
def test_a_move_is_legal_exactly_as_its_row_says(named: tuple[str, str], state: str, by: str) -> None:
    table, move = TABLES[named[0]], named[1]
    assert (after(table, move, state, by) is not None) == (state in table[move].sources and by in table[move].by)


@given(st.sampled_from(sorted(states(APPLICATIONS))), st.sampled_from([BOSS, APPLICANT]), st.sampled_from(["approve", "reject", "ask"]))
def test_a_decision_is_legal_or_leaves_no_trace(state: str, by: Person, act: str) -> None:
    old = application(state)
    effects = {
        "approve": lambda: approve(old, by, NOW, SEED),
        "reject": lambda: reject(old, by, NOW, SEED, cause="blurry"),
        "ask": lambda: ask_for_info(old, by, NOW, SEED, note="工牌照片"),
    }[act]()
    legal = after(APPLICATIONS, act, state, "approver") is not None and by is not APPLICANT
    assert (effects is not None) == legal
    for done in put(effects, Application):
        assert isinstance(done, Application)
        assert any(done.state == move.target and state in move.sources for move in APPLICATIONS.values())


@given(st.sampled_from(["submitted", "resubmitted", "needs_info"]))
def test_nobody_decides_their_own(state: str) -> None:
    old = application(state)
    assert approve(old, APPLICANT, NOW, SEED) is reject(old, APPLICANT, NOW, SEED, cause="name") is ask_for_info(old, APPLICANT, NOW, SEED, note="x") is None


def test_rejection_needs_a_reason_and_reopens_only_what_is_wrong() -> None:
    old = application("submitted", files=(("files", "h1"),))
    assert reject(old, BOSS, NOW, SEED, cause="", note=" ") is None
    (done,) = put(reject(old, BOSS, NOW, SEED, cause="blurry", note="看不清"), Application)
    assert isinstance(done, Application)
    assert (done.state, done.reason, done.wrong, done.due) == ("rejected", "blurry", ("files",), None)
    assert dict(done.before) == {"name": "张三", "mobile": "13800138000"}


def test_a_question_stops_the_clock() -> None:
    (done,) = put(ask_for_info(application("submitted"), BOSS, NOW, SEED, note="补工牌", due=NOW + timedelta(days=1)), Application)
    assert isinstance(done, Application)
    assert (done.state, done.paused, done.note) == ("needs_info", NOW, "补工牌")
    assert ask_for_info(application("submitted"), BOSS, NOW, SEED, note="") is None


@pytest.mark.parametrize("member", [None, Member("c:a", "c:a", "张三", "synced", NOW, department="财务部"), Member("c:a", "c:a", "张三", "left", NOW)])
def test_approval_makes_a_member(member: Member | None) -> None:
    effects = approve(application("submitted"), BOSS, NOW, SEED, role="普通成员", member=member)
    (done,) = put(effects, Member)
    assert isinstance(done, Member)
    assert (done.id, done.state, done.mobile, done.roles) == ("c:a", "role_assigned", "13800138000", (("", "普通成员"),))
    assert done.version == (member.version if member else 0)
    (told,) = [effect for effect in effects or () if isinstance(effect, Say)]
    assert (told.reply, told.about is not None and told.about.states) == ("joining/approved", ("approved",))


@pytest.mark.parametrize(
    ("words", "cause"), [("照片太模糊了", "blurry"), ("手机号不对", "mobile"), ("blurry", "blurry"), ("不知道写什么", "other"), ("", "other")]
)
def test_the_cause_is_read_from_words(words: str, cause: str) -> None:
    assert cause_of(words, {"cause_blurry_words": "模糊 看不清", "cause_mobile_words": "手机 电话"}) == cause


def test_every_cause_helps() -> None:
    assert all(cause.faq.count(".") == 1 for cause in CAUSES.values())
