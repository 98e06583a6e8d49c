"""The application form in chat: one field at a time or all at once, checked as typed, reviewed before it is sent, resumed where it was left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core import codes, evidence
from bot.core.facts import Facts
from bot.core.lifecycle.joining import APPLICATIONS, EDITABLE, INVITES, OPEN
from bot.core.lifecycle.moves import after
from bot.core.model import Action, Application, Awaiting
from bot.core.skills.joining import filing
from bot.core.skills.joining.asides import aside
from bot.core.skills.joining.cards import AGAIN, actions_of, cards_of
from bot.core.skills.joining.own import Standing, standing
from bot.core.skills.joining.review import to_review
from bot.core.skills.joining.typed import Labels, masked_mobile, words_of
from bot.core.skills.joining.whom import is_admin, place, reviewer
from bot.core.turn import About, Decision, Effect, Private, Put, Reason, Say, Turn

PATIENCE = timedelta(days=7)


def begin(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Starts the form, or goes on with the one that was begun; details that were sent along are taken. Without an invite there is none (S1), beside an
    open one no second (S4)."""
    found, details = standing(facts), turn.understanding.slot("value")
    application = found.application
    if application and application.state in OPEN:
        if application.state not in ("draft", "verifying", "rejected", "needs_info"):
            return refused("open", turn, facts, now)
        return taken(details, "", turn, facts, now) if details else ask(application, found, turn, facts, now)
    why = filing.may_begin(found)
    if why and details and is_admin(facts):
        return _somebody(details, turn, facts)
    if why:
        return refused(why, turn, facts, now)
    invite = found.invite
    assert invite is not None  # noqa: S101 - may_begin asks for one
    if invite.expires and invite.expires <= now:
        return refused("expired", turn, facts, now)
    opened = after(INVITES, "open", invite.state, "invitee")
    bound = replace(invite, state=opened or invite.state, opened=invite.opened or now, person=facts.viewer.id)
    fresh, wrong = _fresh(found, turn, facts, now), {}
    if details:
        labels = filing.labels_of(facts, turn.language)
        values = _read(details, "", fresh, labels, turn, facts)
        wrong = filing.faults(values, found, labels)
        fresh = filing.with_values(fresh, {name: value for name, value in values.items() if name not in wrong and not filing.is_file(name, labels)})
    decision = ask(fresh, found, turn, facts, now, tuple(wrong.items()))
    return replace(decision, effects=(Put(fresh), Put(bound), *decision.effects))


def _somebody(details: str, turn: Turn, facts: Facts) -> Decision:
    """An administrator sent somebody's details: are they to be invited, or looked up?"""
    value = (("value", details),)
    actions = (Action("joining.invite", value, "invite_them"), Action("adm.member_status", value, "look_them_up"))
    return Decision(Reason.ASKED_BACK, (Say(place(turn, facts), "joining/whose", {}, actions),))


def _fresh(found: Standing, turn: Turn, facts: Facts, now: datetime) -> Application:
    """A new draft: its id counts this person's applications, so that two begun at once collide in the store; what the invite knows is filled in."""
    invite, terms = found.invite, facts.policy.joining
    number = 1 + max((int(one.id.rpartition("#")[2]) for one in facts.all(Application) if one.id.rpartition("#")[2].isdigit()), default=0)
    known = {name: value for name, value in (("name", invite.name if invite else ""), ("mobile", invite.mobile if invite else "")) if value}
    due = now + timedelta(hours=terms.draft_hours)
    return Application(
        f"{facts.viewer.id}#{number}", codes.make(int(turn.seed[:10], 16)), facts.viewer.id, "draft", tuple(known.items()), now, now, touched=now, due=due
    )


def refused(why: str, turn: Turn, facts: Facts, now: datetime) -> Decision:
    """No form now: what there is instead, and the way on."""
    found = standing(facts)
    actions = actions_of(found, now)
    if why in ("no_invite", "expired"):
        waiting = found.invite is not None and found.invite.state == "asked"
        want = AGAIN if found.invite else Action("act.request_invite")
        actions = (*(() if waiting else (want,)), Action("form.fields"), Action("act.human", label="human"))
        why = "asked" if waiting else why
    data = {"why": why, "items": cards_of(found, facts, now), "again": found.invite is not None}
    return Decision(Reason.ANSWERED, (Say(place(turn, facts), "joining/not_now", data, actions),))


