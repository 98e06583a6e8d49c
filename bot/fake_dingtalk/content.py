"""What the bot's messages say: webhook bodies and OpenAPI templates in, one normal form out. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bot.fake_dingtalk.errors import Refusal
from bot.fake_dingtalk.model import Button, Json

LARGEST_WEBHOOK = 20_000
LARGEST_PARAM = 15_000


@dataclass(frozen=True, slots=True)
class Content:
    """A message of the bot without where it goes. `at` are userIds, `at_mobiles` numbers."""

    kind: str
    title: str = ""
    text: str = ""
    buttons: tuple[Button, ...] = ()
    at: tuple[str, ...] = ()
    at_mobiles: tuple[str, ...] = ()
    at_all: bool = False
    extra: Json = field(default_factory=dict)


def button(label: str, url: str) -> Button:
    """A button; one whose link is dtmd makes its presser say something."""
    parts = urlsplit(url)
    say = ""
    if parts.scheme == "dtmd" and parts.netloc == "dingtalkclient" and parts.path == "/sendMessage":
        say = (parse_qs(parts.query).get("content") or [""])[0]
    return Button(label, url, say)


def webhook_content(body: Json) -> Content:
    """The content of a body for sessionWebhook, group webhook or the HTTP answer. Raises Refusal 40035 or 400105."""
    kind = body.get("msgtype")
    read = _WEBHOOK.get(kind) if isinstance(kind, str) else None
    if read is None:
        raise Refusal(400105, f"unsupported msgtype {kind!r}")
    inner = body.get(str(kind))
    if not isinstance(inner, dict):
        raise Refusal(40035, f"missing {kind}")
    title, text, buttons = read(inner)
    at = body.get("at") or {}
    if not isinstance(at, dict):
        raise Refusal(40035, "at is not an object")
    return Content(str(kind), title, text, buttons, _strings(at.get("atUserIds")), _strings(at.get("atMobiles")), at.get("isAtAll") is True)


def template_content(key: object, param: object) -> Content:
    """The content of msgKey and msgParam. Raises Refusal."""
    wanted = _TEMPLATES.get(key) if isinstance(key, str) else None
    if wanted is None:
        raise Refusal("invalidParameter.msgKey", f"unknown msgKey {key!r}")
    if not isinstance(param, str):
        raise Refusal("invalidParameter.msgParam", "msgParam is a JSON string")
    if len(param.encode("utf-8", "surrogatepass")) > LARGEST_PARAM:
        raise Refusal("invalidParameter.msgParam.tooLong", f"msgParam is longer than {LARGEST_PARAM} bytes")
    try:
        values = json.loads(param)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict) or not all(isinstance(values.get(name), str) and values[name] for name in wanted):
        raise Refusal("invalidParameter.msgParam", f"{key} needs {', '.join(wanted)}")
    text = values.get("content") or values.get("text") or values.get("photoURL") or values.get("fileName") or values.get("mediaId") or ""
    return Content(str(key), str(values.get("title", "")), text, _template_buttons(values))


def highlighted(content: Content, names: Mapping[str, str]) -> tuple[str, ...]:
    """The members of the group who are really mentioned: listed, in the group, and named in the text (plain text appends who is not)."""
    if content.kind in ("link", "feedCard"):
        return ()
    listed = [user for user in content.at if user in names]
    return tuple(user for user in listed if content.kind == "text" or _named(user, content.text))


def shown(content: Content, mentioned: tuple[str, ...], names: Mapping[str, str]) -> str:
    """The text as the group sees it: a real mention shows the name."""
    text = content.text
    for user in mentioned:
        text = re.sub(rf"@{re.escape(user)}(?![0-9A-Za-z])", lambda _match, user=user: f"@{names[user]}", text)  # type: ignore[misc] # binds user
    return " ".join([text, *(f"@{names[user]}" for user in mentioned if not _named(user, content.text))])


def _named(user: str, text: str) -> bool:
    return re.search(rf"@{re.escape(user)}(?![0-9A-Za-z])", text) is not None


def _strings(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise Refusal(40035, "a list of strings is wanted")
    return tuple(value)


def _text_of(inner: Json, *names: str) -> list[str]:
    values = [inner.get(name) for name in names]
    if not all(isinstance(value, str) and value for value in values):
        raise Refusal(40035, f"missing {', '.join(names)}")
    return [str(value) for value in values]


Parts = tuple[str, str, tuple[Button, ...]]


def _text(inner: Json) -> Parts:
    return "", _text_of(inner, "content")[0], ()


def _markdown(inner: Json) -> Parts:
    title, text = _text_of(inner, "title", "text")
    return title, text, ()


def _action_card(inner: Json) -> Parts:
    title, text = _text_of(inner, "title", "text")
    if "btns" not in inner:
        return title, text, (button(*_text_of(inner, "singleTitle", "singleURL")),)
    rows = inner["btns"]
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise Refusal(40035, "btns is a list of objects")
    return title, text, tuple(button(*_text_of(row, "title", "actionURL")) for row in rows)


def _link(inner: Json) -> Parts:
    title, text, url = _text_of(inner, "title", "text", "messageUrl")
    return title, text, (button(title, url),)


def _feed_card(inner: Json) -> Parts:
    rows = inner.get("links")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise Refusal(40035, "links is a list of objects")
    links = [_text_of(row, "title", "messageURL") for row in rows]
    return links[0][0], "\n".join(title for title, _ in links), tuple(button(title, url) for title, url in links)


_WEBHOOK: dict[str, Callable[[Json], Parts]] = {
    "text": _text,
    "markdown": _markdown,
    "actionCard": _action_card,
    "link": _link,
    "feedCard": _feed_card,
}

_TEMPLATES: dict[str, tuple[str, ...]] = {
    "sampleText": ("content",),
    "sampleMarkdown": ("title", "text"),
    "sampleImageMsg": ("photoURL",),
    "sampleLink": ("text", "title", "messageUrl"),
    "sampleActionCard": ("title", "text", "singleTitle", "singleURL"),
    **{f"sampleActionCard{n}": ("title", "text", *(f"action{part}{i}" for i in range(1, n + 1) for part in ("Title", "URL"))) for n in range(2, 6)},
    "sampleActionCard6": ("title", "text", "buttonTitle1", "buttonUrl1", "buttonTitle2", "buttonUrl2"),
    "sampleAudio": ("mediaId",),
    "sampleFile": ("mediaId", "fileName", "fileType"),
    "sampleVideo": ("videoMediaId", "videoType", "picMediaId"),
}


def _template_buttons(values: Mapping[str, Any]) -> tuple[Button, ...]:
    pairs = [
        ("singleTitle", "singleURL"),
        *((f"actionTitle{i}", f"actionURL{i}") for i in range(1, 6)),
        ("buttonTitle1", "buttonUrl1"),
        ("buttonTitle2", "buttonUrl2"),
    ]
    if "messageUrl" in values:
        pairs.append(("title", "messageUrl"))
    return tuple(button(str(values[label]), str(values[url])) for label, url in pairs if label in values and url in values)
