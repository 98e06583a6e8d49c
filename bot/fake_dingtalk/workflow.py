"""The endpoints of DingTalk OA: file an approval, look at one, list their ids."""

from __future__ import annotations

from bot.fake_dingtalk.approval import Instance, Template
from bot.fake_dingtalk.call import Asked, Call
from bot.fake_dingtalk.errors import Family, Refusal
from bot.fake_dingtalk.model import Json, Member
from bot.fake_dingtalk.state import State

_DAY = 86_400_000
_BAD = "processInstanceInvalidParameter"
_MODES = ("AND", "OR", "NONE")


def create(state: State, asked: Asked) -> Json:
    """POST /v1.0/workflow/processInstances."""
    originator = state.world.visible(str(asked.body.get("originatorUserId", "")))
    if originator is None:
        raise Refusal(_BAD, "originatorUserId is not known")
    process = str(asked.body.get("processCode", ""))
    template = state.world.processes.get(process)
    if template is None:
        raise Refusal("processCodeError", "processCode does not exist")
    form = _form(asked, template)
    return {"instanceId": begin(state, template, originator, form, _nodes(state, asked, template), str(asked.body.get("deptId", "-1"))).id}


def begin(
    state: State, template: Template, originator: Member, form: list[tuple[str, str]], nodes: list[tuple[str, tuple[str, ...]]], department: str = "-1"
) -> Instance:
    """A new instance of the form; its events follow."""
    now = int(state.now() * 1000)
    title = template.title.format(name=originator.name, code=template.code)
    instance = Instance(state.ids.word(22), f"{now}{state.ids.hex(4)}", template.code, originator.user_id, department, title, form, nodes, now)
    state.approvals[instance.id] = instance
    state.emit_all(instance.start(state.next_task(20)))
    return instance


def get(state: State, asked: Asked) -> Json:
    """GET /v1.0/workflow/processInstances?processInstanceId=; its `success` is a text."""
    instance = state.approvals.get(asked.query.get("processInstanceId", ""))
    if instance is None:
        raise Refusal("processInstanceNotExist", "the approval does not exist")
    return {"result": instance.as_json(), "success": "true"}


def ids(state: State, asked: Asked) -> Json:
    """POST /v1.0/workflow/processes/instanceIds/query."""
    body, now = asked.body, state.now() * 1000
    start, end, token, size = body.get("startTime"), body.get("endTime", int(now)), body.get("nextToken"), body.get("maxResults")
    if not all(type(value) is int for value in (start, end, token, size)):
        raise Refusal(_BAD, "startTime, endTime, nextToken and maxResults are numbers")
    if not 0 < int(size or 0) <= 20 or int(end or 0) - int(start or 0) > 120 * _DAY or int(start or 0) < now - 365 * _DAY:
        raise Refusal(_BAD, "maxResults is at most 20, the window at most 120 days within the last 365")
    users, statuses = body.get("userIds"), body.get("statuses")
    found = [
        one.id
        for one in state.approvals.values()
        if one.process == body.get("processCode")
        and int(start or 0) <= one.created <= int(end or 0)
        and (not users or one.originator in users)
        and (not statuses or one.status in statuses)
    ]
    first, last = int(token or 0), int(token or 0) + int(size or 0)
    return {"result": {"list": found[first:last], **({"nextToken": str(last)} if len(found) > last else {})}, "success": True}


def terminate(state: State, asked: Asked) -> Json:
    """POST /v1.0/workflow/processInstances/terminate: not when it is over, by its originator or by the system."""
    instance = state.approvals.get(str(asked.body.get("processInstanceId", "")))
    if instance is None:
        raise Refusal("processInstanceNotExist", "the approval does not exist")
    if instance.status != "RUNNING":
        raise Refusal("aflowProcessInstStatusException", "the approval is over")
    if asked.body.get("isSystem") is not True and asked.body.get("operatingUserId") != instance.originator:
        raise Refusal(_BAD, "only its originator takes it back")
    state.emit_all(instance.terminate(int(state.now() * 1000)))
    return {"result": True, "success": True}


def _form(asked: Asked, template: Template) -> list[tuple[str, str]]:
    rows = asked.body.get("formComponentValues")
    if not isinstance(rows, list) or len(rows) > 150 or not all(isinstance(row, dict) for row in rows):
        raise Refusal(_BAD, "formComponentValues is a list of at most 150")
    form = [(row.get("name"), row.get("value")) for row in rows]
    if not all(isinstance(name, str) and isinstance(value, str) and len(value) <= 65_535 for name, value in form):
        raise Refusal("formConverterError", "each field has a name and a text")
    strange = [str(name) for name, _ in form if template.labels and name not in template.labels]
    if strange:
        raise Refusal("formConverterError", f"the form has no field {strange[0]!r}")
    return [(str(name), str(value)) for name, value in form]


def _nodes(state: State, asked: Asked, template: Template) -> list[tuple[str, tuple[str, ...]]]:
    rows = asked.body.get("approvers")
    if not rows:
        return [("NONE", (user,)) for user in template.approvers]
    if not isinstance(rows, list) or len(rows) > 20:
        raise Refusal(_BAD, "approvers has at most 20 steps")
    nodes = []
    for row in rows:
        mode, users = (row.get("actionType"), row.get("userIds")) if isinstance(row, dict) else (None, None)
        if mode not in _MODES or not isinstance(users, list) or not users or any(state.world.visible(str(user)) is None for user in users):
            raise Refusal("targetSelectApproverScopeError", "an approver is not known")
        nodes.append((str(mode), tuple(str(user) for user in users)))
    return nodes


CALLS = (
    Call("oa.create", "POST", "/v1.0/workflow/processInstances", Family.NEW, create, "Workflow.Instance.Write"),
    Call("oa.get", "GET", "/v1.0/workflow/processInstances", Family.NEW, get, "Workflow.Instance.Read"),
    Call("oa.terminate", "POST", "/v1.0/workflow/processInstances/terminate", Family.NEW, terminate, "Workflow.Instance.Write"),
    Call("oa.ids", "POST", "/v1.0/workflow/processes/instanceIds/query", Family.NEW, ids, "Workflow.Instance.Read"),
)
