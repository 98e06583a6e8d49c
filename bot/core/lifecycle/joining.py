"""The lives of an invite, an application and a membership: their tables, and the decisions on an application as effects."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.core.lifecycle.moves import Move, after, table
from bot.core.model import Action, Application, Entry, Member, Person
from bot.core.turn import About, Effect, Private, Put, Say

INVITES = table(
    Move("send", ("asked",), "sent", ("admin",)),
    Move("decline", ("asked",), "declined", ("admin",)),
    Move("open", ("sent",), "opened", ("invitee", "system")),
    Move("use", ("sent", "opened"), "used", ("invitee", "system")),
    Move("expire", ("sent", "opened"), "expired", ("system",)),
    Move("report", ("sent", "opened"), "reported", ("invitee",)),
    Move("withdraw", ("sent", "opened"), "withdrawn", ("admin",)),
    Move("resend", ("sent", "opened", "expired", "reported", "withdrawn", "declined"), "sent", ("admin",)),
)
"""What may happen to an invite."""

APPLICATIONS = table(
    Move("verify", ("draft",), "verifying", ("applicant",)),
    Move("resume", ("verifying",), "draft", ("applicant",)),
    Move("submit", ("draft", "verifying"), "submitted", ("applicant",)),
    Move("ask", ("submitted", "resubmitted"), "needs_info", ("approver",)),
    Move("answer", ("needs_info",), "submitted", ("applicant",)),
    Move("reject", ("submitted", "resubmitted", "needs_info"), "rejected", ("approver", "system")),
    Move("approve", ("submitted", "resubmitted", "needs_info"), "approved", ("approver", "system")),
    Move("resubmit", ("rejected",), "resubmitted", ("applicant",)),
    Move("withdraw", ("draft", "verifying", "submitted", "resubmitted", "needs_info", "rejected"), "withdrawn", ("applicant",)),
    Move("lapse", ("draft", "verifying"), "withdrawn", ("system",)),
)
"""What may happen to an application. Overdue is derived from how long it waits and is no state."""

_LIVE = ("synced", "role_assigned", "setup", "trained", "active", "access_problem", "stale", "frozen")
MEMBERS = table(
    Move("assign", ("synced", "setup", "trained", "active", "access_problem"), "role_assigned", ("approver", "admin", "system")),
    Move("tick", ("synced", "role_assigned", "setup"), "setup", ("member",)),
    Move("train", ("synced", "role_assigned", "setup"), "trained", ("member", "system")),
    Move("finish", ("synced", "role_assigned", "setup", "trained"), "active", ("member", "system")),
    Move("trouble", ("synced", "role_assigned", "setup", "trained", "active"), "access_problem", ("member",)),
    Move("mend", ("access_problem",), "active", ("member", "admin")),
    Move("age", ("active",), "stale", ("system",)),
    Move("freeze", ("stale",), "frozen", ("system", "admin")),
    Move("refresh", ("stale", "frozen"), "active", ("member", "admin", "system")),
    Move("lock", _LIVE, "locked", ("member", "admin", "system")),
    Move("unlock", ("locked",), "active", ("admin", "system")),
    Move("leave", (*_LIVE, "locked"), "left", ("system", "admin")),
    Move("return", ("left",), "synced", ("system", "admin")),
)
"""What may happen to a membership."""

OPEN = ("draft", "verifying", "submitted", "resubmitted", "needs_info", "rejected")
"""States of an application beside which no second one may be begun (S4)."""
UNDECIDED = ("submitted", "resubmitted", "needs_info")
"""States in which somebody must decide."""
EDITABLE = ("draft", "verifying", "needs_info", "rejected", "submitted", "resubmitted")
"""States in which the applicant may still correct a field."""
VALID = ("sent", "opened")
"""States of an invite that still opens the door."""
LOST = ("expired", "reported", "withdrawn", "declined")
"""States of an invite that needs a new one."""


PASSED = "-"
"""The value of an optional field that was passed over."""
LATER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Cause:
    """Why an application is rejected: the fields it reopens (none: any) and the question whose answer helps."""

    wrong: tuple[str, ...]
    faq: str


CAUSES = {
    "incomplete": Cause((), "form.fields"),
    "blurry": Cause(("files",), "form.doc_quality"),
    "duplicate": Cause((), "review.duplicate"),
    "permission": Cause(("role",), "perm.which_to_apply"),
    "name": Cause(("name",), "form.truthful"),
    "mobile": Cause(("mobile",), "form.phone_match"),
    "department": Cause(("department",), "form.fields"),
    "unrelated": Cause((), "about.who_can_join"),
    "other": Cause((), "review.rejected_what_to_do"),
}
"""The causes a reviewer can name (L175 and the fields of the form)."""


def cause_of(words: str, known: dict[str, str]) -> str:
    """The cause that somebody's words name. `known` are the labels of a language: `cause_<cause>_words` hold their words, apart by blanks."""
    spoken = words.casefold().replace(" ", "")
    found = [
        (spoken.index(word), cause) for cause in CAUSES for word in known.get(f"cause_{cause}_words", "").casefold().replace("_", "").split() if word in spoken
    ]
    return words if words in CAUSES else min(found)[1] if found else "other"


