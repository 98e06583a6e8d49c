"""A robot callback's JSON becomes a Message (dingtalk.md 1.3, 1.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.channels.dingtalk.payload import BadPayload
from bot.channels.dingtalk.wire.text import clean, one_line, without_mention
from bot.core.model import Sender
from bot.core.turn import Message, MessageKind, Route

CHANNEL = "dingtalk"
QUOTA_GONE = "20001"
_MAX_ID = 256
_MAX_QUOTE = 2000
_MAX_LIST = 100

Body = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class QuotaGone:
    """A body without content: the organisation's monthly quota of pushes is used up."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """Something that is not for us; `reason` is a counter's name, `conversation` the group it came from where that is why."""

    reason: str
    conversation: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading depends on: our organisation, our robot, its names, which session webhooks may be used, and the groups that are heard (empty: all)."""

    corp_id: str
    robot: str
    names: tuple[str, ...]
    may_reply: Callable[[str], bool]
    groups: frozenset[str] = frozenset()


def parse(body: Body, reading: Reading) -> Message | QuotaGone | Ignored:
    """Reads one body; BadPayload when a field is missing or of the wrong type. Unknown fields are not looked at."""
    if str(body.get("errorCode", "")) == QUOTA_GONE:
        return QuotaGone()
    if _from_robot(body, reading):
        return Ignored("robot")
    private, conversation = _private(body), _text(body, "conversationId")
    if not private and reading.groups and conversation not in reading.groups:
        return Ignored("other_group", conversation)
    said = clean(_said(body))
    kind = _KINDS.get(_text(body, "msgtype", 40), MessageKind.UNKNOWN)
    files = _files(body, kind)
    return Message(
        channel=CHANNEL,
        robot=_text(body, "robotCode", optional=True) or reading.robot,
        id=_text(body, "msgId"),
        conversation=conversation,
        private=private,
        sender=_sender(body, reading),
        text=said if private else without_mention(said, reading.names),
        at=_moment(body, "createAt"),
        kind=MessageKind.PICTURE if files and not said and kind is MessageKind.TEXT else kind,
        addressed=private or _addressed(body),
        mentioned=_mentioned(body),
        quoted=_quoted(body),
        files=files,
        route=_route(body, reading),
    )


_KINDS: Mapping[str, MessageKind] = {
    "text": MessageKind.TEXT,
    "richText": MessageKind.TEXT,
    "picture": MessageKind.PICTURE,
    "audio": MessageKind.AUDIO,
    "video": MessageKind.VIDEO,
    "file": MessageKind.FILE,
}


def _text(body: Body, name: str, limit: int = _MAX_ID, *, optional: bool = False) -> str:
    value = body.get(name)
    if value is None and optional:
        return ""
    if not isinstance(value, str) or len(value) > limit or (not value and not optional):
        raise BadPayload(f"{name} is missing or not a short text")
    if not value.isprintable():
        raise BadPayload(f"{name} has odd characters")
    return value


def _private(body: Body) -> bool:
    kind = body.get("conversationType")
    if kind in ("1", 1) and kind is not True:
        return True
    if kind in ("2", 2):
        return False
    raise BadPayload("conversationType is neither 1 nor 2")


def _moment(body: Body, name: str) -> datetime:
    value = body.get(name)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 15:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 32_503_680_000_000:
        raise BadPayload(f"{name} is not a time in milliseconds")
    return datetime.fromtimestamp(value / 1000, UTC)


def _sender(body: Body, reading: Reading) -> Sender:
    """Only a member of our own organisation has an account; a nick never is one (reliability T3)."""
    ours = reading.corp_id or _text(body, "chatbotCorpId", optional=True)
    corp = _text(body, "senderCorpId", optional=True)
    account = _text(body, "senderStaffId", optional=True) if corp and corp == ours else ""
    alias = _text(body, "senderId", optional=True)
    if not account and not alias:
        raise BadPayload("nobody sent this")
    nick = body.get("senderNick", "")
    return Sender(account, alias, one_line(nick, 64) if isinstance(nick, str) else "", bool(account))


