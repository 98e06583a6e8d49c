"""Events of the organisation and of its approvals become stimuli: one Event for each person or thing they name (dingtalk.md 5.3, 6.5)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.channels.dingtalk.payload import BadPayload
from bot.channels.dingtalk.wire.text import one_line
from bot.core.turn import Event

SOURCE = "dingtalk"
_MOST_NAMED = 1000
_MAX_WORD = 256
_MAX_TEXT = 300
_LINK = re.compile(r"https://(?:[a-z0-9-]+\.)+dingtalk\.com/[\x21-\x7e]{0,1000}")
_EXEMPT = ("user_", "org_dept_", "org_admin_", "label_")
_ENVELOPE = ("EventType", "EventTime", "CorpId", "BizId", "eventId")

Data = Mapping[str, object]
Named = Iterator[tuple[str, dict[str, str]]]
"""Pairs of subject and values."""


@dataclass(frozen=True, slots=True)
class OrgEvent:
    """Something that happened on DingTalk, e.g. `user_leave_org`; `id` is the same when it is delivered again, `born` None when nobody says."""

    id: str
    kind: str
    corp: str
    born: datetime | None
    data: Data

    @property
    def counted(self) -> bool:
        """Whether it costs one of the month's pushes; contact events do not."""
        return not self.kind.startswith(_EXEMPT)


def parse_event(headers: Data, body: Data) -> OrgEvent:
    """Reads an event of the Stream: its name and id stand in the headers, or in an envelope around the data."""
    inner = body.get("data")
    enveloped = "eventType" in body and isinstance(inner, dict)
    names = {**body, **headers} if enveloped else headers
    data = inner if enveloped and isinstance(inner, dict) else body
    corp = word(names, "eventCorpId", needed=False)
    return OrgEvent(word(names, "eventId"), word(names, "eventType"), corp, moment(names.get("eventBornTime")), data)


def parse_pushed(body: Data) -> OrgEvent:
    """Reads a decrypted event of an HTTP push: everything stands flat on top. `check_url` and its like have no id."""
    kind = word(body, "EventType")
    name = word(body, "eventId", needed=False) or word(body, "EventId", needed=False)
    data = {key: value for key, value in body.items() if key not in _ENVELOPE}
    return OrgEvent(name, kind, word(body, "CorpId", needed=False), moment(body.get("EventTime")), data)


def stimuli(event: OrgEvent, now: datetime) -> tuple[Event, ...]:
    """What the event says, one stimulus for each person or thing; nothing for an event that nobody here waits for. Raises BadPayload."""
    read = _KINDS.get(event.kind)
    if read is None:
        return ()
    if not event.id:
        raise BadPayload("eventId is missing or not a short text")
    named = dict(list(read(event.data))[:_MOST_NAMED])
    at = event.born or now
    one = len(named) == 1
    return tuple(
        Event(SOURCE, event.kind, event.id if one else f"{event.id}/{subject}", subject, {"corp": event.corp, **values}, at)
        for subject, values in named.items()
    )


def _people(data: Data) -> Named:
    """Members: `userId` is a list, or in some shapes one text."""
    for person in _names(_get(data, "userId", "userid", "userIdList")):
        yield person, {}


def _changed(data: Data) -> Named:
    """What of a member changed: the names of the fields, and the new values of those that are about work. Some shapes hold the whole member instead."""
    diff = _get(data, "diffInfo")
    before, after = ((diff.get(side) if isinstance(diff, dict) else None) for side in ("prev", "curr"))
    before, after = before if isinstance(before, dict) else {}, after if isinstance(after, dict) else {}
    changed = sorted({str(name)[:40] for name in (*before, *after) if before.get(name) != after.get(name)})
    now = after if isinstance(diff, dict) else data
    values = {name: text for name in _WORK if (text := _text(now.get(name)))}
    for person in _names(_get(data, "userId", "userid")):
        yield person, {"changed": ",".join(changed[:20]), **values}


