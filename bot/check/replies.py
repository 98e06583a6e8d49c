"""What a reply must be: renderable for an organisation nobody described, silent on what nobody said, short in a group, ending in a next step."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.check.intents import ACTING, ELSEWHERE, IMPORTED
from bot.core.model import Organisation
from bot.core.turn import Here, Say, Verdict
from bot.ports import WordsError
from bot.words.loading import Words

LONGEST_LINE = 40
LONGEST_HEAD = {"zh": 120, "en": 60}
"""What a group sees of an answer: Chinese characters, English words."""
_INVENTED = re.compile(r"\d+ ?(?:\u5929|\u5c0f\u65f6|\u4e2a?\u5de5\u4f5c\u65e5|days|hours)")
_QUOTED = re.compile(r"\u300c([^\u300d]+)\u300d|\"([^\"]+)\"|\u201c([^\u201d]+)\u201d")
_HAN = re.compile(r"[\u3400-\u9fff]")


def unsound(words: Words, language: str) -> Iterator[str]:
    """Replies that do not render with an empty organisation, or that state a duration nobody has set."""
    for place, text in _rendered(words, language):
        if isinstance(text, WordsError):
            yield str(text)
        elif _INVENTED.search(text):
            yield f"templates/{place}.md.j2: says {_INVENTED.findall(text)[0]!r} though nobody has set it"


def loose(words: Words, language: str) -> Iterator[str]:
    """Replies that are too long for a group, that end in nothing to do, or that offer words which are not understood."""
    for place, text in _rendered(words, language):
        if isinstance(text, WordsError) or place.split("/")[1] == "chat":
            continue
        first, last = text.splitlines()[0], text.rstrip().split("\n\n")[-1]
        if language == "zh" and len(first) > LONGEST_LINE:
            yield f"note: templates/{place}.md.j2: its first line has {len(first)} characters, {LONGEST_LINE} are wanted"
        offered = [next(filter(None, found)) for found in _QUOTED.findall(last)]
        if not offered and len(last.splitlines()) > 1:
            yield f"note: templates/{place}.md.j2: its last paragraph is no next step"
        for line in offered:
            matcher = words.reader.matchers[language]
            if matcher.weigh(line).verdict is not Verdict.ANSWER:
                yield f"note: templates/{place}.md.j2: offers {line!r}, which is not understood"
        head = _head(words, place, language)
        if head > LONGEST_HEAD[language]:
            yield f"note: templates/{place}.md.j2: a group sees {head} {'characters' if language == 'zh' else 'words'}, {LONGEST_HEAD[language]} are wanted"


def _rendered(words: Words, language: str) -> Iterator[tuple[str, str | WordsError]]:
    """(language/reply, its text for an organisation nobody described) of every FAQ that has one."""
    for name in sorted(words.headings):
        group, _, _ = name.partition(".")
        place = f"{language}/{name.replace('.', '/', 1)}"
        if group in ACTING or group in {ELSEWHERE, IMPORTED} or place not in words.templates.sources:
            continue
        try:
            yield place, _text(words, place, language, brief=False)
        except WordsError as fault:
            yield place, fault


def _text(words: Words, place: str, language: str, *, brief: bool) -> str:
    say = Say(Here(), place.partition("/")[2], brief=brief)
    return words.templates.render(say, language, {"org": Organisation(**words.defaults_in(language)), "asker": {"name": "?"}}).text


def _head(words: Words, place: str, language: str) -> int:
    text = _text(words, place, language, brief=True)
    return len(_HAN.findall(text)) if language == "zh" else len(text.split())
