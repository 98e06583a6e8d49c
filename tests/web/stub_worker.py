"""A child for supervisor and stage: serves what the playground asks of the real program, from the standard library, and dies when it is told to."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

AHEAD = timedelta(0)
TURN = {
    "id": "t1",
    "at": "2026-03-03T01:00:00+00:00",
    "kind": "message",
    "conversation": "cidPlayground==",
    "person": "dingtalk:emp1",
    "intent": "invite.not_received",
    "confidence": 0.78,
    "reason": "answered",
    "trace": {
        "normal": "mei shou dao",
        "rule": "exact",
        "in_scope": 0.9,
        "candidates": [["invite.not_received", 0.78], ["elsewhere.it", 0.1], ["../../x", 0.001]],
        "effects": ["say invite/not_received here", "put conversation", "call words.reload"],
    },
}


class Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/readyz":
            self.answer({"ok": True})
        elif self.path == "/test/clock":
            self.answer({"now": (datetime.now(UTC) + AHEAD).isoformat()})
        elif self.path.startswith("/test/turns"):
            self.answer({"turns": [] if self.path.endswith("=t1") else [TURN]})

    def do_POST(self) -> None:
        global AHEAD  # noqa: PLW0603 - one process, one clock
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/test/clock":
            AHEAD = datetime.fromisoformat(body["to"]) - datetime.now(UTC)
            self.answer({"now": body["to"]})
        elif self.path == "/test/kill":
            self.answer({"armed": body["at"]})
            self.wfile.flush()
            os.kill(os.getpid(), signal.SIGKILL)

    def answer(self, body: dict[str, Any]) -> None:
        raw = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        pass


if __name__ == "__main__":
    if "--fail" in sys.argv:
        time.sleep(0.01)
        sys.exit(3)
    HTTPServer(("127.0.0.1", int(sys.argv[1])), Pages).serve_forever()
