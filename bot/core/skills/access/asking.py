"""I need a permission: takes it from one sentence or asks one thing at a time, shows who decides, and files it when it was confirmed."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.core.access import Access, Role, eligible, least, longest
from bot.core.facts import Facts
from bot.core.lifecycle.access import UNDER_WAY
from bot.core.model import Action, Awaiting, Grant, Member, Request
from bot.core.skills.access import emergency, filing, gathering
from bot.core.skills.access.draft import OPEN_END, Draft, proposed, read
from bot.core.skills.access.telling import conflict_told, day_of, granted, name_of, policy_of, reviewers, role_told, rule_told, shown
from bot.core.turn import Decision, Here, Reason, Say, Turn

PATIENCE = timedelta(hours=24)
MOST_SHOWN = 5
LENGTHS = (7, 30, 90, 180)
CANCEL = Action("access.cancel", label="cancel")
INTENT = "act.permission_request"


def run(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The first thing that is missing or stands in the way; else the request is shown, and filed once it was confirmed."""
    draft = read(turn, facts, now)
    for step in (_person, _role, _held, _blocked, _system, _end, _reason, _lesser, _evidence, _decided_by, _confirm):
        found = step(draft, turn, facts, now)
        if found is not None:
            return found
    return filing.filed(draft, turn, facts, now, emergency.offered)


def cancel(turn: Turn, facts: Facts, now: datetime) -> Decision:  # noqa: ARG001 - every skill has this shape
    """Nothing was filed, or nothing was decided."""
    why = turn.understanding.slot("why") or "cancelled"
    return Decision(Reason.NOTED, (Say(Here(), "access/refused", {"why": why}),))


def wanted_asks(turn: Turn, facts: Facts) -> gathering.Asked:
    """The people who decide on the role that is wanted."""
    role = read(turn, facts, _LONG_AGO).role
    return gathering.deciders(role, gathering.department(facts, gathering.beneficiary(turn, facts)), facts) if role else ()


def presence_asks(turn: Turn, facts: Facts) -> gathering.Asked:
    """Whether those people are here."""
    role = read(turn, facts, _LONG_AGO).role
    return gathering.presence(eligible(policy_of(facts), role, gathering.department(facts, gathering.beneficiary(turn, facts)))) if role else ()


_LONG_AGO = datetime.fromisoformat("2000-01-01T00:00:00+00:00")


def _ask(field: str, draft: Draft, now: datetime, actions: tuple[Action, ...] = (), **data: object) -> Decision:
    """One question, with the likely answers as buttons; the rest of the draft is kept for the answer."""
    slot = "duration" if field == "until" else field
    waiting = Awaiting(INTENT, slot, draft.slots(), now + PATIENCE)
    said = Say(Here(), "access/ask", {"field": field, "again": draft.odd == field, **data}, (*actions, CANCEL))
    return Decision(Reason.ASKED_BACK, (said,), topic=INTENT, awaiting=waiting)


def _with(draft: Draft, label: str, **more: str) -> Action:
    return Action(INTENT, draft.slots(**more), label)


def _refused(why: str, data: dict[str, object], *actions: Action) -> Decision:
    return Decision(Reason.DENIED if why == "blocked" else Reason.ANSWERED, (Say(Here(), "access/refused", {"why": why, **data}, actions),), topic=INTENT)


def _person(draft: Draft, turn: Turn, facts: Facts, now: datetime) -> Decision | None:
    whose = gathering.beneficiary(turn, facts)
    if not whose:
        return _who(draft, gathering.called(turn, facts), facts)
    own = [one for one in facts.all(Request) if one.person == facts.viewer.id and one.state in UNDER_WAY]
    if len({one.id for one in own}) >= facts.policy.access.most_open and not draft.renew:
        return _refused("too_many", {"most": facts.policy.access.most_open, "items": [shown(one, facts, now) for one in own[:MOST_SHOWN]]})
    return None


def _who(draft: Draft, found: tuple[str, ...], facts: Facts) -> Decision:
    """Nobody is called so, or several are, told apart by department and account."""
    departments = {one.id: one.department for one in facts.all(Member)}
    rows = {one: " ".join(part for part in (name_of(facts, one), departments.get(one, "") or one.rpartition(":")[2]) if part) for one in found[:MOST_SHOWN]}
    actions = tuple(Action(INTENT, draft.slots(person=one), told) for one, told in rows.items())
    return _refused("several" if rows else "nobody", {"name": draft.person, "rows": list(rows.values())}, *actions, *((CANCEL,) if rows else ()))


