"""The stand-ins are independent witnesses: they import nothing of the product, and their Python says nothing in Chinese."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import bot.fake_finance

FILES = sorted(Path(bot.fake_finance.__file__).parent.glob("*.py"))
ALLOWED = {*sys.stdlib_module_names, "aiohttp"}


def test_imports_nothing_of_the_product() -> None:
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            strange = [name for name in names if name.partition(".")[0] not in ALLOWED and not name.startswith("bot.fake_finance")]
            assert strange == [], path.name


def test_no_chinese_in_python() -> None:
    assert [path.name for path in FILES if re.search(r"[\u3400-\u9fff]", path.read_text(encoding="utf-8"))] == []
