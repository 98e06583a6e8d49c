"""The state of one open page, carried in its address: who one is, which room and tab are shown, in which language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

ROOMS = ("group", "private")
TABS = ("chat", "trace")
LANGUAGES = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Desk:
    """Where somebody sits. `tab` matters on narrow screens only, where one area is shown at a time."""

    person: str
    room: str = "group"
    tab: str = "chat"
    language: str = "zh"

    @property
    def query(self) -> str:
        """The address's query, which every link and form of the page carries."""
        return urlencode({"as": self.person, "room": self.room, "tab": self.tab, "lang": self.language})

    def link(self, **changes: str) -> str:
        """The address of the page with something changed; another person or room shows the chat."""
        tab = changes.pop("tab", "chat" if changes.keys() & {"person", "room"} else self.tab)
        return f"/?{replace(self, tab=tab, **changes).query}"


def desk_of(query: Mapping[str, str], people: Iterable[str], accepted: str) -> Desk:
    """The desk of an address; what it does not say, or says wrongly, is the first person in the group, in the language the browser likes best."""
    known = list(people)
    person = query.get("as", "")
    return Desk(
        person if person in known else known[0],
        _one_of(query.get("room", ""), ROOMS),
        _one_of(query.get("tab", ""), TABS),
        _one_of(query.get("lang") or preferred(accepted), LANGUAGES),
    )


def preferred(accepted: str) -> str:
    """The first language of an Accept-Language header that the page has."""
    for part in accepted.split(","):
        language = part.split(";")[0].strip()[:2].lower()
        if language in LANGUAGES:
            return language
    return LANGUAGES[0]


def _one_of(value: str, known: tuple[str, ...]) -> str:
    return value if value in known else known[0]
