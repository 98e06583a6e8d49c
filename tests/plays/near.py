"""What comes near to a command without being one, made of the command's own line: it is said before the line itself, where everything is ready for it."""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from random import Random
from zoneinfo import ZoneInfo

from playing import Stage

from bot.core import codes
from bot.core.decide import decide
from bot.core.facts import Facts
from bot.core.model import Batch, Confirmation, Conversation, Entry, Sender, Wish
from bot.core.rights import RIGHTS, Place, fault
from bot.core.turn import PRIVATE, Call, Decision, Here, Message, Private, Put, Say, Turn
from bot.core.understanding.text import readings

TRIED = int(os.environ.get("USHER_TEST_NEAR", "1"))
"""Lines of each command of which near misses are made, and how many of each sort."""
QUIET = (Conversation, Confirmation, Batch, Entry, Wish)
"""What a question or an answer keeps: what is remembered of the talk, a code that does nothing yet, the line of an asking, the unanswered question."""
WHOLE = frozenset({"same_words", "sure_enough", "exact"})
"""Rules by which the whole sentence was understood; `opened` and those with a code carry words of their own behind the command."""
STRICT = frozenset({"exact", "code", "dictated", "opened"})
"""Rules under which only the exact words count."""
GENTLE = frozenset({"act.nudge", "adm.send_invite"})
"""What is understood in any words: a reminder is held back by its own limit, and of an invite the name and the mobile say for whom it is."""
KNOWN = "李四"
"""A colleague without rights, unless the play gives them some."""
PUT_OFF = "act.snooze"
"""Not now, said with a no, is the same wish."""
BARE = frozenset({"能不能{}？", "{}？", "{}吗", "{}吗？谢谢", "{}?"})
"""A wish that begins politely stays one with these."""
ASKED = frozenset({"能不能{}？"})
OWN = frozenset({"act.request_invite"})
"""What is asked of others anyway is a wish when it is asked for politely."""

SPOKEN_OF: Mapping[str, tuple[str, ...]] = {
    "zh": (
        "别{}", "不要{}", "先别{}", "我没说要{}", "不用{}了", "千万别{}", "暂时不{}", "谁让你{}的", "{}？先不要",
        "怎么{}？", "{}吗", "{}？", "{}吗？谢谢", "要不要{}", "能不能{}？", "如果{}会怎样", "谁能{}", "{}了没有", "什么时候{}", "{}是什么意思", "为什么不能{}",
        "> {}", "他说“{}”", "“{}”", "「{}」是什么意思", "群里有人发了：{}", "王敏：{}", "转发：{}", "【转】{}", "刚才有人说{}，是真的吗",
    ),
    "en": (
        "don't {}", "do not {}", "please don't {}", "never {}", "no need to {}", "I did not say {}", "dont {}", "not {}",
        "how do I {}?", "should I {}?", "what if I {}", "who can {}?", "{}?", "did you {}?", "when do we {}?", "what happens if I {}", "why can't I {}?",
        "> {}", 'he said "{}"', '"{}"', "Fwd: {}", "what does '{}' mean", "Wang: {}", "someone wrote: {}", "is it true that he said {}?",
    ),
}  # fmt: skip
"""A command that is denied, asked about, supposed, quoted or forwarded."""
SIGNS = ("👍", "\u200b", "\u2060", "*", "_", "·", "-", "了", "x", "\u0301")
"""What may stand inside a word without being seen, or by a slip of the finger."""
HAN = re.compile(r"[\u3400-\u9fff]")


@cache
def _alike() -> Mapping[str, Sequence[str]]:
    """Common characters by their sound."""
    found = defaultdict(list)
    for sign, sound in readings().items():
        if 0x4E00 <= ord(sign) <= 0x9FA5:
            found[sound].append(sign)
    return found


def slips(text: str, dice: Random, until: int) -> list[str]:
    """The line with one slip in its words before `until`: a homophone, its sound in letters, a character too few, too many, twice, two swapped, a sign between."""
    words = [match for match in re.finditer(r"[\u3400-\u9fff]+|[A-Za-z0-9]{2,}", text[:until]) if not codes.spelled(match[0])]
    places = [at for match in words for at in range(match.start(), match.end())]
    inner = [at for match in words for at in range(match.start(), match.end() - 1)]
    if not inner:
        return []
    at, between = dice.choice(places), dice.choice(inner)
    sign = text[at]
    sound = readings().get(sign, "")
    other = [one for one in _alike().get(sound, ()) if one != sign] if sound else []
    found = [text[:at] + text[at + 1 :], text[: at + 1] + text[at:], text[: between + 1] + dice.choice(SIGNS) + text[between + 1 :]]
    if text[between] != text[between + 1]:
        found.append(text[:between] + text[between + 1] + text[between] + text[between + 2 :])
    if other:
        found += [text[:at] + dice.choice(other) + text[at + 1 :], HAN.sub(lambda one: readings().get(one[0], one[0]), text)]
    if sign.isascii():
        found.append(text[:at] + dice.choice("aeiourtn") + text[at + 1 :])
    return found


