"""Who may give which admin command where, as a table over every command; and what stands between a command and its effect."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product

import pytest
from core_samples import BOSS, NOW, facts, message, turn

from bot.core.decide import SKILLS, decide
from bot.core.facts import Facts, Policy
from bot.core.helping import AREAS
from bot.core.model import Action, Audience, Catalogue, Confirmation, Intent, Organisation, OrgValue, Person, Scope
from bot.core.rights import CARE, GIVEN, KEPT, OPEN, RIGHTS, WITH, Care, Place, care, fault, room, single
from bot.core.skills.admin.confirming import EXECUTIONS
from bot.core.turn import Decision, Here, Put, Reason, Say, Slot, Turn, Understanding, Verdict
from bot.words.loading import bundled, headings

INTENTS = {name: Intent(name, right.audience, Scope.PRIVATE) for name, right in RIGHTS.items()}
CATALOGUE = Catalogue("v", INTENTS, {"zh": {"satisfied": "有用"}})
ROLES = ("employee", "approver", "admin", "outsider")
ROOMS = ("private", "group")
OTHER = Person("c:other", "李四", frozenset({Audience.ADMIN, Audience.ALL}), accounts=(("c", "other"),))
COMMANDS = [name for name in RIGHTS if name in SKILLS]


def known(role: str, *, group: bool = False, **other: object) -> Facts:
    return facts(role, group=group, catalogue=CATALOGUE, **other)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("room", ROOMS)
def test_every_command_for_every_role_in_every_room(role: str, command: str, room: str) -> None:
    group = room == "group"
    decision = decide(turn(command, group=group, rule="exact"), known(role, group=group), NOW)
    here = [say.reply for say in decision.says if isinstance(say.to, Here)]
    if role == "outsider":
        assert (decision.reason, here) == (Reason.OUTSIDER, ["shell/outsider"])
    elif role != "admin":
        assert (decision.reason, here) == (Reason.DENIED, ["shell/denied"])
    elif group and RIGHTS[command].place is Place.PRIVATE:
        assert (decision.reason, here) == (Reason.DENIED, ["shell/only_private"])
    else:
        assert not {"shell/denied", "shell/outsider", "shell/only_private"} & {say.reply for say in decision.says}
        assert not group or decision.reason is Reason.DENIED or here in ([], ["shell/moved_private"])
    may = role == "admin" and not (group and RIGHTS[command].place is Place.PRIVATE)
    assert (fault(known(role).viewer, command, {}, "room" if group else "") == "") is may


OWN = ("", "yes", "no")
HERE = ("", "off", "open")


@pytest.mark.parametrize("command", sorted(RIGHTS))
def test_every_command_for_every_role_person_and_room(command: str) -> None:
    """Role x what was set for the person x where it is said x what was set for the room, all of it, through the one door."""
    base = WITH.get(command, command)
    for role, own, where, here in product(ROLES, OWN, ("private", "room"), HERE):
        group = where == "room"
        said = {single("c:a", base): own, room("room", base): here}
        decision = decide(turn(command, group=group, rule="exact"), known(role, group=group, policy=Policy(Organisation(), said=said)), NOW)
        refused = decision.reason in {Reason.DENIED, Reason.OUTSIDER} and decision.says[0].reply in {"shell/denied", "shell/outsider", "shell/only_private"}
        had = role == "admin" or (own == "yes" and base in GIVEN and role != "outsider")
        may = had and not (own == "no" and base not in KEPT) and not (group and RIGHTS[command].place is Place.PRIVATE)
        may = may and not (group and here == "off" and base not in KEPT)
        assert refused is not may, (role, own, where, here)
        if may and group and decision.reason not in {Reason.DENIED, Reason.NOT_YET}:
            told_here = {say.reply for say in decision.says if isinstance(say.to, Here)}
            assert (told_here <= {"shell/moved_private"}) is not (here == "open" and command in OPEN and bool(told_here)), (role, own, told_here)


def test_what_is_given_to_one_person_counts_for_no_other() -> None:
    said = {single("c:b", "adm.stats"): "yes"}
    assert fault(known("employee").viewer, "adm.stats", said) == "audience"


def test_what_may_be_given_or_opened_needs_no_care_and_is_no_secret() -> None:
    careful = {command for command, _ in CARE}
    assert not careful & (GIVEN | OPEN)
    assert {command for command in GIVEN | OPEN if RIGHTS[command].place is Place.PRIVATE} == set()
    assert set(RIGHTS) >= KEPT
    assert {command.split(".")[0] for command in RIGHTS} == {"adm", "shell"}


def test_every_command_of_the_table_has_its_row() -> None:
    assert {name for name in RIGHTS if name not in SKILLS and name.split(".")[0] not in SKILLS} == set()


def test_every_command_of_an_admin_is_in_the_table() -> None:
    """The words know no admin's command that the table of rights does not."""
    found = headings([bundled()])
    assert {name for name, heading in found.items() if heading.intent.audience is Audience.ADMIN and name.split(".")[0] in {"adm", "shell"}} == set(RIGHTS)


