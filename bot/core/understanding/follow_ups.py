"""Short questions about the last topic: how long, why, and then - read with the topic they hang on."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.core.model import Catalogue
from bot.core.turn import Candidate

LONGEST = 48
"""Characters without blanks and punctuation; a longer utterance speaks for itself."""
ENOUGH = 0.08
"""What the evidence for a related intent must come to."""
_DEEPEST = 4
_MARKS = re.compile(r"[\s\u3000!-/:-@\[-`{-~。，、！？：；“”‘’（）【】《》…·~￥]+")
ACTING = ("act.", "adm.", "shell.", "setup.", "elsewhere.")
"""Groups whose intents do something or have no answer of their own: a follow-up never reaches them."""
MORE, AGAIN, NEXT = "more", "again", "next"
RECORDS = frozenset({"act.status_check", "act.invite_check"})
"""Intents that only show the asker's own record with its next step: what nothing else answers shows it once more."""


def plain(text: str) -> str:
    """The form in which exact commands, labels, typed choices and follow-ups are compared: NFKC, lower case, no blanks or punctuation."""
    return _MARKS.sub("", unicodedata.normalize("NFKC", text).casefold())


@dataclass(frozen=True, slots=True)
class FollowUps:
    """`asks` maps the plain form of a follow-up to what it asks in plain words, or to MORE (the whole answer), AGAIN (the same once more) or
    NEXT (what the asker is to do, as the answer to them said last); `leads` and `tails` are plain words that may stand around it."""

    asks: Mapping[str, str] = field(default_factory=dict)
    leads: tuple[str, ...] = ()
    tails: tuple[str, ...] = ()

    @classmethod
    def of(cls, files: Iterable[Mapping[str, object]]) -> FollowUps:
        """From the words files of the languages. Raises TypeError or AttributeError when one has another shape."""
        asks: dict[str, str] = {}
        around: dict[str, list[str]] = {"leads": [], "tails": []}
        for file in files:
            for row in file.get("ask") or ():  # type: ignore[attr-defined]
                asks.update({plain(str(line)): str(row[0]) for line in row})
            for name in (MORE, AGAIN, NEXT):
                asks.update({plain(str(line)): name for line in file.get(name) or ()})  # type: ignore[attr-defined]
            for name, listed in around.items():
                listed += [plain(str(word)) for word in file.get(name) or ()]  # type: ignore[attr-defined]
        return cls(asks, tuple(around["leads"]), tuple(around["tails"]))

    def asked(self, form: str) -> str:
        """What a plain form asks of the last topic, or an empty string when it is no follow-up."""
        return self._asked(form, _DEEPEST) if len(form) <= LONGEST else ""

    def _asked(self, form: str, depth: int) -> str:
        if form in self.asks or not depth or not form:
            return self.asks.get(form, "")
        shorter = [form.removeprefix(lead) for lead in self.leads if form.startswith(lead)]
        shorter += [form.removesuffix(tail) for tail in self.tails if form.endswith(tail)]
        return next(filter(None, (self._asked(one, depth - 1) for one in shorter)), "")


def repeats(question: str, topic: str, *, private: bool) -> bool:
    """Whether the last topic is answered once more: as it was asked for, or since its answer told the asker's own next step."""
    if topic.startswith(ACTING) and topic not in RECORDS:
        return False
    return question == AGAIN or (question == NEXT and (private or topic in RECORDS))


def related(topic: str, catalogue: Catalogue) -> frozenset[str]:
    """The questions that belong to a topic: its group, and what either names of the other; never something that acts."""
    group = topic.partition(".")[0] + "."
    intent = catalogue.intents[topic]
    named = {*intent.follow_up, *intent.see_also}
    named |= {name for name, other in catalogue.intents.items() if name.startswith(group) or topic in other.follow_up or topic in other.see_also}
    return frozenset(name for name in named if name != topic and name in catalogue.intents and not name.startswith(ACTING))


def best(topic: str, alone: Sequence[Candidate], joined: Sequence[Candidate], wanted: frozenset[str]) -> Candidate | None:
    """The related intent that the question brings to mind when asked alone, more so when it does beside the topic too."""
    rest = sum(candidate.score for candidate in joined if candidate.intent != topic) or 1.0
    shares = {candidate.intent: candidate.score / rest for candidate in joined}
    weights = [(candidate.score * (1.0 + shares.get(candidate.intent, 0.0)), candidate.intent) for candidate in alone if candidate.intent in wanted]
    weight, name = max(weights, default=(0.0, ""))
    return Candidate(name, min(1.0, weight)) if weight >= ENOUGH else None
