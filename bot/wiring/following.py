"""Figures of the approvals that are followed, for health and metrics."""

from __future__ import annotations

from collections.abc import Mapping

from bot.connectors.dingtalk_oa import Approvals
from bot.core.facts import Ask, Tally
from bot.core.model import Followed, Sweep
from bot.ports import Connector, Store
from bot.sections import MOST_FORMS


async def looks(store: Store) -> Mapping[str, float]:
    """What the nightly looks found and left undone, and how many approvals are open."""
    found = await store.answer((Ask(Sweep, most=MOST_FORMS), Tally(Followed)))
    sweeps = [one for one in found.items if isinstance(one, Sweep)]
    return {
        "oa_open": float(found.tallies.get((Followed, "running"), 0)),
        "oa_repaired": float(sum(one.repaired_all for one in sweeps)),
        "oa_night_failed": float(sum(one.failed for one in sweeps)),
        "oa_night_left": float(sum(one.left + len(one.todo) for one in sweeps)),
    }


def calls(connectors: Mapping[str, Connector]) -> Mapping[str, float]:
    """Calls to DingTalk OA by kind since the start."""
    oa = connectors.get(Approvals.name)
    return {f"oa_calls_{name}": float(value) for name, value in oa.made.items()} if isinstance(oa, Approvals) else {}
