"""This machine: Python, the settings and where they came from, the data folder, the port."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections.abc import Iterator
from importlib.metadata import requires, version
from pathlib import Path

from bot import __version__
from bot.config import ELSEWHERE, PREFIX, Settings, config_file
from bot.doctor.finding import BETTER, BROKEN, FINE, Finding

LEAST_MB = 500
_REMOTE = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "ceph", "glusterfs"}
_SHOWN = ("aiohttp", "sqlalchemy", "pydantic", "numpy", "rapidfuzz")


def program() -> Iterator[Finding]:
    """Versions of what runs."""
    fine = sys.version_info >= (3, 11)
    yield Finding(FINE if fine else BROKEN, "program", f"usher {__version__} on Python {sys.version.split()[0]}", "" if fine else "use Python 3.11 or newer")
    yield Finding(FINE, "packages", ", ".join(f"{name} {version(name)}" for name in _SHOWN) + f"; {len(requires('usher-bot') or ())} are required")


def settings_file(settings: Settings) -> Iterator[Finding]:
    """Which file, variables and secret files set what; never a value."""
    path = config_file()
    yield Finding(FINE if path else BETTER, "settings file", str(path.resolve()) if path else "none is used", "" if path else "usher init writes one")
    if path and settings.dingtalk.app_secret.get_secret_value() and path.stat().st_mode & 0o077 and "app_secret" in _written(path):
        yield Finding(BETTER, "secrets", f"{path} holds app_secret and others may read it", f"chmod 600 {path}, or use USHER_DINGTALK__APP_SECRET")
    names = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in ELSEWHERE)
    yield Finding(FINE, "environment", "; ".join(f"{name} sets {dotted(name)}" for name in names) or "no USHER_ variable sets anything")
    secrets = Path(os.environ.get("USHER_SECRETS", "/run/secrets"))
    files = sorted(file.name for file in secrets.iterdir() if file.name.upper().startswith(PREFIX)) if secrets.is_dir() else []
    if files or "USHER_SECRETS" in os.environ:
        yield Finding(FINE if files else BETTER, "secret files", ", ".join(files) or f"none in {secrets}", "" if files else "name them USHER_<SECTION>__<KEY>")


def dotted(variable: str) -> str:
    """The setting that an environment variable sets: USHER_SERVER__PORT -> server.port."""
    return variable.removeprefix(PREFIX).replace("__", ".").lower()


def data_folder(settings: Settings) -> Iterator[Finding]:
    """Whether it can be written to, is local, and has room."""
    folder = settings.data.absolute()
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        yield Finding(BROKEN, "data folder", f"{there} cannot be written to", "name a folder of this user in the setting data")
        return
    kind = filesystem(there)
    if kind in _REMOTE and not settings.database.url:
        yield Finding(BROKEN, "data folder", f"{folder} is on {kind}; SQLite is only safe on a local disk", "move it, or use PostgreSQL (database.url)")
    free = shutil.disk_usage(there).free // 2**20
    told = f"{folder}{'' if there == folder else ' (is made at the first start)'}, {free} MB free"
    yield Finding(FINE if free >= LEAST_MB else BETTER, "data folder", told, "" if free >= LEAST_MB else f"make room: {LEAST_MB} MB are wanted")
    if there == folder and folder.stat().st_mode & 0o077:
        yield Finding(BETTER, "data folder", "other users of this machine may read it", f"chmod 700 {folder}")


def filesystem(path: Path) -> str:
    """The kind of file system a path is on; empty where the system does not tell."""
    try:
        mounts = [line.split() for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()]
    except OSError:
        return ""
    inside = [(len(row[1]), row[2]) for row in mounts if path.resolve().is_relative_to(row[1].replace("\\040", " "))]
    return max(inside)[1] if inside else ""


def port(settings: Settings) -> Iterator[Finding]:
    """Whether the port is free: taken by our own running program is taken, too."""
    host, number = settings.server.host, settings.server.port
    try:
        with socket.create_server((host, number), family=socket.AF_INET6 if ":" in host else socket.AF_INET):
            yield Finding(FINE, "port", f"{host}:{number} is free")
    except OSError as fault:
        yield Finding(BETTER, "port", f"{host}:{number}: {fault.strerror}", "fine when Usher already runs here; else choose another server.port or host")


def _written(path: Path) -> str:
    return "\n".join(line for line in path.read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("#"))
