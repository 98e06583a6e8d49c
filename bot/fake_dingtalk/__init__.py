"""A stand-in for DingTalk as a real server, for the demo, the tests and the bench. It knows the protocol and nothing of the product:
it imports the standard library, aiohttp, jinja2 and cryptography only, so that it is an independent witness of what the bot really sent.
Where the public documents are silent or contradict each other, the choice is a setting of `Manners`."""

from bot.fake_dingtalk.approval import Template
from bot.fake_dingtalk.faults import Fault, Kind
from bot.fake_dingtalk.limits import Limits
from bot.fake_dingtalk.model import Button, Card, Delivery, Group, Manners, Member, Sent, Way
from bot.fake_dingtalk.server import FakeDingTalk, serve
from bot.fake_dingtalk.world import World

__all__ = ["Button", "Card", "Delivery", "FakeDingTalk", "Fault", "Group", "Kind", "Limits", "Manners", "Member", "Sent", "Template", "Way", "World", "serve"]
