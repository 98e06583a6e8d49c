"""The policy of permissions: what a role is called, the least that does a task, who decides, how long at most."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.config import AccessSettings
from bot.core.access import Access, Role, eligible, enough, least, longest, named, principal, resolved, ways
from bot.core.lifecycle.access import GRANTS, REQUESTS, edited, lapsed, moved, next_look, withdrawn
from bot.core.model import Approval, Away, Grant, Person, Request
from bot.ports import WordsError
from bot.words.loading import bundled
from bot.words.policies import load, peopled

NOW = datetime(2026, 3, 3, 1, tzinfo=UTC)
SHIPPED = load((bundled(),), "tests").access
TITLES = {"zh": "角色", "en": "role"}
ACCESS = Access(
    {"clerk": Role("clerk", TITLES, TITLES), "chief": Role("chief", TITLES, TITLES, quorum=2, max_days=30)},
    owners={"clerk": ("o1", "o2"), "chief": ("o1", "o2", "o3")}, heads={"财务部": ("h1",)}, finance=("f1", "f2"), seconds=("s1",),
)  # fmt: skip


def request(**other: object) -> Request:
    """A request of p1 for the clerk's role."""
    values: dict[str, object] = {"id": "r1", "code": "K7Q2M", "person": "p1", "state": "pending", "system": "", "role": "clerk", "since": NOW, "made": NOW}
    return Request(**{**values, "approvers": ("o1", "o2"), "holder": "o1", "department": "财务部", **other})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("给我开一个出纳权限到月底", "cashier"), ("申请财务审核员角色", "reviewer"), ("我要做应付会计", "ap_clerk"), ("accountant", "preparer"),
        ("i need approve permission", ""), ("税务会计", "tax_officer"), ("ap", "ap_clerk"), ("随便看看", ""), ("", ""),
    ],
)  # fmt: skip
def test_what_a_role_is_called(text: str, role: str) -> None:
    found = named(SHIPPED, text)
    assert (found.id if found else "") == role


@pytest.mark.parametrize(
    ("text", "module", "level", "role"),
    [
        ("月底要录凭证", "", "", "preparer"), ("想看看报表", "", "", "viewer"), ("我要报销", "", "", "member"), ("要审核凭证", "", "", "reviewer"),
        ("", "general_ledger", "entry", "preparer"), ("", "payable", "view", "viewer"), ("", "receivable", "entry", "ar_clerk"),
        ("", "budget", "approve", "budget_approver"), ("今天天气好", "", "", ""), ("", "", "", ""),
    ],
)  # fmt: skip
def test_the_least_role_that_does_it(text: str, module: str, level: str, role: str) -> None:
    found = least(SHIPPED, text, module, level)
    assert (found.id if found else "") == role


@pytest.mark.parametrize(
    ("role", "barred", "gone", "approvers", "fallback"),
    [
        ("clerk", (), (), ("h1",), False),
        ("clerk", ("h1",), (), ("o1", "o2"), False),
        ("clerk", (), ("h1", "o1"), ("o2",), True),
        ("clerk", ("h1",), ("o1", "o2"), ("f1", "f2"), True),
        ("chief", (), (), ("h1", "o1", "o2", "o3"), False),
        ("chief", ("h1",), ("o2", "o3"), ("o1", "f1", "f2"), True),
        ("chief", ("h1", "o1", "o2", "o3", "f1"), (), ("f2",), False),
    ],
)
def test_who_decides(role: str, barred: tuple[str, ...], gone: tuple[str, ...], approvers: tuple[str, ...], fallback: bool) -> None:
    found = ways(ACCESS, role, "财务部", barred, gone)
    assert (found.approvers, found.fallback) == (approvers, fallback)
    assert found.open == (len(approvers) >= ACCESS.role(role).quorum)


def test_an_exception_names_a_second_person() -> None:
    found = ways(ACCESS, "clerk", "财务部", ("p1",), (), exception=True)
    assert (found.second, found.quorum, found.approvers) == ("s1", 2, ("h1", "s1"))
    assert not ways(ACCESS, "clerk", "财务部", ("p1",), ("s1", "f1", "f2"), exception=True).open


@pytest.mark.parametrize(
    ("viewer", "aways", "name"),
    [
        ("o1", (), "o1"), ("x", (), ""), ("p1", (), ""), ("h1", (), ""), ("f1", (), ""),
        ("x", (("o1", "x", 1),), "o1"), ("x", (("o1", "x", 0),), ""), ("p1", (("o1", "p1", 1),), ""), ("b1", (("o1", "b1", 1),), ""),
    ],
)  # fmt: skip
def test_in_whose_name_somebody_decides(viewer: str, aways: tuple[tuple[str, str, int], ...], name: str) -> None:
    absent = tuple(Away(person, person, NOW - timedelta(days=1), NOW + timedelta(days=days), deputy) for person, deputy, days in aways)
    assert principal(request(beneficiary="b1"), viewer, ACCESS, absent, NOW) == name


def test_a_right_that_was_taken_away_counts_at_once() -> None:
    assert principal(request(), "o1", replace(ACCESS, owners={}), (), NOW) == ""
    assert eligible(ACCESS, "clerk", "") == {"o1", "o2", "f1", "f2", "s1"}


def approval(by: str, *, edition: int = 1, of: str = "", ok: bool = True) -> Approval:
    """A decision."""
    return Approval(by, ok, NOW, edition, instead_of=of)


