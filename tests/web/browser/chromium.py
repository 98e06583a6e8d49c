"""Which browser is driven, and how."""

from __future__ import annotations

import shutil

PATH = shutil.which("chromium") or shutil.which("chromium-browser") or ""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_S = 150
"""How long the demo may take to be online on a busy machine."""
PATIENCE_S = 20
"""How long a page may take to show what is expected there."""
