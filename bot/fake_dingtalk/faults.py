"""Faults that can be switched on while the server runs."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass
from enum import StrEnum

from bot.fake_dingtalk.model import Json


class Kind(StrEnum):
    """What goes wrong."""

    LATENCY = "latency"  # answers `seconds` late
    ERROR = "error"  # answers `status` with the family's busy body
    THROTTLE = "throttle"  # answers 429 with Retry-After `seconds`
    HANG = "hang"  # takes the request and never answers
    CUT_BEFORE = "cut_before"  # resets the connection before reading the body
    CUT_AFTER = "cut_after"  # reads the whole request, then resets the connection
    EXPIRED = "expired"  # the sessionWebhook is gone (300001)
    TOKEN = "token"  # noqa: S105 - a fault's name, not a secret: refuses the access token and forgets it
    QPS = "qps"  # 403 by calls a second
    QUOTA = "quota"  # API: monthly quota used up; pushes: bodies without content, errorCode 20001
    SCOPE = "scope"  # the app lacks the call's permission
    IP = "ip"  # egress address not in the white list
    GARBAGE = "garbage"  # HTTP 200 with a body that is not JSON
    EMPTY = "empty"  # HTTP 200 without a body
    REDIRECT = "redirect"  # 302 to `location`
    FORGED = "forged"  # pushes of events by HTTP: signed wrongly
    WRONG_KEY = "wrong_key"  # pushes of events by HTTP: encrypted with another key
    REPLAY = "replay"  # pushes of events by HTTP: the very same request comes again after it was acknowledged
    LOST = "lost"  # pushes of events: never sent, and nobody says so
    REDELIVER = "redeliver"  # pushes: comes `copies` more times although acknowledged


LOSS = "push.lost"
"""What is asked before an event is pushed: only a loss can strike it."""
_TAKES_EFFECT = {Kind.HANG, Kind.CUT_AFTER}
_NEEDS_TOKEN = {Kind.TOKEN, Kind.QPS, Kind.QUOTA, Kind.SCOPE, Kind.IP}


@dataclass(slots=True)
class Fault:
    """One fault. `on` names calls: "send.session", all of "send", "card", "token", "stream", "contact", "file", pushes as "push", or "*"; `times` is
    how often it still happens (None: until cleared), `share` its probability, `effect` whether the call is carried out all the same (None: as the
    kind has it: hang and cut_after yes, others no)."""

    kind: Kind
    on: str = "*"
    times: int | None = None
    share: float = 1.0
    status: int = 500
    seconds: float = 0.0
    effect: bool | None = None
    location: str = ""
    copies: int = 1
    hits: int = 0

    def __post_init__(self) -> None:
        self.kind = Kind(self.kind)
        if not 0 <= self.share <= 1 or not 200 <= self.status <= 599 or self.seconds < 0 or not 0 <= self.copies <= 100:
            raise ValueError("share is 0 to 1, status 200 to 599, seconds at least 0, copies 0 to 100")

    @property
    def takes_effect(self) -> bool:
        """Whether the call is carried out although its caller sees a failure."""
        return self.kind in _TAKES_EFFECT if self.effect is None else self.effect

    def on_call(self, name: str, token: bool, counted: bool) -> bool:
        """Whether the fault concerns this call, which needs a token or not and counts against the quota or not."""
        if self.kind is Kind.LOST or name == LOSS:
            return self.kind is Kind.LOST and name == LOSS
        if (self.kind in _NEEDS_TOKEN and not token) or (self.kind is Kind.QUOTA and not counted) or (self.kind is Kind.EXPIRED and name != "send.session"):
            return False
        return (self.on == "*" and not name.startswith("push")) or name == self.on or name.startswith(self.on + ".")


class Faults:
    """The faults in force."""

    def __init__(self, dice: random.Random) -> None:
        self.active: list[Fault] = []
        self._dice = dice

    def add(self, kind: Kind | str, **settings: object) -> Fault:
        """Switches a fault on. Raises ValueError or TypeError for nonsense."""
        fault = Fault(Kind(kind), **settings)  # type: ignore[arg-type] # the dataclass checks what the control API hands over
        self.active.append(fault)
        return fault

    def clear(self, kind: Kind | str | None = None) -> None:
        """Switches off all faults, or those of a kind."""
        self.active = [] if kind is None else [fault for fault in self.active if fault.kind is not Kind(kind)]

    def pick(self, name: str, token: bool = True, counted: bool = True) -> list[Fault]:
        """The faults that strike this call now; each counts."""
        able = [fault for fault in self.active if fault.times != 0 and fault.on_call(name, token, counted)]
        struck = [fault for fault in able if fault.share >= 1 or self._dice.random() < fault.share]
        for fault in struck:
            fault.hits += 1
            if fault.times is not None:
                fault.times -= 1
        return struck

    def as_json(self) -> list[Json]:
        """For the control API."""
        return [asdict(fault) for fault in self.active]
