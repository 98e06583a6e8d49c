"""Files that people sent as a connector: fetched from DingTalk, checked by what they are, kept by whoever keeps them."""

from __future__ import annotations

import asyncio
from typing import Protocol

from bot.connectors.dingtalk import Told, bucket, perform, wanted
from bot.connectors.pictures import Unreadable, codes_in
from bot.core.turn import Call
from bot.dingtalk_api.faults import DingTalkFault, Reaction
from bot.dingtalk_api.files import KINDS, TOO_LARGE, Files, type_of
from bot.ports import ConnectorTransient, StoreError

_REFUSED = {TOO_LARGE: "size", "invalidParameter.robotCode.downloadCode": "gone"}


class Keeps(Protocol):
    """Keeps what people sent. Both raise StoreError."""

    async def keep(self, data: bytes, owner: str) -> str:
        """Keeps the bytes for that owner and gives the hash of their content."""

    async def drop(self, digest: str, owner: str) -> bool:
        """Deletes them; whether they were there."""


class SentFiles:
    """ports.Connector `files`. What is not taken is answered with `why`: `type` (by its bytes, not by its name), `size`, `gone` (the code has expired).

    - `fetch {code, owner, robot?, kinds?}`: `{kept, hash, type, size}` or `{kept: false, why}`. `kinds` is picture, document or both (the default).
    - `read {code, robot?}`: `{read: true, texts}` (of its QR codes, perhaps none) or `{read: false, why}`, also `pixels` and `broken`; nothing is kept.
    - `drop {hash, owner}`: `{dropped}`, false when it was not there.
    """

    name = "files"

    def __init__(self, files: Files, shelf: Keeps) -> None:
        self._files = files
        self._shelf = shelf
        self._bucket = bucket()
        self._operations = {"fetch": self._fetch, "read": self._read, "drop": self._drop}
        self._reading = asyncio.Lock()

    async def perform(self, call: Call) -> str:
        """One file; compact JSON. Raises ConnectorTransient or ConnectorRefused."""
        return await perform(self._operations, call)

    async def _fetch(self, call: Call) -> Told:
        named = {one.strip() for one in call.args.get("kinds", "").split(",")} & KINDS.keys() or KINDS.keys()
        owner = wanted(call, "owner")
        data = await self._fetched(call)
        if isinstance(data, str):
            return {"kept": False, "why": data}
        kind = type_of(data)
        if not any(kind in KINDS[one] for one in named):
            return {"kept": False, "why": "type"}
        try:
            return {"kept": True, "hash": await self._shelf.keep(data, owner), "type": kind, "size": len(data)}
        except StoreError as fault:
            raise ConnectorTransient(str(fault)) from fault

    async def _read(self, call: Call) -> Told:
        data = await self._fetched(call)
        if isinstance(data, str):
            return {"read": False, "why": data}
        if type_of(data) not in KINDS["picture"]:
            return {"read": False, "why": "type"}
        try:
            async with self._reading:
                return {"read": True, "texts": list(await asyncio.to_thread(codes_in, data))}
        except Unreadable as fault:
            return {"read": False, "why": str(fault)}

    async def _fetched(self, call: Call) -> bytes | str:
        """The file's bytes, or why it is not taken."""
        try:
            async with self._bucket:
                return await self._files.fetch(wanted(call, "code"), call.args.get("robot", ""))
        except DingTalkFault as fault:
            why = _REFUSED.get(fault.code)
            if why is None or fault.reaction is Reaction.LATER:
                raise
            return why

    async def _drop(self, call: Call) -> Told:
        try:
            return {"dropped": await self._shelf.drop(wanted(call, "hash"), wanted(call, "owner"))}
        except StoreError as fault:
            raise ConnectorTransient(str(fault)) from fault
