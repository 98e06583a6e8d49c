"""What people send as evidence: fetched by a call, kept when its outcome says so, deleted when its time is over.

A skill that takes evidence begins with `begin`, and has a row `outcome.files.<kind of its item>` with `asked` among its questions, which ends with `came`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.drawing import ident
from bot.core.facts import Ask, Facts, Tally
from bot.core.model import Application, Evidence, Request
from bot.core.turn import Call, Effect, Here, Message, MessageKind, Outcome, Press, Put, Say, Turn
from bot.core.understanding.sent import SENT

FILES = "files"
"""The connector that fetches, reads and deletes files."""
LOST_AFTER = timedelta(days=1)
"""A file whose fetching never had an outcome is given up."""
MINUTES = 10
"""How long a link to a file lives."""
MOST_FILES = 20
_WHY = frozenset({"type", "size", "gone", "failed"})


def begin(turn: Turn, now: datetime, of: str, person: str, *, field: str = "", kinds: str = "") -> tuple[Evidence, Call] | None:
    """Takes the file of the message as evidence of the item `of` (`<kind>:<id>`): the Evidence to put and the call that fetches it. `kinds` is picture,
    document or both (the default). None when the message has no file that can be fetched."""
    call = fetching(turn, "fetch", person, of.partition(":")[0])
    if call is None:
        return None
    fresh = Evidence(ident(turn, "v"), person, of, "fetching", now, field, due=now + LOST_AFTER)
    return fresh, replace(call, args={**call.args, "evidence": fresh.id, "owner": fresh.id, **({"kinds": kinds} if kinds else {})})


def fetching(turn: Turn, operation: str, person: str, what: str) -> Call | None:
    """The call on the file of the message whose outcome comes to the row `outcome.files.<what>`; None when there is no file to be fetched."""
    said = turn.stimulus
    reference = said.files[0][1] if isinstance(said, Message) and said.files else ""
    if not isinstance(said, Message) or not reference:
        return None
    args = {"code": reference, "robot": said.robot, "person": person, "for": what}
    return Call(FILES, operation, f"{FILES}:{turn.seed[:24]}", args)


def asked(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every question has this shape
    """The evidence whose file was fetched."""
    said = turn.stimulus
    ident_ = said.call.args.get("evidence", "") if isinstance(said, Outcome) else ""
    return (Ask(Evidence, id=ident_),) if ident_ else ()


def answers(turn: Turn) -> bool:
    """Whether a photo or a file was sent where one may answer the question."""
    said = turn.stimulus
    return isinstance(said, Message) and bool(turn.understanding.slot("file")) and (bool(said.files) or said.kind is not MessageKind.TEXT)


def misplaced(turn: Turn, facts: Facts, now: datetime) -> bool:
    """Whether a photo or a file was sent in a group while the sender's own chat waits for one: it is not opened where everybody looks on."""
    said, waiting = turn.stimulus, facts.private.awaiting
    if not isinstance(said, Message) or said.private or said.kind not in (MessageKind.PICTURE, MessageKind.FILE) or waiting is None:
        return False
    return waiting.slot in SENT and (waiting.until is None or now <= waiting.until)


def aside(turn: Turn) -> tuple[Say, ...]:
    """In a group, where its answer is private: a line that says so."""
    said = turn.stimulus
    return (Say(Here(), "shell/moved_private", mention=True),) if isinstance(said, Message | Press) and not said.private else ()


def told(turn: Turn) -> Mapping[str, object]:
    """What the connector answered; `why` is `failed` when it could not do it at all."""
    said = turn.stimulus
    return (said.told if isinstance(said, Outcome) else {}) or {"why": "failed"}


def came(turn: Turn, facts: Facts, now: datetime) -> Evidence | None:
    """The evidence after its outcome: kept, with the time when it will be deleted, or refused with `why`. None when there is none that waits for it."""
    waiting = next((one for one in facts.all(Evidence) if one.state == "fetching"), None)
    if waiting is None:
        return None
    found = told(turn)
    if found.get("kept") is not True:
        why = str(found.get("why", ""))
        return replace(waiting, state="refused", why=why if why in _WHY else "failed", due=None)
    until = now + timedelta(days=facts.policy.keeping.evidence_days)
    size, digest, kind = found.get("size"), str(found.get("hash", "")), str(found.get("type", ""))
    return replace(waiting, state="kept", sha256=digest, kind=kind, size=size if isinstance(size, int) else 0, until=until, due=until)


def of_items(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every question has this shape
    """What is kept of the files sent for the applications and requests at hand."""
    items = [f"application:{one.id}" for one in facts.all(Application)]
    items += [f"request:{one.id}" for one in facts.all(Request) if any(digest for _, digest in one.files)]
    return tuple(Ask(Evidence, tag=f"of={item}", states=("kept",), most=MOST_FILES) for item in dict.fromkeys(items))


def linked(sent: Sequence[tuple[str, Evidence]], facts: Facts, now: datetime) -> dict[str, object]:
    """The files by what each is for, with links of a few minutes, as the template `joining/files` shows them."""
    links, end = facts.policy.links, now + timedelta(minutes=MINUTES)
    rows = [{"label": label, "what": one.label, "token": links.file_token(one.id, end)} for label, one in sent]
    return {"files": rows, "minutes": MINUTES, "site": bool(links.site)}


def ended(one: Evidence) -> tuple[Effect, ...]:
    """Deletes it before its time: the file by a call, the record of it stays."""
    done = Put(replace(one, state="gone", due=None))
    if one.state != "kept":
        return (done,)
    return done, Call(FILES, "drop", f"{FILES}:drop:{one.id}", {"hash": one.sha256, "owner": one.id})


def of_item(of: str, facts: Facts) -> tuple[Effect, ...]:
    """Deletes all that was sent for the item, as far as it was gathered (`Ask(Evidence, tag="of=...")`)."""
    return tuple(effect for one in facts.all(Evidence) if one.of == of and one.state == "kept" for effect in ended(one))