def ask(application: Application, found: Standing, turn: Turn, facts: Facts, now: datetime, wrong: Sequence[tuple[str, str]] = ()) -> Decision:
    """The next question of the form, or with nothing left its review. `wrong` are (field, fault) of what was just typed."""
    labels = filing.labels_of(facts, turn.language)
    left = filing.open_fields(application, facts)
    field = wrong[0][0] if wrong else left[0].name if left else ""
    optional = bool(left) and field == left[0].name and not left[0].required
    invite = found.invite
    data = {
        "code": application.code, "state": application.state, "field": field, "label": filing.named(field, labels) if field else "",
        "fault": wrong[0][1] if wrong else "", "optional": optional, "left": [filing.named(wish.name, labels) for wish in left],
        "fields": filing.shown(application, labels, facts), "target": masked_mobile(invite.mobile) if invite else "", "note": application.note,
        "cause": application.reason, "changes": filing.changed(application, facts), "known": bool(filing.shown(application, labels, facts)),
        "just": turn.understanding.intent == "joining.field", "file": bool(field) and filing.is_file(field, labels),
    }  # fmt: skip
    free = application.state == "needs_info"
    slots = (("application", application.id), ("field", field or (filing.ANSWER if free else "")))
    sent = filing.is_file(field, labels) if field else free or bool(filing.file_fields(facts, labels))
    waiting = Awaiting("joining.field", "file" if sent else "value", slots, now + PATIENCE)
    stop = Action("joining.cancel", label="cancel_form") if application.state == "draft" else Action("act.withdraw")
    if field:
        skip = (Action("joining.field", (*slots, ("value", filing.SKIPPED)), "skip"),) if optional else ()
        return Decision(Reason.ASKED_VALUE, (Say(place(turn, facts), "joining/ask", data, (*skip, stop)),), awaiting=waiting)
    send = Action("joining.submit", (("application", application.id),), "submit" if application.state == "draft" else "submit_again")
    return Decision(Reason.ASKED_VALUE, (Say(place(turn, facts), "joining/review_own", data, (send, stop)),), awaiting=waiting)