def acts(decision: Decision, facts: Facts) -> list[str]:
    """What comes of it besides an answer to whoever spoke."""
    found = []
    for effect in decision.effects:
        if isinstance(effect, Call):
            found.append(f"call {effect.connector} {effect.operation}")
        elif isinstance(effect, Put) and not isinstance(effect.entity, QUIET):
            found.append(f"put {type(effect.entity).__name__.lower()}")
        elif isinstance(effect, Say) and not isinstance(effect.to, Here) and effect.to != Private(facts.viewer.id):
            found.append(f"say {effect.reply}")
    return found


class Near:
    """Tries near misses of the lines of plays, a few of each command; nothing is committed, so that the play goes on as if nobody had spoken."""

    def __init__(self, stage: Stage, done: Counter[str]) -> None:
        self.stage = stage
        self.done = done

    async def before(self, who: str, text: str, *, group: bool, mentioned: tuple[str, ...]) -> None:
        """Raises AssertionError when something near to this line does something, and the line itself does."""
        sender = Sender(who, "", who) if "outsider" not in self.stage.people[who] else Sender("", who, who, inside=False)
        said = Message("paper", "robot", "near", "room" if group else f"chat-{who}", not group, sender, text, self.stage.clock.now(), mentioned=mentioned)
        reader = self.stage.loop.wording.words.reader
        guess = reader.read(replace(said, mentioned=()), Conversation(PRIVATE, who), self.stage.clock.now(), "zh")[0]
        name = f"{guess.intent} {guess.rule}"
        if self.done[name] >= TRIED or guess.rule not in WHOLE | STRICT:
            return
        turn, facts, decision = await self._would(said)
        if turn.understanding.rule != guess.rule or not acts(decision, facts):
            return
        self.done[name] += 1
        for near in self._misses(said, turn):
            other, known, came = await self._would(near)
            if near.sender.who == KNOWN and who != KNOWN and not fault(known.viewer, turn.understanding.intent, known.policy.said):
                continue
            assert not acts(came, known), f"{near.text!r} by {near.sender.who}, near to {text!r}: {acts(came, known)} as {other.understanding}"

    def _misses(self, said: Message, turn: Turn) -> Iterator[Message]:
        dice, read = Random(said.text), turn.understanding
        language = "en" if said.text.isascii() else "zh"
        if (read.rule in WHOLE and read.intent != PUT_OFF) or (read.rule == "code" and not read.slot("reason")):
            polite = self.stage.loop.wording.words.reader.spoken.hearsay.lists["polite"].search(said.text)
            wish = BARE if polite else ASKED if read.intent in OWN else frozenset[str]()
            frames = [frame for frame in SPOKEN_OF[language] if frame not in wish]
            yield from (replace(said, text=frame.format(said.text)) for frame in dice.sample(frames, min(2 * TRIED, len(frames))))
        if read.rule in STRICT and read.intent not in GENTLE:
            found = [text for _ in range(TRIED) for text in slips(said.text, dice, _head(turn)) if not self._same(text, read.intent)]
            yield from (replace(said, text=text) for text in dice.sample(found, min(2 * TRIED, len(found))))
        if said.sender.inside and read.rule in STRICT | {"same_words"} and read.intent not in ("act.human", "act.help"):
            yield replace(said, sender=Sender("", "赵客户", "赵客户", inside=False))
        if read.intent in RIGHTS and said.sender.who != KNOWN:
            viewer = self.stage.loop.rights.viewer(replace(said, sender=Sender(KNOWN, "", KNOWN)), None)
            if fault(viewer, read.intent, self.stage.loop.wording.policy("zh").said):
                yield replace(said, sender=Sender(KNOWN, "", KNOWN))
            if RIGHTS[read.intent].place is Place.PRIVATE:
                yield replace(said, private=False, conversation="room")

    def _same(self, text: str, intent: str) -> bool:
        """Whether the slip is another spelling of the command: the words files say so."""
        reader = self.stage.loop.wording.words.reader
        found = reader.read(
            Message("c", "r", "n", "p", True, Sender("x"), text, self.stage.clock.now()), Conversation(PRIVATE, "x"), self.stage.clock.now(), "zh"
        )[0]
        return found.intent == intent and found.rule in ("code", "exact", "same_words", "dictated")

    async def _would(self, said: Message) -> tuple[Turn, Facts, Decision]:
        """What would be decided."""
        loop, now = self.stage.loop, self.stage.clock.now()
        recall = await loop._recall(said)
        viewer = loop.rights.viewer(said, recall.person)
        here = now.astimezone(ZoneInfo("Asia/Shanghai"))
        read, language = loop.wording.words.reader.read(said, recall.conversation, here, viewer.language or "zh")
        turn = Turn(said, read, language, "0123456789abcdef" * 2)
        facts = await loop._gather(turn, viewer, recall)
        return turn, facts, decide(turn, facts, now)


def _head(turn: Turn) -> int:
    """Where the command itself ends: behind its code, before what is dictated, before the name or number."""
    read, text = turn.understanding, turn.text
    if read.rule == "code":
        return next((slot.end for slot in read.slots if slot.name == "code"), len(text))
    if read.rule == "dictated":
        return min(place for sign in ":：" if (place := text.find(sign)) >= 0)
    return re.search(r"[\s\d]|$", text).start() if read.rule == "opened" else len(text)  # type: ignore[union-attr]
