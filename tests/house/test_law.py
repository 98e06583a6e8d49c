"""The law of the house that no linter knows: sizes, words in their rooms, one sentence a module."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = [path for room in ("bot", "storage") for path in sorted((ROOT / room).rglob("*.py")) if "versions" not in path.parts]
LONGER = {"speaking.py:say": "its arguments are the fields of a message"}
"""Functions over 40 lines, with the reason."""


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_one_noun(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 300
    tree = ast.parse(text)
    assert ast.get_docstring(tree), "a module opens with a sentence that says what it is"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and f"{path.name}:{node.name}" not in LONGER:
            assert (node.end_lineno or node.lineno) - node.lineno < 40, f"{node.name} is too long"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_words_live_in_their_rooms(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            assert not re.search(r"[\u4e00-\u9fff]", node.value), f"line {node.lineno}: {node.value!r}"
