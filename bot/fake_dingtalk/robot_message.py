"""The bodies of robot callbacks: what a person said, as the platform puts it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.fake_dingtalk.model import App, Group, Json, Member

GROUP_KINDS = frozenset({"text", "richText", "picture", "unknown"})
"""In groups the platform forwards no voice, video or file."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a person said and where (`group` None: one-to-one). `code` is the download code of its file, `created` epoch ms, `quote` the quoted text."""

    id: str
    sender: Member
    conversation: str
    group: Group | None
    kind: str
    text: str
    created: int
    webhook: str
    webhook_expires: int
    code: str = ""
    file_name: str = ""
    quote: str = ""
    mentions: tuple[Member, ...] = ()


def robot_body(spoken: Spoken, app: App) -> Json:
    """The callback's body. Raises ValueError for a kind that does not exist."""
    content = _CONTENT.get(spoken.kind)
    if content is None:
        raise ValueError(f"kind {spoken.kind!r} is none of {', '.join(_CONTENT)}")
    sender = spoken.sender
    body: Json = {
        "conversationId": spoken.conversation,
        "conversationType": "2" if spoken.group else "1",
        "chatbotCorpId": app.corp_id,
        "chatbotUserId": app.bot_id,
        "openThreadId": spoken.conversation,
        "msgId": spoken.id,
        "senderNick": sender.name,
        "isAdmin": bool(sender.admin),
        "senderId": sender.dingtalk_id,
        "senderPlatform": "Mac",
        "createAt": spoken.created,
        "sessionWebhook": spoken.webhook,
        "sessionWebhookExpiredTime": spoken.webhook_expires,
        "robotCode": app.robot_code,
    }
    body |= {"senderStaffId": sender.user_id, "senderCorpId": app.corp_id} if sender.inside else {"senderUnionId": sender.union}
    if spoken.group:
        body |= {"conversationTitle": spoken.group.title, "isInAtList": True, "atUsers": [{"dingtalkId": app.bot_id}, *map(_at_user, spoken.mentions)]}
    return body | content(spoken)


def without_content(body: Json) -> Json:
    """The body as it comes when the month's pushes are used up."""
    kept = {name: value for name, value in body.items() if name not in ("text", "content")}
    return kept | {"errorCode": 20001, "errorMessage": "the month's Webhook and Stream pushes are used up"}


def _at_user(member: Member) -> Json:
    known = {"staffId": member.user_id, "unionId": member.union} if member.inside else {}
    return {"dingtalkId": member.dingtalk_id, **known}


def _picture(code: str) -> Json:
    return {"downloadCode": code, "pictureDownloadCode": f"pic-{code}"}


def _text(spoken: Spoken) -> Json:
    text: Json = {"content": f" {spoken.text}" if spoken.group else spoken.text}
    if not spoken.quote:
        return {"msgtype": "text", "text": text}
    old = f"{spoken.id[:-4]}Old="
    text |= {
        "isReplyMsg": True,
        "repliedMsg": {
            "msgType": "text",
            "msgId": old,
            "senderId": spoken.sender.dingtalk_id,
            "createdAt": spoken.created - 60_000,
            "content": {"text": spoken.quote},
        },
    }
    return {"msgtype": "text", "text": text, "originalMsgId": old}


def _rich_text(spoken: Spoken) -> Json:
    return {"msgtype": "richText", "content": {"richText": [{"text": spoken.text}, {"type": "picture", **_picture(spoken.code)}]}}


def _plain_picture(spoken: Spoken) -> Json:
    return {"msgtype": "picture", "content": _picture(spoken.code)}


def _audio(spoken: Spoken) -> Json:
    return {"msgtype": "audio", "content": {"duration": 4000, "downloadCode": spoken.code, "recognition": spoken.text}}


def _video(spoken: Spoken) -> Json:
    return {"msgtype": "video", "content": {"duration": 4000, "downloadCode": spoken.code, "videoType": "mp4"}}


def _file(spoken: Spoken) -> Json:
    return {"msgtype": "file", "content": {"spaceId": "25800000001", "fileName": spoken.file_name, "downloadCode": spoken.code, "fileId": "171000000042"}}


def _unknown(_spoken: Spoken) -> Json:
    return {"msgtype": "unknownMsgType", "content": {"unknownMsgType": "location"}}


_CONTENT: dict[str, Callable[[Spoken], Json]] = {
    "text": _text,
    "richText": _rich_text,
    "picture": _plain_picture,
    "audio": _audio,
    "video": _video,
    "file": _file,
    "unknown": _unknown,
}
