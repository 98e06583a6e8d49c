"""The shipped words files beside the phrases, and the moments at which the tests speak."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ruamel.yaml import YAML

from bot.core.understanding import Lexicon
from bot.core.understanding.spoken import FILES, Spoken

ROOT = Path(__file__).parents[2]
ZONE = ZoneInfo("Asia/Shanghai")
TUE = datetime(2026, 11, 24, 14, tzinfo=ZONE)
MOMENTS = {
    "tue": TUE,
    "sun": datetime(2026, 11, 29, 10, tzinfo=ZONE),
    "eve": datetime(2026, 12, 31, 23, 30, tzinfo=ZONE),
    "leap": datetime(2028, 2, 28, 9, tzinfo=ZONE),
    "jan31": datetime(2027, 1, 31, 8, tzinfo=ZONE),
}


def _read(name: str, language: str) -> Any:
    return YAML(typ="safe", pure=True).load((ROOT / "intents" / language / f"_{name}.yaml").read_text(encoding="utf-8"))


@cache
def spoken() -> Spoken:
    """The words as they are shipped."""
    files = {name: [_read(name, language) for language in ("zh", "en")] for name in FILES}
    terms = [_read("lexicon", language)["terms"] for language in ("zh", "en")]
    lexicons = [Lexicon(terms={kind: {key: tuple(map(str, words)) for key, words in values.items()} for kind, values in kinds.items()}) for kinds in terms]
    return Spoken.of(files, lexicons, [("role", "财务审核员"), ("role", "总账录入岗"), ("level", "只看汇总")])
