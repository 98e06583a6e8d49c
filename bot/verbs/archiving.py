"""Backs a whole installation up into one file and brings it back: the database, its keys, the settings and the organisation's words."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path, PurePosixPath

from bot.config import Settings, config_file
from bot.ports import StoreError
from storage.backup import backup as copied
from storage.guard import Guard

DATABASE, KEYS, SETTINGS, WORDS, FILES = "usher.db", "keys.json", "usher.toml", "words", "files"
LARGEST = 20 * 2**30
"""Bytes that an archive may unpack to."""
MOST = 500_000
"""Files that an archive may hold."""
RATIO = 200
"""Times that a file may grow when it is unpacked; a database of text shrinks by a tenth of that."""


def save(settings: Settings, file: Path) -> list[str]:
    """Writes the archive for its owner's eyes only, while a server may run; what is in it, a line each. Raises StoreError, and then leaves no half file."""
    if settings.database.url.startswith("postgresql"):
        raise StoreError("PostgreSQL is backed up with pg_dump; keep database.keys beside it, nothing can be read without them")
    database = settings.data / DATABASE
    if not database.exists():
        raise StoreError(f"there is no database in {settings.data}")
    half = file.with_name(f"{file.name}.part")
    half.unlink(missing_ok=True)
    os.close(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(half, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            archive.write(copied(database, Path(folder)), DATABASE)
            for path, name in _beside(settings):
                archive.write(path, name)
            told = [f"{one.filename} ({one.file_size} bytes)" for one in archive.infolist() if not one.filename.startswith((f"{WORDS}/", f"{FILES}/"))]
            sent = sum(one.filename.startswith(f"{FILES}/") for one in archive.infolist())
        half.replace(file)
    except (OSError, sqlite3.Error) as fault:
        half.unlink(missing_ok=True)
        raise StoreError(f"the backup was not written: {fault}") from fault
    return [*told, f"{len(settings.words)} folders of words", f"{sent} files that people sent"]


def _beside(settings: Settings) -> Iterator[tuple[Path, str]]:
    """What belongs to the database, and under which name."""
    keys, told = settings.data / KEYS, config_file()
    if keys.exists():
        yield keys, KEYS
    if told is not None:
        yield told, SETTINGS
    for number, overlay in enumerate(settings.words):
        for path in sorted(overlay.rglob("*")):
            if path.is_file():
                yield path, f"{WORDS}/{number}/{path.relative_to(overlay).as_posix()}"
    for path in sorted((settings.data / FILES).glob("*/*")):
        if path.is_file() and not path.suffix:  # one that is being written or was deleted meanwhile belongs to no item
            yield path, f"{FILES}/{path.parent.name}/{path.name}"


def bring_back(file: Path, data: Path, *, force: bool = False) -> list[str]:
    """Unpacks an archive into the data folder; what was brought back, a line each. Nothing is touched unless all of it is sound and nobody uses the
    folder; with `force` a database that is there goes into `data`/backups first. Raises StoreError."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    guard = Guard(data / DATABASE)
    guard.take()
    try:
        if (data / DATABASE).exists() and not force:
            raise StoreError(f"{data} has a database; --force keeps a copy of it in {data / 'backups'} and replaces it")
        with tempfile.TemporaryDirectory(dir=data) as folder:
            _unpack(file, Path(folder))
            _sound(Path(folder) / DATABASE)
            return list(_placed(Path(folder), data))
    finally:
        guard.free()


def _unpack(file: Path, folder: Path) -> None:
    """Every entry, none outside the folder, none that grows without measure."""
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            if len(entries) > MOST or sum(one.file_size for one in entries) > LARGEST:
                raise StoreError(f"{file}: too large for a backup")
            for one in entries:
                if not _known(one):
                    raise StoreError(f"{file}: {one.filename!r} does not belong into a backup")
                archive.extract(one, folder)
    except (OSError, zipfile.BadZipFile, RuntimeError) as fault:
        raise StoreError(f"{file}: not a readable backup ({fault})") from fault


def _known(one: zipfile.ZipInfo) -> bool:
    parts = PurePosixPath(one.filename).parts
    plain = not one.is_dir() and ".." not in parts and not one.filename.startswith("/") and "\\" not in one.filename
    small = one.file_size <= RATIO * max(1, one.compress_size) + 2**20
    return plain and small and (one.filename in {DATABASE, KEYS, SETTINGS} or _in_folder(parts))


def _in_folder(parts: tuple[str, ...]) -> bool:
    """A file of the words, or one that somebody sent."""
    return len(parts) > 2 and ((parts[0] == WORDS and parts[1].isdigit()) or (parts[0] == FILES and len(parts) == 3 and parts[2].startswith(parts[1])))


def _sound(database: Path) -> None:
    if not database.exists():
        raise StoreError("the backup holds no database")
    try:
        with closing(sqlite3.connect(database)) as connection:
            told = connection.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.Error as fault:
        told = str(fault)
    if told != "ok":
        raise StoreError(f"the database of the backup is broken: {told}")


def _files_placed(source: Path, target: Path) -> str:
    """What people sent, for its owner's eyes only."""
    shutil.copytree(source, target, dirs_exist_ok=True)
    for path in (target, *target.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
    return f"files that people sent are in {target}"


def _placed(folder: Path, data: Path) -> Iterator[str]:
    """Moves everything into place, the database last, so that a stop in between leaves the former one."""
    if (data / DATABASE).exists():
        yield f"the former database is {copied(data / DATABASE, data / 'backups')}"
    if (folder / WORDS).is_dir():
        for overlay in sorted((folder / WORDS).iterdir()):
            shutil.copytree(overlay, data / WORDS / overlay.name, dirs_exist_ok=True)
            yield f"words are in {data / WORDS / overlay.name}; name that folder in the settings"
    if (folder / FILES).is_dir():
        yield _files_placed(folder / FILES, data / FILES)
    for name in (SETTINGS, KEYS, DATABASE):
        if (folder / name).exists():
            (folder / name).chmod(0o600)
            for journal in (data / f"{name}-wal", data / f"{name}-shm"):
                journal.unlink(missing_ok=True)
            (folder / name).replace(data / name)
            yield f"{name} is in {data}"
