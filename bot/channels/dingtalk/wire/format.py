"""An Outbound becomes the JSON that DingTalk takes: session webhook bodies and OpenAPI sends (dingtalk.md 3.1, 3.3, 3.5, 4.6)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from bot.channels.dingtalk.wire.text import one_line
from bot.dingtalk_api.compact import to_bytes, to_text
from bot.ports import Button, Outbound

MAX_CHARACTERS = 3500
MAX_BYTES = 15_000
_MAX_TITLE = 64
_MAX_LABEL = 60
_MAX_SAY = 300
_CARD_BUTTONS = 5
_ITEM = re.compile(r"(?:[-*+]|\d{1,3}[.)])\s")

Json = dict[str, object]


def session_bodies(outbound: Outbound) -> list[bytes]:
    """The bodies for a session webhook or a group webhook, in order; buttons and mentions stand in the last one."""
    parts = _parts(outbound, mention=True)
    bodies = [to_bytes(_plain(outbound, part)) for part in parts[:-1]]
    last = parts[-1]
    if outbound.private and outbound.buttons:
        card = to_bytes({"msgtype": "actionCard", "actionCard": {**_titled(outbound, last), "btnOrientation": "0", "btns": _buttons(outbound.buttons)}})
        if len(card) <= MAX_BYTES:
            return [*bodies, card]
    at: Json = {"at": {"atUserIds": list(outbound.mention), "isAtAll": False}} if outbound.mention else {}
    return [*bodies, to_bytes({**_plain(outbound, last), **at})]


def api_bodies(outbound: Outbound, robot: str) -> list[Json]:
    """The bodies for `oToMessages/batchSend` (private) or `groupMessages/send`, in order. These ways cannot mention anybody."""
    receiver: Json = {"userIds": [outbound.person]} if outbound.private else {"openConversationId": outbound.conversation}
    parts = _parts(outbound, mention=False)
    sends = [_plain_send(outbound, part) for part in parts[:-1]] + [_last_send(outbound, parts[-1])]
    return [{"robotCode": robot, **receiver, "msgKey": key, "msgParam": param} for key, param in sends]


def _parts(outbound: Outbound, *, mention: bool) -> list[str]:
    """The text in DingTalk's line rules, cut, with the numbered list of the buttons and the mentions at its end."""
    tail = "\n".join(f"{number}. {_label(button)}" for number, button in enumerate(outbound.buttons, 1))
    if mention and outbound.mention:
        tail = "\n\n".join(piece for piece in (tail, " ".join(f"@{person}" for person in outbound.mention)) if piece)
    parts = list(split(outbound.text)) or [""]
    if tail and parts[-1] and _too_long(f"{parts[-1]}\n\n{tail}"):
        parts.append("")
    parts[-1] = f"{parts[-1]}\n\n{tail}" if tail and parts[-1] else parts[-1] or tail
    return [line_breaks(part) for part in parts] if outbound.title or outbound.buttons else parts


def line_breaks(text: str) -> str:
    """DingTalk joins lines unless two blanks stand before the break, and wants an empty line before a list."""
    lines = text.split("\n")
    if len(lines) == 1:
        return text
    out: list[str] = []
    for line in lines:
        before = out[-1] if out else ""
        if before.strip():
            starts_list = _ITEM.match(line.lstrip()) and not _ITEM.match(before.lstrip())
            if starts_list:
                out.append("")
            elif line.strip():
                out[-1] = before.rstrip() + "  "
        out.append(line)
    return "\n".join(out)


def split(text: str) -> Iterator[str]:
    """Pieces that DingTalk shows whole, cut at paragraphs, else at lines, else anywhere."""
    if not _too_long(text):
        if text:
            yield text
        return
    piece = ""
    for unit, gap in _units(text):
        if piece and _too_long(piece + gap + unit):
            yield piece
            piece = unit
        else:
            piece = piece + gap + unit if piece else unit
    if piece:
        yield piece


def _units(text: str) -> Iterator[tuple[str, str]]:
    """Paragraphs, with what stands before each; one that is too long comes in lines, a line that is too long in slices."""
    for paragraph in text.split("\n\n"):
        if not _too_long(paragraph):
            yield paragraph, "\n\n"
            continue
        for number, line in enumerate(paragraph.split("\n")):
            slices = [line[at : at + _SLICE] for at in range(0, len(line), _SLICE)] if _too_long(line) else [line]
            for at, slice_ in enumerate(slices):
                yield slice_, "" if at else "\n" if number else "\n\n"


_SLICE = 2000
_BODY_BYTES = MAX_BYTES - 3000  # the rest is for the title, the numbered list and JSON's own characters


def _too_long(text: str) -> bool:
    return len(text) > MAX_CHARACTERS or (len(text) * 6 > _BODY_BYTES and len(to_text(text).encode("utf-8", "replace")) > _BODY_BYTES)


def _title(outbound: Outbound, text: str) -> str:
    return one_line(outbound.title, _MAX_TITLE) or one_line(text[:200], 20) or "…"


def _titled(outbound: Outbound, text: str) -> Json:
    return {"title": _title(outbound, text), "text": text}


def _plain(outbound: Outbound, text: str) -> Json:
    """Markdown; a message without a title is plain text."""
    if not outbound.title:
        return {"msgtype": "text", "text": {"content": text}}
    return {"msgtype": "markdown", "markdown": _titled(outbound, text)}


def _label(button: Button) -> str:
    return one_line(button.label, _MAX_LABEL)


def _url(button: Button) -> str:
    """Makes the presser's client say the button's words (dingtalk.md 4.6)."""
    return "dtmd://dingtalkclient/sendMessage?content=" + quote(button.say[:_MAX_SAY], safe="", errors="replace")


def _buttons(buttons: Sequence[Button]) -> list[Json]:
    return [{"title": _label(button), "actionURL": _url(button)} for button in buttons]


def _plain_send(outbound: Outbound, text: str) -> tuple[str, str]:
    if not outbound.title:
        return "sampleText", to_text({"content": text})
    return "sampleMarkdown", to_text(_titled(outbound, text))


def _last_send(outbound: Outbound, text: str) -> tuple[str, str]:
    """A card with one to five buttons in a private chat; else, and when that is too long, markdown with the numbered list."""
    shown = outbound.buttons[:_CARD_BUTTONS] if outbound.private else ()
    if not shown:
        return _plain_send(outbound, text)
    param = _titled(outbound, text)
    if len(shown) == 1:
        key, param = "sampleActionCard", {**param, "singleTitle": _label(shown[0]), "singleURL": _url(shown[0])}
    else:
        key = f"sampleActionCard{len(shown)}"
        for number, button in enumerate(shown, 1):
            param |= {f"actionTitle{number}": _label(button), f"actionURL{number}": _url(button)}
    encoded = to_text(param)
    return (key, encoded) if len(encoded.encode("utf-8", "replace")) <= MAX_BYTES else _plain_send(outbound, text)
