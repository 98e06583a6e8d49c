"""The sandbox finance system: books on the disk, expiry by the business clock, switched-off roles, accounts that come and go."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from peers import START, Steps

from bot.connectors.contract import ContractError, Disabled, Grant, Layer, NotFound, Role, Standing, UserRef, UserState
from bot.connectors.sandbox import Sandbox

ROLES = (Role("cashier"), Role("old", active=False))


async def test_an_effect_is_there_until_its_end(tmp_path: Path) -> None:
    clock = Steps()
    box = Sandbox("erp", clock, tmp_path / "b.json", ROLES)
    await box.grant(Grant("r", "zhangsan", "cashier", "100", end=START + timedelta(days=1)), "k")
    user = await box.find_user(UserRef(account="zhangsan"))
    assert user is not None
    assert {one.standing for one in await box.explain_access(user, "cashier", "100")} == {Standing.OK}
    other = {one.layer: one.standing for one in await box.explain_access(user, "cashier", "200")}
    assert (other[Layer.ROLE], other[Layer.ORGANISATION]) == (Standing.OK, Standing.MISSING)
    clock.skip(days=1)
    gone = {one.layer: one.standing for one in await box.explain_access(user, "cashier", "100")}
    assert gone[Layer.ROLE] is Standing.MISSING


async def test_closed_doors_and_switched_off_roles(tmp_path: Path) -> None:
    box = Sandbox("erp", Steps(), tmp_path / "b.json", ROLES, open_door=False)
    with pytest.raises(NotFound):
        await box.grant(Grant("r", "zhangsan", "cashier"), "k")
    await box.admit("zhangsan")
    with pytest.raises(NotFound):
        await box.grant(Grant("r", "zhangsan", "cook"), "k")
    with pytest.raises(Disabled):
        await box.grant(Grant("r", "zhangsan", "old"), "k")
    await box.admit("zhangsan", UserState.UNLICENSED)
    user = await Sandbox("erp", Steps(), tmp_path / "b.json", ROLES, open_door=False).find_user(UserRef(employee_no="zhangsan"))
    assert user is not None
    assert {one.layer: one.standing for one in await box.explain_access(user, "cashier")}[Layer.LICENCE] is Standing.MISSING


async def test_taking_one_organisation_leaves_the_others() -> None:
    box = Sandbox("erp", Steps())
    for org in ("100", "200"):
        await box.grant(Grant("r", "zhangsan", "cashier", org), "k")
    await box.revoke(Grant("r", "zhangsan", "cashier", "100"), "k")
    assert [one.org for one in await box.user_roles("zhangsan")] == ["200"]
    assert [role.code for role in await box.list_roles()] == ["cashier"]


async def test_members_come_a_page_at_a_time() -> None:
    box = Sandbox("erp", Steps())
    for number in range(150):
        await box.grant(Grant("r", f"user{number:03}", "cashier"), "k")
    first, cursor = await box.role_members("cashier")
    rest, end = await box.role_members("cashier", cursor)
    assert (len(first), len(rest), end) == (100, 50, "")


@pytest.mark.parametrize("torn", ["", "[]", '{"users": {}}', '{"users": {"a": "happy"}, "held": {}}', '{"users": {}, "held": {"a": [{}]}}'])
def test_books_that_are_none_are_named(torn: str, tmp_path: Path) -> None:
    (tmp_path / "erp.json").write_text(torn)
    with pytest.raises(ContractError, match=r"erp\.json"):
        Sandbox("erp", Steps(), tmp_path / "erp.json")
