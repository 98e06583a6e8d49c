"""DingTalk as a channel: `wire/` is the pure half, http and stream hear, speaking delivers. Protocol facts: docs of the protocol reference.

No rule of the product lives here; secrets, tickets and webhooks are never logged.
"""

from bot.channels.dingtalk.client import DingTalkChannel
from bot.channels.dingtalk.settings import DingTalkSettings, GroupWebhook

__all__ = ["DingTalkChannel", "DingTalkSettings", "GroupWebhook"]
