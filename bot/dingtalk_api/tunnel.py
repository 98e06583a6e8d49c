"""A way through an HTTP proxy: CONNECT, and nothing else of a proxy's arts."""

from __future__ import annotations

import asyncio
import base64
from urllib.parse import unquote, urlsplit

_MAX_HEAD = 16 * 1024


class NoTunnel(OSError):
    """The proxy did not let us through; the text holds no credentials."""


class _Connect(asyncio.Protocol):
    """Waits for the proxy's answer to CONNECT, and for not a byte more."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.opened: asyncio.Future[None] = loop.create_future()
        self._head = b""

    def data_received(self, data: bytes) -> None:
        self._head += data
        if self.opened.done() or (b"\r\n\r\n" not in self._head and len(self._head) < _MAX_HEAD):
            return
        status = self._head[9:12]
        if status == b"200" and self._head.endswith(b"\r\n\r\n"):
            self.opened.set_result(None)
        else:
            self.opened.set_exception(NoTunnel(f"the proxy answered {status.decode('ascii', 'replace')}"))

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.opened.done():
            fault = NoTunnel("the proxy hung up")
            fault.__cause__ = exc
            self.opened.set_exception(fault)


async def tunnel(proxy: str, host: str, port: int) -> asyncio.Transport:
    """A connection to host and port through `http://[user:password@]host:port`; the far end must not speak first. Raises NoTunnel or another OSError."""
    parts = urlsplit(proxy)
    if parts.scheme != "http" or not parts.hostname:
        raise NoTunnel("a proxy must be http://host:port")
    loop = asyncio.get_running_loop()
    transport, connect = await loop.create_connection(lambda: _Connect(loop), parts.hostname, parts.port or 80)
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    rights = ""
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
        rights = f"Proxy-Authorization: Basic {base64.b64encode(pair).decode('ascii')}\r\n"
    transport.write(f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n{rights}\r\n".encode("ascii"))
    try:
        await connect.opened
    except BaseException:
        transport.abort()
        raise
    return transport