def _from_robot(body: Body, reading: Reading) -> bool:
    """Our own words coming back, or another robot's (reliability T40)."""
    names = (body.get("chatbotUserId"), reading.robot, body.get("robotCode"))
    own = [name for name in names if isinstance(name, str) and name]
    if body.get("senderId") in own or body.get("senderStaffId") in own:
        return True
    return body.get("isRobot") is True or body.get("isBot") is True or body.get("senderType") in ("robot", "bot")


def _content(body: Body) -> Body:
    content = body.get("content", {})
    if not isinstance(content, dict | str):
        raise BadPayload("content is neither an object nor text")
    return content if isinstance(content, dict) else {}


def _said(body: Body) -> str:
    """The words: text.content, else content as text, else what the platform recognised, else the joined pieces of a rich text."""
    text = body.get("text")
    if text is not None and not isinstance(text, dict):
        raise BadPayload("text is not an object")
    said = text.get("content") if text else None
    if said is None and isinstance(body.get("content"), str):
        said = body["content"]
    if said is None:
        said = _content(body).get("recognition")
    if said is None:
        said = "".join(str(piece["text"]) for piece in _pieces(body) if isinstance(piece.get("text"), str))
    if not isinstance(said, str):
        raise BadPayload("the words are not text")
    return said


def _pieces(body: Body) -> list[dict[str, object]]:
    pieces = _content(body).get("richText", [])
    if not isinstance(pieces, list):
        raise BadPayload("richText is not a list")
    return [piece for piece in pieces[:_MAX_LIST] if isinstance(piece, dict)]


def _at_users(body: Body) -> list[dict[str, object]]:
    users = body.get("atUsers") or []
    if not isinstance(users, list):
        raise BadPayload("atUsers is not a list")
    return [user for user in users[:_MAX_LIST] if isinstance(user, dict)]


def _addressed(body: Body) -> bool:
    if isinstance(body.get("isInAtList"), bool):
        return bool(body["isInAtList"])
    bot = body.get("chatbotUserId")
    return any(bot is not None and user.get("dingtalkId") == bot for user in _at_users(body))


def _mentioned(body: Body) -> tuple[str, ...]:
    bot = body.get("chatbotUserId")
    staff = (user.get("staffId") for user in _at_users(body) if user.get("dingtalkId") != bot)
    return tuple(one for one in staff if isinstance(one, str) and 0 < len(one) <= _MAX_ID and one.isprintable())


def _quoted(body: Body) -> str:
    """What the quoted message said, never a command (undocumented fields: anything unexpected is left out)."""
    text = body.get("text")
    replied = text.get("repliedMsg") if isinstance(text, dict) else None
    content = replied.get("content") if isinstance(replied, dict) else None
    said = content.get("text") if isinstance(content, dict) else content
    return clean(said)[:_MAX_QUOTE] if isinstance(said, str) else ""


def _files(body: Body, kind: MessageKind) -> tuple[tuple[str, str], ...]:
    """(name, download code) pairs; a picture has no name, and some come with the code of their preview alone."""
    parts = _pieces(body) if "richText" in _content(body) else [] if kind is MessageKind.TEXT else [_content(body)]
    found = []
    for part in parts:
        code, name = part.get("downloadCode") or part.get("pictureDownloadCode"), part.get("fileName", "")
        if isinstance(code, str) and 0 < len(code) <= 4096:
            found.append((one_line(name, 200) if isinstance(name, str) else "", code))
    return tuple(found)


def _route(body: Body, reading: Reading) -> Route | None:
    """The session webhook, when it leads where replies may go."""
    url = body.get("sessionWebhook")
    if not isinstance(url, str) or not reading.may_reply(url) or body.get("sessionWebhookExpiredTime") is None:
        return None
    return Route(url, _moment(body, "sessionWebhookExpiredTime"))
