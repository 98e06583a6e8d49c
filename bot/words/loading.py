"""Reads intents/ and templates/ (and an organisation's overlay folders) into one version of the words: a Reader and a renderer."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from bot.core.model import Audience, Catalogue, Intent, Scope
from bot.core.understanding import Lexicon, Matcher
from bot.core.understanding.languages import tongues
from bot.core.understanding.reading import Reader, plain
from bot.core.understanding.spoken import FILES as SPOKEN
from bot.core.understanding.spoken import Spoken
from bot.ports import WordsError
from bot.words import kept, variants
from bot.words.rendering import Templates

LANGUAGES = ("zh", "en")
SHELL = "shell"
"""Intents of this group are commands: only their exact words count, never a near miss."""
_KNOWN = {"question", "audience", "scope", "follow_up", "see_also", "owner", "review_by", "utterances", "slots", "variants"}


def bundled() -> Path:
    """The folder that holds the product's own intents/ and templates/: inside an installed wheel, else the checkout."""
    here = Path(__file__).parents[1]
    inside = here / "_bundled"
    return inside if inside.is_dir() else here.parent


@dataclass(frozen=True, slots=True)
class Heading:
    """One intent as its files say it, in all languages."""

    intent: Intent
    questions: dict[str, str] = field(default_factory=dict)
    utterances: dict[str, tuple[str, ...]] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Words:
    """One version of the words, complete and never changed: what is in use while a newer one is being read. `defaults[language]` are the values of the
    organisation that answers use when nobody has set them."""

    version: str
    reader: Reader
    templates: Templates
    defaults: Mapping[str, Mapping[str, Any]]
    headings: Mapping[str, Heading]

    @property
    def catalogue(self) -> Catalogue:
        """The intents as decisions see them."""
        return self.reader.catalogue

    def defaults_in(self, language: str) -> Mapping[str, Any]:
        """The organisation's values that nobody has set, in `language`, else in Chinese."""
        return self.defaults.get(language) or self.defaults.get("zh", {})

    @property
    def utterances(self) -> int:
        """How many utterances there are in all languages."""
        return sum(len(lines) for heading in self.headings.values() for lines in heading.utterances.values())


def load(roots: Sequence[Path]) -> Words:
    """Reads the roots in order, later ones above earlier ones file by file. Raises WordsError with every fault, one a line."""
    faults: list[str] = []
    headings = _headings(roots, faults)
    lexicons = {language: _lexicon(roots, language, faults) for language in LANGUAGES}
    templates = Templates.read([root / "templates" for root in roots], faults, kept.parsed().templates)
    labels = labels_of(roots, headings, faults)
    choices = _choices(roots, faults)
    defaults = {language: _defaults(roots, language, faults) for language in LANGUAGES}
    spoken = _spoken(roots, lexicons, defaults, faults)
    _refuse(faults)
    version = _version(roots)
    catalogue = Catalogue(version, {name: heading.intent for name, heading in headings.items()}, labels, templates.folded, templates.names)
    matchers = {language: matcher_of(catalogue_of(headings, language), headings, language, lexicons[language]) for language in LANGUAGES}
    exact = {plain(line): name for name, heading in headings.items() if name.startswith(SHELL + ".") for lines in heading.utterances.values() for line in lines}
    said = ((lang, plain(line)) for name, one in headings.items() if name.startswith(SHELL + ".") for lang, lines in one.utterances.items() for line in lines)
    return Words(version, Reader(catalogue, matchers, exact, choices, spoken, tongues(said)), templates, defaults, headings)


def catalogue_of(headings: Mapping[str, Heading], language: str) -> list[dict[str, Any]]:
    """The matcher's catalogue of one language: id, name and examples of each fuzzy intent, in the order of their ids."""
    rows = []
    for name in sorted(headings):
        heading = headings[name]
        lines = heading.utterances.get(language, ())
        question = heading.questions.get(language, "")
        if not name.startswith(SHELL + ".") and (lines or question):
            examples = list(dict.fromkeys((*lines, question) if question and not heading.intent.desk else lines))
            rows.append({"id": name, "name": question or name, "examples": examples})
    return rows


def headings(roots: Sequence[Path]) -> Mapping[str, Heading]:
    """The intents as their files say them, without learning them: for pages and lints. Raises WordsError."""
    faults: list[str] = []
    found = _headings(roots, faults)
    _refuse(faults)
    return found