@pytest.mark.parametrize(
    ("approvals", "quorum", "second", "wanted"),
    [
        ((approval("o1"),), 1, "", True),
        ((approval("o1", edition=2),), 1, "", False),
        ((approval("o1", ok=False),), 1, "", False),
        ((approval("o1"), approval("o1")), 2, "", False),
        ((approval("o1"), approval("o1", of="o2")), 2, "", False),
        ((approval("o1"), approval("x", of="o1")), 2, "", False),
        ((approval("o1"), approval("o2")), 2, "", True),
        ((approval("o1"), approval("o2")), 2, "s1", False),
        ((approval("o1"), approval("s1")), 2, "s1", True),
        ((approval("o1"), approval("x", of="s1")), 2, "s1", True),
    ],
)
def test_when_it_is_enough(approvals: tuple[Approval, ...], quorum: int, second: str, wanted: bool) -> None:
    assert enough(request(approvals=approvals, quorum=quorum, second=second)) is wanted


def test_another_edition_needs_new_approvals_and_has_a_new_code() -> None:
    first = request(approvals=(approval("o1"),))
    second = edited(first, "9XK4T", NOW, until=NOW)
    assert second is not None
    assert (second.edition, second.code, second.given, enough(second)) == (2, "9XK4T", (), False)
    assert edited(replace(first, state="granting"), "9XK4T", NOW) is None


@pytest.mark.parametrize("state", ["rejected", "withdrawn", "expired", "effective"])
def test_what_has_ended_stays_as_it_is(state: str) -> None:
    ended = request(state=state)
    legal = [name for name, move in REQUESTS.items() for part in move.by if moved(ended, name, part, NOW) is not None]
    assert legal == (["break"] if state == "effective" else [])


def test_only_the_asker_takes_it_back_and_only_time_ends_it() -> None:
    assert withdrawn(request(), "o1", NOW) is None
    assert withdrawn(request(), "p1", NOW) is not None
    assert lapsed(request(lapses=NOW + timedelta(minutes=1)), NOW) is None
    assert lapsed(request(lapses=NOW), NOW) is not None
    assert withdrawn(request(state="granting"), "p1", NOW) is None


def test_the_clock_of_a_grant() -> None:
    check = NOW + timedelta(days=1)
    grant = Grant("g1", "r1", "p1", "", "clerk", "active", NOW, until=NOW + timedelta(days=20))
    assert next_look(grant, check) == check
    asked = replace(grant, asked=check)
    assert next_look(asked, None) == NOW + timedelta(days=6)
    assert next_look(replace(asked, warned=14), None) == NOW + timedelta(days=17)
    assert next_look(replace(asked, warned=1), None) == grant.until
    assert next_look(replace(asked, until=NOW + timedelta(days=2)), None) == NOW + timedelta(days=1), "no warning before it began"
    assert next_look(replace(asked, until=None), None) is None
    assert set(GRANTS) == {"keep", "end", "ended", "fail"}


def test_limits() -> None:
    assert longest(ACCESS, ACCESS.role("clerk"), NOW) is None
    assert longest(ACCESS, ACCESS.role("chief"), NOW) == NOW + timedelta(days=30)
    assert longest(ACCESS, ACCESS.role("clerk"), NOW, exception=True) == NOW + timedelta(days=90)


def test_accounts_become_people() -> None:
    both = Person("person-1", accounts=(("c", "o1"), ("d", "o1b")))
    access = resolved(Access(owners={"clerk": ("c:o1", "d:o1b", "c:o2")}, finance=("d:o1b",)), (both,))
    assert access.owners["clerk"] == ("person-1", "c:o2"), "two accounts of one human being are one decider"
    assert access.finance == ("person-1",)


def test_the_settings_name_the_people() -> None:
    settings = AccessSettings(owners={"cashier": ("e1",)}, quorum={"cashier": 2}, max_days={"cashier": 7}, systems={"k3": {"title": "云星空"}})  # type: ignore[dict-item]
    access = peopled(SHIPPED, settings, "dingtalk", ("boss",))
    assert (access.owners["cashier"], access.finance, access.seconds) == (("dingtalk:e1",), ("dingtalk:boss",), ("dingtalk:boss",))
    assert (access.role("cashier").quorum, access.role("cashier").max_days, access.system("k3").connector) == (2, 7, "k3")
    assert (access.system("").connector, access.role("nobody").duties) == ("manual", frozenset())


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("roles: {x: {title: {zh: 甲}, level: most}}", "a level is"),
        ("roles: {x: {title: {zh: 甲}, by: [me]}}", "by names"),
        ("roles: {x: {title: {zh: 甲}, colour: red}}", "Extra inputs"),
        ("roles: [", "access.yaml"),
    ],
)
def test_a_policy_with_faults_names_them(tmp_path, text: str, fault: str) -> None:
    folder = tmp_path / "intents" / "_policy"
    folder.mkdir(parents=True)
    (folder / "access.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(WordsError, match=fault):
        load((tmp_path,), text)


def test_an_organisation_replaces_single_roles_and_rules(tmp_path) -> None:
    folder = tmp_path / "intents" / "_policy"
    folder.mkdir(parents=True)
    (folder / "access.yaml").write_text("roles: {cashier: {title: {zh: 资金专员}, quorum: 2}}", encoding="utf-8")
    (folder / "segregation.yaml").write_text("[{id: CN-07, a: [cashier], b: [bank_reconciler], act: flag, law: {zh: 内规}, why: {zh: 分开}}]", encoding="utf-8")
    own = load((bundled(), tmp_path), "own")
    assert own.access.role("cashier").title == {"zh": "资金专员", "en": "资金专员"}
    assert own.access.role("preparer") == SHIPPED.role("preparer")
    assert next(rule.act for rule in own.rules if rule.id == "CN-07") == "flag"
