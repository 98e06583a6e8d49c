"""Files in the console: looked at first, taken through the one flow, each row once."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from console_samples import Admin, admin_of

from bot.core.facts import Ask
from bot.core.model import Member

GOOD = "成员ID,姓名,手机,部门\nemp7,李雷,13800138000,财务部\nemp8,韩梅梅,13900139000,财务部\n".encode("gb18030")


@pytest.fixture
async def admin(tmp_path: Path) -> AsyncIterator[Admin]:
    async with admin_of(tmp_path) as made:
        await made.enter()
        yield made


async def taken(admin: Admin, raw: bytes) -> str:
    """The page at the end of an import."""
    _, text = await admin.upload(raw)
    (digest,) = re.findall(r'name="digest" value="([0-9a-f]+)"', text)
    status, text = await admin.post("/import/take", {"token": admin.token, "digest": digest}, follow=True)
    assert status == 200
    for _ in range(100):
        _, text = await admin.get(f"/import/{digest}", **{"HX-Request": "true"})
        if "every 1s" not in text:
            return text
        await asyncio.sleep(0.02)
    raise AssertionError("the import does not end")


async def test_rows_become_members_once(admin: Admin) -> None:
    text = await taken(admin, GOOD)
    assert "导入完成" in text
    members = (await admin.store.answer([Ask(Member)])).items
    assert {member.name for member in members if isinstance(member, Member)} == {"李雷", "韩梅梅"}
    assert (await admin.acts())[0] == "console.imported"
    again = await taken(admin, GOOD)
    assert re.search(r"导入完成", again)


async def test_the_same_file_after_a_restart_counts_no_row_twice(admin: Admin) -> None:
    await taken(admin, GOOD)
    admin.pages._importing._batches.clear()
    text = await taken(admin, GOOD)
    assert re.search(r"以前导过</dt><dd>2<", text)


async def test_faults_are_told_by_row_and_column_and_nothing_is_taken(admin: Admin) -> None:
    bad = "account,name,mobile\nemp7,=1+1,13800138000\nemp 8,韩梅梅,abc\n".encode()
    status, text = await admin.upload(bad)
    assert status == 422
    assert "有 3 处要改" in text
    assert re.findall(r'<th scope="row" class="number">(\d+)</th><td>([^<]+)</td>', text) == [("2", "姓名"), ("3", "成员 ID"), ("3", "手机号")]
    assert "digest" not in text
    assert (await admin.store.answer([Ask(Member)])).items == ()


@pytest.mark.parametrize(
    ("raw", "name", "told"),
    [
        (b"", "people.csv", "还没有选文件"), (b"x", "people.pdf", "要 .csv 或 .xlsx"), (b"a,b\n1,2\n", "people.csv", "缺少这些列: account, name"),
        (b"account,name\n", "people.csv", "标题下面没有内容"), (b"PK\x03\x04", "people.xlsx", "这个表格读不了"), (b"\xff\xff\xff\n", "people.csv", "编码"),
    ],
)  # fmt: skip
async def test_what_is_no_file_of_records_is_told_so(admin: Admin, raw: bytes, name: str, told: str) -> None:
    status, text = await admin.upload(raw, name)
    assert (status, told in text) == (422, True)


async def test_a_file_needs_the_token_and_a_kind(admin: Admin) -> None:
    assert (await admin.upload(GOOD, token="0" * 64))[0] == 403
    assert (await admin.upload(GOOD, kind="king"))[0] == 403
    assert (await admin.post("/import", {"token": admin.token}))[0] == 415
    assert (await admin.upload(b"x" * (21 * 2**20)))[0] == 413


async def test_nobody_takes_what_they_did_not_look_at(admin: Admin) -> None:
    status, text = await admin.post("/import/take", {"token": admin.token, "digest": "0" * 24})
    assert (status, "检查结果过期" in text) == (409, True)
    assert (await admin.get("/import/000"))[0] == 404