def lexicon(roots: Sequence[Path], language: str) -> Lexicon:
    """The lexicon of one language. Raises WordsError."""
    faults: list[str] = []
    found = _lexicon(roots, language, faults)
    _refuse(faults)
    return found


def matcher_of(catalogue: Sequence[Mapping[str, Any]], headings: Mapping[str, Heading], language: str, words: Lexicon) -> Matcher:
    """A matcher fitted on a catalogue whose intents are these headings'; other departments' topics are its fence."""
    return kept.matcher(catalogue, language, words, frozenset(name for name, heading in headings.items() if heading.intent.desk))


def _refuse(faults: Sequence[str]) -> None:
    kept.settle()
    if faults:
        raise WordsError("\n".join(faults))


def _read(path: Path, faults: list[str]) -> Any:
    try:
        return kept.parsed().read(path.read_bytes(), lambda text: YAML(typ="safe", pure=True).load(text))
    except (YAMLError, UnicodeDecodeError, OSError) as fault:
        faults.append(f"{path}: {' '.join(str(fault).split())[:300]}")
        return None


def _files(roots: Sequence[Path], language: str) -> Iterator[tuple[str, Path]]:
    """(intent id, file) of every intent file that counts: of two at the same path the later root's."""
    found: dict[str, Path] = {}
    for root in roots:
        if (root / "replaces").exists():
            found = {name: path for name, path in found.items() if name.split(".")[0] in {SHELL, "act", "adm", "chat", "setup"}}
        for path in sorted((root / "intents" / language).glob("*/*.yaml")):
            found[f"{path.parent.name}.{path.stem}"] = path
    yield from sorted(found.items())


def _headings(roots: Sequence[Path], faults: list[str]) -> dict[str, Heading]:
    actions = _merged(roots, "intents/actions.yaml", faults)
    headings: dict[str, Heading] = {}
    for language in LANGUAGES:
        for name, path in _files(roots, language):
            data = _read(path, faults)
            if not _sound(data, path, faults):
                continue
            head = {**data, **(actions.get(name) or {})}
            if name not in headings:
                headings[name] = Heading(_intent(name, head, path, faults))
            elif data.get("variants"):
                faults.append(f"{path}: variants belong into {next(iter(headings[name].files.values()))}")
            heading = headings[name]
            heading.questions[language] = str(data.get("question") or "")
            heading.utterances[language] = tuple(data.get("utterances") or ())
            heading.files[language] = path
        _elsewhere(roots, language, headings, faults)
    _references(headings, faults)
    return headings


def _sound(data: Any, path: Path, faults: list[str]) -> bool:
    if not isinstance(data, dict):
        faults.append(f"{path}: an intent file is a mapping with question and utterances")
        return False
    before = len(faults)
    faults.extend(f"{path}: unknown key {key!r}" for key in data.keys() - _KNOWN)
    lines = data.get("utterances") or []
    if not isinstance(lines, list) or not all(isinstance(line, str) and line.strip() for line in lines):
        faults.append(f"{path}: utterances is a list of texts (quote what YAML reads as a number or yes/no)")
    return len(faults) == before


def _intent(name: str, head: Mapping[str, Any], path: Path, faults: list[str]) -> Intent:
    try:
        return Intent(
            name,
            Audience(head.get("audience", "all")),
            Scope(head.get("scope", "group")),
            tuple(head.get("follow_up") or ()),
            tuple(head.get("see_also") or ()),
            tuple(head.get("slots") or ()),
            str(head.get("owner") or ""),
            str(head.get("review_by") or ""),
            variants=variants.read(head.get("variants"), faults, str(path)),
        )
    except ValueError as fault:
        faults.append(f"{path}: {fault}")
        return Intent(name)


def _elsewhere(roots: Sequence[Path], language: str, headings: dict[str, Heading], faults: list[str]) -> None:
    """Other departments' topics become intents of the group `elsewhere`, one a desk."""
    for root in roots:
        path = root / "intents" / language / "_elsewhere.yaml"
        for row in (_read(path, faults) or []) if path.exists() else []:
            if not isinstance(row, dict) or not {"desk", "name", "utterances"} <= row.keys():
                faults.append(f"{path}: each row has desk, name and utterances")
                continue
            name = f"elsewhere.{row['desk']}"
            heading = headings.setdefault(name, Heading(Intent(name, desk=str(row["desk"]))))
            heading.questions[language] = str(row["name"])
            heading.utterances[language] = tuple(str(line) for line in row["utterances"])
            heading.files[language] = path


