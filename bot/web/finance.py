"""Where finance systems behind a webhook tell late how a grant ended."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from bot.core.turn import Stimulus
from bot.ports import ConnectorError, StoreError

Heard = Callable[[str, str, str, Mapping[str, str], bytes], Awaitable[Stimulus | None]]
"""(system, method, target, headers, body) to what came of it, None for an answer nobody waits for. Raises LookupError for a system that takes no callbacks
and ConnectorError for one that is not signed or not understood."""


def routes(heard: Heard, hear: Callable[[Stimulus], Awaitable[bool]]) -> list[web.RouteDef]:
    """POST /finance/{system}: 200 when it is durable or known, 401 when it is not signed, 503 when it must come again."""

    async def late(request: web.Request) -> web.Response:
        try:
            told = await heard(request.match_info["system"], request.method, request.raw_path, request.headers, await request.read())
            if told is not None:
                await hear(told)
        except LookupError:
            return web.Response(status=404)
        except ConnectorError:
            return web.Response(status=401)
        except StoreError:
            return web.Response(status=503)
        return web.json_response({"ok": True})

    return [web.post("/finance/{system}", late)]
