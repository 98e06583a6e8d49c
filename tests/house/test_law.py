"""The law of the house: sizes, words in their rooms, one sentence a module, arrows that point down."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = [path for room in ("bot", "storage") for path in sorted((ROOT / room).rglob("*.py")) if "versions" not in path.parts]
LONGEST_FILE = 300
LONGEST_FUNCTION = 40
LONGER: dict[str, str] = {}
"""Functions that may be longer, with the reason."""
SPOKEN: dict[str, str] = {}
"""Modules that may hold Chinese characters beside their docstrings, with the reason."""
EMPTY_NAMES = re.compile(r"(^|_)(handlers?|managers?|helpers?|utils?|base|common|misc)(_|$)")


def name_of(path: Path) -> str:
    """The path as the tables have it."""
    return path.relative_to(ROOT).as_posix()


def parsed(path: Path) -> ast.Module:
    """The module as a tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


each_file = pytest.mark.parametrize("path", FILES, ids=name_of)


@each_file
def test_a_file_is_one_noun(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE
    assert not EMPTY_NAMES.search(path.stem)


@each_file
def test_functions_are_short(path: Path) -> None:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and f"{name_of(path)}:{node.name}" not in LONGER:
            assert (node.end_lineno or node.lineno) - node.lineno + 1 <= LONGEST_FUNCTION, f"{node.name} is too long"


@each_file
def test_a_module_opens_with_a_sentence(path: Path) -> None:
    told = ast.get_docstring(parsed(path)) or ""
    first = told.split("\n\n")[0]
    assert re.match(r"\S.{15,}", first), "a module opens with a sentence that says what it is"
    assert re.search(r"[.!]$", first), "a sentence ends"
    assert path.name != "__init__.py" or len(told.splitlines()) <= 4, "a room's law is four lines at most"


@each_file
def test_words_live_in_their_rooms(path: Path) -> None:
    if name_of(path) in SPOKEN:
        return
    tree = parsed(path)
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            assert not re.search(r"[\u3400-\u9fff]", node.value), f"line {node.lineno}: {node.value!r}"


def test_exceptions_are_still_needed() -> None:
    functions = {
        f"{name_of(path)}:{node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in FILES
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert [name for name in LONGER if functions.get(name, 0) <= LONGEST_FUNCTION] == []
    assert SPOKEN.keys() <= {name_of(path) for path in FILES}


def test_arrows_point_down() -> None:
    checked = subprocess.run([Path(sys.executable).parent / "lint-imports", "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_importing_does_nothing() -> None:
    """Nothing is made at import: the core comes without the rooms above it and without the libraries of input and output."""
    heavy = "{'aiohttp', 'sqlmodel', 'sqlalchemy', 'jinja2', 'structlog', 'pydantic', 'ruamel', 'storage', 'bot.engine', 'bot.channels'}"
    code = f"import sys, bot.core.decide; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_language_has_the_same_replies() -> None:
    """Same stem in every language's templates."""
    stems = {language: {path.relative_to(ROOT / "templates" / language) for path in (ROOT / "templates" / language).rglob("*.j2")} for language in ("zh", "en")}
    assert stems["zh"] ^ stems["en"] == set()
