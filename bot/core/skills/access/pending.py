"""What waits for somebody: the list, the next item after a decision, and the one answer to every code that names nothing for them."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from bot.core.access import names, principal
from bot.core.approvals import elsewhere_told, held_told, named_by
from bot.core.facts import Ask, Facts
from bot.core.lifecycle.joining import UNDECIDED
from bot.core.model import Action, Application, Away, Desk, Request, Step
from bot.core.nudging import Rules, budget_of
from bot.core.nudging.waiting import pressing, sent_of
from bot.core.skills.access.telling import deciding, name_of, policy_of, role_told, shown
from bot.core.turn import Decision, Effect, Here, Reason, Say, Turn

MOST_LISTED = 8
URGENT = "urgent"
LEAST_BATCH = 2
"""Items of one kind from which on they can be decided together."""
Waiting = Request | Application


def mine(facts: Facts, now: datetime, *, but: str = "") -> list[Waiting]:
    """What the viewer may decide now, urgent first, then the oldest; `but` is the id of an item that was just decided."""
    access, aways = policy_of(facts), facts.all(Away)
    held = names(facts.viewer.id, aways, now)
    requests = [one for one in facts.all(Request) if one.state == "pending" and one.id != but and principal(one, facts.viewer.id, access, aways, now)]
    alive = [one for one in requests if one.lapses is None or now < one.lapses]
    applications = [
        one for one in facts.all(Application)
        if one.state in UNDECIDED and one.id != but and one.person != facts.viewer.id and one.holder in held
    ]  # fmt: skip
    everything: list[Waiting] = [*alive, *applications]
    unique = {one.id: one for one in everything}
    return sorted(unique.values(), key=lambda one: (not pressing(one, now), one.made, one.id))


def told(item: Waiting, facts: Facts, now: datetime) -> dict[str, object]:
    """An item of either kind for a list."""
    if isinstance(item, Request):
        return shown(item, facts, now)
    name = item.field("name") or name_of(facts, item.person)
    told_ = {"code": item.code, "what": "application", "name": name, "department": item.field("department"), "days": max(0, (now - item.made).days)}
    return {**told_, "state": item.state, "evidence": [file for file, _ in item.files]}


def _until(item: Waiting, facts: Facts, now: datetime) -> dict[str, str]:
    """Until when it was promised or put off, as people read it."""
    found = {"promised": item.promised, "snoozed": item.snoozed}
    return {name: facts.policy.minute(at) if at is not None and at > now else "" for name, at in found.items()}


def instead(item: Waiting, facts: Facts, now: datetime) -> str:
    """The name of whoever the viewer decides for; empty when it is their own to decide."""
    holds = principal(item, facts.viewer.id, policy_of(facts), facts.all(Away), now) if isinstance(item, Request) else item.holder
    return name_of(facts, holds) if holds and holds != facts.viewer.id else ""


def kind(item: Waiting) -> str:
    """The kind by which items can be decided together; empty for one that must be looked at by itself."""
    return "" if isinstance(item, Application) or item.flags or item.second or item.quorum > 1 or item.kind != "grant" else item.role


def batches(items: list[Waiting], turn: Turn, facts: Facts) -> tuple[Action, ...]:
    """A button for each kind of low risk of which several wait."""
    counted = Counter(kind(one) for one in items)
    access = facts.policy.access
    roles = [(role, count) for role, count in counted.most_common() if role and count >= LEAST_BATCH and access.role(role).low][:2]
    together = facts.catalogue.label(Action("", label="together"), turn.language)
    return tuple(Action("access.batch", (("role", role),), f"{together} {access.role(role).title.get(turn.language, role)} × {count}") for role, count in roles)


def _page(items: list[Waiting], turn: Turn, facts: Facts, now: datetime, start: int = 0, only: str = "") -> tuple[dict[str, object], tuple[Action, ...]]:
    """The values and the buttons of a part of a list: its first item can be decided right here. `only` says what the list is limited to."""
    together = batches(items, turn, facts)
    access = facts.policy.access
    kinds = [{"role": role_told(access, dict(one.slots)["role"]), "count": sum(kind(item) == dict(one.slots)["role"] for item in items)} for one in together]
    shown_ = items[start : start + MOST_LISTED]
    rows = [{**told(one, facts, now), **_until(one, facts, now), "instead": instead(one, facts, now), "urgent": pressing(one, now)} for one in shown_]
    after = len(items) - start - len(shown_)
    data = {"items": rows, "total": len(items), "kinds": kinds, "before": start, "after": after}
    slots = (("page", str(start // MOST_LISTED + 2)), *((("only", only),) if only else ()))
    return data, (*deciding(shown_[0].code), *together, *((Action("act.my_pending", slots, "next_page"),) if after else ())) if items else ()


def _limited(items: list[Waiting], turn: Turn, facts: Facts, now: datetime) -> tuple[list[Waiting], str]:
    """What of the list was asked for: what is urgent, when a word says so; all of it when nothing is."""
    words = facts.catalogue.labels.get(turn.language, {}).get("urgent_words", "").split()
    if turn.understanding.slot("only") != URGENT and not any(word in turn.text.casefold() for word in words):
        return items, ""
    urgent = [one for one in items if pressing(one, now)]
    return (urgent, URGENT) if urgent else (items, "none")


def _start(items: list[Waiting], turn: Turn) -> int:
    """Where the page begins that a button names."""
    page = turn.understanding.slot("page")
    start = (int(page) - 1) * MOST_LISTED if page.isascii() and page.isdecimal() and len(page) < 4 else 0
    return start if 0 < start < len(items) else 0


def listed(turn: Turn, facts: Facts, now: datetime, *, mistyped: bool = False, undecided: bool = False) -> Decision:
    """The list. `undecided` says that something came near a decision and was none."""
    items, only = mine(facts, now), ""
    if not undecided:
        items, only = _limited(items, turn, facts, now)
    data, actions = _page(items, turn, facts, now, _start(items, turn), only if only == URGENT else "")
    held = {one.id: one for one in facts.all(Step) if one.holder == facts.viewer.id and one.state == "open"}
    followed = [held_told(one, facts, now) for one in sorted(held.values(), key=lambda one: (one.since, one.id))]
    more = {
        "mistyped": mistyped,
        "undecided": undecided,
        "followed": followed[:MOST_LISTED],
        "followed_total": len(followed),
        "budget": _budget(facts, now),
        "only": only,
    }
    said = Say(Here(), "access/pending", {**data, **more}, actions)
    return Decision(Reason.ANSWERED, (said,), topic="act.my_pending")


def desk_asks(turn: Turn, facts: Facts) -> tuple[Ask, ...]:  # noqa: ARG001 - every question has this shape
    """What the viewer got of the bot's own accord."""
    return (Ask(Desk, id=facts.viewer.id, most=1),)