_WORK = ("name", "title", "position", "jobNumber", "managerUserid")


def _role_users(data: Data) -> Named:
    """Roles given to or taken from members. The word for `taken` is not documented, so that an unknown word is told as such."""
    action = _ACTIONS.get(_text(_get(data, "action")).lower(), "unknown")
    labels = ",".join(_names(_get(data, "labelIdList")))
    for person in _names(_get(data, "userIdList", "userId")):
        yield person, {"action": action, "labels": labels}


_ACTIONS = {"add": "add", "remove": "remove", "delete": "remove", "del": "remove"}


def _roles(data: Data) -> Named:
    """Roles that were made, renamed or removed; their names where the event tells them."""
    names = {number: name for number, name in map(_label, _list(_get(data, "postLabelList"))) if number}
    for label in _names(_get(data, "labelIdList")):
        yield label, {"name": names[label]} if label in names else {}


def _label(row: object) -> tuple[str, str]:
    """Number and name of a role, which come as JSON in a text."""
    try:
        found = json.loads(row) if isinstance(row, str) and len(row) < 10_000 else row
    except (ValueError, RecursionError):
        return "", ""
    return (_text(found.get("id")), _text(found.get("name"))) if isinstance(found, dict) else ("", "")


def _approval(data: Data) -> Named:
    """An approval or one approver's task in it. `person` is the originator of an instance, the approver of a task."""
    values = {ours: _text(_get(data, theirs)) for ours, theirs in _APPROVAL.items()}
    link = _get(data, "url")
    if isinstance(link, str) and _LINK.fullmatch(link):
        values["url"] = link
    instance = _get(data, "processInstanceId")
    if not isinstance(instance, str):
        raise BadPayload("processInstanceId is missing or not a short text")
    yield word({"processInstanceId": instance}, "processInstanceId"), {name: value for name, value in values.items() if value}


_APPROVAL = {
    "type": "type",
    "result": "result",
    "process": "processCode",
    "number": "businessId",
    "title": "title",
    "person": "staffId",
    "task": "taskId",
    "remark": "remark",
    "created": "createTime",
    "finished": "finishTime",
}

_KINDS: Mapping[str, Callable[[Data], Named]] = {
    "user_add_org": _people,
    "user_active_org": _people,
    "user_leave_org": _people,
    "user_modify_org": _changed,
    "org_admin_add": _people,
    "org_admin_remove": _people,
    "label_user_change": _role_users,
    "label_conf_add": _roles,
    "label_conf_modify": _roles,
    "label_conf_del": _roles,
    "bpms_instance_change": _approval,
    "bpms_task_change": _approval,
}


def _get(data: Data, *names: str) -> object:
    """The first of the names that is there, however its first letter is written."""
    for name in names:
        for spelled in (name, name[:1].upper() + name[1:]):
            if spelled in data:
                return data[spelled]
    return None


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _names(value: object) -> list[str]:
    """Ids out of a list, one text or one number. Raises BadPayload for anything that is no id."""
    found = [str(one) if isinstance(one, int) and not isinstance(one, bool) else one for one in _list(value)[:_MOST_NAMED]]
    return [word({"an id": one}, "an id") for one in found]


def _text(value: object) -> str:
    """A short text of a text or number; anything else is nothing."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return one_line(str(value), _MAX_TEXT)


def moment(value: object) -> datetime | None:
    """A time in milliseconds, as text or number; None for anything else."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not text.isascii() or not text.isdigit() or not 12 <= len(text) <= 14:
        return None
    return datetime.fromtimestamp(int(text) / 1000, UTC)


def word(body: Data, name: str, *, needed: bool = True) -> str:
    """A short printable text. Raises BadPayload."""
    value = body.get(name)
    if value is None and not needed:
        return ""
    if not isinstance(value, str) or len(value) > _MAX_WORD or not value.isprintable() or (needed and not value):
        raise BadPayload(f"{name} is missing or not a short text")
    return value
