"""The questions that nobody could answer or that were answered badly: those that ask the same together, the most frequent first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.facts import Facts
from bot.core.model import Action, Wish
from bot.core.turn import Decision, Here, Reason, Say, Turn
from bot.core.understanding.clusters import clusters
from bot.core.understanding.reading import language_of

KINDS = ("unanswered", "feedback")
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Cluster:
    """Questions that ask the same; the first is the most typical."""

    wishes: tuple[Wish, ...]

    @property
    def nearest(self) -> tuple[str, ...]:
        """The intents they came near to, most often first."""
        names = [name for wish in self.wishes for name in wish.intent.split()]
        return tuple(sorted(dict.fromkeys(names), key=lambda name: (-names.count(name), names.index(name))))

    @property
    def bad(self) -> int:
        """How many of them were answered, but badly."""
        return sum(wish.kind == "feedback" for wish in self.wishes)


def grouped(wishes: Sequence[Wish], language: str) -> list[Cluster]:
    """The open questions in clusters, read in the language that they are mostly asked in, whoever looks at them."""
    open_ = [wish for wish in wishes if wish.kind in KINDS and wish.text.strip()]
    texts = [wish.text for wish in open_]
    return [Cluster(tuple(open_[place] for place in group)) for group in clusters(texts, language_of(" ".join(texts), language))]


def cluster_of(wishes: Sequence[Wish], ident: str, language: str) -> Cluster | None:
    """The cluster that a question belongs to, that question first."""
    for cluster in grouped(wishes, language):
        found = next((wish for wish in cluster.wishes if wish.id == ident), None)
        if found is not None:
            return Cluster((found, *(wish for wish in cluster.wishes if wish is not found)))
    return None


def show(turn: Turn, facts: Facts, now: datetime) -> Decision:  # noqa: ARG001 - every skill has this shape
    """The list; each has a button that teaches it."""
    found = grouped(facts.wishes, turn.language)
    rows = [
        {
            "text": cluster.wishes[0].text,
            "count": len(cluster.wishes),
            "bad": cluster.bad,
            "nearest": [facts.catalogue.label(Action(name), turn.language) for name in cluster.nearest[:2] if name in facts.catalogue.intents],
        }
        for cluster in found[:SHOWN]
    ]
    actions = tuple(Action("shell.teach", (("wish", cluster.wishes[0].id),), f"teach_{place}") for place, cluster in enumerate(found[:SHOWN], 1))
    data = {"rows": rows, "all": sum(len(cluster.wishes) for cluster in found), "groups": len(found)}
    return Decision(Reason.ANSWERED, (Say(Here(), "adm/unanswered", data, actions),), topic="adm.unanswered")
