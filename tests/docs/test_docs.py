"""Documentation is tested: made pages are current, every setting and verb is described, what is linked and shown exists."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from bot.cli import app
from bot.config import Section, Settings
from bot.core.understanding.reading import plain
from bot.reference import pages
from bot.words.loading import Heading, bundled, headings

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / name for name in ("README.md", "README.zh-CN.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")] + sorted((ROOT / "docs").rglob("*.md"))
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
COMMAND = typer.main.get_command(app)


def ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.fixture(scope="module")
def found() -> dict[str, Heading]:
    return dict(headings([bundled()]))


@pytest.mark.parametrize("place", sorted(pages(), key=str), ids=str)
def test_made_pages_are_current(place: Path) -> None:
    assert (ROOT / place).read_text(encoding="utf-8") == pages()[place], "run: make reference"


def settings() -> Iterator[tuple[str, str]]:
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, Section):
            yield from ((f"{name}.{key}", inner.description or "") for key, inner in type(field.default).model_fields.items())
        else:
            yield name, field.description or ""


@pytest.mark.parametrize(("name", "described"), list(settings()))
def test_every_setting_says_what_it_does(name: str, described: str) -> None:
    assert described


def verbs(group: object, before: str = "") -> Iterator[tuple[str, object]]:
    for name, command in getattr(group, "commands", {}).items():
        if hasattr(command, "commands"):
            yield from verbs(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


@pytest.mark.parametrize(("name", "command"), list(verbs(COMMAND)))
def test_every_verb_and_option_says_what_it_does(name: str, command: object) -> None:
    assert getattr(command, "help", "")
    for parameter in getattr(command, "params", ()):
        assert getattr(parameter, "help", "") or not parameter.opts[0].startswith("-"), parameter.name


@pytest.mark.parametrize("path", PAGES, ids=ids)
def test_links_lead_somewhere(path: Path) -> None:
    for link in LINK.findall(path.read_text(encoding="utf-8")):
        assert "://" in link or (path.parent / link).exists(), link


def lines() -> Iterator[tuple[str, str]]:
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        shown = [line for language, body in FENCE.findall(text) if language in {"", "sh", "bash"} for line in body.splitlines()]
        for line in [*shown, *re.findall(r"`([^`\n]+)`", text)]:
            if re.match(r"(\.venv/bin/)?usher |make ", line.strip()):
                yield ids(path), line.strip()


@pytest.mark.parametrize(("page", "line"), sorted(set(lines())))
def test_a_shown_command_exists(page: str, line: str) -> None:
    program, *words = shlex.split(line, comments=True)
    if program == "make":
        targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        assert all(word in targets for word in words if "=" not in word and not word.startswith("-")), line
        return
    known = dict(verbs(COMMAND))
    if not words or words[0].isupper() or words[0].startswith("-"):
        return
    verb = " ".join(words[:2]) if " ".join(words[:2]) in known else words[0]
    assert verb in known, line
    options = {name for parameter in getattr(known[verb], "params", ()) for name in (*parameter.opts, *parameter.secondary_opts)}
    assert {word.partition("=")[0] for word in words if word.startswith("--")} <= options | {"--help"}, line


@pytest.mark.parametrize("path", PAGES, ids=ids)
def test_a_named_variable_sets_something(path: Path) -> None:
    known = {f"USHER_{name.upper().replace('.', '__')}" for name, _ in settings()} | {"USHER_CONFIG", "USHER_SECRETS", "USHER_NO_UV", "USHER_TEST_KILLS"}
    for name in re.findall(r"\bUSHER_[A-Z_]+[A-Z]\b", path.read_text(encoding="utf-8")):
        assert name in known, name


@pytest.mark.parametrize("path", [ROOT / "README.md", ROOT / "README.zh-CN.md"], ids=ids)
def test_figures_of_the_readme_are_right(path: Path, found: dict[str, Heading]) -> None:
    groups = [name.partition(".")[0] for name in found]
    acting = sum(group in {"act", "adm"} for group in groups)
    asked = sum(group not in {"act", "adm", "chat", "shell", "setup", "elsewhere"} for group in groups)
    text = path.read_text(encoding="utf-8")
    assert str(acting) in text
    assert str(asked) in text


def test_the_readmes_example_is_a_new_intent(found: dict[str, Heading]) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    body = next(body for language, body in FENCE.findall(text) if language == "yaml")
    name = re.search(r"intents/zh/(\w+)/(\w+)\.yaml", body)
    assert name
    assert f"{name[1]}.{name[2]}" not in found
    said = {plain(line) for heading in found.values() for line in heading.utterances.get("zh", ())}
    assert not said & {plain(line) for line in re.findall(r"^- (.+)$", body, re.MULTILINE)}
