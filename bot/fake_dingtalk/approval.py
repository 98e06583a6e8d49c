"""An approval of DingTalk OA: its form, who must decide, what was decided. Its moves give the events that they cause."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.fake_dingtalk.model import Json

Event = tuple[str, Json]
"""Name and data of an event."""


@dataclass(frozen=True, slots=True)
class Template:
    """An approval form: its processCode, its labels (none: any), who decides one after the other when a request does not say, and the title of
    an instance, with {name} and {code}."""

    code: str
    labels: tuple[str, ...] = ()
    approvers: tuple[str, ...] = ()
    title: str = "{name} {code}"


@dataclass(slots=True)
class Task:
    """One person's decision. Times are epoch milliseconds, 0 while it is open; `status` RUNNING, COMPLETED or CANCELED."""

    id: int
    user: str
    created: int
    status: str = "RUNNING"
    result: str = ""
    remark: str = ""
    finished: int = 0


@dataclass(slots=True)
class Instance:
    """One approval. `nodes` are the steps still to come: how (AND, OR, NONE) and who; `status` RUNNING, COMPLETED or TERMINATED."""

    id: str
    number: str
    process: str
    originator: str
    department: str
    title: str
    form: list[tuple[str, str]]
    nodes: list[tuple[str, tuple[str, ...]]]
    created: int
    status: str = "RUNNING"
    result: str = ""
    finished: int = 0
    mode: str = "NONE"
    tasks: list[Task] = field(default_factory=list)

    def start(self, first_task: int) -> Iterator[Event]:
        """Begins: the first step's people are asked."""
        yield self._changed("start")
        yield from self._next(self.created, first_task)

    def decide(self, user: str, agree: bool, remark: str, now: int, next_task: int) -> Iterator[Event]:
        """A person decides their open task. Raises LookupError when they have none."""
        task = next((task for task in self.open() if task.user == user), None)
        if task is None:
            raise LookupError(f"{user!r} has nothing to decide in {self.id!r}; open: {[task.user for task in self.open()]}")
        task.status, task.result, task.remark, task.finished = "COMPLETED", "AGREE" if agree else "REFUSE", remark, now
        yield self._task(task, "finish", result="agree" if agree else "refuse", remark=remark, finishTime=now)
        if not agree:
            yield from self._end("COMPLETED", "refuse", now)
        elif self.mode == "OR" or not self.open():
            yield from self._cancel(now)
            yield from self._next(now, next_task)

    def terminate(self, now: int) -> Iterator[Event]:
        """The originator takes it back."""
        yield from self._end("TERMINATED", "", now)

    def open(self) -> list[Task]:
        """The tasks that wait."""
        return [task for task in self.tasks if task.status == "RUNNING"]

    def as_json(self) -> Json:
        """As the API shows it."""
        return {
            "title": self.title,
            "originatorUserId": self.originator,
            "originatorDeptId": self.department,
            "status": self.status,
            "result": self.result,
            "businessId": self.number,
            "approverUserIds": [task.user for task in self.tasks],
            "ccUserIds": [],
            "bizAction": "NONE",
            "attachedProcessInstanceIds": [],
            "createTime": minute(self.created),
            "formComponentValues": [
                {"id": f"TextField-{at}", "name": name, "value": value, "componentType": "TextField"} for at, (name, value) in enumerate(self.form)
            ],
            "tasks": [self._task_json(task) for task in self.tasks],
            "operationRecords": self._records(),
            **({"finishTime": minute(self.finished)} if self.finished else {}),
        }

    def _records(self) -> list[Json]:
        begun = {"userId": self.originator, "date": minute(self.created), "type": "START_PROCESS_INSTANCE", "result": "NONE"}
        done = [
            {"userId": task.user, "date": minute(task.finished), "type": "EXECUTE_TASK_NORMAL", "result": task.result, "remark": task.remark}
            for task in self.tasks
            if task.status == "COMPLETED"
        ]
        return [begun, *done]

    def _task_json(self, task: Task) -> Json:
        link = f"https://aflow.dingtalk.com/{{}}?taskId={task.id}"
        known: Json = {
            "taskId": task.id,
            "userId": task.user,
            "status": task.status,
            "createTime": minute(task.created),
            "mobileUrl": link.format("m"),
            "pcUrl": link.format("p"),
            "processInstanceId": self.id,
            "activityId": "act_1",
        }
        return known | ({"result": task.result} if task.result else {}) | ({"finishTime": minute(task.finished)} if task.finished else {})

    def _next(self, now: int, first_task: int) -> Iterator[Event]:
        if not self.nodes:
            yield from self._end("COMPLETED", "agree", now)
            return
        self.mode, users = self.nodes.pop(0)
        for at, user in enumerate(users):
            task = Task(first_task + at, user, now)
            self.tasks.append(task)
            yield self._task(task, "start")

    def _end(self, status: str, result: str, now: int) -> Iterator[Event]:
        yield from self._cancel(now)
        self.status, self.result, self.finished = status, result, now
        yield self._changed("terminate" if status == "TERMINATED" else "finish", **({"result": result} if result else {}), finishTime=now)

    def _cancel(self, now: int) -> Iterator[Event]:
        for task in self.open():
            task.status, task.finished = "CANCELED", now
            yield self._task(task, "cancel", finishTime=now)

    def _changed(self, kind: str, **more: object) -> Event:
        url = f"https://aflow.dingtalk.com/dingtalk/mobile/homepage.htm?procInstId={self.id}"
        return "bpms_instance_change", {**self._common(), "businessType": "", "url": url, "staffId": self.originator, "type": kind, **more}

    def _task(self, task: Task, kind: str, **more: object) -> Event:
        return "bpms_task_change", {**self._common(), "createTime": task.created, "taskId": task.id, "staffId": task.user, "type": kind, **more}

    def _common(self) -> Json:
        return {
            "processInstanceId": self.id,
            "processCode": self.process,
            "businessId": self.number,
            "bizCategoryId": "",
            "title": self.title,
            "createTime": self.created,
        }


def minute(ms: int) -> str:
    """A time as the workflow API writes it."""
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%dT%H:%MZ}"