def _role(draft: Draft, turn: Turn, facts: Facts, now: datetime) -> Decision | None:
    """Which role: the least that does what was described is proposed; else the roles at hand are shown."""
    if draft.role:
        return None
    access = facts.policy.access
    lesser = proposed(draft, access)
    if lesser is not None and draft.odd != "role":
        actions = (Action(INTENT, draft.slots(role=lesser.id), "take_role"), Action("access.roles", draft.slots(), "other_roles"), CANCEL)
        said = Say(Here(), "access/propose", {"role": role_told(access, lesser.id), "task": draft.task}, actions)
        return Decision(Reason.ASKED_BACK, (said,), topic=INTENT, awaiting=Awaiting(INTENT, "role", draft.slots(), now + PATIENCE))
    page, buttons = _page(0, draft, turn, access)
    return _ask("role", draft, now, buttons, roles=[role_told(access, role.id) for role in page])


def _page(start: int, draft: Draft, turn: Turn, access: Access) -> tuple[list[Role], tuple[Action, ...]]:
    """Some of the roles that there are, those of the level that was said first, then the smaller before the greater; and their buttons, with the way on."""
    there = [role for role in access.roles.values() if _there(role, draft, access)]
    found = sorted(there, key=lambda role: (bool(draft.level) and role.level != draft.level, role.weight))
    page, end = found[start : start + MOST_SHOWN], start + MOST_SHOWN
    buttons = tuple(Action(INTENT, draft.slots(role=role.id), role.title.get(turn.language, role.id)) for role in page)
    return page, (*buttons, *((Action("access.roles", (*draft.slots(), ("start", str(end))), "more_roles"),) if found[end:] else ()))


def _there(role: Role, draft: Draft, access: Access) -> bool:
    """Whether the role exists in the system and for the module that were named."""
    roles = access.system(draft.system).roles
    return (not roles or role.id in roles) and (not draft.module or not role.modules or draft.module in role.modules)


