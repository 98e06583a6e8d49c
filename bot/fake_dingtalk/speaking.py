"""What people do: say something, press a button, join or leave."""

from __future__ import annotations

from typing import Any

from bot.fake_dingtalk.cards import apply_answer, press_body
from bot.fake_dingtalk.event_posting import EventPosting
from bot.fake_dingtalk.faults import LOSS
from bot.fake_dingtalk.gateway import Gateway
from bot.fake_dingtalk.model import Button, Card, Delivery, Group, Json, Member
from bot.fake_dingtalk.pushing import Pusher
from bot.fake_dingtalk.robot_message import GROUP_KINDS, Spoken, robot_body
from bot.fake_dingtalk.state import CardRoute, File, Line, State


class Speaking:
    """Turns what people do into pushes to the bot."""

    def __init__(self, state: State, gateway: Gateway, pusher: Pusher) -> None:
        self._state = state
        self._gateway = gateway
        self._pusher = pusher
        self._posting = EventPosting(state, pusher)
        state.emit = lambda event: pusher.soon(self.event(*event, ""))

    async def say(
        self,
        user: str,
        text: str = "",
        conversation: str | None = None,
        *,
        kind: str = "text",
        at_bot: bool = True,
        by: str | None = None,
        msg_id: str | None = None,
        redeliver: int = 0,
        **more: Any,
    ) -> Delivery:
        """A member says something in a group or, without `conversation`, one-to-one. `kind` is text, richText, picture, audio, video, file or unknown;
        `by` http or stream (None: stream when a connection is open or no callback URL is set); `redeliver` pushes it so often again; `more` is mentions
        (userIds), quote, file (bytes), file_name, webhook_life (seconds), and fields of the body to override (None removes one). Waits for the
        acknowledgement (the record may still change by redelivery). What the platform would not forward to the bot is not pushed: `withheld` says why.
        Raises LookupError for strangers, ValueError for nonsense."""
        sender = self._state.world.member(user)
        group = self._state.world.group(conversation) if conversation else None
        place = group.conversation_id if group else self._state.world.private(user)
        delivery = Delivery(msg_id or self._state.ids.message(), self._way(by), user, place, withheld=self._withheld(sender, group, kind, at_bot))
        delivery.body = self._body(delivery, group, kind, text, **more) if not delivery.withheld else {}
        self._state.write(Line(place, sender.name, text or f"[{kind}]", self._state.now()))
        self._keep(delivery)
        if not delivery.withheld:
            await self._pusher.robot(delivery, redeliver)
        return delivery

    async def press(self, button: Button, user: str = "", **how: Any) -> Delivery:
        """Presses a button: dtmd says its text as that user where the message stands, a card's button calls back. `user` may be left out one-to-one;
        `how` as in `say`. Raises ValueError for a button that only opens a page."""
        presser = user or button.user
        if not presser:
            raise ValueError("who presses it?")
        if button.card:
            return await self.press_card(button.card, presser, [button.action], button.params)
        if not button.say:
            raise ValueError(f"the button {button.label!r} opens {button.url!r}")
        group = button.conversation if button.conversation in self._state.world.groups else None
        return await self.say(presser, button.say, group, **{"at_bot": self._state.manners.dtmd_mentions, **how})

    async def press_card(self, out_track_id: str, user: str, actions: list[str], params: Json) -> Delivery:
        """A card callback; its answer changes the card. Nothing is pushed for a card without callbackType. Raises LookupError."""
        card = self._state.cards.get(out_track_id)
        if card is None:
            raise LookupError(f"no card {out_track_id!r}")
        member = self._state.world.member(user)
        delivery = Delivery(self._state.ids.hex(16), "http" if card.callback == "HTTP" else "stream", member.user_id, card.space_id)
        delivery.body = press_body(self._state, card, user, actions, params)
        self._keep(delivery)
        route = self._state.card_routes.get(card.route) or CardRoute("", "")
        delivery.withheld = _no_callback(card, route)
        if delivery.withheld:
            return delivery
        await self._pusher.card(delivery, route.url, route.secret)
        if delivery.acked and not apply_answer(self._state, card, user, delivery.answer):
            delivery.error = "the answer is no card answer"
        return delivery

    async def event(self, event_type: str, data: Json, event_id: str, by: str | None = None) -> Delivery:
        """Pushes an event until it is acknowledged: encrypted by HTTP where a subscription has its address, else over the Stream; `by` says otherwise."""
        born = str(int(self._state.now() * 1000))
        way = by or ("http" if self._state.subscription else "stream")
        delivery = Delivery(event_id or f"ev{self._state.ids.hex(30)}", way, body=data)
        self._keep(delivery)
        if self._state.faults.pick(LOSS):
            delivery.withheld = "lost on purpose"
            return delivery
        if way == "http":
            flat = {"EventType": event_type, "EventTime": int(born), "CorpId": self._state.app.corp_id, "BizId": born, "eventId": delivery.id}
            delivery.body = {**flat, **data} if event_type != "check_url" else {"EventType": event_type}
            await self._posting.event(delivery)
            return delivery
        headers = {"eventType": event_type, "eventId": delivery.id, "eventCorpId": self._state.app.corp_id, "eventBornTime": born}
        await self._pusher.event(delivery, headers | {"eventUnifiedAppId": self._state.app.key})
        return delivery

    async def push_raw(self, body: bytes, headers: Json) -> Delivery:
        """POSTs any bytes to the callback URL."""
        if not self._pusher.callback_url:
            raise ValueError("no callback URL is set")
        post = await self._pusher.post_robot(body, headers)
        delivery = Delivery("raw", "http", pushes=1, acked=post.code == 200, code=post.code, answer=post.text, error=post.error)
        self._keep(delivery)
        return delivery

    def _body(
        self,
        delivery: Delivery,
        group: Group | None,
        kind: str,
        text: str,
        *,
        mentions: tuple[str, ...] = (),
        quote: str = "",
        file: bytes = b"",
        file_name: str = "file.bin",
        webhook_life: float | None = None,
        **overrides: Any,
    ) -> Json:
        now = self._state.now()
        life = self._state.manners.webhook_life if webhook_life is None else webhook_life
        spoken = Spoken(
            id=delivery.id,
            sender=self._state.world.member(delivery.user),
            conversation=delivery.conversation,
            group=group,
            kind=kind,
            text=text,
            created=int(now * 1000),
            webhook=self._state.open_session(delivery.conversation, delivery.user, delivery.id, life),
            webhook_expires=int((now + life) * 1000),
            code=self._file(kind, file, file_name),
            file_name=file_name,
            quote=quote,
            mentions=tuple(self._state.world.member(name) for name in mentions),
        )
        body = robot_body(spoken, self._state.app) | overrides
        return {name: value for name, value in body.items() if value is not None}

    def _withheld(self, sender: Member, group: Group | None, kind: str, at_bot: bool) -> str:
        """Why the platform does not forward it, or an empty string."""
        if group is None:
            return "" if sender.inside else "an outsider cannot talk to an internal robot one-to-one"
        if group.disbanded:
            return "the group is dissolved"
        if sender not in self._state.world.people(group):
            return "the sender is not in the group"
        if not at_bot:
            return "the bot was not mentioned"
        return "" if kind in GROUP_KINDS else f"{kind} is not forwarded from groups"

    def _way(self, by: str | None) -> str:
        if by not in (None, "http", "stream"):
            raise ValueError(f"by is http or stream, not {by!r}")
        if by == "http" and not self._pusher.callback_url:
            raise ValueError("no callback URL is set")
        return by or ("stream" if self._gateway.connections or not self._pusher.callback_url else "http")

    def _file(self, kind: str, data: bytes, name: str) -> str:
        if kind not in ("richText", "picture", "audio", "video", "file"):
            return ""
        code = self._state.ids.word(44)
        self._state.files[code] = File(name, data, self._state.app.robot_code)
        return code

    def _keep(self, delivery: Delivery) -> None:
        self._state.deliveries.append(delivery)
        del self._state.deliveries[: -self._state.manners.keep]


def _no_callback(card: Card, route: CardRoute) -> str:
    if not card.callback:
        return "the card has no callbackType"
    return "callbackRouteKey is not registered" if card.callback == "HTTP" and not route.url else ""