def field(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Takes what was typed for the form: the field that was asked for, or any labelled ones."""
    read = turn.understanding
    return taken(read.slot("value") or read.slot("file"), read.slot("field"), turn, facts, now)


def taken(text: str, asked: str, turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The same for a text that need not be the whole message; `asked` is the field it answers, empty for none."""
    found = standing(facts)
    application = found.application
    if application is None or application.state not in EDITABLE:
        return refused("gone", turn, facts, now)
    labels = filing.labels_of(facts, turn.language)
    beside = _beside(text, asked, application, found, labels, turn, facts, now)
    if beside is not None:
        return beside
    values = _read(text, asked, application, labels, turn, facts)
    wrong = filing.faults(values, found, labels)
    good = {name: value for name, value in values.items() if name not in wrong and (value == filing.SKIPPED or not filing.is_file(name, labels))}
    if not good and not wrong and values:
        return ask(application, found, turn, facts, now, [(next(iter(values)), "not_file")])
    if not good and not wrong:
        lost = asked or ("" if not filing.open_fields(application, facts) else "name")
        return ask(application, found, turn, facts, now, [(lost, "not_read")])
    done = replace(filing.with_values(application, good), touched=now)
    return changed(application, done, tuple(wrong.items()), turn, facts, now)


def _beside(text: str, asked: str, application: Application, found: Standing, labels: Labels, turn: Turn, facts: Facts, now: datetime) -> Decision | None:
    """The answer to what is no value: nothing is kept of it, and the question stays open. None: it may be one."""
    if text == filing.SKIPPED or asked == filing.ANSWER:
        return None
    if _passes(text, asked, labels):
        return ask(application, found, turn, facts, now, [(asked, "needed")]) if asked and _required(asked, facts) else None
    kind, field = aside(text, labels, [wish.name for wish in filing.wishes(facts)])
    if kind == "back":
        told = [wish.name for wish in filing.wishes(facts) if filing.value_of(application, wish.name) not in ("", *_invited(found)) and wish.name != asked]
        kind, field = ("again", told[-1]) if told else ("noise", "")
    if kind == "again":
        return ask(application, found, turn, facts, now, [(field, "again")])
    return ask(application, found, turn, facts, now, [(asked, kind)]) if kind else None


def _read(text: str, asked: str, application: Application, labels: Labels, turn: Turn, facts: Facts) -> dict[str, str]:
    """The values in the text; one word passes over an optional field. Details from the name on are read from the form's first field on."""
    if (text == filing.SKIPPED or _passes(text, asked, labels)) and asked and not _required(asked, facts):
        return {asked: filing.SKIPPED}
    names = [wish.name for wish in filing.wishes(facts)]
    whole = turn.understanding.rule == "details" or turn.understanding.slot("details")
    wanted = names if whole else [wish.name for wish in filing.open_fields(application, facts)]
    return filing.understood(text, asked, wanted, labels, names)


def _invited(found: Standing) -> tuple[str, ...]:
    """What the invite filled in."""
    return (found.invite.name, found.invite.mobile) if found.invite else ()


def _passes(text: str, asked: str, labels: Labels) -> bool:
    """Whether the text says that there is no such thing, with or without the field's name."""
    said = text.strip().casefold()
    for word in words_of(labels, f"field_{asked}_words") if asked else ():
        said = said.replace(word, "").strip()
    return said in words_of(labels, "skip_words")


def _required(name: str, facts: Facts) -> bool:
    return any(wish.name == name and wish.required for wish in filing.wishes(facts))


def changed(old: Application, new: Application, wrong: tuple[tuple[str, str], ...], turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Keeps what was good. Under review a correction counts at once, and the reviewer is told what changed."""
    found = standing(facts)
    kept = replace(new, due=now + timedelta(hours=facts.policy.joining.draft_hours)) if new.state == "draft" else new
    if wrong or old.state not in ("submitted", "resubmitted"):
        decision = ask(kept, found, turn, facts, now, wrong)
        return replace(decision, effects=(Put(kept), *decision.effects))
    before = dict(old.fields)
    rows = [{"field": name, "before": before.get(name, ""), "after": value} for name, value in kept.fields if before.get(name) != value]
    said: list[Effect] = [Put(kept), Say(place(turn, facts), "joining/corrected", {"code": kept.code, "changes": rows}, (Action("act.status_check"),))]
    if kept.holder and rows:
        about = About("application", kept.id, ("submitted", "resubmitted"))
        said.append(
            Say(
                Private(kept.holder),
                "joining/changed",
                {"code": kept.code, "name": kept.field("name"), "changes": [filing.masked_row(row) for row in rows]},
                about=about,
            )
        )
    return Decision(Reason.SAVED, tuple(said))


def submit(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Hands it in when nothing is missing: to the first reviewer who is not the applicant, with what changed when it was turned down before."""
    found = standing(facts)
    application = found.application
    move = {"draft": "submit", "verifying": "submit", "needs_info": "answer", "rejected": "resubmit"}.get(application.state if application else "", "")
    if application is None or not move:
        return refused("open" if application and application.state in OPEN else "gone", turn, facts, now)
    required = [wish for wish in filing.open_fields(application, facts) if wish.required]
    if required:
        return ask(application, found, turn, facts, now)
    state = after(APPLICATIONS, move, application.state, "applicant")
    assert state is not None  # noqa: S101 - the moves above are rows of the table
    holder = reviewer(application, facts)
    done = replace(application, state=state, since=now, holder=holder, touched=now, paused=None, due=None)
    card = cards_of(replace(found, application=done), facts, now)
    said: list[Effect] = [
        Put(done),
        Say(place(turn, facts), "joining/submitted", {"items": card, "code": done.code}, actions_of(replace(found, application=done), now)),
    ]
    if holder:
        said.append(to_review(done, facts, now, "again" if state == "resubmitted" else "answered" if move == "answer" else "new"))
    return Decision(Reason.SAVED, tuple(said), topic="act.status_check")


def hand_in(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The word alone, outside of the form: what is complete goes in, of anything else the next step is shown."""
    application = standing(facts).application
    ready = application is not None and application.state in ("draft", "verifying", "rejected")
    return submit(turn, facts, now) if ready else begin(turn, facts, now)


def cancel(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Throws a draft away; what was handed in is withdrawn by that word only."""
    application = standing(facts).application
    state = after(APPLICATIONS, "withdraw", application.state, "applicant") if application and application.state in ("draft", "verifying") else None
    if application is None or state is None:
        return refused("gone" if application is None or application.state not in OPEN else "open", turn, facts, now)
    done = replace(application, state=state, since=now, fields=(), files=(), due=None)
    sent = evidence.of_item(f"application:{application.id}", facts)
    return Decision(
        Reason.SAVED,
        (Put(done), *sent, Say(place(turn, facts), "joining/cancelled", {"code": application.code}, (Action("joining.form", label="apply_again"),))),
    )
