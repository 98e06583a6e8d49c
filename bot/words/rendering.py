"""Words out: every reply is a sandboxed Jinja template, and every value in it is neutralised."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import BuiltinMethodType
from typing import Any

from jinja2 import DictLoader, StrictUndefined, Template, TemplateError, meta
from jinja2.runtime import Context, LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bot.core.model import Link
from bot.core.turn import Say
from bot.ports import WordsError

FOLD = "<!--more-->"
"""What stands above this line is what a group sees."""
RAW = "{% raw %}"
"""How an answer begins that is text and no template: its lines stay as they are."""
_LONGEST_VALUE = 200
_WIDE = str.maketrans({sign: chr(ord(sign) + 0xFEE0) for sign in "\\`*_[](){}#>!|<~&@"} | {"\n": " ", "\r": " ", "\t": " "})
_LEADING = str.maketrans({sign: chr(ord(sign) + 0xFEE0) for sign in "-+=."})
_STRUCTURE = re.compile(r"^(?:[-+=]+|\d+\.)(?=\s|$)")
_LINK = re.compile(r"(?i)://|(?<![a-z0-9])www\.|(?<![a-z0-9])(?:mailto|tel|javascript|data|dingtalk|dtmd):|(?<=[\w\u3400-\u9fff])\.(?=[a-z]{2,}\b)")
_TAG = re.compile(r"\{%.*?%\}")
_OF_DICTS = frozenset(dir(dict))
_OF_LOOPS = frozenset({"first", "last", "index", "index0", "length"})
_MARKUP = re.compile(r"[#>*_`]+|!?\[([^\]]*)\]\([^)]*\)")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A reply in words: `title` for notifications, `text` in DingTalk's markdown subset."""

    title: str
    text: str


class Trusted(str):
    """Text that the product made itself and that may carry markup."""

    __slots__ = ()


def neutral(value: Any) -> Any:
    """The value as plain text of one line: no markup, link, mention or control character survives (reliability E22: full-width substitution)."""
    if isinstance(value, Trusted | Link | int | float):
        return value
    if value is None:
        return ""
    text = str(value)
    if text.isalnum() and len(text) <= _LONGEST_VALUE:  # letters and digits alone hold nothing that means anything
        return text
    if not text.isprintable():  # a printable text has no control character
        text = "".join(sign for sign in text if sign in "\n\r\t" or not unicodedata.category(sign).startswith("C"))
    text = text.strip()
    text = _LINK.sub(lambda match: match.group().replace("://", "：／／").replace(".", "．").replace(":", "："), text.translate(_WIDE))
    text = _STRUCTURE.sub(lambda match: match.group().translate(_LEADING), text)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


class _Sandbox(ImmutableSandboxedEnvironment):
    """Finds the key of a plain dict at once: asking a dict for an attribute that it cannot have costs an exception each time. What a template may do without
    a look (its own macros, `get` of a dict, where a loop is) is done without one."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """What the sandbox finds, too."""
        if type(obj) is dict and attribute in obj and attribute not in _OF_DICTS:
            return obj[attribute]
        if (attribute == "get" and type(obj) is dict) or (attribute in _OF_LOOPS and type(obj) is LoopContext):
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805 # the sandbox's own names: no argument has one of them
        """What the sandbox gives back, too."""
        if type(__obj) is Macro or (type(__obj) is BuiltinMethodType and type(__obj.__self__) is dict and __obj.__name__ == "get"):
            kwargs.pop("_loop_vars", None)  # what the compiler adds for functions that take the context
            kwargs.pop("_block_vars", None)
            return __obj(*args, **kwargs)
        return super().call(__context, __obj, *args, **kwargs)

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The environment's own where a template adds none: a map over them would be copied key by key at each rendering."""
        return super().make_globals(d) if d else self.globals