def approve(
    application: Application, by: Person, now: datetime, seed: str, *, role: str = "", member: Member | None = None, due: datetime | None = None
) -> tuple[Effect, ...] | None:
    """The applicant is admitted with `role` (empty: the basic one, R47) and told at once. `member` is their stored membership if there is one, `due` when
    to ask whether it works (a day later when not given). None when the application is not open to a decision or is the decider's own."""
    if by.id == application.person or after(APPLICATIONS, "approve", application.state, "approver") is None:
        return None
    done = replace(
        application, state="approved", since=now, role=role, reason="", note="", wrong=(), decided_by=by.id, touched=now, paused=None, due=None,
    )  # fmt: skip
    told = Say(
        Private(application.person),
        "joining/approved",
        {"code": application.code, "role": role, "by": by.name},
        (Action("joining.list", label="setup_list"), Action("act.status_check")),
        about=About("application", application.id, ("approved",)),
    )
    return Put(done), Put(admitted(done, member, now, due or now + LATER)), _entry(done, by.id, "approve", now, seed, role), told


def admitted(application: Application, member: Member | None, now: datetime, due: datetime | None) -> Member:
    """The membership that an approved application makes, over what is known already."""
    old = member or Member(application.person, application.person, application.field("name"), "synced", now)
    state = after(MEMBERS, "assign", "synced" if old.state == "left" else old.state, "approver") or old.state
    roles = old.roles if not application.role or ("", application.role) in old.roles else (*old.roles, ("", application.role))
    return replace(
        old,
        name=application.field("name") or old.name,
        mobile=application.field("mobile") or old.mobile,
        department=application.field("department") or old.department,
        post=application.field("post") or old.post,
        employee=application.field("employee").removeprefix(PASSED) or old.employee,
        state=state,
        since=now,
        joined=old.joined or now,
        seen=now,
        roles=roles,
        due=due,
    )


def reject(
    application: Application, by: Person, now: datetime, seed: str, *, cause: str, note: str = "", wrong: tuple[str, ...] = ()
) -> tuple[Effect, ...] | None:
    """Turned down for a `cause` of CAUSES with the reviewer's own words: only the wrong fields are reopened, and the applicant is told at once, in private.
    None when it may not be: no cause and no words (R48), the decider's own, or nothing to decide."""
    legal = after(APPLICATIONS, "reject", application.state, "approver") is not None
    if by.id == application.person or not legal or not (cause in CAUSES or note.strip()):
        return None
    known = CAUSES.get(cause, CAUSES["other"])
    done = replace(
        application, state="rejected", since=now, reason=cause if cause in CAUSES else "other", note=note.strip(), wrong=wrong or known.wrong,
        before=application.fields, decided_by=by.id, touched=now, paused=None, due=None,
    )  # fmt: skip
    told = Say(
        Private(application.person),
        "joining/rejected",
        {"code": application.code, "cause": done.reason, "note": done.note, "wrong": done.wrong, "by": by.name},
        (Action("act.resubmit"), Action(known.faq)),
        about=About("application", application.id, ("rejected",)),
    )
    return Put(done), _entry(done, by.id, "reject", now, seed, done.note), told


def ask_for_info(application: Application, by: Person, now: datetime, seed: str, *, note: str, due: datetime | None = None) -> tuple[Effect, ...] | None:
    """The reviewer lacks something: their clock stands still and it is the applicant's turn (N8); `due` is when to remind of it. None when it may not be."""
    if by.id == application.person or not note.strip() or after(APPLICATIONS, "ask", application.state, "approver") is None:
        return None
    done = replace(application, state="needs_info", since=now, note=note.strip(), touched=now, paused=now, due=due)
    told = Say(
        Private(application.person),
        "joining/needs_info",
        {"code": application.code, "note": done.note, "by": by.name},
        (Action("act.resubmit", label="add_info"), Action("act.status_check")),
        about=About("application", application.id, ("needs_info",)),
    )
    return Put(done), _entry(done, by.id, "ask_for_info", now, seed, done.note), told


def _entry(application: Application, actor: str, act: str, now: datetime, seed: str, detail: str) -> Put:
    """A decision as a line of the audit trail."""
    return Put(Entry(f"e{seed[:14]}", now, actor, f"application.{act}", f"application:{application.id}", application.reason, detail))
