"""The words of the page: templates/<language>/demo.yaml, read once and checked, and the questions of the intents."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from bot.ports import WordsError

LANGUAGES = ("zh", "en")


class Row(BaseModel):
    """A part of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Actor(Row):
    """Somebody of the cast. `short` stands in the avatar; `role` picks the colour and the first sentences."""

    id: str
    name: str
    short: str
    title: str
    role: str = ""
    mobile: str = ""
    manager: str = ""
    admin: int = 0
    inside: bool = True


class First(Row):
    """A sentence to begin with: for these roles or people, in these kinds of room. `opens` names the tab that shows what comes of it."""

    say: str
    tip: str = ""
    who: tuple[str, ...]
    where: tuple[str, ...]
    opens: str = ""

    def fits(self, role: str, person: str, room: str) -> bool:
        """Whether it is offered to this person in this kind of room."""
        return not {role, person}.isdisjoint(self.who) and room in self.where


class Words(Row):
    """One language of the page. `cast`, in another language than Chinese, gives other names to the same people."""

    page: Mapping[str, str]
    weekdays: tuple[str, ...]
    steps: Mapping[str, str]
    states: Mapping[str, str]
    notices: Mapping[str, str]
    roles: Mapping[str, str]
    kinds: Mapping[str, str]
    reasons: Mapping[str, str]
    rules: Mapping[str, str]
    effects: Mapping[str, str]
    entities: Mapping[str, str]
    group: str
    cast: tuple[Actor, ...]
    first: tuple[First, ...]
    killing: str
    oa_title: str
    oa_approvers: tuple[str, ...]
    organisation: Mapping[str, Any] = {}
    settings: Mapping[str, Any] = {}


class Phrases:
    """All languages of the page. Raises WordsError when a file is missing or does not fit."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._all = {language: _read(root / "templates" / language / "demo.yaml") for language in LANGUAGES}
        self._questions: dict[tuple[str, str], str] = {}
        for language, words in self._all.items():
            if [actor.id for actor in words.cast] != [actor.id for actor in self._all["zh"].cast]:
                raise WordsError(f"templates/{language}/demo.yaml: the cast is not that of the Chinese file")

    def of(self, language: str) -> Words:
        """The words of a language, Chinese for one that there is not."""
        return self._all.get(language, self._all["zh"])

    def question(self, intent: str, language: str) -> str:
        """The clear form of an intent's question, else the intent's id. Files are read when first asked for."""
        key = (language, intent)
        if key not in self._questions:
            self._questions[key] = self._find(intent, language)
        return self._questions[key]

    def _find(self, intent: str, language: str) -> str:
        group, _, name = intent.partition(".")
        if not name.replace("_", "").replace("-", "").isalnum() or not group.isalnum():
            return intent
        if group == "elsewhere":
            rows = _load(self._root / "intents" / language / "_elsewhere.yaml") or []
            return next((str(row.get("name")) for row in rows if row.get("desk") == name), intent)
        found = _load(self._root / "intents" / language / group / f"{name}.yaml")
        if isinstance(found, dict) and found.get("question"):
            return str(found["question"])
        labels = _load(self._root / "templates" / language / "labels.yaml")
        return str(labels.get(intent) or intent) if isinstance(labels, dict) else intent


def _load(path: Path) -> Any:
    """The file as plain data; None when it cannot be read."""
    try:
        return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except (OSError, YAMLError, UnicodeDecodeError):
        return None


def _read(path: Path) -> Words:
    found = _load(path)
    if not isinstance(found, dict):
        raise WordsError(f"{path}: the words of the playground are missing or no YAML")
    try:
        return Words.model_validate(found)
    except ValidationError as fault:
        faults = (f"{path}: {'.'.join(map(str, row['loc']))}: {row['msg']}" for row in fault.errors(include_url=False))
        raise WordsError("\n".join(faults)) from fault
