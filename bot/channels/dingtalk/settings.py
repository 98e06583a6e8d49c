"""What an operator sets for the DingTalk channel."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Mode = Literal["stream", "http", "both", "off"]
"""How messages come in. Answers always go out over HTTPS."""


@dataclass(frozen=True, slots=True)
class GroupWebhook:
    """The webhook of the robot in one group: the only way to mention somebody without being asked. `secret` is set where it is signed."""

    conversation: str
    url: str = field(repr=False)
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class DingTalkSettings:
    """One DingTalk app. `robot_code` is only needed where it differs from the app key; `corp_id` (recommended) says which organisation is ours, else the
    robot's own is taken; `names` are the robot's display names, taken out of texts; `groups` are the only groups it hears (empty: all); `window_s` is how
    old a signed callback may be (an hour at most);
    `proxy` is an `http://host:port` through which DingTalk is reached; quotas are a month's, 0 for unlimited. Encrypted events are served where
    `event_token` and `event_aes_key` are set. `card_template` makes messages with buttons interactive cards; without Stream their presses come to
    `card_url` (the public address of our endpoint), signed with `card_secret`."""

    mode: Mode = "stream"
    app_key: str = ""
    app_secret: str = field(default="", repr=False)
    robot_code: str = ""
    corp_id: str = ""
    names: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    api_base: str = "https://api.dingtalk.com"
    oapi_base: str = "https://oapi.dingtalk.com"
    window_s: float = 3600.0
    connections: int = 2
    proxy: str = field(default="", repr=False)
    api_quota: int = 5000
    push_quota: int = 3000
    webhooks: tuple[GroupWebhook, ...] = ()
    event_token: str = field(default="", repr=False)
    event_aes_key: str = field(default="", repr=False)
    card_template: str = ""
    card_secret: str = field(default="", repr=False)
    card_url: str = ""

    @property
    def robot(self) -> str:
        """The robot code that messages are sent as when a message does not say."""
        return self.robot_code or self.app_key

    @property
    def hears_http(self) -> bool:
        """Whether callbacks are answered."""
        return self.mode in {"http", "both"}

    @property
    def hears_stream(self) -> bool:
        """Whether Stream connections are kept."""
        return self.mode in {"stream", "both"}

    @property
    def hears_events(self) -> bool:
        """Whether encrypted events are served over HTTP."""
        return self.mode != "off" and bool(self.event_token and self.event_aes_key)

    @property
    def hears_cards(self) -> bool:
        """Whether presses of cards are served over HTTP."""
        return self.hears_http and bool(self.card_secret and self.card_url)
