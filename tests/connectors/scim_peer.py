"""The reference SCIM server (scim2-server) behind a stand-in's door, so that faults can strike a server that is not ours."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from aiohttp import web
from scim2_models import ScimProvider
from scim2_server.memory import InMemoryStorage
from scim2_server.requests import ScimRequest
from scim2_server.testserver.application import BearerTokenApplication
from scim2_server.utils import load_default_resource_types, load_default_schemas, load_default_service_provider_config

from bot.fake_finance.books import Books
from bot.fake_finance.stand import Asked, Stand

TOKEN = "scim-token-for-tests"


def application(tokens: tuple[str, ...]) -> BearerTokenApplication:
    """The reference server with every feature on."""
    provider = ScimProvider.from_discovery(
        load_default_schemas().values(), load_default_resource_types().values(), config=load_default_service_provider_config()
    )
    return BearerTokenApplication(InMemoryStorage(), provider, bearer_tokens=tokens)


class ReferenceScim(Stand):
    """Filled from the same books as the stand-ins; what is held is read back out of the server."""

    def __init__(self, books: Books | None = None, *, clock: Callable[[], float] = time.time) -> None:
        super().__init__(books, clock=clock)
        logging.getLogger("scim2_server").setLevel(logging.ERROR)
        self.app = application((TOKEN,))
        self.ids: dict[str, str] = {}
        self.groups: dict[str, str] = {}
        for method in ("GET", "POST", "PATCH", "PUT", "DELETE"):
            for path, name in (("/v2/Users{rest:.*}", "users"), ("/v2/Groups{rest:.*}", "groups"), ("/v2/{rest:.*}", "config")):
                self.play(path, "patch" if method == "PATCH" else name, self._serve, method)
        self._fill()

    def _fill(self) -> None:
        for one in self.books.accounts.values():
            made = self.call("POST", "/Users", {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": one.login, "active": one.active})
            self.ids[one.login] = made["id"]
        for role in self.books.roles.values():
            members = [{"value": self.ids[login]} for login, code, _ in self.books.held if code == role.code]
            group = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": role.code, "members": members}
            self.groups[role.code] = self.call("POST", "/Groups", group)["id"]

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """A call beside the door."""
        import json

        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/scim+json"}
        raw = json.dumps(body).encode() if body is not None else b""
        answer = self.app.serve(ScimRequest(method, f"{self.base_url}/v2", path, {}, headers, raw))
        assert answer.status < 300, answer.body
        return answer.body or {}

    def members(self) -> set[tuple[str, str]]:
        """(login, role) as the server has them."""
        names = {value: login for login, value in self.ids.items()}
        found = set()
        for code, group in self.groups.items():
            for member in self.call("GET", f"/Groups/{group}").get("members") or []:
                found.add((names.get(member["value"], member["value"]), code))
        return found

    def _serve(self, asked: Asked) -> web.Response:
        parts = urlsplit(asked.target)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        request = ScimRequest(asked.method, f"{self.base_url}/v2", parts.path.removeprefix("/v2"), query, dict(asked.headers), asked.body)
        answer = self.app.serve(request)
        if answer.status == 401:
            self.calls["bad_auth"] += 1
        headers = {name: value for name, value in answer.headers.items() if name != "Content-Type"}
        if answer.body is None:
            return web.Response(status=answer.status, headers=headers)
        return web.json_response(answer.body, status=answer.status, headers=headers, content_type="application/scim+json")
