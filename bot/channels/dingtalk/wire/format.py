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
    if outbound.private and outbound.buttons:
        *before, last = _parts(outbound, (), mention=True)
        shown = {**_titled(outbound, last), "btnOrientation": "0", "btns": _buttons(outbound.buttons)}
        card = to_bytes({"msgtype": "actionCard", "actionCard": shown})
        if len(card) <= MAX_BYTES:
            return [*(to_bytes(_plain(outbound, part)) for part in before), card]
    *before, last = _parts(outbound, _options(outbound.buttons), mention=True)
    at: Json = {"at": {"atUserIds": list(outbound.mention), "isAtAll": False}} if outbound.mention else {}
    return [*(to_bytes(_plain(outbound, part)) for part in before), to_bytes({**_plain(outbound, last), **at})]


def api_bodies(outbound: Outbound, robot: str) -> list[Json]:
    """The bodies for `oToMessages/batchSend` (private) or `groupMessages/send`, in order. These ways cannot mention anybody."""
    receiver: Json = {"userIds": [outbound.person]} if outbound.private else {"openConversationId": outbound.conversation}
    return [{"robotCode": robot, **receiver, "msgKey": key, "msgParam": param} for key, param in _sends(outbound)]


def _sends(outbound: Outbound) -> list[tuple[str, str]]:
    """A card with one to five buttons at the end of a private message; else, and when that is too long, markdown with the numbered list."""
    shown = outbound.buttons[:_CARD_BUTTONS] if outbound.private else ()
    if shown:
        *before, last = _parts(outbound, _options(outbound.buttons)[len(shown) :], mention=False)
        key, param = _card_send(outbound, last, shown)
        if len(param.encode("utf-8", "replace")) <= MAX_BYTES:
            return [*(_plain_send(outbound, part) for part in before), (key, param)]
    return [_plain_send(outbound, part) for part in _parts(outbound, _options(outbound.buttons), mention=False)]


def _options(buttons: Sequence[Button]) -> list[str]:
    """The buttons as lines: a number to type, or the words where those are longer than the label."""
    return [f"{number}. {one_line(button.say, _MAX_LABEL + 20) if _names_more(button) else shown_label(button)}" for number, button in enumerate(buttons, 1)]


def _names_more(button: Button) -> bool:
    """Whether what a press says begins with the label and goes on: it names what it decides, so that the reader must see all of it."""
    return button.say.startswith(button.label) and len(button.say) > len(button.label)


def _parts(outbound: Outbound, options: Sequence[str], *, mention: bool) -> list[str]:
    """The text in DingTalk's line rules, cut, with the options and the mentions at its end."""
    tail = "\n".join(options)
    if mention and outbound.mention:
        tail = "\n\n".join(piece for piece in (tail, " ".join(f"@{person}" for person in outbound.mention)) if piece)
    parts = list(split(f"{outbound.mark}{outbound.text}")) or [""]
    gap = f"\n\n{_NOTHING}\n\n" if options and outbound.title and _ends_in_list(parts[-1]) else "\n\n"
    if tail and parts[-1] and not fits(f"{parts[-1]}{gap}{tail}"):
        parts.append("")
    parts[-1] = f"{parts[-1]}{gap}{tail}" if tail and parts[-1] else parts[-1] or tail
    return [line_breaks(part) for part in parts] if outbound.title or outbound.buttons else parts


_NOTHING = "&nbsp;"
"""A paragraph that shows as an empty line: without it a list that ends a text and the options after it would be one list, numbered on."""


def _ends_in_list(text: str) -> bool:
    last = text.rstrip().rpartition("\n\n")[2]
    return any(_ITEM.match(line.lstrip()) for line in last.split("\n"))


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
    if fits(text):
        if text:
            yield text
        return
    piece = ""
    for unit, gap in _units(text):
        if piece and not fits(piece + gap + unit):
            yield piece
            piece = unit
        else:
            piece = piece + gap + unit if piece else unit
    if piece:
        yield piece


def _units(text: str) -> Iterator[tuple[str, str]]:
    """Paragraphs, with what stands before each; one that is too long comes in lines, a line that is too long in slices."""
    for paragraph in text.split("\n\n"):
        if fits(paragraph):
            yield paragraph, "\n\n"
            continue
        for number, line in enumerate(paragraph.split("\n")):
            slices = [line[at : at + _SLICE] for at in range(0, len(line), _SLICE)] if not fits(line) else [line]
            for at, slice_ in enumerate(slices):
                yield slice_, "" if at else "\n" if number else "\n\n"


_SLICE = 2000
_BODY_BYTES = MAX_BYTES - 3000  # the rest is for the title, the numbered list and JSON's own characters


def fits(text: str) -> bool:
    """Whether DingTalk shows it whole in one message."""
    return len(text) <= MAX_CHARACTERS and (len(text) * 6 <= _BODY_BYTES or len(to_text(text).encode("utf-8", "replace")) <= _BODY_BYTES)


def shown_title(outbound: Outbound, text: str) -> str:
    """What the list of conversations and the notification show."""
    return one_line(outbound.title, _MAX_TITLE) or one_line(text[:200], 20) or "…"


def _titled(outbound: Outbound, text: str) -> Json:
    title = shown_title(outbound, text)
    return {"title": title, "text": text or title}


def _plain(outbound: Outbound, text: str) -> Json:
    """Markdown; a message without a title is plain text."""
    if not outbound.title:
        return {"msgtype": "text", "text": {"content": text}}
    return {"msgtype": "markdown", "markdown": _titled(outbound, text)}


def shown_label(button: Button) -> str:
    """What a button shows."""
    return one_line(button.label, _MAX_LABEL)


def _url(button: Button) -> str:
    """Makes the presser's client say the button's words (dingtalk.md 4.6)."""
    return "dtmd://dingtalkclient/sendMessage?content=" + quote(button.say[:_MAX_SAY], safe="", errors="replace")


def _buttons(buttons: Sequence[Button]) -> list[Json]:
    return [{"title": shown_label(button), "actionURL": _url(button)} for button in buttons]


def _plain_send(outbound: Outbound, text: str) -> tuple[str, str]:
    if not outbound.title:
        return "sampleText", to_text({"content": text})
    return "sampleMarkdown", to_text(_titled(outbound, text))


def _card_send(outbound: Outbound, text: str, shown: Sequence[Button]) -> tuple[str, str]:
    param = _titled(outbound, text)
    if len(shown) == 1:
        return "sampleActionCard", to_text({**param, "singleTitle": shown_label(shown[0]), "singleURL": _url(shown[0])})
    for number, button in enumerate(shown, 1):
        param |= {f"actionTitle{number}": shown_label(button), f"actionURL{number}": _url(button)}
    return f"sampleActionCard{len(shown)}", to_text(param)
