"""DingTalk's messages as safe HTML: the markdown subset, mentions, and the numbered options at a text's end."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

_RULES = ["heading", "blockquote", "list", "emphasis", "link", "image", "newline", "escape", "entity", "paragraph"]
_TAGS = {"p", "strong", "em", "a", "br", "ul", "ol", "li", "blockquote", "span"}
_PLAIN_KINDS = ("text", "sampleText")
_OPTIONS = re.compile(r"(?:^|\n\n)(1\. [^\n]*(?:\n\d+\. [^\n]*)*)\s*(?:\n\n(@[^\n]*)\s*)?\Z")
_MARKUP = re.compile(r"[#>*_`]+|\[([^\]]*)\]\([^)]*\)")


@dataclass(frozen=True, slots=True)
class Shown:
    """A message ready for the page: `title` is the bold first line (empty: none), `options` the numbers one may reply with and their labels."""

    title: str
    body: Markup
    options: tuple[tuple[int, str], ...] = ()


def shown(text: str, kind: str, title: str, names: Iterable[str]) -> Shown:
    """The bot's message. `names` are those that a mention may show."""
    if kind in _PLAIN_KINDS:
        return Shown("", plain(text, names))
    head, rest = _headed(text, title)
    above, offered, below = _offer(rest)
    body = "".join(_html(part, names) for part in (above, offered, below) if part)
    labels = (_MARKUP.sub(lambda match: match.group(1) or "", line.partition(". ")[2]).strip() for line in offered.splitlines())
    return Shown(head, Markup(body), tuple(enumerate(labels, 1)) if above.strip() or head else ())  # noqa: S704 - nh3 cleaned it


def plain(text: str, names: Iterable[str]) -> Markup:
    """Text that is no markdown: what people write."""
    lines = escape(text).replace("\n", "<br>")
    for name in names:
        lines = lines.replace(f"@{escape(name)}", f'<span class="at">@{escape(name)}</span>')
    return Markup(f"<p>{lines}</p>")  # noqa: S704 - escaped above


def _offer(text: str) -> tuple[str, str, str]:
    """The text cut into what stands above its options, the options, and the mentions below them. Options are the numbered list, begun anew with 1,
    that ends a text: what the bot offers where no button can stand. They are cut off first, since a list right above would swallow them."""
    found = _OPTIONS.search(text)
    return (text[: found.start()], found.group(1), found.group(2) or "") if found else (text, "", "")


def _html(text: str, names: Iterable[str]) -> str:
    reader = MarkdownIt("zero", {"html": False, "linkify": False}).enable(_RULES, ignoreInvalid=True)
    tokens = reader.parse(text)
    _mark(tokens, names)
    _flatten(tokens)
    return nh3.clean(
        str(reader.renderer.render(tokens, reader.options, {})),
        tags=_TAGS,
        attributes={"a": {"href"}, "ol": {"start"}},
        allowed_classes={"span": {"at"}, "p": {"heading"}},
        url_schemes={"http", "https"},
        set_tag_attribute_values={"a": {"target": "_blank"}},
        link_rel="noopener noreferrer nofollow",
    )


def _headed(text: str, title: str) -> tuple[str, str]:
    """The title and the rest, when the text's first line says the title; else all of the text."""
    line, _, rest = text.lstrip().partition("\n")
    if title and rest.strip() and _MARKUP.sub(lambda match: match.group(1) or "", line).strip() == title:
        return title, rest.lstrip("\n")
    return "", text


def _mark(tokens: Sequence[Token], names: Iterable[str]) -> None:
    """Puts mentions into spans."""
    known = [re.escape(name) for name in names]
    if not known:
        return
    mention = re.compile(f"(@(?:{'|'.join(sorted(known, key=len, reverse=True))}))")
    for token in tokens:
        if token.type == "inline":
            token.children = [piece for child in token.children or () for piece in _split(child, mention)]


def _split(child: Token, mention: re.Pattern[str]) -> Iterable[Token]:
    if child.type != "text" or "@" not in child.content:
        yield child
        return
    for piece in mention.split(child.content):
        if mention.fullmatch(piece):
            yield Token("html_inline", "", 0, content=f'<span class="at">{escape(piece)}</span>')
        elif piece:
            yield Token("text", "", 0, content=piece)


def _flatten(tokens: Sequence[Token]) -> None:
    """Headings of a message are none of the page's, and a picture is told by its words: the page asks nothing from outside."""
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = "p"
            if token.nesting == 1:
                token.attrSet("class", "heading")
        for child in token.children or ():
            if child.type == "image":
                child.type, child.tag, child.content, child.nesting = "text", "", child.content or str(child.attrGet("alt") or ""), 0