def _budget(facts: Facts, now: datetime) -> dict[str, object] | None:
    """How many reminders the viewer got and may still get; None when their desk was not asked for or nothing was sent this week."""
    desk = facts.first(Desk)
    if desk is None or desk.id != facts.viewer.id:
        return None
    policy = facts.policy.nudging
    budget = budget_of(sent_of(desk), Rules(facts.policy.calendar, policy), now)
    muted = facts.policy.minute(desk.muted) if desk.muted is not None and desk.muted > now else ""
    return {"today": budget.today, "week": budget.week, "per_day": policy.per_day, "per_week": policy.per_week, "muted": muted}


def answered(item: Waiting, did: str, effects: tuple[Effect, ...], turn: Turn, facts: Facts, now: datetime) -> Decision:
    """What was decided, and the next item on the same card."""
    left = mine(facts, now, but=item.id)
    data, actions = _page(left, turn, facts, now)
    before = told(item, facts, now)
    said = Say(Here(), "access/decided", {**data, "did": did, "item": before, "next": data["items"][0] if left else None}, actions)  # type: ignore[index]
    return Decision(Reason.SAVED, (*effects, said), topic="act.my_pending")


def beside(said: Say, reason: Reason, code: str, turn: Turn, facts: Facts, now: datetime) -> Decision:  # noqa: ARG001 - one shape
    """A refusal, with what else waits."""
    left = [one for one in mine(facts, now) if one.code != code]
    actions = deciding(left[0].code) if left else ()
    data = {**said.data, "next": told(left[0], facts, now) if left else None, "total": len(left)}
    return Decision(reason, (Say(said.to, said.reply, data, actions),), topic="act.my_pending")


def unknown(code: str, turn: Turn, facts: Facts, now: datetime) -> Decision:
    """One and the same answer whether there is no such code, it is another's, or it was taken back; what DingTalk decides has its link for those whom it
    concerns."""
    filed = next((one for one in facts.all(Request) if one.code == code and one.elsewhere and facts.viewer.id in (*one.approvers, one.second)), None)
    if filed is not None:
        data = {"why": "dingtalk", "code": code, "kind": "", "link": facts.policy.following.page(filed.filed, "") if filed.filed else ""}
        return Decision(Reason.DENIED, (Say(Here(), "access/cannot", data),), topic="act.my_pending")
    followed = named_by(code, facts.items, facts.viewer.id)
    if followed is not None:
        said = Say(Here(), "access/cannot", {"why": "dingtalk", "code": code, **elsewhere_told(followed, facts)})
        return Decision(Reason.DENIED, (said,), topic="act.my_pending")
    return beside(Say(Here(), "access/cannot", {"why": "unknown", "code": code}), Reason.STALE_OPTION, code, turn, facts, now)
