"""Is this link real? A pasted link or code is looked up among our invites; what is not ours is warned of and reported with one tap (X11)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

from bot.core.codes import normal
from bot.core.facts import Ask, Facts, Tally
from bot.core.lifecycle.joining import INVITES, VALID
from bot.core.lifecycle.moves import after
from bot.core.links import Standing, standing
from bot.core.model import Action, Invite, Person
from bot.core.skills.joining.cards import AGAIN, APPLY, invite_card
from bot.core.skills.joining.keeping import until
from bot.core.skills.joining.security import alarm
from bot.core.skills.joining.typed import code_in
from bot.core.skills.joining.whom import place
from bot.core.turn import Address, Decision, Effect, Here, Put, Reason, Say, Turn
from bot.core.understanding.slots import LINK

PLATFORM = ("dingtalk.com",)
"""Where the platform's own invite links stand; who made one out cannot be told from it."""


def link_in(text: str) -> str:
    """The first link of the text, or an empty string."""
    found = LINK.search(text)
    return found.group().rstrip(".,;!?)") if found else ""


def host_of(link: str) -> str:
    """The host that a browser would go to, in lower case; empty when nobody can tell, which is as bad as unknown."""
    try:
        parts = urlsplit(link if "://" in link else f"https://{link}")
        return (parts.hostname or "").rstrip(".") if parts.username is None else ""
    except ValueError:
        return ""


def within(host: str, domains: tuple[str, ...]) -> bool:
    """Whether the host is one of the domains or below one."""
    return any(host == domain or host.endswith(f".{domain}") for domain in domains if domain)


def code_of(link: str) -> str:
    """The invite's code at the end of a short link of ours."""
    return normal(urlsplit(link if "://" in link else f"https://{link}").path.rpartition("/")[2])


def asked(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:
    """The invite that the link or the code names, and the asker's own."""
    code = _code(turn, facts)
    mine = (Ask(Invite, person=facts.viewer.id, most=3),) if facts.viewer.inside else ()
    return (*mine, Ask(Invite, tag=f"code={code}", most=1)) if code else mine


def inviters(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every question has this shape
    """Who made the invites out."""
    return tuple(Ask(Person, id=one) for one in sorted({one.inviter for one in facts.all(Invite)} - {"", facts.viewer.id}))


def _code(turn: Turn, facts: Facts) -> str:
    """The code of the invite that is meant, empty when none can be: a short link of ours counts only as we signed it."""
    link, links = _link(turn), facts.policy.links
    if not link:
        return turn.understanding.slot("code") or code_in(turn.text)
    token = links.in_link(link)
    if token is not None:
        ticket = links.read(token)
        return ticket.code if ticket else ""
    return code_of(link) if within(host_of(link), facts.policy.joining.domains) else ""


def _ended(link: str, facts: Facts, invite: Invite, now: datetime) -> bool:
    """Whether the link is one of ours whose time is over or that was replaced by a newer one."""
    ticket = facts.policy.links.read(facts.policy.links.in_link(link) or "")
    return ticket is not None and standing(ticket, (invite,), now)[0] is Standing.OVER


def _link(turn: Turn) -> str:
    return turn.understanding.slot("link") or link_in(turn.text)


def verdict(link: str, code: str, invite: Invite | None, facts: Facts, now: datetime) -> str:
    """`mine`, `expired`, `open` (ours, made out to nobody known), `other` (ours, somebody else's), `platform`, `unknown`."""
    if link and not within(host_of(link), facts.policy.joining.domains):
        return "platform" if within(host_of(link), PLATFORM) else "unknown"
    if invite is None or not code:
        return "unknown"
    if invite.person != facts.viewer.id and (invite.person or not alike(invite.name, facts.viewer.name)):
        return "other"
    late = (invite.expires is not None and invite.expires <= now) or _ended(link, facts, invite, now)
    if invite.state not in VALID or late:
        return "used" if invite.state == "used" else "expired"
    return "mine" if invite.person else "open"


def alike(invited: str, shown: str) -> bool:
    """Whether the name on an invite may be that of somebody who is shown under another spelling; the mobile in the form settles it."""
    one, other = invited.casefold().replace(" ", ""), shown.casefold().replace(" ", "")
    return not one or one in other or (len(other) > 1 and other in one)


def check(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """What is known of a link that was pasted, or of a code that was typed."""
    return told(turn, facts, now, Here() if turn.in_group and _link(turn) else None)


def told(turn: Turn, facts: Facts, now: datetime, group: Address | None) -> Decision:
    """What is known of the link. In a `group` only whether it is ours: never whose."""
    link = _link(turn)
    code = _code(turn, facts)
    invite = next((one for one in facts.all(Invite) if code and one.code == code), None)
    found = verdict(link, code, invite, facts, now) if facts.viewer.inside else "unknown"
    report = Action("joining.report", (("link", host_of(link) or "?"), *((("invite", invite.id),) if invite and found == "mine" else ())), "report_now")
    if group is not None:
        public = "unknown" if found in ("unknown", "platform") else "ours"
        return Decision(Reason.WARNED, (Say(group, "joining/link_group", {"found": public, "host": host_of(link)}, (report,) if public == "unknown" else ()),))
    effects: list[Effect] = []
    if invite is not None and found in ("mine", "open"):
        bound = replace(invite, person=facts.viewer.id, state=after(INVITES, "open", invite.state, "invitee") or invite.state, opened=invite.opened or now)
        effects = [Put(bound)] if bound != invite else []
    card = invite_card(invite, facts, now) if invite and found in ("mine", "open", "expired", "used") else None
    actions = {"mine": (APPLY, report), "open": (APPLY, report), "expired": (AGAIN,), "used": (Action("act.status_check"),)}.get(
        found, (report, Action("act.invite_check"))
    )
    said = Say(place(turn, facts), "joining/link", {"found": found, "item": card, "host": host_of(link)}, actions)
    return Decision(Reason.ANSWERED, (*effects, said), topic="invite.verify_authentic")


def report(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """One tap: the link, or an invite the asker never wanted, reaches the administrators at once."""
    invite = next((one for one in facts.all(Invite) if one.id == turn.understanding.slot("invite") and one.person == facts.viewer.id), None)
    state = after(INVITES, "report", invite.state, "invitee") if invite else None
    effects: list[Effect] = [Put(replace(invite, state=state, due=until(facts, now)))] if invite and state else []
    kind = "invite" if invite else "link"
    words = invite.code if invite else turn.understanding.slot("link")
    return alarm(kind, words, turn, facts, now, before=tuple(effects))


def reported(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every question has this shape
    """The invite that is reported."""
    ident = turn.understanding.slot("invite")
    return (Ask(Invite, id=ident),) if ident else ()
