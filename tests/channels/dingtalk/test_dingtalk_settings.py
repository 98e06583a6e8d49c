"""What an operator can set reaches the channel whole, and half a setting is named."""

from dataclasses import fields

import pytest
from pydantic import ValidationError

from bot import config
from bot.channels.dingtalk import DingTalkSettings, GroupWebhook
from bot.wiring.parts import dingtalk

KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFE"
SET = {
    "mode": "both",
    "app_key": "dingkey",
    "app_secret": "app secret",
    "robot_code": "rob",
    "corp_id": "dingcorp",
    "names": ("小引",),
    "groups": ("cidA",),
    "api_base": "http://127.0.0.1:1",
    "oapi_base": "http://127.0.0.1:2",
    "window_s": 60,
    "connections": 3,
    "proxy": "http://proxy:3128",
    "api_quota": 7,
    "push_quota": 8,
    "webhooks": ({"conversation": "cid", "url": "https://oapi.dingtalk.com/robot/send?access_token=a", "secret": "SECa"},),
    "event_token": "token1",
    "event_aes_key": KEY,
    "card_template": "tpl.schema",
    "card_secret": "card secret",
    "card_url": "https://bot.example/dingtalk/card",
}


class Still:
    """A clock nobody looks at."""

    def now(self):
        raise AssertionError


async def test_every_setting_reaches_the_channel():
    names = {field.name for field in fields(DingTalkSettings)}
    assert names == config.DingTalk.model_fields.keys() == SET.keys()
    made = dingtalk(config.Settings(dingtalk=config.DingTalk(**SET)), Still())
    hook = GroupWebhook("cid", "https://oapi.dingtalk.com/robot/send?access_token=a", "SECa")
    assert made._settings == DingTalkSettings(**{**SET, "webhooks": (hook,)})
    assert [route.path for route in made.routes()] == ["/dingtalk/robot", "/dingtalk/events", "/dingtalk/card"]
    assert not any(secret in repr(made._settings) for secret in ("app secret", "token1", KEY, "card secret", "SECa", "access_token=a"))


@pytest.mark.parametrize(
    "half",
    [{"event_token": ""}, {"event_aes_key": ""}, {"event_aes_key": "short"}, {"mode": "http", "card_secret": ""}, {"mode": "http", "card_url": ""}],
)
def test_half_a_setting_is_named(half):
    with pytest.raises(ValidationError, match=r"wanted|want|43"):
        config.DingTalk(**{**SET, **half})