def roles(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The roles, a page at a time: what each lets one do and who decides on it. The name of any of them may be typed at once."""
    draft, access, start = read(turn, facts, now), facts.policy.access, turn.understanding.slot("start")
    page, buttons = _page(int(start) if start.isdecimal() else 0, draft, turn, access)
    rows = [{**role_told(access, role.id), "by": list(role.by), "quorum": role.quorum} for role in page]
    waiting = Awaiting(INTENT, "role", draft.slots(task=""), now + PATIENCE)
    data = {"roles": rows, "more": len(buttons) > len(page)}
    return Decision(Reason.ANSWERED, (Say(Here(), "access/matrix", data, (*buttons, CANCEL)),), topic=INTENT, awaiting=waiting)


def _held(draft: Draft, turn: Turn, facts: Facts, now: datetime) -> Decision | None:
    """What is there already, or already asked for, is shown instead of asked for again."""
    whose = gathering.beneficiary(turn, facts)
    open_ = [one for one in facts.all(Request) if one.state in UNDER_WAY]
    same = next((one for one in open_ if one.whose == whose and (one.role, one.kind) == (draft.role, "renew" if draft.renew else "grant")), None)
    if same is not None and _same_system(same.system, draft):
        return _refused("duplicate", {"item": shown(same, facts, now), "by": reviewers(facts, same.open_to[:MOST_SHOWN])}, Action("act.status_check"))
    holding = (one for one in facts.all(Grant) if one.state in gathering.HOLDING and one.person == whose)
    grant = next((one for one in holding if one.role == draft.role and _same_system(one.system, draft)), None)
    if draft.renew:
        known = grant is not None and grant.id == draft.renew and grant.state == "active" and grant.until is not None
        return None if known else _refused("nothing_to_renew", {})
    if grant is None:
        return None
    renew = (Action(INTENT, (("role", grant.role), ("system", grant.system), ("renew", grant.id)), "renew"),) if grant.until and grant.state == "active" else ()
    return _refused("have", {"item": granted(grant, facts)}, *renew, Action("act.my_permissions"))


def _same_system(system: str, draft: Draft) -> bool:
    return not draft.system or system == draft.system


def _blocked(draft: Draft, turn: Turn, facts: Facts, now: datetime) -> Decision | None:
    """What a statute forbids is refused at once, with its article and a role that would do."""
    whose = gathering.beneficiary(turn, facts)
    hard = next((one for one in filing.broken(draft, whose, facts) if one.rule.hard), None)
    if hard is None:
        return None
    viewer = least(facts.policy.access, "", draft.module, "view")
    pending = next((one for one in facts.all(Request) if hard.pending and one.role == hard.role and one.person == facts.viewer.id), None)
    again = (Action("act.withdraw", (("code", pending.code), ("request", pending.code))),) if pending is not None and pending.state == "pending" else ()
    offer = (Action(INTENT, (("role", viewer.id),), "take_view"),) if viewer is not None and viewer.id != draft.role else ()
    data: dict[str, object] = {"role": role_told(facts.policy.access, draft.role), "rule": conflict_told(hard, facts.policy.access)}
    refused = _refused("blocked", {**data, "own": whose == facts.viewer.id, "pending": pending.code if again and pending else ""}, *offer, *again)
    noted = filing.entry(turn, now, facts.viewer.id, "request.refused", f"person:{whose}", hard.rule.id, draft.role)
    return Decision(refused.reason, (*refused.effects, noted), topic=INTENT)


def _system(draft: Draft, turn: Turn, facts: Facts, now: datetime) -> Decision | None:  # noqa: ARG001 - every step has this shape
    systems = facts.policy.access.systems
    if not systems or draft.system in systems:
        return None
    buttons = tuple(Action(INTENT, draft.slots(system=one.id), one.title) for one in list(systems.values())[:MOST_SHOWN])
    return _ask("system", draft, now, buttons, systems=[one.title for one in systems.values()])


def _end(draft: Draft, turn: Turn, facts: Facts, now: datetime) -> Decision | None:
    """Until when: asked where the role has a limit, a rule wants an end, or something odd was said; cut to nothing longer than allowed."""
    exception = bool(filing.broken(draft, gathering.beneficiary(turn, facts), facts))
    role = facts.policy.access.role(draft.role)
    limit = longest(facts.policy.access, role, now, exception=exception)
    end = draft.end()
    over = end is not None and limit is not None and end > limit + timedelta(days=1)
    needed = limit is not None or bool(draft.renew)
    if not over and draft.odd != "until" and (end is not None or not needed):
        return None
    most = (limit - now).days if limit is not None else LENGTHS[-1]
    buttons = tuple(_with(draft, f"days_{days}", until=_after(days, now, facts)) for days in LENGTHS if days <= most)
    free = () if limit is not None or draft.renew else (_with(draft, "no_end", until=OPEN_END),)
    known = day_of(limit, facts) if limit is not None else ""
    return _ask("until", draft, now, (*buttons, *free), limit=known, over=over, exception=exception, role=role_told(facts.policy.access, draft.role))


def _after(days: int, now: datetime, facts: Facts) -> str:
    return filing.end_after(days, now, facts).isoformat()


def _reason(draft: Draft, turn: Turn, facts: Facts, now: datetime) -> Decision | None:  # noqa: ARG001 - every step has this shape
    return None if draft.reason else _ask("reason", draft, now, role=role_told(facts.policy.access, draft.role))


def _lesser(draft: Draft, turn: Turn, facts: Facts, now: datetime) -> Decision | None:  # noqa: ARG001 - every step has this shape
    """What was described needs less than what is asked for: said before it is filed, and the asker chooses."""
    lesser = filing.lesser(draft, facts.policy.access)
    if lesser is None or draft.kept:
        return None
    access = facts.policy.access
    actions = (Action(INTENT, draft.slots(role=lesser.id, until="", kept="1"), "take_lesser"), _with(draft, "keep_role", kept="1"), CANCEL)
    data = {"role": role_told(access, lesser.id), "task": draft.reason, "instead_of": role_told(access, draft.role)}
    return Decision(Reason.ASKED_BACK, (Say(Here(), "access/propose", data, actions),), topic=INTENT)


def _evidence(draft: Draft, turn: Turn, facts: Facts, now: datetime) -> Decision | None:  # noqa: ARG001 - every step has this shape
    needed = facts.policy.access.role(draft.role).evidence and not filing.files_of(draft, facts) and not draft.renew
    return _ask("evidence", draft, now, role=role_told(facts.policy.access, draft.role)) if needed else None


def _decided_by(draft: Draft, turn: Turn, facts: Facts, now: datetime) -> Decision | None:
    """Nothing is filed that nobody may decide."""
    found = filing.ways_of(draft, turn, facts, now)
    if found.open:
        return None
    return _refused("no_approver", {"role": role_told(facts.policy.access, draft.role), "quorum": found.quorum}, Action("act.human", label="human"))


def _confirm(draft: Draft, turn: Turn, facts: Facts, now: datetime) -> Decision | None:
    """The whole request on one page; only its button or a clear yes files it."""
    if draft.confirmed:
        return None
    request = filing.request_of(draft, turn, facts, now)
    broken = filing.broken(draft, gathering.beneficiary(turn, facts), facts)
    data = {
        "item": shown(request, facts, now),
        "own": request.whose == facts.viewer.id,
        "approvers": reviewers(facts, request.approvers[:MOST_SHOWN]),
        "quorum": request.quorum,
        "second": reviewers(facts, [request.second])[0] if request.second else "",
        "rules": [rule_told(one.rule) for one in broken],
        "fallback": filing.ways_of(draft, turn, facts, now).fallback,
    }
    actions = (Action(INTENT, draft.slots(confirmed="1"), "file_request"), CANCEL)
    return Decision(Reason.ASKED_BACK, (Say(Here(), "access/confirm", data, actions),), topic=INTENT)
