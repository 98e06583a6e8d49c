"""The connector through which the nightly chore deletes what is over."""

from __future__ import annotations

import json
from datetime import datetime

import structlog

from bot.core.keeping import WISH
from bot.core.turn import Call
from bot.ports import ConnectorRefused, ConnectorTransient, StoreError
from storage import SqlStore

log = structlog.get_logger("keeping")


class Purging:
    """ports.Connector `keeping`: `purge {text, items}` deletes what was said and done before the instant `text`, and of each (kind, state, before) in the
    JSON list `items` what nobody touched since; `{text, items}` counts what went. Doing it twice does nothing more."""

    name = "keeping"

    def __init__(self, store: SqlStore) -> None:
        self._store = store

    async def perform(self, call: Call) -> str:
        """Deletes it, a slice at a time. Raises ConnectorTransient or ConnectorRefused."""
        try:
            text = datetime.fromisoformat(call.args["text"])
            rows = [(str(kind), str(state), datetime.fromisoformat(before)) for kind, state, before in json.loads(call.args["items"])]
        except (KeyError, ValueError, TypeError) as fault:
            raise ConnectorRefused(f"keeping.{call.operation[:40]}: text and items are wanted") from fault
        try:
            told = {"text": await self._store.purge(text), "items": sum([await self._gone(*row) for row in rows])}
        except StoreError as fault:
            raise ConnectorTransient(str(fault)) from fault
        log.info("purged", **told)
        return json.dumps(told)

    async def _gone(self, kind: str, state: str, before: datetime) -> int:
        return await (self._store.purge_wishes(before) if kind == WISH else self._store.purge_items(kind, state, before))