class Templates:
    """All replies of one version of the words, in every language."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self.sources = {name: text if text.startswith(RAW) else "\n".join(map(_line, text.split("\n"))) for name, text in sources.items()}
        self._environment = _Sandbox(
            loader=DictLoader(self.sources), undefined=StrictUndefined, finalize=neutral, trim_blocks=True, lstrip_blocks=True, autoescape=False,
            auto_reload=False, cache_size=-1,
        )  # fmt: skip
        self._ready: dict[str, Template] = {}
        self._fixed: dict[tuple[str, bool], tuple[object, Rendered]] = {}
        self._plain: set[str] = set()
        self._sound: set[str] = set()

    @classmethod
    def read(cls, folders: Sequence[Path], faults: list[str], sound: MutableMapping[str, bool] | None = None) -> Templates:
        """Reads every `<language>/<group>/<reply>.md.j2`, later folders above earlier ones; adds a line to `faults` for each that does not compile. `sound`
        has the digests of texts that are known to compile, and whether they are plain: those are compiled when they are first said. It learns the new ones."""
        sources: dict[str, str] = {}
        for folder in folders:
            for path in sorted(folder.glob("*/*/*.md.j2")):
                name = f"{path.parent.parent.name}/{path.parent.name}/{path.name.removesuffix('.md.j2')}"
                try:
                    sources[name] = path.read_text(encoding="utf-8")
                except (OSError, UnicodeDecodeError) as fault:
                    faults.append(f"{path}: {fault}")
        templates = cls(sources)
        for name, text in templates.sources.items():
            templates._check(name, text, {} if sound is None else sound, faults)
        return templates

    def _check(self, name: str, text: str, sound: MutableMapping[str, bool], faults: list[str]) -> None:
        digest, before = hashlib.sha256(text.encode()).hexdigest(), len(faults)
        if digest not in sound:
            self._compile(name, faults)
            if len(faults) == before:
                sound[digest] = name in self._plain
            return
        self._sound.add(name)
        if sound[digest]:
            self._plain.add(name)

    def topped(self, sources: Mapping[str, str]) -> Templates:
        """These replies with others above them, of which none may be unsound; what was compiled stays so. Raises WordsError."""
        topped, faults = Templates({**self.sources, **sources}), list[str]()
        topped._ready.update(self._ready)
        topped._plain.update(self._plain)
        topped._sound.update(self._sound)
        for name in sources:
            topped._compile(name, faults)
        if faults:
            raise WordsError("\n".join(faults))
        return topped

    def _compile(self, name: str, faults: list[str]) -> None:
        try:
            self._ready[name] = self._environment.get_template(name)
            self._sound.add(name)
            if meta.find_undeclared_variables(self._environment.parse(self.sources[name])) <= {"org"}:
                self._plain.add(name)
        except TemplateError as fault:
            faults.append(f"templates/{name}.md.j2: line {getattr(fault, 'lineno', '?')}: {fault}")

    @property
    def folded(self) -> frozenset[tuple[str, str]]:
        """(language, reply) of the replies that have more to say than a group sees."""
        return frozenset((name.split("/", 1)[0], name.split("/", 1)[1]) for name, text in self.sources.items() if FOLD in text)

    @property
    def names(self) -> frozenset[str]:
        """The replies that exist in any language."""
        return frozenset(name.split("/", 1)[1] for name in self.sources)

    def render(self, say: Say, language: str, values: Mapping[str, object]) -> Rendered:
        """Fills the reply in `language`, else in Chinese, else in whatever language it was written in. Raises WordsError."""
        name = next((name for name in (f"{language}/{say.reply}", f"zh/{say.reply}", f"en/{say.reply}") if name in self._sound), "")
        if not name:
            raise WordsError(f"templates/{language}/{say.reply}.md.j2 does not exist")
        organisation = values.get("org")
        known = self._fixed.get((name, say.brief))
        if known is not None and known[0] is organisation:
            return known[1]
        rendered = self._fill(name, say, values)
        if name in self._plain:
            self._fixed[name, say.brief] = (organisation, rendered)
        return rendered

    def _fill(self, name: str, say: Say, values: Mapping[str, object]) -> Rendered:
        try:
            if name not in self._ready:
                self._ready[name] = self._environment.get_template(name)
            text = self._ready[name].render({**values, "data": say.data})
        except TemplateError as fault:
            raise WordsError(f"templates/{name}.md.j2: {fault}") from fault
        above, _, below = text.partition(FOLD)
        whole = above.strip() if say.brief else f"{above.strip()}\n\n{below.strip()}".strip()
        return Rendered(title_of(whole), re.sub(r"\n{3,}", "\n\n", whole))


def _line(line: str) -> str:
    """A tag that ends a line of text keeps the line's break; a line of tags alone vanishes (trim_blocks)."""
    return f"{line[:-2]}+%}}" if line.endswith("%}") and not line.endswith(("-%}", "+%}")) and _TAG.sub("", line).strip() else line


def title_of(text: str) -> str:
    """A notification's title: the first line without markup, at most 40 characters."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return _MARKUP.sub(lambda match: match.group(1) or "", first).strip()[:40]
