"""A whole copy of a SQLite database while it is in use."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

KEEP = 5
"""Copies kept in a folder."""


def backup(database: Path, folder: Path) -> Path:
    """Writes a copy named by the time (UTC) into the folder, for its owner's eyes only, and deletes older copies but KEEP. Blocks; a server may run meanwhile.
    Raises sqlite3.Error or OSError, and then leaves no half copy."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)) as connection:
        stamp = connection.execute("SELECT strftime('%Y%m%dT%H%M%fZ', 'now')").fetchone()[0]
        copy = folder / f"usher-{stamp}.db"
        os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            connection.execute("VACUUM INTO ?", (str(copy),))
        except sqlite3.Error:
            copy.unlink()
            raise
    for old in sorted(folder.glob("usher-*.db"))[:-KEEP]:
        old.unlink()
    return copy
