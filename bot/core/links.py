"""Short links of our own to invites: signed, ending with the invite, leading nowhere but to us."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from bot.core.lifecycle.joining import VALID
from bot.core.model import Invite

PATH: Final = "/j/"
FILE_PATH: Final = "/f/"
_SIGNS: Final = "0123456789bcdfghjkmnpqrstvwxyz"
"""Digits and small letters that make no word and are not mistaken for each other."""
_LENGTH: Final = 12
_TOKEN: Final = re.compile(r"(?P<code>[0-9A-Z]{5,6})-(?P<end>[0-9b-z]{1,9})-(?P<seal>[0-9b-z]{12})", re.ASCII)

_FILE_TOKEN: Final = re.compile(r"(?P<id>v[0-9a-f]{16})-(?P<end>[0-9b-z]{1,9})-(?P<seal>[0-9b-z]{12})", re.ASCII)


class Standing(StrEnum):
    """What a link is worth: it opens the door, its invite was used, it is over or was replaced by a newer one, or it is none of ours."""

    VALID = "valid"
    USED = "used"
    OVER = "over"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a genuine link says: the invite's code, and when it ends."""

    code: str
    end: datetime


@dataclass(frozen=True, slots=True)
class Links:
    """`site` is where people's browsers reach us (`https://usher.example`, without a slash behind), empty: nowhere, and then there are no links; `key` signs
    them."""

    site: str = ""
    key: bytes = field(default=b"", repr=False)

    def token(self, invite: Invite) -> str:
        """The end of the invite's link, empty where there can be none: no address, no end, or the invite is not valid."""
        if not self.site or not self.key or invite.expires is None or invite.state not in VALID or not invite.code:
            return ""
        end = _spelled(int(invite.expires.timestamp()))
        return f"{invite.code}-{end}-{self._seal(invite.code, end)}"

    def read(self, token: str) -> Ticket | None:
        """What the token says when we signed it, whatever became of its invite since; None for any other."""
        found = _TOKEN.fullmatch(token)
        if found is None or not self.key or not hmac.compare_digest(found["seal"], self._seal(found["code"], found["end"])):
            return None
        return Ticket(found["code"], datetime.fromtimestamp(_number(found["end"]), UTC))

    def file_token(self, ident: str, end: datetime) -> str:
        """The end of a link to a file that somebody sent, for its reviewer's eyes until `end`; empty without an address."""
        until = _spelled(int(end.timestamp()))
        return f"{ident}-{until}-{self._seal(FILE_PATH, ident, until)}" if self.site and self.key else ""

    def file(self, token: str, now: datetime) -> str:
        """The id of the evidence that the token shows now; empty when it is not ours or its time is over."""
        found = _FILE_TOKEN.fullmatch(token)
        if found is None or not self.key or not hmac.compare_digest(found["seal"], self._seal(FILE_PATH, found["id"], found["end"])):
            return ""
        return found["id"] if _number(found["end"]) > now.timestamp() else ""

    def in_link(self, link: str) -> str | None:
        """The token of an address of ours; None for an address that is not one of our short links."""
        start = f"{self.site}{PATH}"
        return link[len(start) :].partition("?")[0].partition("#")[0] if self.site and link.startswith(start) else None

    def _seal(self, *parts: str) -> str:
        made = hmac.new(self.key, "-".join(parts).encode(), hashlib.sha256).digest()
        return _spelled(int.from_bytes(made))[-_LENGTH:]


def standing(ticket: Ticket, invites: tuple[Invite, ...], now: datetime) -> tuple[Standing, Invite | None]:
    """What a genuine link is worth among the invites of its code: it holds for the sending it was made for and no other."""
    same = [one for one in invites if one.code == ticket.code and one.expires is not None]
    invite = next((one for one in same if one.expires is not None and int(one.expires.timestamp()) == int(ticket.end.timestamp())), None)
    if invite is None:
        return Standing.OVER, None
    if invite.state == "used":
        return Standing.USED, invite
    valid = invite.state in VALID and ticket.end > now
    return Standing.VALID if valid else Standing.OVER, invite


def _spelled(number: int) -> str:
    signs = ""
    while number:
        number, rest = divmod(number, len(_SIGNS))
        signs = _SIGNS[rest] + signs
    return signs or _SIGNS[0]


def _number(text: str) -> int:
    found = 0
    for sign in text:
        found = found * len(_SIGNS) + _SIGNS.index(sign)
    return found
