"""The OpenAPI document, made from the records and the table of routes."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import models_json_schema

from bot import __version__
from bot.records.record import KINDS
from bot.web.api.signing import CLIENT, NONCE, SIGNATURE, TIME

PATHS = {"people": "person", "invites": "invite", "applications": "application"}
"""The path of each kind of record."""
SIGNED = {
    CLIENT: "the client's id",
    TIME: "seconds since 1970; at most 300 s off",
    NONCE: "8 to 128 characters, new for each request",
    SIGNATURE: "hex HMAC-SHA256 over the lines method, path with query, time, nonce, hex SHA-256 of the body",
}
"""The headers every request is signed with."""
FAULT = {"type": "object", "properties": {"error": {"type": "string"}, "faults": {"type": "array", "items": {"type": "object"}}}, "required": ["error"]}


def document() -> dict[str, Any]:
    """The whole document, OpenAPI 3.1."""
    _, schemas = models_json_schema([(model, "validation") for model in KINDS.values()], ref_template="#/components/schemas/{model}")
    posts = {f"/api/v1/{path}": {"post": _post(kind)} for path, kind in PATHS.items()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Usher", "version": __version__, "description": "Tells Usher of people, invites and applications, and asks where somebody stands."},
        "paths": {**posts, "/api/v1/people/{account}": {"get": _get()}},
        "components": {"schemas": {**schemas["$defs"], "Fault": FAULT}, "securitySchemes": {name: _header(name, why) for name, why in SIGNED.items()}},
        "security": [{name: [] for name in SIGNED}],
    }


def _post(kind: str) -> dict[str, Any]:
    record = {"$ref": f"#/components/schemas/{KINDS[kind].__name__}"}
    key = {"name": "Idempotency-Key", "in": "header", "required": True, "schema": {"type": "string", "pattern": "^[A-Za-z0-9_.-]{8,64}$"}}
    taken = {"type": "object", "properties": {"status": {"enum": ["taken", "known"]}, "reason": {"type": "string"}}, "required": ["status"]}
    return {
        "operationId": f"tell_{kind}",
        "parameters": [key],
        "requestBody": {"required": True, "content": {"application/json": {"schema": record}}},
        "responses": {"200": _body("Taken, or known under this key already.", taken), **_faults("400", "401", "409", "413", "415", "422")},
    }


def _get() -> dict[str, Any]:
    account = {"name": "account", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[A-Za-z0-9_.-]{1,64}$"}}
    state = {"type": "object", "properties": {name: {"type": ["string", "null"]} for name in ("member", "application", "invite")}}
    return {
        "operationId": "where_somebody_stands",
        "parameters": [account],
        "responses": {"200": _body("The states of the person's membership, newest application and newest invite.", state), **_faults("401", "404")},
    }


def _header(name: str, why: str) -> dict[str, str]:
    return {"type": "apiKey", "in": "header", "name": name, "description": why}


def _body(why: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": why, "content": {"application/json": {"schema": schema}}}


def _faults(*codes: str) -> dict[str, Any]:
    said = {
        "400": "Not JSON, or a header is missing.", "401": "Not signed by a known client.", "404": "Nobody of that account.",
        "409": "The key is used, or the state cannot follow.", "413": "Larger than 256 KB.", "415": "Not application/json.", "422": "A field is wrong.",
    }  # fmt: skip
    return {code: _body(said[code], {"$ref": "#/components/schemas/Fault"}) for code in codes}
