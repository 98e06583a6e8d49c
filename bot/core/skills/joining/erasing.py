"""导出我的数据, 删除我的数据: somebody's own data shown to them and blanked when they want it; what must stay is told with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.core.drawing import line
from bot.core.erasing import blanked, counted, everything, held
from bot.core.facts import Ask, Facts, Tally
from bot.core.model import Action, Application, Away, Evidence, Grant, Invite, Member, Request, Ticket
from bot.core.rights import singly
from bot.core.skills.joining import filing
from bot.core.skills.joining.cards import application_card, invite_card, member_card, moment
from bot.core.skills.joining.typed import masked_mobile
from bot.core.turn import Decision, Here, Reason, Say, Turn

ERASE = "shell.erase"
PATIENCE = timedelta(minutes=10)
MOST = 30


def mine(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every question has this shape
    """The viewer's own."""
    return everything(facts.viewer.id) if facts.viewer.inside and facts.viewer.id else ()


def show(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """What is kept of the asker, numbers masked; nowhere but in the private chat."""
    if turn.in_group:
        return _private_only()
    who, labels = facts.viewer.id, filing.labels_of(facts, turn.language)
    member = next((one for one in facts.all(Member) if one.person == who), None)
    applications = [
        {"card": application_card(one, facts, now), "fields": _masked(filing.shown(one, labels, facts), one)}
        for one in facts.all(Application)
        if one.person == who
    ]
    data = {
        "name": facts.viewer.name, "language": facts.private.language or turn.language,
        "member": member_card(member, facts, now) if member else None, "employee": member.employee if member else "", "email": member.email if member else "",
        "invites": [invite_card(one, facts, now) for one in facts.all(Invite) if one.person == who], "applications": applications,
        "requests": [one.code for one in facts.all(Request) if who in (one.person, one.whose)],
        "rights": len([one for one in facts.all(Grant) if one.person == who]),
        "files": [one.label for one in facts.all(Evidence) if one.person == who and one.state == "kept"], "lines": len(facts.entries),
        "tickets": [{"code": one.code, "question": one.question} for one in facts.all(Ticket) if one.person == who],
        "absence": _absence(facts, now), "wishes": [one.text for one in facts.wishes if one.person == who],
        "commands": [{"label": _called(name, facts, turn.language), "given": value == "yes"} for name, value in singly(facts.policy.said, who).items()],
    }  # fmt: skip
    kept = line(turn, facts.viewer, now, "person.export", f"person:{who}")
    return Decision(Reason.ANSWERED, (kept, Say(Here(), "joining/my_data", data, (Action("shell.forget"),))), topic="shell.mydata")


def _absence(facts: Facts, now: datetime) -> dict[str, object] | None:
    found = next((one for one in facts.all(Away) if one.person == facts.viewer.id), None)
    return {"start": moment(found.start, facts, now), "end": moment(found.end, facts, now)} if found and found.start != found.end else None


def _called(command: str, facts: Facts, language: str) -> str:
    return facts.catalogue.label(Action(command), language)


def _masked(rows: Sequence[dict[str, str]], one: Application) -> list[dict[str, str]]:
    return [{**row, "value": masked_mobile(row["value"])} if row["value"] == one.field("mobile") else row for row in rows]


def _private_only() -> Decision:
    return Decision(Reason.DENIED, (Say(Here(), "shell/only_private", mention=True),))


def forget(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Shows what would go and what stays; only the button does it."""
    if turn.in_group:
        return _private_only()
    found = held(facts.viewer.id, facts, now)
    data = {**counted(found), "keep_days": facts.policy.joining.keep_days}
    if not found.goes and not found.files:
        return Decision(Reason.ANSWERED, (Say(Here(), "joining/forget", {"why": "nothing", **data}, (Action("shell.mydata"),)),))
    if turn.understanding.slot("sure") != "yes" or turn.understanding.rule not in ("button", "choice"):
        actions = (Action("shell.forget", (("sure", "yes"),), "yes_forget"), Action("shell.mydata", label="keep_data"))
        return Decision(Reason.ASKED_VALUE, (Say(Here(), "joining/forget", {"why": "sure", **data}, actions),))
    said = Say(Here(), "joining/forget", {"why": "done", **data}, (Action("shell.mydata"),))
    return Decision(Reason.SAVED, (*blanked(found, now), line(turn, facts.viewer, now, "person.erase", f"person:{facts.viewer.id}", "own"), said))
