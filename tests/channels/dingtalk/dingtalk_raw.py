"""A server that answers with bytes, however wrong."""

import asyncio

from bot.dingtalk_api.post import Origin

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Raw:
    """A server that answers each request with the bytes it was given; `b""` hangs up, None says nothing."""

    def __init__(self, *script, tls=None):
        self.script = list(script)
        self.requests = []
        self.lines = 0
        self.tls = tls
        self.writers = []

    async def __aenter__(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0, ssl=self.tls)
        self.port = self.server.sockets[0].getsockname()[1]
        self.origin = Origin(self.tls is not None, "127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_):
        self.server.close()
        for writer in self.writers:
            writer.close()
        await asyncio.sleep(0.01)

    async def serve(self, reader, writer):
        self.lines += 1
        self.writers.append(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                self.requests.append(head + await reader.readexactly(length))
                said = self.script.pop(0) if self.script else OK
                if said is None:
                    continue
                if not said:
                    writer.close()
                    return
                for piece in said if isinstance(said, list) else [said]:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0.005)
                if b"onnection: close" in (said if isinstance(said, bytes) else b"".join(said)) or (isinstance(said, bytes) and said.endswith(b"EOF")):
                    writer.close()
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
