"""Reads one stimulus in its conversation: buttons and typed choices first, then exact commands, then the fuzzy matcher, then the last topic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from bot.core.model import Action, Audience, Awaiting, Catalogue, Conversation
from bot.core.turn import PRIVATE, Candidate, Heard, Message, MessageKind, Press, Slot, Understanding, Verdict, pressed
from bot.core.understanding import slots
from bot.core.understanding.commands import Command
from bot.core.understanding.dictating import beside
from bot.core.understanding.follow_ups import ACTING, AGAIN, MORE, NEXT, RECORDS, best, related, repeats
from bot.core.understanding.follow_ups import plain as plain  # noqa: PLC0414 - callers compare by the same form
from bot.core.understanding.languages import language_of as language_of  # noqa: PLC0414 - callers tell languages by the same rule
from bot.core.understanding.matching import Matches, foremost
from bot.core.understanding.sent import sent
from bot.core.understanding.spoken import Spoken
from bot.core.understanding.suggesting import bare, misshapen, phrase, suggested
from bot.core.understanding.whose import WHERE, of_another

SHORTEST_QUESTION = 6
FREE = frozenset({"text", "reason"})
"""Slots that take any text: a slip for a command with its code is not theirs."""
SURE = 0.9
"What is asked in the middle of a form, too: nothing that a form asks for reads like it."
DETAILS = "shell.apply"
"""The intent of somebody's own details in one message: it fills in the form."""
DICTATED, SHORTEST_HEAD = "adm.broadcast", 2
"""The intent whose message stands behind a colon."""
WITHDRAW = "act.withdraw"
"""What such a word would mean of something that was handed in: where nothing was begun it is told so, and withdraws nothing."""
LEAVE = "shell.leave"
"""The intent of somebody who lets go of what was begun."""
LONGEST = 4_000
"""Characters of a message that are read at all; longer ones get a polite word. The matcher itself looks at the first 512."""
MOST_OFFERED: Final = 3
"""Intents that are offered when it is asked back."""
DECISIVE: Final = frozenset({"button", "choice", "code"})
"""Rules under which a person named exactly what they want done: only these may decide an item. Everything else is a guess, however good."""
GUESSED: Final = frozenset({"exact", "same_words", "sure_enough", "opened", "follow_up"})
"""Rules by which a whole sentence was taken for something: what stands around its words may turn it round."""
_LOOKING_BACK = frozenset({"adm.stats", "adm.audit", "adm.backlog", "adm.unanswered", "act.report_security"})
"""Intents whose days lie behind: Friday is the last one."""
_TYPED = slots.KNOWN - {"reason", "text"}
_NARROW = ("when", "duration", "person")


