"""A play through the pure core, in memory: each line is read in the conversation as the lines before it left it, decided on, and its decision kept. Outside
systems do not answer here, nothing is rendered and nobody is told; two versions of the words differ in what they read and decide alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.core.access import Access
from bot.core.decide import decide, skill_of
from bot.core.facts import Ask, Facts, Need, Policy, Tally
from bot.core.model import Audience, Conversation, Entity, Entry, Organisation, OrgValue, Person, Sender, Wish
from bot.core.turn import PRIVATE, Heard, Message, Press, Put, Turn, Understanding, Verdict
from bot.core.understanding.reading import Reader, plain
from bot.words.plays import Line, Play

ROOM = "room"
SPREAD = 0x9E3779B97F4A7C15F39CC0605CEDC835
"""Makes seeds of small numbers that look like any: the codes drawn from them are codes."""
_OPEN = frozenset({Audience.EMPLOYEE, Audience.ALL})
_BROKEN = (LookupError, TypeError, ValueError, AttributeError)
"""What a decision raises on facts that only an outside system could have given: then that line tells nothing, in either version."""


@dataclass(slots=True)
class Stage:
    """What is remembered while one play is gone through."""

    reader: Reader
    policy: Policy
    rights: dict[str, frozenset[str]]
    talks: dict[tuple[str, str], Conversation] = field(default_factory=dict)
    kept: dict[tuple[type, str], Entity] = field(default_factory=dict)
    codes: list[str] = field(default_factory=list)

    def hear(self, line: Line, number: int, now: datetime, language: str) -> str:
        """Whose intent answers it, empty for nobody's; what it changes is kept."""
        place = ROOM if line.group else PRIVATE
        heard = self._heard(line, number, place, now)
        if heard is None:
            return ""
        viewer = self._person(line.who)
        here, private = self._talk(place, viewer.id), self._talk(PRIVATE, viewer.id)
        read, spoken = self.reader.read(heard, here, now, language)
        turn = Turn(heard, read, spoken, f"{number * SPREAD % 2**128:032x}")
        try:
            decision = decide(turn, self._facts(turn, viewer, here, private), now)
        except _BROKEN:
            return answered(read)
        for effect in decision.effects:
            if isinstance(effect, Put):
                self._keep(effect.entity)
        return answered(read)

    def _heard(self, line: Line, number: int, place: str, now: datetime) -> Heard | None:
        """What is said, with the newest code in the place of a name for one; of a press, the button of that label which was shown last."""
        sender = Sender(line.who, "", line.who)
        if not line.press:
            text = line.text.replace("{{", "\0").replace("}}", "\1")
            if "{" in text:
                if not self.codes:
                    return None
                text = f"{text[: text.index('{')]}{self.codes[-1]}{text[text.index('}') + 1 :]}" if "}" in text else text
            return Message("play", "play", str(number), place, not line.group, sender, text.replace("\0", "{").replace("\1", "}"), now)
        labels = self.reader.catalogue
        shown = self._talk(place, f"play:{line.who}").options
        action = next((one for one in shown if plain(line.text) in {plain(labels.label(one, name)) for name in ("zh", "en")}), None)
        return Press("play", "play", str(number), place, not line.group, sender, action, now) if action is not None else None

    def _person(self, who: str) -> Person:
        rights = self.rights.get(who, frozenset())
        more = {one for one in (Audience.ADMIN, Audience.APPROVER) if one.value in rights}
        return Person(f"play:{who}", who, _OPEN | more, "outsider" not in rights, accounts=(("play", who),))

    def _talk(self, place: str, person: str) -> Conversation:
        return self.talks.get((place, person)) or Conversation(place, person)

    def _keep(self, entity: Entity) -> None:
        if isinstance(entity, Conversation):
            self.talks[entity.id, entity.person] = entity
            return
        ident = entity.name if isinstance(entity, OrgValue) else entity.id
        self.kept[type(entity), ident] = replace(entity, version=entity.version + 1)  # type: ignore[type-var] # each is a dataclass with a version
        code = getattr(entity, "code", "")
        if code and (not self.codes or self.codes[-1] != code):
            self.codes.append(code)

    def _facts(self, turn: Turn, viewer: Person, here: Conversation, private: Conversation) -> Facts:
        skill = skill_of(turn, self.reader.catalogue.intents)
        admins = tuple(self._person(who) for who, rights in self.rights.items() if Audience.ADMIN.value in rights)
        values = tuple(one for (kind, _), one in self.kept.items() if kind is OrgValue)
        policy = replace(self.policy, said={one.name: one.value for one in values if isinstance(one, OrgValue)})
        facts = Facts(viewer, here, private, self.reader.catalogue, policy, admins=admins if Need.ADMINS in skill.needs else ())
        if Need.WISHES in skill.needs:
            facts = replace(facts, wishes=tuple(one for one in self.kept.values() if isinstance(one, Wish)))
        if Need.ORGANISATION in skill.needs:
            facts = replace(facts, org_values=values)  # type: ignore[arg-type] # of that kind
        for asks in skill.asks:
            facts = self._more(facts, asks(turn, facts))
        return facts

    def _more(self, facts: Facts, asks: Sequence[Ask | Tally]) -> Facts:
        items, people, entries, tallies = list(facts.items), list(facts.people), list(facts.entries), dict(facts.tallies)
        for ask in asks:
            found = [one for (kind, _), one in reversed(self.kept.items()) if kind is ask.kind]
            if isinstance(ask, Tally):
                for one in found:
                    state = one.index.state  # type: ignore[union-attr] # of items alone
                    tallies[ask.kind, state] = tallies.get((ask.kind, state), 0) + 1
            elif ask.kind is Person:
                people += [one for one in found if isinstance(one, Person) and ask.id in ("", one.id)][: ask.most]
            elif ask.kind is Entry:
                entries += [one for one in found if isinstance(one, Entry)][: ask.most]
            else:
                items += [one for one in found if _fits(one, ask)][: ask.most]  # type: ignore[arg-type] # of items alone
        return replace(facts, items=tuple(items), people=tuple(people), entries=tuple(entries), tallies=tallies)


def _fits(one: Entity, ask: Ask) -> bool:
    index = one.index  # type: ignore[union-attr] # of items alone
    told = ((ask.id, one.id), (ask.person, index.person), (ask.holder, index.holder))  # type: ignore[union-attr] # of items alone
    if any(wanted and wanted != has for wanted, has in told) or (ask.states and index.state not in ask.states):
        return False
    return (not ask.tag or ask.tag in index.tags or f"!{ask.tag}" in index.tags) and not (ask.due_only and index.due is None)


def told(reader: Reader, play: Play, organisation: Organisation, access: Access) -> Iterator[tuple[str, str]]:
    """(line, the intent that answers it) in its order. The intent is empty where nothing is surely answered; another department's topic counts as one."""
    stage = Stage(reader, Policy(organisation, access=access), dict(play.rights))
    for number, line in enumerate(play.lines, 1):
        yield line.text, stage.hear(line, number, line.at + timedelta(seconds=number), play.language)


def answered(understood: Understanding) -> str:
    """The intent that surely answers, or the desk that is named; else empty."""
    if understood.verdict is Verdict.ANSWER:
        return understood.intent
    return understood.candidates[0].intent if understood.rule == "fence" and understood.candidates else ""
