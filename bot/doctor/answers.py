"""What answers are made of: the words, what the organisation has said of itself, and who is in charge."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping

from bot.config import Settings
from bot.doctor.finding import BETTER, BROKEN, FINE, Finding
from bot.ports import WordsError
from bot.wiring.parts import organisation, roots
from bot.words.loading import Words, load

_NAMED = 4


def people(settings: Settings) -> Iterator[Finding]:
    """Whether somebody is in charge."""
    admins = settings.people.admins
    todo = "" if admins else "usher init --admin <staffId>, or people.admins in the settings; whoever writes first never becomes admin"
    yield Finding(FINE if admins else BROKEN, "first admin", ", ".join(admins) or "nobody is named", todo)


def words(settings: Settings, said: Mapping[str, str]) -> Iterator[Finding]:
    """Whether the words load, and which answers stay vague for lack of a value. `said` was set in chat."""
    missing = [root for root in settings.words if not root.is_dir()]
    for root in missing:
        yield Finding(BROKEN, "words", f"{root} is no folder", "correct the setting words: a folder that holds intents/ and templates/")
    started = time.perf_counter()
    try:
        loaded = load(roots(settings))
    except WordsError as fault:
        lines = str(fault).splitlines()
        yield Finding(BROKEN, "words", f"{lines[0]} (and {len(lines) - 1} more faults)" if lines[1:] else lines[0], "usher check names every fault")
        return
    took = time.perf_counter() - started
    yield Finding(FINE, "words", f"{len(loaded.headings)} intents, {loaded.utterances} utterances, learned in {took:.1f} s")
    yield from _vague(settings, loaded, said)


def _vague(settings: Settings, loaded: Words, said: Mapping[str, str]) -> Iterator[Finding]:
    known = organisation(settings)
    defaults = loaded.defaults.get(settings.language, {})
    unset = 0
    for name in sorted(type(settings.organisation).model_fields):
        if getattr(known, name) or said.get(name) or (name == "contact" and known.admins):
            continue
        users = _users(loaded, name, settings.language)
        if not users:
            continue
        unset += 1
        more = f" and {len(users) - _NAMED} more" if len(users) > _NAMED else ""
        how = "the product's own default is said" if name in defaults else "answers stay vague"
        said_of = f"not set, {how}: {', '.join(users[:_NAMED])}{more}"
        yield Finding(BETTER, f"organisation.{name}", said_of, "set it in the settings, or in chat: write 'setup'")
    if not unset:
        yield Finding(FINE, "organisation", "everything that answers use is set")


def _users(loaded: Words, name: str, language: str) -> list[str]:
    """The answers that use a value of the organisation."""
    used = re.compile(rf"\borg\.{name}\b")
    places = sorted(place for place, source in loaded.templates.sources.items() if place.startswith(f"{language}/") and used.search(source))
    return [place.removeprefix(f"{language}/").replace("/", ".") for place in places]
