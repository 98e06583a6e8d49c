"""Segregation of duties: the shipped rules, what they stop, and that statute knows no exception."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.core.segregation import Act, Held, Rule, clash, conflicts, notes
from bot.words.loading import bundled
from bot.words.policies import load

RULED = load((bundled(),), "tests")
RULES, ACCESS = RULED.rules, RULED.access
DUTIES = sorted({duty for rule in RULES for duty in rule.a | rule.b})


def held(*roles: str, pending: bool = False) -> tuple[Held, ...]:
    """What somebody has."""
    return tuple(Held(role, ACCESS.role(role).duties, pending) for role in roles)


@pytest.mark.parametrize(
    ("wanted", "has", "rule", "hard"),
    [
        ("cashier", "reviewer", "CN-01", True),
        ("cashier", "archivist", "CN-02", True),
        ("cashier", "preparer", "CN-03", True),
        ("ap_clerk", "cashier", "CN-03", True),
        ("preparer", "supervisor", "CN-04", False),
        ("reviewer", "preparer", "CN-05", False),
        ("pay_approver", "pay_initiator", "CN-06", False),
        ("bank_reconciler", "cashier", "CN-07", False),
        ("vendor_master", "pay_approver", "CN-14", False),
        ("auditor_ro", "poster", "CN-18", False),
        ("budget_approver", "budget_editor", "CN-19", False),
        ("sysadmin", "reviewer", "CN-20", False),
    ],
)
def test_the_shipped_rules(wanted: str, has: str, rule: str, hard: bool) -> None:
    found = conflicts(RULES, ACCESS.role(wanted).duties, held(has))
    assert (found[0].rule.id, found[0].rule.hard, found[0].role) == (rule, hard, has)
    assert conflicts(RULES, ACCESS.role(has).duties, held(wanted))[0].rule.id == rule, "a rule has no direction"


@pytest.mark.parametrize("role", ["member", "viewer"])
def test_the_least_roles_break_nothing(role: str) -> None:
    assert conflicts(RULES, ACCESS.role(role).duties, held(*ACCESS.roles)) == ()


def test_what_is_only_asked_for_counts_as_well() -> None:
    (found, *_) = conflicts(RULES, ACCESS.role("cashier").duties, held("preparer", pending=True))
    assert (found.rule.id, found.pending) == ("CN-03", True)
    (live, *_) = conflicts(RULES, ACCESS.role("cashier").duties, (*held("preparer", pending=True), *held("ap_clerk")))
    assert (live.role, live.pending) == ("ap_clerk", False), "what is held is named before what is asked for"


def test_the_hardest_comes_first_and_each_rule_once() -> None:
    found = conflicts(RULES, ACCESS.role("cashier").duties, held("bank_reconciler", "preparer", "ap_clerk"))
    assert [one.rule.id for one in found] == ["CN-03", "CN-07"]


def test_two_of_the_three_administrators() -> None:
    rule = next(rule for rule in RULES if rule.id == "CN-21")
    assert clash(rule, frozenset({"sysadmin"}), frozenset({"secaudit"}))
    assert not clash(rule, frozenset({"sysadmin"}), frozenset({"sysadmin"}))


def test_a_reminder_stops_nothing() -> None:
    assert [rule.id for rule in notes(RULES, ACCESS.role("cashier").duties)] == ["CN-23"]
    assert all(one.rule.act is not Act.NOTE for one in conflicts(RULES, ACCESS.role("cashier").duties, held(*ACCESS.roles)))


def test_every_rule_says_why_and_by_which_law_in_both_languages() -> None:
    for rule in RULES:
        assert all(rule.law[language] and rule.why[language] for language in ("zh", "en")), rule.id
        assert not rule.hard or rule.id in {"CN-01", "CN-02", "CN-03"}, "only statute is hard"


@given(some.sets(some.sampled_from(DUTIES)), some.sets(some.sampled_from(DUTIES)), some.sampled_from(RULES))
def test_a_clash_is_the_same_from_both_sides(one: set[str], other: set[str], rule: Rule) -> None:
    assert clash(rule, frozenset(one), frozenset(other)) == clash(rule, frozenset(other), frozenset(one))


@given(some.sets(some.sampled_from(DUTIES)), some.lists(some.sets(some.sampled_from(DUTIES)), max_size=4))
def test_more_in_one_hand_never_breaks_less(wanted: set[str], others: list[set[str]]) -> None:
    having = tuple(Held(str(place), frozenset(duties)) for place, duties in enumerate(others))
    fewer = {one.rule.id for one in conflicts(RULES, frozenset(wanted), having[1:])}
    assert fewer <= {one.rule.id for one in conflicts(RULES, frozenset(wanted), having)}