def _references(headings: Mapping[str, Heading], faults: list[str]) -> None:
    for heading in headings.values():
        for other in (*heading.intent.follow_up, *heading.intent.see_also):
            if other not in headings and "zh" in heading.files:
                faults += [f"{heading.files['zh']}: names {other!r}, which does not exist"]


def _merged(roots: Sequence[Path], name: str, faults: list[str]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for root in roots:
        path = root / name
        found = _read(path, faults) if path.exists() else {}
        if isinstance(found, dict):
            merged.update(found)
        elif found is not None:
            faults.append(f"{path}: a mapping is wanted")
    return merged


def labels_of(roots: Sequence[Path], headings: Mapping[str, Heading], faults: list[str]) -> dict[str, dict[str, str]]:
    labels: dict[str, dict[str, str]] = {}
    for language in LANGUAGES:
        labels[language] = {name: heading.questions[language] for name, heading in headings.items() if heading.questions.get(language)}
        labels[language].update({key: str(value) for key, value in _merged(roots, f"templates/{language}/labels.yaml", faults).items()})
    return labels


def _defaults(roots: Sequence[Path], language: str, faults: list[str]) -> dict[str, Any]:
    """Lists as tuples, as core's Organisation holds them."""
    found = _merged(roots, f"templates/{language}/organisation.yaml", faults)
    return {name: tuple(value) if isinstance(value, list) else value for name, value in found.items()}


def _choices(roots: Sequence[Path], faults: list[str]) -> dict[str, int]:
    choices: dict[str, int] = {}
    for language in LANGUAGES:
        for number, lines in _merged(roots, f"intents/{language}/_choices.yaml", faults).items():
            choices.update({plain(str(line)): int(number) for line in lines})
    return choices


def _lexicon(roots: Sequence[Path], language: str, faults: list[str]) -> Lexicon:
    data = _merged(roots, f"intents/{language}/_lexicon.yaml", faults)
    try:
        return Lexicon(
            {name: tuple(map(str, words)) for name, words in (data.get("concepts") or {}).items()},
            {kind: {key: tuple(map(str, words)) for key, words in values.items()} for kind, values in (data.get("terms") or {}).items()},
            *_guards(data.get("guards") or {}),
        )
    except (AttributeError, TypeError) as fault:
        faults.append(f"intents/{language}/_lexicon.yaml: {fault}")
        return Lexicon()


def _guards(data: Mapping[str, Any]) -> tuple[Any, ...]:
    words = {name: tuple(map(str, data.get(name) or ())) for name in ("negations", "doubts", "doubted", "strange", "freely", "asides")}
    negated = {name: tuple(map(str, verbs)) for name, verbs in (data.get("negated") or {}).items()}
    return words["negations"], words["doubts"], negated, frozenset(words["doubted"]), words["strange"], frozenset(words["freely"]), frozenset(words["asides"])


def _spoken(roots: Sequence[Path], lexicons: Mapping[str, Lexicon], defaults: Mapping[str, Mapping[str, Any]], faults: list[str]) -> Spoken:
    """The words of times, commands and follow-ups in every language; later roots add to earlier ones word by word."""
    paths = {name: [root / "intents" / language / f"_{name}.yaml" for root in roots for language in LANGUAGES] for name in SPOKEN}
    files = {name: [_read(path, faults) or {} for path in listed if path.exists()] for name, listed in paths.items()}
    own = [(kind, str(name)) for values in defaults.values() for kind in ("role", "level") for name in values.get(f"{kind}s") or ()]
    try:
        return Spoken.of(files, lexicons.values(), own)
    except (AttributeError, TypeError, ValueError, KeyError, IndexError) as fault:
        faults.append(f"intents: {', '.join(f'_{name}.yaml' for name in SPOKEN)}: {fault}")
        return Spoken()


def _version(roots: Sequence[Path]) -> str:
    """A hash over every word file's path and bytes."""
    digest = hashlib.sha256()
    for root in roots:
        for folder in ("intents", "templates"):
            for path in sorted((root / folder).rglob("*.*")):
                digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


__all__ = ["Heading", "Words", "bundled", "catalogue_of", "headings", "lexicon", "load", "matcher_of"]
