"""The shape of a life-cycle table: a row a move, and the one function that looks one up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Move:
    """A legal change: by `name`, from any of `sources` to `target`, made `by` somebody in this part (applicant, approver, admin, system)."""

    name: str
    sources: tuple[str, ...]
    target: str
    by: tuple[str, ...]


Table = Mapping[str, Move]
"""The moves of one noun by name."""


def table(*moves: Move) -> Table:
    """The moves by their names; a name stands once."""
    found = {move.name: move for move in moves}
    assert len(found) == len(moves)  # noqa: S101 - a table written twice is a fault of the program
    return found


def after(moves: Table, name: str, state: str, by: str) -> str | None:
    """The state after the move, None when it is illegal from this state or for this part."""
    move = moves.get(name)
    return move.target if move is not None and state in move.sources and by in move.by else None


def diagram(moves: Table) -> str:
    """The table as a Mermaid state diagram."""
    lines = [f"    {source} --> {move.target}: {move.name} ({', '.join(move.by)})" for move in moves.values() for source in move.sources]
    return "\n".join(("stateDiagram-v2", *lines))
