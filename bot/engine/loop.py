"""Carries a stimulus through the one flow: hear, understand, gather, decide, commit. Holds the only broad except."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog

from bot.core.decide import decide, skill_of
from bot.core.facts import Ask, Facts
from bot.core.model import Conversation, OrgValue, Person, Shown
from bot.core.turn import PRIVATE, Decision, Due, Flood, Heard, Here, Message, Press, Put, Reason, Say, Stimulus, Turn, Understanding, Verdict
from bot.engine.composing import Composer
from bot.engine.pace import Pace
from bot.engine.people import Rights, concerned, lane, spoken, titled
from bot.engine.wording import Wording
from bot.ports import Clock, Conflict, Gathered, Queued, Recall, Stale, Store, StoreAway, StoreError
from bot.words.loading import Words

log = structlog.get_logger("turn")
MOST_TRIES = 6
DEEPEST = 2_000
"""Stimuli under way at once before new ones are refused (reliability D18)."""
CARD = "card.press"
"""The action of a press on a card, before it is known what its button meant."""
MOST_DUE = 500
"""Due items leased at once."""
AWAY_S = (0.2, 0.5, 1.0, 2.0, 4.0)
"""Waits while the database is away, in seconds; the last is repeated."""


Ran = tuple[Turn, Decision, tuple[Queued, ...]]
"""What became of a stimulus, and the outbox rows that may be delivered now."""


@dataclass(slots=True)
class Figures:
    """Counters of the loop, read by metrics."""

    heard: int = 0
    duplicates: int = 0
    conflicts: int = 0
    turns: int = 0
    failed: int = 0
    stale: int = 0
    away: int = 0


class Loop:
    """Runs turns: in one conversation one after the other, conversations side by side."""

    def __init__(self, store: Store, wording: Wording, rights: Rights, pace: Pace, composer: Composer, clock: Clock, seed: Callable[[], str]) -> None:
        self.store = store
        self.wording = wording
        self.rights = rights
        self.pace = pace
        self.composer = composer
        self.clock = clock
        self.seed = seed
        self.figures = Figures()
        self.deliver: Callable[[Sequence[Queued]], None] = lambda _: None
        self.point: Callable[[str], Awaitable[None]] | None = None
        self.closing = False
        self._lanes: dict[str, deque[Stimulus]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._under_way = self._asking = 0
        self._room = asyncio.Event()
        self._awaited: dict[str, asyncio.Future[Decision | None]] = {}

    async def hear(self, stimulus: Stimulus) -> bool:
        """Makes the stimulus durable, then queues its turn. True: new. Raises StoreError when it is not durable, so that nobody acknowledges it."""
        try:
            return await self._hear(stimulus)
        except Conflict:
            log.warning("message key came again with another body", channel=getattr(stimulus, "channel", ""))
            return False

    async def _hear(self, stimulus: Stimulus) -> bool:
        if self._under_way >= DEEPEST:
            raise StoreError("too many messages under way")
        try:
            new = await self.store.hear(stimulus)
        except Conflict:
            self.figures.conflicts += 1
            raise
        if new:
            self.figures.heard += 1
            self.run(stimulus)
        else:
            self.figures.duplicates += 1
        return new

    def run(self, stimulus: Stimulus) -> None:
        """Queues a durable stimulus at the end of its lane."""
        place = lane(stimulus)
        self._under_way += 1
        waiting = self._lanes.get(place)
        if waiting is not None:
            waiting.append(stimulus)
            return
        self._lanes[place] = deque((stimulus,))
        task = asyncio.create_task(self._drain(place))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def resume(self) -> int:
        """Runs what was heard but never finished; returns how many."""
        unfinished = await self.store.unfinished()
        for stimulus in unfinished:
            self.run(stimulus)
        return len(unfinished)

    async def ask(self, question: Due) -> bool:
        """Hears a question that the clock puts, once there is room: thousands that fall due at once must not crowd out what people say."""
        while self._under_way + self._asking >= DEEPEST // 2:
            self._room.clear()
            await self._room.wait()
        self._asking += 1
        try:
            return await self.hear(question)
        finally:
            self._asking -= 1
            self._room.set()

    async def fall_due(self, most: int = MOST_DUE) -> int:
        """Puts the questions of everything that is due by business time; how many."""
        asked = 0
        while not self.closing and (due := await self.store.due(self.clock.now(), most)):
            await asyncio.gather(*map(self.ask, due))
            asked += len(due)
            if len(due) < most:
                break
        return asked

    async def outcome(self, stimulus: Stimulus) -> Decision | None:
        """Hears the stimulus and waits for what was decided; None when it was heard before. Raises Conflict for the same key with another body, and
        StoreError when its turn failed."""
        waiting: asyncio.Future[Decision | None] = asyncio.get_running_loop().create_future()
        self._awaited[stimulus.key] = waiting
        try:
            if not await self._hear(stimulus):
                return None
            decision = await waiting
        finally:
            del self._awaited[stimulus.key]
        if decision is None:
            raise StoreError("the turn failed")
        return decision

    async def idle(self) -> None:
        """Returns when no turn is under way."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _drain(self, place: str) -> None:
        waiting = self._lanes[place]
        while waiting:
            stimulus = waiting[0]
            await self._safely(stimulus)
            waiting.popleft()
            self._under_way -= 1
            self._room.set()
        del self._lanes[place]

    async def _safely(self, stimulus: Stimulus) -> None:
        started, decision = time.perf_counter(), None
        try:
            decision = await self._turn(stimulus, started)
        except StoreAway:  # at the end only: it stays in the inbox for the next start or another replica
            log.warning("the database is away; the turn is left for later")
        except Exception as fault:  # the turn's edge: whatever broke, the others go on and the asker gets a word
            self.figures.failed += 1
            incident = self.seed()[:8]
            log.exception("turn failed", incident=incident, fault=type(fault).__name__)
            await self._apologise(stimulus, incident)
        waiting = self._awaited.get(stimulus.key)
        if waiting is not None and not waiting.done():
            waiting.set_result(decision)

    async def _turn(self, stimulus: Stimulus, started: float) -> Decision:
        seed, flood = self.seed(), self.pace.flood(stimulus, self.clock.now())
        turn, decision, queued = await self._patiently(lambda: self._once(stimulus, seed, flood))
        self.figures.turns += 1
        self.deliver(queued)
        if any(isinstance(effect, Put) and isinstance(effect.entity, OrgValue) for effect in decision.effects):
            await self.wording.glance(self.store)
        read = turn.understanding
        log.info(
            "turn", id=seed[:16], channel=getattr(stimulus, "channel", ""), kind=type(stimulus).__name__.lower(), intent=read.intent,
            confidence=round(read.confidence, 3), reason=decision.reason.value, effects=len(decision.effects),
            ms=round(1000 * (time.perf_counter() - started), 2),
        )  # fmt: skip
        return decision

    async def _patiently(self, work: Callable[[], Awaitable[Ran]]) -> Ran:
        """Does it again where somebody else changed the same first, and for as long as the database is away: that is no fault of the turn's."""
        stale, waits = 0, iter(AWAY_S)
        while True:
            try:
                return await work()
            except Stale:
                self.figures.stale += 1
                stale += 1
                if stale == MOST_TRIES:
                    raise StoreError("the conversation kept changing") from None
            except StoreAway:
                self.figures.away += 1
                if self.closing:
                    raise
                await asyncio.sleep(next(waits, AWAY_S[-1]))

    async def _once(self, stimulus: Stimulus, seed: str, flood: Flood) -> Ran:
        now = self.clock.now()
        if isinstance(stimulus, Due):  # its moment has come by the clock of whoever asked: a replica that is behind must not find that nothing is due yet
            now = max(now, stimulus.at)
        if isinstance(stimulus, Press) and stimulus.action.intent == CARD:
            stimulus = await self._meant(stimulus)
        recall = await self._recall(stimulus)
        viewer = self.rights.viewer(stimulus, recall.person)
        words = self.wording.words
        if isinstance(stimulus, Message | Press):
            here = now.astimezone(ZoneInfo(self.wording.policy(self.wording.language).zone))
            read, language = words.reader.read(stimulus, recall.conversation, here, viewer.language or self.wording.language)
        else:
            read, language = Understanding(Verdict.ANSWER), recall.private.language or self.wording.language
        turn = Turn(stimulus, read, language, seed, flood)
        facts = await self._gather(turn, viewer, recall)
        decision = decide(turn, facts, now)
        return await self._committed(turn, facts, decision, now, words)

    async def _committed(self, turn: Turn, facts: Facts, decision: Decision, now: datetime, words: Words) -> Ran:
        commit = self.composer.compose(turn, facts, decision, now, words, await spoken(self.store, decision, facts))
        await self._reached("before_commit")
        queued = await self.store.commit(commit)
        await self._reached("after_commit")
        return turn, decision, queued

    async def _meant(self, press: Press) -> Press:
        """The press with what its button meant when it was sent; a card that is not known, or was somebody else's, keeps an action that says so."""
        found = (await self.store.answer([Ask(Shown, id=press.card)])).items
        shown = found[0] if found and isinstance(found[0], Shown) and found[0].account == press.sender.who else None
        index = dict(press.action.slots).get("index", "")
        place = int(index) if index.isascii() and index.isdigit() and len(index) < 4 else 0
        return replace(press, action=shown.actions[place - 1]) if shown and 1 <= place <= len(shown.actions) else press

    async def _recall(self, stimulus: Stimulus) -> Recall:
        if isinstance(stimulus, Message | Press):
            return await self.store.recall(stimulus)
        person = concerned(stimulus, self.rights.channel)
        nothing = Conversation(PRIVATE, person)
        return Recall(Person(person), nothing, nothing) if not person else await self.store.recall_person(person)

    async def _gather(self, turn: Turn, viewer: Person, recall: Recall) -> Facts:
        skill = skill_of(turn, self.wording.words.catalogue.intents)
        found = await self.store.gather(viewer, skill.needs) if skill.needs else Gathered()
        policy = self.wording.policy(turn.language)
        admins = titled(self.rights.admins(found.admins), policy.organisation.admins)
        named = titled((viewer,), policy.organisation.admins)[0]
        facts = Facts(named, recall.conversation, recall.private, self.wording.words.catalogue, policy, found.wishes, found.org_values, admins)
        for asks in skill.asks:
            more = await self.store.answer(asks(turn, facts))
            items, entries = facts.items + more.items, facts.entries + more.entries
            people = facts.people + titled(more.people, policy.organisation.admins)
            wishes, tallies = (*facts.wishes, *more.wishes), {**facts.tallies, **more.tallies}
            facts = replace(facts, items=items, people=people, entries=entries, wishes=wishes, tallies=tallies)
        return facts

    async def _apologise(self, stimulus: Stimulus, incident: str) -> None:
        """Answers a broken turn with an incident number; what cannot even be answered is dropped with an alarm, its words kept for whoever mends the cause."""
        try:
            if isinstance(stimulus, Message | Press):
                *_, queued = await self._patiently(lambda: self._failed(stimulus, incident))
                self.deliver(queued)
                return
        except Exception:  # the last resort of the turn's edge
            log.exception("turn could not even be answered", incident=incident)
        try:
            await self.store.drop(stimulus, incident)
        except StoreError:
            log.exception("turn stays in the inbox and is tried again", incident=incident)

    async def _failed(self, stimulus: Heard, incident: str) -> Ran:
        recall = await self._recall(stimulus)
        viewer = self.rights.viewer(stimulus, recall.person)
        turn = Turn(stimulus, Understanding(Verdict.REJECT, rule="failed"), self.wording.language, self.seed())
        words = self.wording.words
        facts = Facts(viewer, recall.conversation, recall.private, words.catalogue, self.wording.policy(turn.language))
        decision = Decision(Reason.FAILED, (Say(Here(), "shell/error", {"incident": incident}),))
        return await self._committed(turn, facts, decision, self.clock.now(), words)

    async def _reached(self, point: str) -> None:
        if self.point is not None:
            await self.point(point)
