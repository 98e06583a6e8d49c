"""The pages about finance systems are true: their settings are valid, their example is computed, their tables name what exists."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from bot.connectors.contract import Layer, State, UserState
from bot.connectors.settings import Finance
from bot.connectors.signing import signature

DOCS = Path(__file__).parents[2] / "docs"
HOW = (DOCS / "how-to" / "connect-finance.md").read_text(encoding="utf-8")
TABLE = (DOCS / "reference" / "connectors.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", HOW, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: text.splitlines()[0])
def test_an_example_is_valid(example: str) -> None:
    assert Finance.model_validate(tomllib.loads(example)["finance"]).systems


def test_every_type_has_its_row_and_all_but_the_plainest_an_example() -> None:
    types = {str(one.model_fields["type"].default) for one in Finance.model_fields["systems"].annotation.__args__[1].__args__[0].__args__}  # type: ignore[union-attr]
    assert types <= set(re.findall(r"^\| `(\w+)` \|", TABLE, re.MULTILINE))
    shown = {system.type for example in EXAMPLES for system in Finance.model_validate(tomllib.loads(example)["finance"]).systems.values()}
    assert types - shown == {"manual"}


def test_the_worked_signature_is_right() -> None:
    made = signature("s3cret", "POST", "/hook", "1764550800", "3f2a3f2a3f2a3f2a", b'{"op":"ping"}')
    assert f"`{made}`" in HOW


def test_the_words_of_answers_are_listed() -> None:
    for word in (*State, *Layer, *UserState):
        assert re.search(rf"\b{word.value}\b", TABLE), word
