"""A photo that nobody asked for is taken for a code that somebody wonders about: it is read, and what it says is checked like a pasted link (X11)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.core import codes, evidence
from bot.core.facts import Ask, Facts, Tally
from bot.core.skills.joining import checking
from bot.core.turn import Address, Decision, Here, Message, MessageKind, Outcome, Private, Reason, Room, Say, Slot, Turn, Understanding, Verdict

FOR = "link"
ASKING = ("invite.verify_authentic", "invite.phishing")
"""Questions that, said beside a photo, are about its code."""
_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp")


def photo_in(turn: Turn) -> bool:
    """Whether the message is a photo that nothing waits for, alone or with a question about it."""
    said, read = turn.stimulus, turn.understanding
    if not isinstance(said, Message) or not said.files:
        return False
    if read.rule == "unreadable":
        return said.kind is MessageKind.PICTURE or (said.kind is MessageKind.FILE and said.files[0][0].casefold().endswith(_PICTURES))
    return read.verdict is Verdict.ANSWER and read.intent in ASKING


def look(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Has its code read; what was awaited is awaited still. People of other organisations have no private chat to be told in."""
    said = turn.stimulus
    if evidence.misplaced(turn, facts, now):
        return Decision(Reason.MOVED_PRIVATE, (Say(Here(), "shell/file_private", mention=True),), awaiting=facts.conversation.awaiting)
    call = evidence.fetching(turn, "read", facts.viewer.id, FOR)
    if call is None or not facts.viewer.inside or not isinstance(said, Message):
        return Decision(Reason.UNREADABLE, (Say(Here(), "shell/unreadable", {"kind": "picture"}),))
    more = {"name": facts.viewer.name, **({} if said.private else {"group": said.conversation})}
    received = Say(Here(), "joining/received", {"link": True})
    return Decision(Reason.NOTED, (replace(call, args={**call.args, **more}), received), awaiting=facts.conversation.awaiting)


def asked(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:
    """The invite that the code names, and the asker's own."""
    return checking.asked(_pasted(turn), facts)


def came(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """What the code says goes the way of a pasted link; without one that can be read a better photo is asked for."""
    facts, room, why = _known(turn, facts), _room(turn), _why(turn)
    if why:
        data = {"why": why, "most": facts.policy.keeping.evidence_mb}
        decision = Decision(Reason.UNREADABLE, (Say(room or Private(facts.viewer.id), "joining/photo_unread", data),))
    else:
        decision = checking.told(_pasted(turn), facts, now, room)
    return replace(decision, awaiting=None if room else facts.private.awaiting)


def _known(turn: Turn, facts: Facts) -> Facts:
    """With the asker's name as the platform gave it with the photo: somebody who was never stored has none else."""
    said = turn.stimulus
    name = said.call.args.get("name", "") if isinstance(said, Outcome) else ""
    return replace(facts, viewer=replace(facts.viewer, name=facts.viewer.name or name))


def _room(turn: Turn) -> Address | None:
    said = turn.stimulus
    group = said.call.args.get("group", "") if isinstance(said, Outcome) else ""
    return Room(group) if group else None


def _texts(turn: Turn) -> list[str]:
    found = evidence.told(turn).get("texts")
    return [str(one) for one in found] if isinstance(found, list) else []


def _why(turn: Turn) -> str:
    """Why there is nothing to check: `none` or `several` codes, or what is wrong with the file; empty when there is."""
    found = evidence.told(turn)
    if found.get("read") is not True:
        return str(found.get("why", "failed"))
    return {0: "none", 1: ""}.get(len(_texts(turn)), "several")


def _pasted(turn: Turn) -> Turn:
    """The same as if somebody had pasted what the code says: a link, the code of an invite, or something that is neither."""
    text = next(iter(_texts(turn)), "")
    link, code = checking.link_in(text), codes.normal(text)
    slots = (Slot("link", link),) if link else (Slot("code", code),) if code else ()
    return replace(turn, understanding=Understanding(Verdict.ANSWER, "joining.link", 1.0, 1.0, slots=slots))
