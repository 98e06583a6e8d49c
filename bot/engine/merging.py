"""What waited in one conversation because the platform let nothing through goes in one message: reminders, digests, copies of announcements; no answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from bot.ports import Button, Outbound, Queued

MOST = 10
"""Messages that become one at most."""
LONGEST = 3_000
"""Characters of it at most: what the narrowest way takes in one part."""
MOST_BUTTONS = 5
BETWEEN = "\n\n"


def may_join(row: Queued) -> bool:
    """Whether it may stand beside others in one message: nobody asked for it, it surely never came, and its buttons mean the same in any company."""
    message = row.outbound
    if message is None or row.again or message.mention or not (message.unasked or message.priority < 1):
        return False
    return not any(button.say.isdigit() for button in message.buttons)


def followers(waiting: Sequence[Queued]) -> Iterator[Queued]:
    """Those right behind the first of a lane that may go with it."""
    if not waiting or not may_join(waiting[0]):
        return
    length = 0
    for row in islice(waiting, MOST):
        if not may_join(row) or row.outbound is None:
            return
        length += len(row.outbound.text) + len(BETWEEN)
        if length > LONGEST:
            return
        if row is not waiting[0]:
            yield row


def joined(messages: Sequence[Outbound]) -> tuple[Outbound, int]:
    """The first with the texts and the buttons of those after it, and how many of all are in it: as many as the buttons of all leave room for."""
    first, texts, buttons = messages[0], list[str](), dict[str, Button]()
    for message in messages:
        more = {**buttons, **{button.say: button for button in message.buttons}}
        if texts and len(more) > MOST_BUTTONS:
            break
        buttons = more
        texts.append(message.text)
    return replace(first, text=BETWEEN.join(texts), buttons=tuple(buttons.values())), len(texts)
