"""Approvals of DingTalk OA as a connector: file one, look at one, list those that changed (dingtalk.md 6.1 to 6.3)."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from bot.connectors.dingtalk import Told, as_object, as_rows, as_text, bucket, perform, wanted
from bot.core.turn import Call
from bot.dingtalk_api.faults import DingTalkFault, Reaction
from bot.dingtalk_api.openapi import OpenApi
from bot.ports import Clock, ConnectorRefused

_INSTANCES = "/v1.0/workflow/processInstances"
_IDS = "/v1.0/workflow/processes/instanceIds/query"
_TERMINATE = f"{_INSTANCES}/terminate"
_OVER = frozenset({"aflowProcessInstStatusException", "aflowProcessInstCanNotBeExecuted", "processInstanceNotExist", "processInstanceIdError"})
_GONE = frozenset({"processInstanceNotExist", "processInstanceIdError"})
_PAGE = 20
_PAGES = 25
_LOOK_BACK = timedelta(hours=1)
_MOST_UNSURE = 10_000
_MOST_READ = 40
_MOST_TASKS = 200
_TASK = {"RUNNING": "waiting", "NEW": "later", "PAUSED": "later"}
_SERVER_FAULT = 500
_OLDEST, _WIDEST = timedelta(days=365), timedelta(days=120)
_STATUSES = frozenset({"RUNNING", "COMPLETED", "TERMINATED", "NEW", "CANCELED"})


class Approvals:
    """ports.Connector `oa`.

    - `create {process, originator, form, key_field, department?, approvers?, made}`: `{instance, existed}`. `form` is a JSON object of the template's
      labels and texts, `key_field` the label of the field that holds our key, `approvers` ids joined by commas (one after the other), `made` the time
      (ISO) the call was decided. DingTalk knows no idempotency key: whenever an earlier try may have arrived, ours is looked for first.
    - `terminate {instance}`: `{terminated}`, false for one that is over or gone. The form must allow withdrawal.

    `made` counts the calls that went out, by kind, and those that were put off; `scarce` says that few are left this month.

    - `get {instance}`: `{found, state, number, title, originator, created, finished, waiting: [{user, task, since, url}],
      tasks: [{user, task, state, result, since, finished}]}`; states: running, agreed, refused, terminated; of a task: waiting, over, later.
    - `list {process, start, end?, states?, originator?, from?}`: `{instances: [...], next}`; at most 500 a call, `next` is the `from` of the next one.
    """

    name = "oa"

    def __init__(self, api: OpenApi, clock: Clock, *, pause_s: float = 2.0, scarce: Callable[[], bool] = bool) -> None:
        self._api = api
        self._scarce = scarce
        self.made: Counter[str] = Counter()
        self._clock = clock
        self._pause = pause_s
        self._bucket = bucket()
        self._started = clock.now()
        self._unsure: dict[str, None] = {}
        self._operations = {"create": self._create, "get": self._get, "list": self._list, "terminate": self._terminate}

    async def perform(self, call: Call) -> str:
        """One operation; compact JSON. Raises ConnectorTransient or ConnectorRefused: also what can wait (it has a `night`) while the month's calls
        are nearly used up."""
        if call.args.get("night") and self._scarce():
            self.made["put_off"] += 1
            raise ConnectorRefused("oa: the month's calls are nearly used up, the nightly look waits")
        return await perform(self._operations, call)

    async def _create(self, call: Call) -> Told:
        body = self._form(call)
        made = moment(call, "made", self._clock.now())
        if call.key in self._unsure or "made" not in call.args or made < self._started:
            found = await self._look_up(call, made)
            if found:
                return {"instance": found, "existed": True}
        self._unsure[call.key] = None
        if len(self._unsure) > _MOST_UNSURE:
            self._unsure.pop(next(iter(self._unsure)))
        try:
            answer = await self._call(_INSTANCES, body)
        except DingTalkFault as fault:
            if fault.reaction is Reaction.UNKNOWN:
                return await self._after_silence(call, made, fault)
            if fault.status < _SERVER_FAULT:
                self._unsure.pop(call.key, None)  # it says itself that nothing was done
            raise
        self._unsure.pop(call.key, None)
        instance = as_text(answer.get("instanceId"))
        if not instance:
            raise ConnectorRefused("oa.create: no instance in the answer")
        return {"instance": instance, "existed": False}

    async def _after_silence(self, call: Call, made: datetime, fault: DingTalkFault) -> Told:
        """No answer came: what may have arrived is looked for before anything is sent again."""
        await asyncio.sleep(self._pause)
        found = await self._look_up(call, made)
        if not found:
            raise fault
        self._unsure.pop(call.key, None)
        return {"instance": found, "existed": True}

    async def _look_up(self, call: Call, made: datetime) -> str:
        """The instance that carries our key, or nothing."""
        field = wanted(call, "key_field")
        body: dict[str, object] = {
            "processCode": wanted(call, "process"),
            "startTime": _ms(max(made - _LOOK_BACK, self._clock.now() - _WIDEST)),
            "userIds": [wanted(call, "originator")],
        }
        instances, _ = await self._pages(body, 0)
        for instance in instances[: -_MOST_READ - 1 : -1]:  # the newest first
            row = await self._read(instance)
            values = {as_text(one.get("name")): as_text(one.get("value")) for one in as_rows(row.get("formComponentValues"))}
            if values.get(field) == call.key:
                return instance
        return ""

    def _form(self, call: Call) -> dict[str, object]:
        try:
            form = json.loads(wanted(call, "form"))
        except ValueError as fault:
            raise ConnectorRefused("oa.create: form is no JSON") from fault
        if not isinstance(form, dict) or not all(isinstance(value, str) for value in form.values()):
            raise ConnectorRefused("oa.create: form is an object of texts")
        form[wanted(call, "key_field")] = call.key
        department = call.args.get("department") or "-1"
        if not department.removeprefix("-").isdigit():
            raise ConnectorRefused("oa.create: department is a number")
        approvers = [one.strip() for one in call.args.get("approvers", "").split(",") if one.strip()]
        body: dict[str, object] = {
            "originatorUserId": wanted(call, "originator"),
            "processCode": wanted(call, "process"),
            "deptId": int(department),
            "formComponentValues": [{"name": name, "value": value} for name, value in form.items()],
        }
        return body | ({"approvers": [{"actionType": "NONE", "userIds": [one]} for one in approvers]} if approvers else {})

    async def _get(self, call: Call) -> Told:
        try:
            row = await self._read(wanted(call, "instance"))
        except DingTalkFault as fault:
            if fault.code in _GONE:
                return {"found": False}
            raise
        waiting = [task for task in as_rows(row.get("tasks")) if as_text(task.get("status")) == "RUNNING"]
        return {
            "found": True,
            "state": state_of(row),
            "number": as_text(row.get("businessId")),
            "title": as_text(row.get("title"))[:200],
            "originator": as_text(row.get("originatorUserId")),
            "created": as_text(row.get("createTime")),
            "finished": as_text(row.get("finishTime")),
            "waiting": [_waiting(task) for task in waiting[:_PAGE]],
            "tasks": [_task(task) for task in as_rows(row.get("tasks"))[:_MOST_TASKS]],
        }

    async def _terminate(self, call: Call) -> Told:
        """Takes an instance back; one that is over or gone needs none."""
        try:
            await self._call(_TERMINATE, {"processInstanceId": wanted(call, "instance"), "isSystem": True})
        except DingTalkFault as fault:
            if fault.code not in _OVER:
                raise
            return {"terminated": False}
        return {"terminated": True}

    async def _list(self, call: Call) -> Told:
        now = self._clock.now()
        start, end = moment(call, "start", now - timedelta(days=1)), moment(call, "end", now)
        if not now - _OLDEST <= start <= end or end - start > _WIDEST:
            raise ConnectorRefused("oa.list: a window of at most 120 days within the last 365 is wanted")
        states = [one.strip().upper() for one in call.args.get("states", "").split(",") if one.strip()]
        if not set(states) <= _STATUSES:
            raise ConnectorRefused("oa.list: states are RUNNING, COMPLETED or TERMINATED")
        body: dict[str, object] = {"processCode": wanted(call, "process"), "startTime": _ms(start), "endTime": _ms(end)}
        originator = call.args.get("originator", "")
        body |= ({"statuses": states} if states else {}) | ({"userIds": [originator]} if originator else {})
        first = call.args.get("from") or "0"
        if not first.isascii() or not first.isdigit():
            raise ConnectorRefused("oa.list: from is a number")
        instances, following = await self._pages(body, int(first))
        return {"instances": instances, "next": following}

    async def _pages(self, body: Mapping[str, object], first: int) -> tuple[list[str], str]:
        found: list[str] = []
        token = str(first)
        for _ in range(_PAGES):
            result = as_object((await self._call(_IDS, {**body, "nextToken": int(token), "maxResults": _PAGE})).get("result"))
            rows = result.get("list")
            found += [as_text(one) for one in rows if as_text(one)] if isinstance(rows, list) else []
            token = as_text(result.get("nextToken"))
            if not token.isascii() or not token.isdigit():
                return found, ""
        return found, token

    async def _read(self, instance: str) -> dict[str, object]:
        return as_object((await self._call(f"{_INSTANCES}?processInstanceId={quote(instance, safe='')}", {}, "GET")).get("result"))

    async def _call(self, path: str, body: Mapping[str, object], method: str = "POST") -> dict[str, object]:
        async with self._bucket:
            self.made["list" if path == _IDS else "get" if method == "GET" else "terminate" if path == _TERMINATE else "create"] += 1
            return await self._api.call(path, body, method=method)


def state_of(row: Mapping[str, object]) -> str:
    """running, agreed, refused or terminated: agreed only when DingTalk says both that it is over and that it was agreed to."""
    status, result = as_text(row.get("status")).upper(), as_text(row.get("result")).lower()
    if status == "COMPLETED":
        return {"agree": "agreed", "refuse": "refused"}.get(result, "terminated")
    return "terminated" if status in {"TERMINATED", "CANCELED"} else "running"


def _waiting(task: Mapping[str, object]) -> Told:
    links = (as_text(task.get(name)) for name in ("mobileUrl", "pcUrl"))
    link = next((one for one in links if one.startswith("https://")), "")
    return {"user": as_text(task.get("userId")), "task": as_text(task.get("taskId")), "since": as_text(task.get("createTime")), "url": link[:500]}


def _task(task: Mapping[str, object]) -> Told:
    """One turn, whoever had it; agree, refuse or redirect when it was decided."""
    state = _TASK.get(as_text(task.get("status")).upper(), "over")
    result = {"AGREE": "agree", "REFUSE": "refuse", "REDIRECTED": "redirect"}.get(as_text(task.get("result")).upper(), "")
    user, number = as_text(task.get("userId")), as_text(task.get("taskId"))
    times = {"since": as_text(task.get("createTime")), "finished": as_text(task.get("finishTime"))}
    return {"user": user, "task": number, "state": state, "result": result if state == "over" else "", **times}


def moment(call: Call, name: str, otherwise: datetime) -> datetime:
    """A time argument (ISO with its zone). Raises ConnectorRefused."""
    text = call.args.get(name, "")
    if not text:
        return otherwise
    try:
        found = datetime.fromisoformat(text)
    except ValueError as fault:
        raise ConnectorRefused(f"{call.connector}.{call.operation}: {name} is no time") from fault
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
