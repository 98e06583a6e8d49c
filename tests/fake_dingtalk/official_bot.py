"""A bot on the official client, run as a process of its own: it blocks and cannot be cancelled. Third argument: reply or fail."""

from __future__ import annotations

import sys

import dingtalk_stream
from dingtalk_stream import AckMessage


class Echo(dingtalk_stream.ChatbotHandler):
    """Answers each message once; `fail` does not acknowledge the first."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.how = how
        self.calls = 0

    async def process(self, callback: dingtalk_stream.CallbackMessage) -> tuple[int, str]:
        self.calls += 1
        incoming = dingtalk_stream.ChatbotMessage.from_dict(callback.data)
        if self.how == "fail" and self.calls == 1:
            return AckMessage.STATUS_SYSTEM_EXCEPTION, "not now"
        text = incoming.text.content.strip()
        kind = "group" if incoming.conversation_type == "2" else "private"
        self.reply_markdown("echo", f"{kind} {incoming.conversation_title or '-'}: {text} ({incoming.sender_staff_id}, {self.calls})", incoming)
        return AckMessage.STATUS_OK, "OK"


key, secret, how = sys.argv[1:4]
bot = dingtalk_stream.DingTalkStreamClient(dingtalk_stream.Credential(key, secret))
bot.register_callback_handler(dingtalk_stream.chatbot.ChatbotMessage.TOPIC, Echo(how))
bot.start_forever()
