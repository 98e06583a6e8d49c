"""Answers that are almost right: whatever is missing, renamed or of another kind, a connector says so in its own words and claims nothing that is not so."""

from __future__ import annotations

import contextlib
import json
import random
from typing import Any

import pytest
from peers import BOTH, REMOTE, Peer
from test_conformance import call

from bot.core.turn import Call
from bot.ports import ConnectorError

VALUES: tuple[Any, ...] = (None, True, -1, 1.5, 10**19, "", "x" * 300, [], {}, [None], {"a": 1}, [[]], "2026-13-45")
OPERATIONS = ("check", "grant", "explain", "members", "roles", "revoke", "health")


def bent(told: Any, dice: random.Random, share: float) -> Any:
    """The same JSON with some of its parts gone or replaced."""
    if dice.random() < share:
        return dice.choice(VALUES)
    if isinstance(told, dict):
        return {name: bent(value, dice, share) for name, value in told.items() if dice.random() >= share}
    if isinstance(told, list):
        return [bent(value, dice, share) for value in told if dice.random() >= share]
    return told


@pytest.mark.parametrize("kind", REMOTE)
async def test_bent_answers_never_break_a_connector(peer: Peer) -> None:
    assert peer.stand is not None
    for seed in range(60):
        dice = random.Random(seed)
        operation = OPERATIONS[seed % len(OPERATIONS)]
        peer.stand.mangle = None
        await prepared(peer)
        peer.stand.mangle = lambda told, dice=dice: bent(told, dice, 0.06)
        with contextlib.suppress(ConnectorError):
            told = json.loads(await peer.performing.perform(named(peer, operation, str(seed))))
            if operation == "grant" and told["state"] in {"done", "already"} and told["verified_by_readback"]:
                assert ("zhangsan", "FIN_CASHIER") in peer.held(), seed
        peer.clock.skip(minutes=10)
    peer.stand.mangle = None


async def prepared(peer: Peer) -> None:
    """A connector with a token that works, so that the oddness meets the calls and not only the login."""
    peer.performing = peer.made()
    with contextlib.suppress(ConnectorError):
        await peer.performing.perform(call("health"))


def names_in(told: Any) -> set[str]:
    """All names in a JSON text."""
    if isinstance(told, dict):
        return set(told) | {name for value in told.values() for name in names_in(value)}
    return {name for value in told for name in names_in(value)} if isinstance(told, list) else set()


def without(told: Any, name: str) -> Any:
    """The same JSON without this name, wherever it stood."""
    if isinstance(told, dict):
        return {key: without(value, name) for key, value in told.items() if key != name}
    return [without(value, name) for value in told] if isinstance(told, list) else told


@pytest.mark.parametrize("kind", BOTH)
async def test_a_field_that_went_missing_is_not_an_empty_list(peer: Peer) -> None:
    """A vendor renames a field: nobody may hear that a role is gone while it is there, or that it was given while it is not."""
    assert peer.stand is not None
    seen: set[str] = set()

    def watch(told: Any) -> Any:
        seen.update(names_in(told))
        return told

    peer.stand.mangle = watch
    assert json.loads(await peer.performing.perform(named(peer, "grant", "first")))["state"] == "done"
    assert len(seen) > 3
    for name in sorted(seen):
        for operation in ("revoke", "grant"):
            peer.stand.mangle = None
            await prepared(peer)
            peer.stand.mangle = lambda told, name=name: without(told, name)
            with contextlib.suppress(ConnectorError):
                told = json.loads(await peer.performing.perform(named(peer, operation, name)))
                held = ("zhangsan", "FIN_CASHIER") in peer.held()
                assert not told["verified_by_readback"] or held is (operation == "grant"), (name, operation, told)
            peer.clock.skip(minutes=10)


def named(peer: Peer, operation: str, key: str) -> Call:
    """A call as the system wants it."""
    one = call(operation, key=f"{operation}:{key}")
    return Call("x", operation, one.key, {**one.args, "account": peer.accounts.get("zhangsan", "zhangsan")})
