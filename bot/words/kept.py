"""What was learned or parsed from the words, kept in the user's cache folder, so that the next start need not do it again."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
import time
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import IO, Any

import numpy as np

from bot.core.understanding import Lexicon, Matcher

if sys.platform != "win32":
    import fcntl

MOST_FILES = 24
"""Built indexes that are kept; the ones that were not used for longest go."""
MOST_IN_USE = 4
"""Matchers that one process remembers: those in use, and those of a change that is tried."""
MOST_TEMPLATES = 10_000
LONGEST_WAIT = 60.0
"""Seconds that a start waits for another one that learns the same words."""
_BROKEN = (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, EOFError, zipfile.BadZipFile)


def folder() -> Path:
    """Where things are kept: `usher` in the cache folder of the user."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "usher"


def matcher(catalogue: Sequence[Mapping[str, Any]], language: str, words: Lexicon, fence: frozenset[str]) -> Matcher:
    """A matcher fitted on the catalogue: the one in use, if it is of the very same words, else taken from the index that was kept of them and of this
    program, else learned and kept. Of processes that start together one learns, the others wait for what it keeps."""
    name = _key(catalogue, language, words)
    path, whole = folder() / f"{name}.npz", f"{folder()}/{name} {sorted(fence)} {_told(words)}"
    found = in_use().get(whole) or _taken(path, catalogue, language, words, fence)
    if found is None:
        with _alone(path.parent):
            found = _taken(path, catalogue, language, words, fence) or _learned(path, catalogue, language, words, fence)
    in_use()[whole] = found
    in_use().move_to_end(whole)
    while len(in_use()) > MOST_IN_USE:
        in_use().popitem(last=False)
    return found


@lru_cache(maxsize=1)
def in_use() -> OrderedDict[str, Matcher]:
    """The matchers of this process that were asked for last: they never change, so whoever has the same words may share them."""
    return OrderedDict()


def _taken(path: Path, catalogue: Sequence[Mapping[str, Any]], language: str, words: Lexicon, fence: frozenset[str]) -> Matcher | None:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            found = Matcher(words)
            found.fit(catalogue, language, fence=fence, kept=dict(arrays))
        os.utime(path)
    except _BROKEN:
        return None
    return found


def _learned(path: Path, catalogue: Sequence[Mapping[str, Any]], language: str, words: Lexicon, fence: frozenset[str]) -> Matcher:
    found = Matcher(words)
    found.fit(catalogue, language, fence=fence)
    found.learned_on = time.strftime("%Y-%m-%d")
    learned: dict[str, Any] = dict(found.arrays())
    _keep(path, lambda file: np.savez(file, **learned))
    return found


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """Waits while another process learns, but not for ever: one that was stopped holds nobody up. The system lets go of the lock when its process ends."""
    if sys.platform == "win32":
        yield
        return
    try:
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        held = os.open(place / "learning.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        yield
        return
    try:
        end = time.monotonic() + LONGEST_WAIT
        while not _locked(held) and time.monotonic() < end:
            time.sleep(0.1)
        yield
    finally:
        os.close(held)


def _locked(held: int) -> bool:
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


class Parsed:
    """Word files by the digest of their bytes, as JSON: reading YAML in pure Python is what a start would spend its time on."""

    def __init__(self) -> None:
        self._used: dict[str, Any] = {}
        self._fresh = False
        self.templates: dict[str, bool] = {}
        """Digests of the templates that compile, and whether they are plain."""
        try:
            known = json.loads(_parsed_at().read_text(encoding="utf-8"))
            self._known: dict[str, Any] = known["files"] if known["by"] == _program() else {}
            self.templates.update({str(digest): bool(plain) for digest, plain in known["templates"].items()} if self._known else {})
        except _BROKEN:
            self._known = {}
        self._many = len(self.templates)

    def read(self, text: bytes, parse: Callable[[str], Any]) -> Any:
        """What the text says. Raises what `parse` raises, and UnicodeDecodeError."""
        digest = hashlib.sha256(text).hexdigest()
        if digest not in self._known:
            said = parse(text.decode("utf-8"))
            if not _same_as_json(said):
                return said
            self._known[digest], self._fresh = said, True
        self._used[digest] = self._known[digest]
        return self._known[digest]

    def keep(self) -> None:
        """Writes down what was read, if any of it is new."""
        if self._fresh or len(self.templates) != self._many:
            said = {"by": _program(), "files": self._used, "templates": self.templates if len(self.templates) < MOST_TEMPLATES else {}}
            _keep(_parsed_at(), lambda file: file.write(json.dumps(said, ensure_ascii=False).encode()))


def _parsed_at() -> Path:
    """A file for each program: two of them that run beside each other do not write over what the other parsed."""
    return folder() / f"words-{_program()[:16]}.json"


@lru_cache(maxsize=1)
def parsed() -> Parsed:
    """The store in use, until `settle`."""
    return Parsed()


def settle() -> None:
    """Writes down what was parsed and lets go of it."""
    parsed().keep()
    parsed.cache_clear()


def _same_as_json(said: Any) -> bool:
    """Whether nothing is lost on the way through JSON, where every key is a text."""
    try:
        return bool(json.loads(json.dumps(said)) == said)
    except (TypeError, ValueError):
        return False


def _told(words: Lexicon) -> str:
    """What of a lexicon a matcher has besides what it learns."""
    free = (sorted(words.doubted), words.strange, sorted(words.freely), sorted(words.asides))
    return repr((words.terms, words.negations, words.doubts, words.negated, *free))


def _key(catalogue: Sequence[Mapping[str, Any]], language: str, words: Lexicon) -> str:
    said = json.dumps([language, list(catalogue), {name: list(listed) for name, listed in words.concepts.items()}], ensure_ascii=False, default=str)
    return f"{language}-{hashlib.sha256((_program() + said).encode()).hexdigest()[:32]}"


@lru_cache(maxsize=1)
def _program() -> str:
    """A digest of the code that learns and parses, its word lists, and the libraries it stands on."""
    digest = hashlib.sha256()
    for path in sorted((Path(__file__).parents[1] / "core" / "understanding").rglob("*.*")):
        if path.suffix in {".py", ".txt"}:
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    for path in (Path(__file__), Path(__file__).with_name("rendering.py")):
        digest.update(path.read_bytes())
    for name in ("jinja2", "numpy", "opencc", "pypinyin", "ruamel.yaml"):
        digest.update(metadata.version(name).encode() + b"\0")
    return digest.hexdigest()


def _keep(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Writes a file whole or not at all; a folder that cannot be written to keeps nothing."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
            write(file)
        os.replace(file.name, path)
        for old in sorted(path.parent.glob(f"*{path.suffix}"), key=lambda one: one.stat().st_mtime)[:-MOST_FILES]:
            old.unlink(missing_ok=True)
    except OSError:
        return