@pytest.mark.parametrize(
    ("command", "argument", "admins", "wanted"),
    [
        ("adm.broadcast", "all", 2, Care.SECOND), ("adm.broadcast", "all", 1, Care.CODE), ("adm.broadcast", "members", 2, Care.CODE),
        ("adm.pause_nudges", "open", 3, Care.SECOND), ("adm.pause_nudges", "", 3, Care.CODE), ("shell.rights", "make_admin", 2, Care.SECOND),
        ("shell.rights", "drop_admin", 2, Care.CODE), ("shell.announce", "", 2, Care.CODE), ("adm.stats", "", 2, Care.NONE),
    ],
)  # fmt: skip
def test_care_by_command_and_argument(command: str, argument: str, admins: int, wanted: Care) -> None:
    assert care(command, argument, admins) is wanted


def test_whatever_needs_care_can_be_done_once_it_is_confirmed() -> None:
    assert {command for command, _ in CARE} == set(EXECUTIONS)


def pending(**other: object) -> Confirmation:
    values = {"person": "c:a", "act": "adm.pause_nudges", "state": "open", "args": (("argument", ""), ("until", (NOW + timedelta(days=1)).isoformat()))}
    return Confirmation(id="c1", code="K7Q2M", made=NOW, until=NOW + timedelta(seconds=60), **{**values, **other})  # type: ignore[arg-type] # of the table


def confirmed(kept: Confirmation, at: datetime = NOW, *, second: bool = False) -> Decision:
    said = turn("shell.confirm", rule="code", slots=(Slot("code", "K7Q2M"),))
    here = known("admin", items=(kept,), admins=(BOSS, OTHER))
    return decide(said, replace(here, viewer=OTHER) if second else here, at)


def changed(decision: Decision) -> bool:
    """Whether anything but the confirmation, the trail and the conversation was touched."""
    return any(isinstance(effect, Put) and isinstance(effect.entity, OrgValue | Person) for effect in decision.effects)


@pytest.mark.parametrize(
    ("kept", "seconds", "second", "fault"),
    [
        (pending(), 0, False, ""), (pending(), 60, False, ""), (pending(), 61, False, "late"), (pending(), 0, True, "not_yours"),
        (pending(state="done"), 0, False, "done"), (pending(state="cancelled"), 0, False, "cancelled"), (pending(state="late"), 0, False, "late"),
        (pending(state="second", second=True), 0, False, "same_person"), (pending(state="second", second=True), 0, True, ""),
    ],
)  # fmt: skip
def test_the_code_counts_once_for_its_person_within_its_time(kept: Confirmation, seconds: int, second: bool, fault: str) -> None:
    decision = confirmed(kept, NOW + timedelta(seconds=seconds), second=second)
    assert changed(decision) == (not fault)
    assert next(say.data.get("fault", "") for say in decision.says) == fault


def test_the_gravest_wait_for_a_second_admin() -> None:
    decision = confirmed(pending(second=True))
    assert not changed(decision)
    (kept,) = (effect.entity for effect in decision.effects if isinstance(effect, Put) and isinstance(effect.entity, Confirmation))
    assert (kept.state, kept.index.tags[0] != "code=K7Q2M") == ("second", True)
    assert [say.reply for say in decision.says] == ["adm/second_asked", "adm/second", "adm/second"]


def test_a_flag_in_a_message_gives_no_right() -> None:
    """The sender has no field for it; whoever calls themselves so is an employee."""
    decision = decide(turn("adm.stats", said=message("统计")), known("employee"), NOW)
    assert decision.reason is Reason.DENIED


def test_each_change_leaves_a_line_on_the_trail() -> None:
    acts = [
        effect.entity.act
        for effect in confirmed(pending()).effects
        if isinstance(effect, Put) and hasattr(effect.entity, "act") and hasattr(effect.entity, "actor")
    ]
    assert acts == ["adm.pause_nudges"]


def press(action: Action, role: str = "admin") -> Decision:
    read = Understanding(Verdict.ANSWER, action.intent, 1.0, 1.0, slots=tuple(Slot(*pair) for pair in action.slots), rule="button")
    return decide(Turn(message(), read, "zh", "0123456789abcdef" * 2), known(role), NOW)


@pytest.mark.parametrize("role", ["employee", "approver"])
def test_a_button_gives_no_right_either(role: str) -> None:
    assert press(Action("adm.pause_nudges", (("until", "open"),)), role).reason is Reason.DENIED


def test_says_of_a_refusal_tell_nothing_else() -> None:
    assert press(Action("adm.broadcast", (("audience", "all"),)), "employee").says == (Say(Here(), "shell/denied", {"audience": "admin"}),)


def test_help_shows_every_command_that_has_words_of_its_own() -> None:
    """In one place each; what goes by a button or a code stands in the message that has it."""
    shown = [name for names in AREAS.values() for name in names]
    by_button = {"shell.confirm", "shell.drop", "shell.publish", "shell.unpublish", "shell.answer", "shell.teach"}
    assert sorted(shown) == sorted(set(RIGHTS) - by_button)
