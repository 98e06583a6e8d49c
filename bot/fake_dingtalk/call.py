"""What an API call is: who may make it, what it costs, and the function that carries it out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.fake_dingtalk.errors import Family
from bot.fake_dingtalk.model import Json
from bot.fake_dingtalk.state import State


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was read: `body` is its JSON object or form, `size` its bytes."""

    body: Json
    query: Mapping[str, str]
    headers: Mapping[str, str]
    size: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """One endpoint. `counted` against the monthly quota, `token` needed; `perform` answers the body or raises Refusal."""

    name: str
    method: str
    path: str
    family: Family
    perform: Callable[[State, Asked], Json]
    scope: str = ""
    counted: bool = True
    token: bool = True
