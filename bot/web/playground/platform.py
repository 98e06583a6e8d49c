"""The stand-in DingTalk as the stage needs it: people speak into it, what the bot says comes out."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

from PIL import Image

from bot.fake_dingtalk import FakeDingTalk, Sent

_PATIENCE_S = 30.0


def _photo() -> bytes:
    """A photo of nothing."""
    kept = io.BytesIO()
    Image.linear_gradient("L").resize((640, 480)).save(kept, "JPEG")
    return kept.getvalue()


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the bot where it appeared. `buttons` are (label, what a press says, link); `to` is the member it answers, empty when it was not asked."""

    place: str
    text: str
    kind: str
    title: str
    buttons: tuple[tuple[str, str, str], ...]
    to: str


class Platform:
    """Speaks and listens through a running stand-in."""

    def __init__(self, fake: FakeDingTalk) -> None:
        self._fake = fake

    async def say(self, person: str, text: str, group: str | None) -> None:
        """The person says it, with a mention in the group or one-to-one; returns when the bot has it or the platform gave up."""
        await self._fake.say(person, text, group)

    async def photo(self, person: str, group: str | None) -> None:
        """The person sends a photo."""
        await self._fake.say(person, "", group, kind="picture", file=_photo(), file_name="photo.jpg")

    async def file(self, person: str, process: str) -> None:
        """The person files an approval in DingTalk itself, where the bot has no part in it."""
        await self._fake.happening.file(person, process)

    def decides(self, person: str) -> str:
        """The oldest approval in DingTalk that waits for this person, empty for none."""
        running = [one for one in self._fake.approvals.values() if one.status == "RUNNING"]
        return next((one.id for one in running if any(task.user == person and task.status == "RUNNING" for task in one.tasks)), "")

    async def agree(self, person: str, instance: str) -> None:
        """The person agrees to it there."""
        await self._fake.happening.decide(person, instance, agree=True)

    async def said(self) -> AsyncIterator[Said]:
        """Everything the bot sends from now on."""
        number = self._fake.received[-1].number if self._fake.received else 0
        while True:
            try:
                found = await self._fake.wait_for(seconds=_PATIENCE_S, since=number)
            except TimeoutError:
                continue
            for sent in found:
                number = sent.number
                for place in self._places(sent):
                    yield Said(
                        place, sent.shown or sent.text, sent.kind, sent.title, tuple((one.label, one.say, one.url) for one in sent.buttons), self._asker(sent)
                    )

    def _places(self, sent: Sent) -> Iterator[str]:
        if sent.conversation:
            yield sent.conversation
        else:
            yield from (self._fake.world.private(user) for user in sent.users)

    def _asker(self, sent: Sent) -> str:
        """Who said what this answers."""
        if not sent.answers:
            return ""
        return next((delivery.user for delivery in reversed(self._fake.deliveries) if delivery.id == sent.answers), "")