@dataclass(frozen=True, slots=True)
class Reader:
    """One version of the words, ready to read. `exact` maps the plain form of a command to its intent, `choices` that of a typed choice to its number;
    `tongues` the plain form of a command to its language, where it is a command in one alone."""

    catalogue: Catalogue
    matchers: Mapping[str, Matches]
    exact: Mapping[str, str]
    choices: Mapping[str, int]
    spoken: Spoken = field(default_factory=Spoken)
    tongues: Mapping[str, str] = field(default_factory=dict)

    def read(self, heard: Heard, conversation: Conversation, now: datetime, default: str) -> tuple[Understanding, str]:
        """What the stimulus means and the language to answer in. `now` is aware and in the zone of the people."""
        if isinstance(heard, Press):
            return pressed(heard.action, "button"), conversation.language or default
        if heard.kind is not MessageKind.TEXT and not heard.text:
            return sent(heard, conversation.awaiting, now), conversation.language or default
        text = heard.text.strip()
        language = self.spoken.languages.told(text, conversation.language or default)
        form = plain(text)
        if not text:
            return Understanding(Verdict.REJECT, rule="empty"), conversation.language or default
        if len(text) > LONGEST:
            return Understanding(Verdict.REJECT, rule="too_long"), language
        read, spoken = self._text(replace(heard, text=text), form, conversation, now, (language, default))
        return self._heeded(read, text), spoken

    def _heeded(self, read: Understanding, text: str) -> Understanding:
        """Marked when it perhaps only speaks of what it was taken for, or is a slip for a command; what names its item or was asked for means what it says."""
        if read.verdict is not Verdict.ANSWER or read.rule not in GUESSED:
            return read
        hearsay = self.spoken.hearsay
        only = hearsay.signed(text) if read.rule == "exact" else hearsay.told(text, read.intent, known=read.rule == "same_words")
        only = only or (read.rule == "sure_enough" and self.spoken.commands.slipped(text, read.intent))
        return replace(read, hearsay=True, candidates=read.candidates or (Candidate(read.intent, 1.0),)) if only else read

    def _text(self, heard: Message, form: str, conversation: Conversation, now: datetime, languages: tuple[str, str]) -> tuple[Understanding, str]:
        """`languages` are that of the text and that of who says nothing in any: a code alone is in none."""
        language, default = languages
        spoken = conversation.language or language
        certain = self._certain(heard, form, conversation, now, languages)
        if certain is not None:
            return certain
        asked, spoken_there = self._dictating(heard.text, language) or self._fuzzy(heard.text, language)
        waiting = conversation.awaiting
        if waiting is not None and _waits(waiting, now) and not _interrupts(asked, heard, form, waiting) and not self._anew(asked, heard, form, waiting, now):
            slip, taken = suggested(self.spoken.commands, heard.text), self._awaited(waiting, heard, now)
            return (slip or beside(taken, asked)) if waiting.slot in FREE else taken, spoken
        if form in self.spoken.commands.leave and asked.intent == WITHDRAW:
            return replace(asked, verdict=Verdict.ANSWER, rule="let_go"), language
        if asked.rule != "same_words" and self.spoken.details.told(heard.text):
            return Understanding(Verdict.ANSWER, DETAILS, 1.0, 1.0, slots=(Slot("value", heard.text, 0, len(heard.text)),), rule="details"), language
        opened = self.spoken.commands.opened(heard.text) if asked.verdict is not Verdict.ANSWER else ""
        if opened:
            return self._filled(Understanding(Verdict.ANSWER, opened, 1.0, 1.0, rule="opened"), heard, now), language
        near = self._near(heard.text, form, asked)
        if near is not None:
            return replace(near, candidates=asked.candidates, normal=asked.normal), language_of(near.slot("verb"), spoken)
        followed = self._followed(asked, form, conversation, language)
        if followed is not None:
            return followed, language
        filled = of_another(self._filled(asked, heard, now), heard.text, self.spoken, self.catalogue.labels)
        nothing = asked.verdict is Verdict.REJECT and len(heard.text.split()) == 1
        kept = nothing or (asked.verdict is not Verdict.ANSWER and conversation.language == "en")
        return filled, (conversation.language or default) if kept and language == "en" else spoken_there

    def _certain(self, heard: Message, form: str, conversation: Conversation, now: datetime, languages: tuple[str, str]) -> tuple[Understanding, str] | None:
        """What needs no guess: a typed choice, the word that ends what was begun, an exact command, a command with its code."""
        language, default = languages
        spoken = conversation.language or language
        chosen = self._chosen(form, heard.text, conversation)
        if chosen is not None:
            return chosen, spoken if form in self.choices else language_of(heard.text, spoken)
        if form in self.spoken.commands.leave and _waits(conversation.awaiting, now):
            return Understanding(Verdict.ANSWER, LEAVE, 1.0, 1.0, rule="exact", normal=form), spoken
        shell = self.exact.get(form)
        if shell is not None:
            said = Understanding(Verdict.ANSWER, shell, 1.0, 1.0, rule="exact", normal=form)
            return self._explained(said, conversation, heard, now), self.tongues.get(form) or spoken
        dictated = self.spoken.dictations.read(heard.text, self.catalogue.labels)
        if dictated is not None:
            return dictated, language
        command = self.spoken.commands.read(heard.text)
        if command is None or (command.bare and conversation.awaiting):
            return None
        return self._commanded(command, heard, now), (conversation.language or default) if command.bare else language

    def _near(self, text: str, form: str, asked: Understanding) -> Understanding | None:
        """A slip for a command, where nothing surely answers; a phrase that sounds exactly like an admin's command is one in any case."""
        if asked.rule == "same_words":
            return None
        sure = asked.verdict is Verdict.ANSWER
        wrong = misshapen(self.spoken.commands, text, sure=sure)
        return wrong or suggested(self.spoken.commands, text, sure=sure) or bare(self.spoken.commands, form) or phrase(self._typed, form, sure=sure)

    @property
    def _typed(self) -> Mapping[str, str]:
        """The whole phrases that are admins' commands."""
        intents = self.catalogue.intents
        return {form: name for form, name in self.exact.items() if name in intents and intents[name].audience is Audience.ADMIN}

    def _commanded(self, command: Command, heard: Message, now: datetime) -> Understanding:
        """A command whose code has a wrong character names nothing: it can only be told so."""
        if not command.code:
            typed = (Slot("mistyped", command.typed, command.start, command.end),)
            return Understanding(Verdict.ANSWER, command.intent, 1.0, 1.0, slots=typed, rule="mistyped")
        intent = self.catalogue.intents.get(command.intent)
        declared = intent.slots if intent is not None else ("duration",)
        code = Slot("code", command.code, command.start, command.end)
        names = ("reason", *(("text",) if "text" in declared else ())) if command.reason else ()
        until = command.reason_start + len(command.reason)
        said = [Slot(name, command.reason, command.reason_start, until) for name in names]
        more = self._slots(heard, [name for name in declared if name not in ("request", "reason", "text")], command.intent, now) if command.reason else ()
        return Understanding(Verdict.ANSWER, command.intent, 1.0, 1.0, slots=(code, *said, *more), rule="code")

    def _anew(self, asked: Understanding, heard: Message, form: str, waiting: Awaiting, now: datetime) -> bool:
        """Whether somebody who was asked for a time or a person, and names none, clearly wants something else - or the same thing from the beginning."""
        if asked.verdict is not Verdict.ANSWER or not asked.intent.startswith("act.") or asked.confidence < SURE or len(form) < SHORTEST_QUESTION:
            return False
        read = {name for name in ("role", *_NARROW) if self._slots(heard, (name,), waiting.intent, now)}
        return waiting.slot in _NARROW and waiting.slot not in read and (asked.intent != waiting.intent or bool(read))

    def _awaited(self, waiting: Awaiting, heard: Message, now: datetime) -> Understanding:
        """The whole text is the value; of a slot with a type `<slot>.read` is what was read in it."""
        typed = self._slots(heard, (waiting.slot,), waiting.intent, now) if waiting.slot in _TYPED else ()
        given = (*(Slot(name, value) for name, value in waiting.filled), Slot(waiting.slot, heard.text, 0, len(heard.text)))
        read = tuple(replace(slot, name=f"{slot.name}.read") for slot in typed)
        if self.spoken.details.told(heard.text):
            read = (*read, Slot("details", "all"))
        return Understanding(Verdict.ANSWER, waiting.intent, 1.0, 1.0, slots=(*given, *read), rule="awaited")

    def _followed(self, asked: Understanding, form: str, conversation: Conversation, language: str) -> Understanding | None:
        """What a short question that means nothing alone asks of the last topic. What acts is neither repeated nor reached this way."""
        topic = conversation.topic
        if asked.rule == "same_words" or topic not in self.catalogue.intents or language not in self.matchers:
            return None
        question, answered = self.spoken.follow_ups.asked(form), asked.verdict is Verdict.ANSWER
        again = Understanding(Verdict.ANSWER, topic, 1.0, asked.in_scope, rule="follow_up", normal=form)
        if repeats(question, topic, private=conversation.id == PRIVATE) and (question == AGAIN or not answered):
            return again
        if answered or not question:
            return None
        found = self._beside(topic, question, language) if question not in (MORE, AGAIN, NEXT) else None
        if found is not None:
            return replace(asked, verdict=Verdict.ANSWER, intent=found.intent, confidence=found.score, candidates=(found, *asked.candidates), rule="follow_up")
        if topic in RECORDS:
            return again
        if topic.startswith(ACTING) or (asked.verdict is Verdict.ASK and question not in (MORE, NEXT)):
            return None
        reply = (Slot("reply", topic),)
        return replace(asked, verdict=Verdict.ANSWER, intent="shell.more", confidence=1.0, slots=reply, rule="follow_up")

    def _beside(self, topic: str, question: str, language: str) -> Candidate | None:
        """A related question, else what the short question surely means alone."""
        matcher = self.matchers[language]
        joined = f"{self.catalogue.label(Action(topic), language)} {question}"
        alone = matcher.weigh(question)
        found = best(topic, alone.candidates, matcher.weigh(joined).candidates, related(topic, self.catalogue))
        sure = found is None and alone.verdict is Verdict.ANSWER and not alone.candidates[0].intent.startswith(ACTING)
        return alone.candidates[0] if sure else found

    def _filled(self, asked: Understanding, heard: Message, now: datetime) -> Understanding:
        """With the slots its intent declares; when it is asked back, those of every intent that is offered, each read for itself: a button carries its own."""
        names = {Verdict.ANSWER: [asked.intent], Verdict.ASK: [one.intent for one in asked.candidates[:MOST_OFFERED]]}.get(asked.verdict, [])
        intents = [self.catalogue.intents[name] for name in names if name in self.catalogue.intents]
        unclear = {"when"} if len({name in _LOOKING_BACK for name in names}) > 1 else set[str]()
        found = (slot for one in intents if one.slots for slot in self._slots(heard, [name for name in one.slots if name not in unclear], one.id, now))
        return replace(asked, slots=tuple(dict.fromkeys(found)))

    def _slots(self, heard: Message, wanted: Sequence[str], intent: str, now: datetime) -> tuple[Slot, ...]:
        return slots.extract(slots.Said(heard.text, now, self.spoken, heard.mentioned, back=intent in _LOOKING_BACK), wanted)

    def _chosen(self, form: str, text: str, conversation: Conversation) -> Understanding | None:
        """An option by its number or label; a number where nothing is to be chosen or told means a card from before."""
        action = self._choice(form, text, conversation)
        if action is not None:
            return pressed(action, "choice")
        stray = form in self.choices and conversation.awaiting is None
        return Understanding(Verdict.REJECT, rule="no_option") if stray else None

    def _choice(self, form: str, text: str, conversation: Conversation) -> Action | None:
        """A typed number or a typed label of the options that were shown last; one that is asked about or quoted is none."""
        number = 0 if self.spoken.hearsay.signed(text) else self.choices.get(form, 0)
        if number:
            return conversation.options[number - 1] if number <= len(conversation.options) else None
        for action in conversation.options:
            labels = [self.catalogue.label(action, language) for language in ("zh", "en")]
            if form and form in set(map(plain, labels)) and (text in labels or not self.spoken.hearsay.signed(text)):
                return action
        return None

    def _dictating(self, text: str, language: str) -> tuple[Understanding, str] | None:
        """What is to be read out to others, whatever it speaks of: the words before the colon say so, also where they name those who have not done something.
        Nothing goes out before it is confirmed."""
        colon = slots.COLON.search(text)
        if colon is None or colon.start() < SHORTEST_HEAD:
            return None
        found, spoken = self._fuzzy(text[: colon.start()], language)
        meant = found.intent == DICTATED and (found.verdict is Verdict.ANSWER or found.rule == "guarded")
        return (replace(found, verdict=Verdict.ANSWER), spoken) if meant else None

    def _fuzzy(self, text: str, language: str) -> tuple[Understanding, str]:
        found = []
        for name in ("en", "zh") if language == "en" else (language,):
            if name in self.matchers:
                found.append((self.matchers[name].weigh(text), name))
                if found[-1][0].rule == "same_words":
                    break
        if not found:
            return Understanding(Verdict.REJECT, rule="no_words"), language
        weighed, name = foremost(found, language)
        top = weighed.candidates[0] if weighed.candidates else Candidate("", 0.0)
        understood = Understanding(
            weighed.verdict, top.intent, top.score, weighed.in_scope, weighed.candidates, rule=weighed.rule, normal=self.matchers[name].normal(text)
        )
        return understood, name

    def _explained(self, understood: Understanding, conversation: Conversation, heard: Message, now: datetime) -> Understanding:
        """For the command `why`: how the last question was read, told anew from its text, with the slots of the intent that won."""
        if understood.intent != "shell.why" or not conversation.question:
            return understood
        before, language = self._fuzzy(conversation.question, language_of(conversation.question, conversation.language or "zh"))
        told = self.matchers[language].told(conversation.question) if language in self.matchers else ()
        read = self._filled(before, replace(heard, text=conversation.question, mentioned=()), now)
        return replace(read, verdict=Verdict.ANSWER, intent=understood.intent, confidence=1.0, explained=told)


def _waits(waiting: Awaiting | None, now: datetime) -> bool:
    return waiting is not None and (waiting.until is None or now <= waiting.until)


def _interrupts(asked: Understanding, heard: Message, form: str, waiting: Awaiting) -> bool:
    """Whether somebody who was asked for a value says something else instead: a known command, a greeting or a thank-you (the form hears these itself), or a
    known question long enough not to be a value. What an admin dictates for others to read is neither an admin's command nor a question of their own; nor is
    what mentions somebody, where somebody is asked for."""
    known = asked.rule == "same_words" and asked.verdict is Verdict.ANSWER
    dictated = (waiting.slot == "text" or (waiting.slot == "person" and heard.mentioned)) and waiting.intent.startswith(("adm.", "shell."))
    commanded = asked.intent.startswith("adm.") or len(form) >= SHORTEST_QUESTION
    where = asked.verdict is Verdict.ANSWER and asked.intent == WHERE and asked.confidence >= SURE and not dictated
    greeted = known and asked.intent.startswith("chat.") and waiting.slot not in FREE and not waiting.intent.startswith("joining.")
    return where or greeted or (known and (asked.intent.startswith("act.") or (commanded and not dictated)))
