"""Files that people sent as a connector: fetched from DingTalk, checked by what they are, kept by whoever keeps them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.connectors.dingtalk import Told, bucket, perform, wanted
from bot.core.turn import Call
from bot.dingtalk_api.faults import DingTalkFault, Reaction
from bot.dingtalk_api.files import KINDS, TOO_LARGE, Files, type_of

Keep = Callable[[bytes], Awaitable[str]]
"""Keeps the bytes and gives their name: a hash of the content."""
_REFUSED = {TOO_LARGE: "size", "invalidParameter.robotCode.downloadCode": "gone"}


class SentFiles:
    """ports.Connector `files`: `fetch {code, robot?, kinds?}` gives `{kept, hash, type, size}`, or `{kept: false, why}` for what is not kept: `type` (by
    its bytes, not by its name), `size` (over 10 MiB), `gone` (the code has expired). `kinds` is picture, document or both (the default)."""

    name = "files"

    def __init__(self, files: Files, keep: Keep) -> None:
        self._files = files
        self._keep = keep
        self._bucket = bucket()
        self._operations = {"fetch": self._fetch}

    async def perform(self, call: Call) -> str:
        """One file; compact JSON. Raises ConnectorTransient or ConnectorRefused."""
        return await perform(self._operations, call)

    async def _fetch(self, call: Call) -> Told:
        named = {one.strip() for one in call.args.get("kinds", "").split(",")} & KINDS.keys() or KINDS.keys()
        try:
            async with self._bucket:
                data = await self._files.fetch(wanted(call, "code"), call.args.get("robot", ""))
        except DingTalkFault as fault:
            why = _REFUSED.get(fault.code)
            if why is None or fault.reaction is Reaction.LATER:
                raise
            return {"kept": False, "why": why}
        kind = type_of(data)
        if not any(kind in KINDS[one] for one in named):
            return {"kept": False, "why": "type"}
        return {"kept": True, "hash": await self._keep(data), "type": kind, "size": len(data)}
