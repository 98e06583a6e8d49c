"""What admins read: made by the rules, rendered in both languages, with nothing left over and a next step last."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from core_samples import BOSS, NOW, SEED, facts, message, turn

from bot.core.calendar import Calendar
from bot.core.decide import decide
from bot.core.facts import Facts, Policy
from bot.core.model import (
    Action,
    Announcement,
    Application,
    Audience,
    Broadcast,
    Catalogue,
    Chore,
    Confirmation,
    Ends,
    Entry,
    Grant,
    Intent,
    Invite,
    Lesson,
    Member,
    Organisation,
    Person,
    Request,
    Scope,
    Ticket,
    Wish,
)  # fmt: skip
from bot.core.rights import RIGHTS
from bot.core.turn import Call, Decision, Due, Outcome, Private, Put, Say, Slot, Turn, Understanding, Verdict
from bot.words.loading import bundled
from bot.words.rendering import Templates

TEMPLATES = Templates.read([bundled() / "templates"], [])
ORG = Organisation(org_name="乙组织", contact="己某")
INTENTS = {name: Intent(name, right.audience, Scope.PRIVATE) for name, right in RIGHTS.items()}
INTENTS |= {"invite.link_expired": Intent("invite.link_expired", review_by="2026-01-01", owner="王敏"), "act.human": Intent("act.human", scope=Scope.PRIVATE)}
CATALOGUE = Catalogue("v", INTENTS, {"zh": {"invite.link_expired": "邀请过期了怎么办？"}, "en": {"invite.link_expired": "The invite has expired"}})
HOUR = timedelta(hours=1)
OTHER = Person("c:other", "李四", frozenset({Audience.ADMIN, Audience.ALL}), accounts=(("c", "other"),))


def application(number: int, hours: int, **other: object) -> Application:
    values = {"state": "submitted", "fields": (("name", f"员工{number}"),), "since": NOW - hours * HOUR, "made": NOW - hours * HOUR, "holder": "c:boss"}
    return Application(f"a{number}", f"K7Q{number:02}", f"c:p{number}", **{**values, **other})  # type: ignore[arg-type] # of the table


def request(number: int, hours: int, **other: object) -> Request:
    made = NOW - hours * HOUR
    return Request(f"r{number}", f"R7Q{number:02}", f"c:p{number}", "pending", "yonyou", "reviewer", made, made, **other)  # type: ignore[arg-type] # of the table


def known(role: str = "admin", **other: object) -> Facts:
    return facts(role, **{"catalogue": CATALOGUE, "policy": Policy(ORG, calendar=Calendar(ZoneInfo("Asia/Shanghai"))), **other})  # type: ignore[arg-type] # facts of the viewer


def asked(command: str, sentence: str = "看看", /, rule: str = "exact", **slots: str) -> Turn:
    return turn(command, said=message(sentence), rule=rule, slots=tuple(Slot(name.replace("__", "."), value) for name, value in slots.items()))


def due(kind: str, ident: str) -> Turn:
    return Turn(Due(kind, ident, NOW, "1", "c:a"), Understanding(Verdict.ANSWER), "zh", SEED)


WAITING = (application(1, 2), application(2, 30), application(3, 80, holder=""), request(4, 100, holder="c:boss"))
ENTRIES = (Entry("e1", NOW, "c:boss", "publish", "lesson:l1", "alias"), Entry("e2", NOW - HOUR, "c:a", "make_admin", "person:c:other"))
WISHES = (
    Wish("w1", "unanswered", "invite.link_expired", "邀请网址点进去说失效了", "c:x", NOW - HOUR),
    Wish("w2", "unanswered", "", "量子引力波探测器咋校准", "c:x", NOW - HOUR),
    Wish("w3", "feedback", "invite.link_expired", "邀请的网址点进去失效", "c:y", NOW - 2 * HOUR),
)
LESSON = Lesson(
    "l1", "L7Q2M", "alias", "proposed", "invite.link_expired", "zh", "c:boss", NOW, utterances=("网址点进去说失效了",), report='{"version": "v"}', wish="w1"
)
TICKET = Ticket("t1", "T7Q2M", "c:p1", "open", "发票抬头写啥", NOW - 26 * HOUR, "张三", "invite.link_expired", "zh")
TRIAL = '{"known": 5690, "tried": 90, "better": 0, "collisions": %s, "wrong": [], "unheard": [], "taken": [], "mended": [], "played": [], "plays": 12, "sound": %s, "version": "v", "before": "旧答案"}'
CLASH = '[{"text": "审核要多久", "intent": "invite.link_expired", "instead": "act.human"}]'
WAIT = Confirmation(
    "c1", "C7Q2M", "c:a", "adm.broadcast", "open", NOW, NOW + timedelta(seconds=60), (("argument", "all"), ("audience", "all"), ("text", "开会")), True
)
ADMINS = (BOSS, OTHER)
MEMBERS = tuple(Member(f"m{n}", f"c:p{n}", f"员工{n}", "active", NOW) for n in range(3))


def outcome(trial: str, lesson: Lesson, ok: bool = True) -> Decision:
    call = Call("teaching", "try", "k", {"lesson": "l1", "person": "c:a"})
    return decide(
        Turn(Outcome(call, ok, trial, NOW), Understanding(Verdict.ANSWER), "zh", SEED), known(items=(replace(lesson, state="trying"),), admins=ADMINS), NOW
    )


def tallied() -> dict[tuple[type, str], int]:
    return {(Invite, "sent"): 9, (Invite, "opened"): 4, (Application, "submitted"): 3, (Application, "approved"): 6, (Application, "rejected"): 2, (Member, "active"): 6,
            (Request, "pending"): 2, (Grant, "active"): 5, (Ticket, "open"): 1, (Lesson, "live"): 2}  # fmt: skip


def pages() -> Iterator[tuple[str, Decision]]:
    """Every page in its states."""
    yield "backlog", decide(asked("adm.backlog"), known(items=WAITING), NOW)
    yield "no backlog", decide(asked("adm.backlog"), known(), NOW)
    yield "stats", decide(asked("adm.stats"), known(tallies=tallied(), wishes=WISHES, items=(application(9, 5, state="approved", since=NOW),)), NOW)
    yield "audit", decide(asked("adm.audit", rule="code", code="L7Q2M"), known(items=(LESSON,), entries=ENTRIES, people=(OTHER,)), NOW)
    yield "audit of nothing", decide(asked("adm.audit", rule="code", code="L7Q2M"), known(), NOW)
    yield "audit mistyped", decide(asked("adm.audit", rule="mistyped", mistyped="L7Q2X"), known(), NOW)
    yield "pause", decide(asked("adm.pause_nudges"), known(tallies=tallied()), NOW)
    yield "pause asked", decide(asked("adm.pause_nudges", until="open"), known(tallies=tallied(), admins=ADMINS), NOW)
    yield "broadcast whom", decide(asked("adm.broadcast"), known(items=(Broadcast("b", "B7Q2M", "sending", "all", "开会", "c:a", NOW, ("c:x",)),)), NOW)
    yield "broadcast text", decide(asked("adm.broadcast", audience="members"), known(items=MEMBERS), NOW)
    yield "broadcast asked", decide(asked("adm.broadcast", audience="members", text="今晚维护\n请提前保存"), known(items=MEMBERS), NOW)
    yield "second", decide(asked("shell.confirm", rule="code", code="C7Q2M"), known(items=(WAIT, *MEMBERS), admins=ADMINS), NOW)
    yield (
        "broadcast part",
        decide(due("broadcast", "b"), known(items=(Broadcast("b", "B7Q2M", "sending", "all", "开会", "c:boss", NOW, ("c:x",), due=NOW),)), NOW),
    )
    kept = Broadcast("b", "B7Q2M", "done", "all", "开会", "c:boss", NOW, told=6, ended=Ends(2, 2, 1, 1), missed=(("c:x", "gone"), ("c:y", "gone")))
    planned = Broadcast("b", "B7Q2M", "planned", "not_set_up", "开会", "c:boss", NOW, at=NOW + 30 * HOUR, due=NOW + 30 * HOUR)
    yield "broadcasts", decide(asked("shell.broadcasts"), known(items=(kept, planned, replace(planned, state="cancelled"))), NOW)
    yield "no broadcasts", decide(asked("shell.broadcasts"), known(), NOW)
    yield "broadcast planned whom", decide(asked("adm.broadcast", at="2026-03-07T15:00:00+08:00"), known(items=(planned,)), NOW)
    yield "broadcast planned text", decide(asked("adm.broadcast", audience="all", at="2026-03-07T15:00:00+08:00"), known(items=MEMBERS), NOW)
    yield "broadcast when", decide(asked("adm.broadcast", audience="all", text="开会", later="yes"), known(items=MEMBERS), NOW)
    yield (
        "broadcast or command",
        decide(asked("adm.broadcast", rule="awaited", audience="members", text="统计", command="adm.stats"), known(items=MEMBERS), NOW),
    )
    yield "broadcast past", decide(asked("adm.broadcast", audience="all", text="开会", at="2020-03-07T15:00:00+08:00"), known(items=MEMBERS), NOW)
    yield "broadcast done", decide(due("broadcast", "b"), known(items=(replace(kept, state="counting", due=NOW, over=NOW - HOUR),)), NOW)
    yield "broadcast to nobody left", decide(due("broadcast", "b"), known(items=(replace(planned, due=NOW, at=NOW),)), NOW)
    yield "rights", decide(asked("shell.rights"), known(admins=ADMINS), NOW)
    yield "rights whom", decide(asked("shell.rights", change="make_admin"), known(admins=ADMINS), NOW)
    yield "rights asked", decide(asked("shell.rights", change="make_approver", person="李四"), known(admins=ADMINS, people=(OTHER,)), NOW)
    yield "rights refused", decide(asked("shell.rights", change="make_admin", person="李四"), known(admins=ADMINS, people=(OTHER,)), NOW)
    yield "announce", decide(asked("shell.announce"), known(items=(Announcement("n", "N7Q2M", "set", "今晚维护", ("*",), NOW, NOW + HOUR, "c:a"),)), NOW)
    yield "announce asked", decide(asked("shell.announce", text="今晚维护", topic="everything", when="x", when__read="2026-03-03T22:00:00+08:00"), known(), NOW)
    yield "quiet", decide(asked("shell.quiet", "22:00-08:00"), known(), NOW)
    yield "stale", decide(asked("shell.stale"), known(), NOW)
    yield "export", decide(asked("shell.export"), known(), NOW)
    yield "weekly", decide(due("chore", "weekly"), known(items=(Chore("weekly", "c:a", NOW),), wishes=WISHES, tallies=tallied()), NOW)
    yield "unanswered", decide(asked("adm.unanswered"), known(wishes=WISHES), NOW)
    yield "nothing unanswered", decide(asked("adm.unanswered"), known(), NOW)
    yield "teach", decide(asked("shell.teach", wish="w1"), known(wishes=WISHES), NOW)
    yield "teach done", decide(asked("shell.teach", wish="w1", intent="invite.link_expired"), known(wishes=WISHES), NOW)
    yield "gone", decide(asked("shell.teach", wish="w9"), known(wishes=WISHES), NOW)
    yield "blocked", outcome(TRIAL % (CLASH, "false"), LESSON)
    yield "proposed", outcome(TRIAL % ("[]", "true"), LESSON)
    yield "proposed answer", outcome(TRIAL % ("[]", "true"), replace(LESSON, kind="answer", answer="第一行\n第二行"))
    yield "failed", outcome("坏了", LESSON, ok=False)
    yield "own", decide(asked("shell.publish", rule="code", code="L7Q2M"), known(items=(replace(LESSON, by="c:a"),), admins=ADMINS), NOW)
    yield "edit", decide(asked("adm.faq_edit", "修改问答 invite.link_expired"), known(items=(LESSON,)), NOW)
    yield (
        "history",
        decide(asked("adm.faq_edit", intent="invite.link_expired", step="history"), known(items=(replace(LESSON, state="live", before="旧"),)), NOW),
    )
    yield "lessons", decide(asked("shell.lessons"), known(items=(LESSON, replace(LESSON, state="live", question="新问题"))), NOW)
    yield "ticket", decide(asked("act.human"), known("employee", admins=ADMINS), NOW)
    yield "tickets", decide(asked("shell.tickets"), known(items=(TICKET,)), NOW)
    yield "write", decide(asked("shell.answer", rule="code", code="T7Q2M"), known(items=(TICKET,)), NOW)
    yield "answered", decide(asked("shell.answer", rule="code", code="T7Q2M", text="写公司全称"), known(items=(TICKET,)), NOW)
    yield "overdue", decide(due("ticket", "t1"), known(items=(replace(TICKET, due=NOW),)), NOW)
    yield "nobody", decide(due("ticket", "t1"), known(items=(replace(TICKET, due=NOW, reminded=3),)), NOW)
    yield "drop", decide(asked("shell.drop", rule="code", code="L7Q2M"), known(items=(LESSON,)), NOW)


PAGES = dict(pages())


def texts(decision: Decision, language: str) -> list[str]:
    says = [say for say in decision.says if not say.reply.startswith(("invite/",))]
    return [TEMPLATES.render(say, language, {"org": ORG, "asker": {"name": "张三"}}).text for say in says]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("page", PAGES)
def test_every_page_reads_well(page: str, language: str) -> None:
    found = texts(PAGES[page], language)
    assert found
    for text in found:
        assert not re.search(r"\{\{|\{%|None|\(\)|「」|（）|\[\]|，，|。。|：。|、、|\n\n\n", text), text
        assert text.rstrip().split("\n\n")[-1].find("下一步：" if language == "zh" else "Next: ") >= 0, text
        assert len(text) < 1500


@pytest.mark.parametrize("page", PAGES)
def test_no_page_shows_a_telephone_number(page: str) -> None:
    assert not any(re.search(r"1[3-9]\d{9}", text) for text in texts(PAGES[page], "zh"))


def test_the_oldest_stand_first_with_who_holds_them() -> None:
    (text,) = texts(PAGES["backlog"], "zh")
    assert re.findall(r"[KR]7Q\d\d", text)[:4] == ["R7Q04", "K7Q03", "K7Q02", "K7Q01"]
    assert "4 件在等人处理，其中 3 件超过一天、2 件超过三天" in text
    assert "还没人接" in text


def test_questions_that_ask_the_same_stand_together() -> None:
    (say,) = PAGES["unanswered"].says
    rows = say.data["rows"]
    assert isinstance(rows, list)
    assert [(row["count"], row["bad"]) for row in rows] == [(2, 1), (1, 0)]
    assert [action.label for action in say.actions] == ["teach_1", "teach_2"]


def test_a_broadcast_goes_out_in_parts_and_can_be_stopped() -> None:
    people = tuple(f"c:p{number:03}" for number in range(120))
    sending = Broadcast("b", "B7Q2M", "sending", "all", "开会", "c:boss", NOW, people, due=NOW)
    told: list[str] = []
    at, kept = NOW, sending
    for _ in range(3):
        decision = decide(due("broadcast", "b"), known(items=(kept,)), at)
        told += [say.to.person for say in decision.says if isinstance(say.to, Private) and say.reply == "adm/broadcast"]
        (kept,) = (effect.entity for effect in decision.effects if isinstance(effect, Put) and isinstance(effect.entity, Broadcast))
        at = kept.due or at
    assert (sorted(told), kept.state, kept.told, len(kept.turns)) == (sorted(people), "counting", 120, 3)
    stopped = decide(asked("shell.drop", rule="code", code="B7Q2M"), known(items=(sending,)), NOW)
    assert [effect.entity.state for effect in stopped.effects if isinstance(effect, Put) and isinstance(effect.entity, Broadcast)] == ["cancelled"]
    assert decide(due("broadcast", "b"), known(items=(replace(sending, state="cancelled"),)), NOW).says == ()


def test_a_published_lesson_settles_the_questions_it_came_from() -> None:
    decision = decide(asked("shell.publish", rule="code", code="L7Q2M"), known(items=(LESSON,), wishes=WISHES, admins=ADMINS), NOW)
    puts = [effect.entity for effect in decision.effects if isinstance(effect, Put)]
    assert [(one.id, one.kind) for one in puts if isinstance(one, Wish)] == [("w1", "taught"), ("w3", "taught")]
    assert [one.state for one in puts if isinstance(one, Lesson)] == ["live"]


def test_words_that_changed_since_the_trial_are_tried_again() -> None:
    older = replace(LESSON, report='{"version": "older"}')
    decision = decide(asked("shell.publish", rule="code", code="L7Q2M"), known(items=(older,), admins=ADMINS), NOW)
    (call,) = (effect for effect in decision.effects if isinstance(effect, Call))
    assert (call.connector, call.args["publish"]) == ("teaching", "c:a")
    sound = Turn(Outcome(call, True, TRIAL % ("[]", "true"), NOW), Understanding(Verdict.ANSWER), "zh", SEED)
    after = decide(sound, known(items=(replace(older, state="trying"),), admins=ADMINS), NOW)
    assert [effect.entity.state for effect in after.effects if isinstance(effect, Put) and isinstance(effect.entity, Lesson)] == ["live"]


@pytest.mark.parametrize(("now", "wanted"), [("2026-03-03T10:00+08:00", "2026-03-04T01:30"), ("2026-03-06T18:00+08:00", "2026-03-09T01:30")])
def test_an_unanswered_ticket_is_due_on_the_next_working_day(now: str, wanted: str) -> None:
    decision = decide(asked("act.human"), known("employee", admins=ADMINS), datetime.fromisoformat(now))
    (ticket,) = (effect.entity for effect in decision.effects if isinstance(effect, Put) and isinstance(effect.entity, Ticket))
    assert ticket.due == datetime.fromisoformat(f"{wanted}+00:00").astimezone(UTC)


def test_every_button_names_something_that_may_be_done() -> None:
    said: list[Say] = [say for decision in PAGES.values() for say in decision.says]
    actions: list[Action] = [action for say in said for action in say.actions]
    assert {action.intent for action in actions} <= {*RIGHTS, "act.human", "act.help"}
