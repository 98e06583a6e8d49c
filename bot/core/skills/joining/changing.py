"""重新提交, 撤回: the applicant mends what was turned down, adds what is missing, corrects a field under review, or takes the application back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.core import evidence
from bot.core.facts import Facts
from bot.core.lifecycle import access
from bot.core.lifecycle.joining import APPLICATIONS, EDITABLE, OPEN, UNDECIDED
from bot.core.lifecycle.moves import after
from bot.core.model import Action, Application, Awaiting, Entry, Request
from bot.core.skills.joining import filing, form
from bot.core.skills.joining.cards import actions_of, cards_of, request_card
from bot.core.skills.joining.keeping import until
from bot.core.skills.joining.own import Standing, standing
from bot.core.skills.joining.typed import code_in, fields_in
from bot.core.skills.joining.whom import place
from bot.core.turn import About, Decision, Effect, Private, Put, Reason, Say, Turn

PATIENCE = timedelta(days=1)


def code_of(turn: Turn) -> str:
    """The code that was said, empty when none was."""
    return turn.understanding.slot("code") or turn.understanding.slot("request") or code_in(turn.text)


def mine(turn: Turn, facts: Facts) -> Application | None:
    """The asker's application that is meant: the one of the code, else the open one. Somebody else's is not there."""
    code = code_of(turn)
    found = standing(facts).application
    if code and found and found.code != code:
        return next((one for one in facts.all(Application) if one.code == code and one.person == facts.viewer.id), None)
    return found


def resubmit(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Opens what may be changed: after a rejection only the wrong fields, under review one field, after a question the answer."""
    application, found = mine(turn, facts), standing(facts)
    if application is None or application.state not in EDITABLE:
        rows = cards_of(found, facts, now)
        data: dict[str, object] = {"why": "joined" if found.joined else "none", "items": rows}
        return Decision(Reason.ANSWERED, (Say(place(turn, facts), "act/resubmit", data, actions_of(found, now)),), topic="act.resubmit")
    text = turn.understanding.slot("reason") or turn.text
    if text and fields_in(text, filing.labels_of(facts, turn.language), [wish.name for wish in filing.wishes(facts)]):
        return replace(form.taken(text, "", turn, facts, now), topic="act.resubmit")
    if application.state in ("submitted", "resubmitted"):
        waiting = Awaiting("joining.field", "value", (("application", application.id), ("field", "")), now + PATIENCE)
        labels = filing.labels_of(facts, turn.language)
        data = {"why": "correct", "items": cards_of(found, facts, now), "fields": filing.shown(application, labels, facts)}
        return Decision(Reason.ASKED_VALUE, (Say(place(turn, facts), "act/resubmit", data),), topic="act.resubmit", awaiting=waiting)
    if _read_over(application, facts):
        return form.submit(turn, facts, now)
    return replace(form.ask(application, found, turn, facts, now), topic="act.resubmit")


def _read_over(application: Application, facts: Facts) -> bool:
    """Whether what was turned down has been mended and stands before the applicant, to be handed in again."""
    waiting = facts.conversation.awaiting
    shown = waiting is not None and ("application", application.id) in waiting.filled
    return shown and application.state == "rejected" and not filing.open_fields(application, facts)


def withdraw(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Takes back the application, after one question; whoever holds it is told. Permission requests are shown with their codes."""
    application, found = mine(turn, facts), standing(facts)
    if turn.understanding.rule == "let_go":
        return _idle(application, found, turn, facts, now)
    if request := _request(turn, facts):
        effects = access.taken_back(request, facts.viewer.id, now, turn.seed)
        files = evidence.of_item(f"request:{request.id}", facts) if effects else ()
        said = Say(place(turn, facts), "access/withdrawn", {"code": request.code, "name": request.name, "own": True, "kept": effects is None})
        return Decision(Reason.SAVED if effects else Reason.DENIED, (*(effects or ()), *files, said), topic="act.withdraw")
    state = after(APPLICATIONS, "withdraw", application.state, "applicant") if application else None
    if application is None or state is None:
        rows = cards_of(found, facts, now) + [request_card(one, facts, now) for one in found.requests if one.state == "pending"]
        data = {"why": "none", "items": rows, "code": code_of(turn)}
        return Decision(Reason.ANSWERED, (Say(place(turn, facts), "act/withdraw", data, actions_of(found, now)),), topic="act.withdraw")
    if turn.understanding.slot("sure") != "yes" and application.state in (*UNDECIDED, "rejected"):
        sure = Action("act.withdraw", (("sure", "yes"), ("code", application.code)), "yes_withdraw")
        data = {"why": "sure", "items": cards_of(found, facts, now), "code": application.code}
        keep = Action("act.status_check", label="keep")
        return Decision(Reason.ASKED_VALUE, (Say(place(turn, facts), "act/withdraw", data, (sure, keep)),), topic="act.withdraw")
    return _withdrawn(application, state, turn, facts, now)


def _idle(application: Application | None, found: Standing, turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Cancel, it was said, and nothing was begun: what is open is shown, and withdrawn only when that is what was meant."""
    still = application if application and application.state in OPEN else None
    waiting = [one for one in found.requests if one.state == "pending" and one.person == facts.viewer.id]
    rows = cards_of(Standing(application=still), facts, now) + [request_card(one, facts, now) for one in waiting]
    take = tuple(Action("act.withdraw", (("code", one.code),)) for one in ([still] if still else waiting[:1]))
    word = "go_on" if still and still.state in ("draft", "verifying") else "keep"
    keep = (Action("joining.form" if word == "go_on" else "act.status_check", label=word),) if take else ()
    data = {"why": "idle", "items": rows, "code": ""}
    return Decision(Reason.ANSWERED, (Say(place(turn, facts), "act/withdraw", data, (*keep, *take)),), topic="act.withdraw")


def _request(turn: Turn, facts: Facts) -> Request | None:
    """The asker's permission request that is meant: the one of the code, or the only thing that waits."""
    code, found = code_of(turn), standing(facts)
    waiting = [one for one in found.requests if one.state == "pending" and one.person == facts.viewer.id]
    only = waiting if len(waiting) == 1 and found.application is None and not code else []
    return next((one for one in (*only, *waiting) if only or one.code == code), None)


def _withdrawn(application: Application, state: str, turn: Turn, facts: Facts, now: datetime) -> Decision:
    done = replace(application, state=state, since=now, paused=None, due=until(facts, now), touched=now)
    line = Put(Entry(f"e{turn.seed[:14]}", now, facts.viewer.id, "application.withdraw", f"application:{application.id}"))
    data = {"why": "done", "items": [], "code": application.code}
    said: list[Effect] = [Put(done), line, Say(place(turn, facts), "act/withdraw", data, (Action("joining.form", label="apply_again"),))]
    if application.holder and application.state in UNDECIDED:
        about = About("application", application.id, (state,))
        said.append(Say(Private(application.holder), "joining/withdrawn", {"code": application.code, "name": application.field("name")}, about=about))
    return Decision(Reason.SAVED, tuple(said), topic="act.withdraw")
