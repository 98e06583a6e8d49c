"""The endpoints through which the bot sends messages, recalls them, and fetches files."""

from __future__ import annotations

from bot.fake_dingtalk.call import Asked, Call
from bot.fake_dingtalk.content import LARGEST_WEBHOOK, template_content, webhook_content
from bot.fake_dingtalk.errors import Family, Refusal
from bot.fake_dingtalk.model import Group, Json, Way
from bot.fake_dingtalk.signing import fits
from bot.fake_dingtalk.state import State

_OK: Json = {"errcode": 0, "errmsg": "ok"}
_MOST_USERS = 20


def to_session(state: State, asked: Asked) -> Json:
    """POST /robot/sendBySession: the answer to a message just received."""
    session = state.sessions.get(asked.query.get("session", ""))
    if session is None or session.expires <= state.now():
        raise Refusal(300001, "session does not exist")
    _check_post(asked)
    content = webhook_content(asked.body)
    users = () if session.conversation in state.world.groups else (session.user,)
    state.record(Way.SESSION, content, conversation=session.conversation, users=users, answers=session.message, body=asked.body)
    return dict(_OK)


def to_webhook(state: State, asked: Asked) -> Json:
    """POST /robot/send: a message through a group's webhook."""
    token = asked.query.get("access_token", "")
    group = next((group for group in state.world.groups.values() if group.webhook and group.webhook == token), None)
    if group is None:
        raise Refusal(400101, "token does not exist")
    if group.disbanded:
        raise Refusal(400013, "the group is dissolved")
    _check_post(asked)
    content = webhook_content(asked.body)
    _check_security(state, group, asked, f"{content.title} {content.text}")
    uuid = asked.body.get("msgUuid")
    if isinstance(uuid, str) and uuid in state.seen_uuids:
        return dict(_OK)
    state.meter.webhook(token, state.now())
    if isinstance(uuid, str):
        state.seen_uuids[uuid] = None
    state.record(Way.WEBHOOK, content, conversation=group.conversation_id, key=uuid if isinstance(uuid, str) else "", body=asked.body)
    return dict(_OK)


def _check_post(asked: Asked) -> None:
    if not asked.headers.get("Content-Type", "").startswith("application/json"):
        raise Refusal(43004, "Content-Type must be application/json")
    if asked.size > LARGEST_WEBHOOK:
        raise Refusal(460101, f"the message is longer than {LARGEST_WEBHOOK} bytes")


def _check_security(state: State, group: Group, asked: Asked, text: str) -> None:
    if group.secret and not fits(group.secret, asked.query.get("timestamp", ""), asked.query.get("sign", ""), state.now()):
        raise Refusal(310000, "sign not match")
    if group.keywords and not any(keyword in text for keyword in group.keywords):
        raise Refusal(310000, "keywords not in content")


def to_group(state: State, asked: Asked) -> Json:
    """POST /v1.0/robot/groupMessages/send: proactive, nobody can be mentioned."""
    state.check_robot(asked.body.get("robotCode"))
    conversation = asked.body.get("openConversationId")
    group = state.world.groups.get(conversation) if isinstance(conversation, str) else None
    if group is None:
        raise Refusal("invalid.openConversationId", "openConversationId does not exist")
    if group.disbanded:
        raise Refusal("group.disbanded", "the group is dissolved")
    content = template_content(asked.body.get("msgKey"), asked.body.get("msgParam"))
    key = state.ids.query_key()
    state.record(Way.GROUP, content, conversation=conversation, key=key, body=asked.body)
    return {"processQueryKey": key}


def to_people(state: State, asked: Asked) -> Json:
    """POST /v1.0/robot/oToMessages/batchSend: one-to-one; HTTP 200 does not mean that everybody got it."""
    state.check_robot(asked.body.get("robotCode"))
    users = asked.body.get("userIds")
    if not isinstance(users, list) or not users or not all(isinstance(user, str) for user in users):
        raise Refusal("invalidParameter.userIds", "userIds is a list of strings")
    if len(users) > _MOST_USERS:
        raise Refusal("too.many.people", f"at most {_MOST_USERS} userIds a call")
    content = template_content(asked.body.get("msgKey"), asked.body.get("msgParam"))
    invalid = [user for user in users if state.world.visible(user) is None or user in state.blocked]
    slowed = [user for user in users if user in state.flow_controlled and user not in invalid]
    reached = tuple(dict.fromkeys(user for user in users if user not in invalid and user not in slowed))
    key = state.ids.query_key()
    if reached:
        conversation = state.world.private(reached[0]) if len(reached) == 1 else ""
        state.record(Way.OTO, content, conversation=conversation, users=reached, key=key, body=asked.body)
    return {"processQueryKey": key, "invalidStaffIdList": invalid, "flowControlledStaffIdList": slowed}


def recall(state: State, asked: Asked) -> Json:
    """Recalls messages by their processQueryKeys."""
    state.check_robot(asked.body.get("robotCode"))
    keys = asked.body.get("processQueryKeys")
    if not isinstance(keys, list) or not 0 < len(keys) <= _MOST_USERS or not all(isinstance(key, str) for key in keys):
        raise Refusal("invalidParameter.processQueryKeys", "processQueryKeys is a list of at most 20 strings")
    known = {sent.key for sent in state.received if sent.way in (Way.GROUP, Way.OTO)}
    done = [key for key in keys if key in known]
    state.recalled.update(done)
    state.bell.ring()
    return {"successResult": done, "failedResult": {key: "not found" for key in keys if key not in known}}


def file_code(state: State, asked: Asked) -> Json:
    """POST /v1.0/robot/messageFiles/download: a code for a temporary URL."""
    code = asked.body.get("downloadCode")
    found = state.files.get(code) if isinstance(code, str) else None
    if found is None:
        raise Refusal("invalidParameter.robotCode.downloadCode", "the download code is wrong or expired")
    if asked.body.get("robotCode") != found.robot_code:
        raise Refusal("invalidParameter.robotCode.auth", "the code belongs to another robot")
    return {"downloadUrl": f"{state.base_url}/download/{code}"}


_SEND = "qyapi_robot_sendmsg"
CALLS = (
    Call("send.session", "POST", "/robot/sendBySession", Family.HOOK, to_session, counted=False, token=False),
    Call("send.webhook", "POST", "/robot/send", Family.HOOK, to_webhook, counted=False, token=False),
    Call("send.group", "POST", "/v1.0/robot/groupMessages/send", Family.NEW, to_group, _SEND),
    Call("send.oto", "POST", "/v1.0/robot/oToMessages/batchSend", Family.NEW, to_people, _SEND),
    Call("recall.group", "POST", "/v1.0/robot/groupMessages/recall", Family.NEW, recall, _SEND),
    Call("recall.oto", "POST", "/v1.0/robot/otoMessages/batchRecall", Family.NEW, recall, _SEND),
    Call("file.code", "POST", "/v1.0/robot/messageFiles/download", Family.NEW, file_code, _SEND),
)
