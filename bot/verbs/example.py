"""The settings file for a fresh install, made from the model itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr

from bot.config import Section, Settings

HEAD = "# Settings of Usher. Each may also be an environment variable: USHER_<SECTION>__<KEY>. Lines without a value show the default.\n"


def example() -> str:
    """Every setting with its meaning, all commented out at its default."""
    lines = [HEAD]
    tables = []
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, Section):
            tables.append((name, field.default))
        else:
            lines.append(f"# {field.description}\n# {name} = {_toml(field.get_default(call_default_factory=True))}\n")
    for name, table in tables:
        lines.append(f"\n# {' '.join((type(table).__doc__ or '').split())}\n[{name}]\n")
        lines.extend(_keys(table))
    return "".join(lines)


def write_settings(path: Path, admin: str, *, force: bool = False) -> None:
    """Writes the example with the first admin named. Refuses to overwrite unless forced; the file is readable by its owner only."""
    if not admin.strip():
        raise SystemExit("a first admin must be named: --admin <staffId>")
    if path.exists() and not force:
        raise SystemExit(f"{path} exists; --force writes it anew")
    text = example().replace("# admins = []\n", f"admins = {json.dumps([admin.strip()], ensure_ascii=False)}\n", 1)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.chmod(0o600)
        path.write_text(text, encoding="utf-8")
    except OSError as fault:
        raise SystemExit(f"{path} cannot be written: {fault.strerror}") from None


def _keys(table: BaseModel) -> Iterator[str]:
    for name, field in type(table).model_fields.items():
        yield f"# {field.description}\n# {name} = {_toml(getattr(table, name))}\n"


def _toml(value: Any) -> str:
    if isinstance(value, SecretStr):
        return '""'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return json.dumps(list(value), ensure_ascii=False)
    if isinstance(value, dict):
        return "{}"
    return str(value) if isinstance(value, int | float) else json.dumps(str(value), ensure_ascii=False)
