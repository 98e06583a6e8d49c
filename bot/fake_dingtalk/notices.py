"""The endpoint of work notices: up to a hundred people, and the same words to the same person once a day."""

from __future__ import annotations

import json

from bot.fake_dingtalk.call import Asked, Call
from bot.fake_dingtalk.content import Content
from bot.fake_dingtalk.errors import Family, Refusal
from bot.fake_dingtalk.model import Json, Way
from bot.fake_dingtalk.state import State

_LARGEST = 2048
_DAY = 86_400


def send(state: State, asked: Asked) -> Json:
    """POST /topapi/message/corpconversation/asyncsend_v2: errcode 0 also for what is silently dropped."""
    users = [user for user in str(asked.body.get("userid_list", "")).split(",") if user]
    message = asked.body.get("msg")
    if not users or len(users) > 100 or not isinstance(message, dict) or type(asked.body.get("agent_id")) is not int:
        raise Refusal(400002, "agent_id, userid_list (at most 100) and msg are wanted")
    words = json.dumps(message, ensure_ascii=False, sort_keys=True)
    if len(words.encode("utf-8", "surrogatepass")) > _LARGEST:
        raise Refusal(33001, "msg is longer than 2048 bytes")
    kind = str(message.get("msgtype"))
    inner = message.get(kind)
    if not isinstance(inner, dict):
        raise Refusal(400002, "msg has no content")
    day = int(state.now() // _DAY)
    reached = tuple(user for user in dict.fromkeys(users) if state.world.visible(user) and (user, day, words) not in state.notices)
    state.notices.update(dict.fromkeys((user, day, words) for user in reached))
    task = state.next_task()
    if reached:
        text = str(inner.get("text") or inner.get("content") or inner.get("markdown") or "")
        state.record(Way.NOTICE, Content(kind, str(inner.get("title", "")), text), users=reached, key=str(task), body=asked.body)
    return {"errcode": 0, "errmsg": "ok", "task_id": task, "request_id": state.ids.word(12).lower()}


CALLS = (Call("notice.send", "POST", "/topapi/message/corpconversation/asyncsend_v2", Family.OLD, send),)
