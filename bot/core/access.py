"""The policy of permissions: roles and levels, who decides on them, for how long at most, and the least role that does a task."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.core.model import Away, Person, Request

LEVELS = ("view", "entry", "approve")
"""From the least to the most."""
HEAD, OWNER, FINANCE = "head", "owner", "finance"
"""Who may decide: the department's head, the role's owner, the finance admins. The last stand in when nobody else can."""

Words = Mapping[str, str]
"""A text by language."""


@dataclass(frozen=True, slots=True)
class Role:
    """A role people can ask for. `level` is the highest it gives, `modules` where (empty: everywhere), `duties` what it lets one do (segregation), `tasks`
    words of work it covers, `aliases` what people call it. Of two roles that do, the one with the smaller `weight` is the least. `by` are the groups who
    decide, in order, `quorum` of them. `max_days` limits its length (0: no end needed), `evidence` asks for proof, `low` says that it may be decided in a
    batch, `review_days` how often it is looked at again."""

    id: str
    title: Words
    does: Words
    level: str = "view"
    modules: frozenset[str] = frozenset()
    duties: frozenset[str] = frozenset()
    tasks: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    weight: int = 10
    by: tuple[str, ...] = (HEAD, OWNER)
    quorum: int = 1
    max_days: int = 0
    evidence: bool = False
    low: bool = False
    review_days: int = 180


@dataclass(frozen=True, slots=True)
class System:
    """A finance system: what people call it, which connector grants there, and which roles it has (empty: all)."""

    id: str
    title: str
    connector: str
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Access:
    """The whole policy. Deciders are `<channel>:<account>`: `owners` by role, `heads` by department, `finance` for everything, `seconds` for exceptions;
    `emergency` may open a permission at once, for `emergency_hours`. `most_open` requests one person may have open; a request lapses after `lapse_days`;
    an exception lasts `exception_days` at most."""

    roles: Mapping[str, Role] = field(default_factory=dict)
    levels: Mapping[str, Words] = field(default_factory=dict)
    does: Mapping[str, Words] = field(default_factory=dict)
    systems: Mapping[str, System] = field(default_factory=dict)
    owners: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    heads: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    finance: tuple[str, ...] = ()
    seconds: tuple[str, ...] = ()
    emergency: tuple[str, ...] = ()
    emergency_hours: int = 4
    connector: str = "manual"
    most_open: int = 5
    lapse_days: int = 30
    exception_days: int = 90
    batch_s: int = 60

    def role(self, ident: str) -> Role:
        """The role of that id; an unknown one gives nothing and is called by its id."""
        return self.roles.get(ident) or Role(ident, {"zh": ident, "en": ident}, {"zh": "", "en": ""})

    def system(self, ident: str) -> System:
        """The system of that id, else one of that name over the default connector."""
        return self.systems.get(ident) or System(ident, ident, self.connector)

    @property
    def deciders(self) -> tuple[str, ...]:
        """Everybody who may decide anything."""
        groups = (*self.owners.values(), *self.heads.values(), self.finance, self.seconds)
        return tuple(dict.fromkeys(one for group in groups for one in group))


@dataclass(frozen=True, slots=True)
class Ways:
    """Who decides a request: any of `approvers`, `quorum` of them; `second` must be among them for an exception. `fallback` says that there are
    some who should decide and cannot. Too few approvers: nobody may decide it, and it must not be filed."""

    approvers: tuple[str, ...]
    quorum: int
    second: str = ""
    fallback: bool = False

    @property
    def open(self) -> bool:
        """Whether there are enough people."""
        return len(self.approvers) >= self.quorum


def duties(role: Role, level: str) -> frozenset[str]:
    """What the role lets one do at this level: who only looks has no duty."""
    return frozenset() if level == LEVELS[0] and role.level != LEVELS[0] else role.duties


def above(level: str, other: str) -> bool:
    """Whether a level is higher than another; an unknown one is the lowest."""
    return _rank(level) > _rank(other)


def _rank(level: str) -> int:
    return LEVELS.index(level) if level in LEVELS else -1


def named(access: Access, text: str) -> Role | None:
    """The role whose id, title or alias a text says, the longest first."""
    found = [(len(word), role) for role in access.roles.values() for word in (role.id, *role.title.values(), *role.aliases) if word and says(text, word)]
    return max(found, key=lambda pair: (pair[0], -pair[1].weight))[1] if found else None


def says(text: str, word: str) -> bool:
    """Whether a text says the word: anywhere in Chinese, as a word of its own in Latin letters."""
    said, form = text.casefold(), word.casefold()
    if not form.isascii():
        return form.replace(" ", "") in said.replace(" ", "")
    return re.search(rf"(?<![a-z0-9]){re.escape(form)}(?![a-z0-9])", said) is not None


def least(access: Access, text: str = "", module: str = "", level: str = "") -> Role | None:
    """The least role that covers the described work: by the words of the task, else by module and level. None when nothing speaks of any."""
    told = {role.id: speaks_of(role, text) for role in access.roles.values()} if text else {}
    most = max(told.values(), default=0)
    fitting = [role for role in access.roles.values() if most and told[role.id] == most]
    if not fitting and level:
        there = [role for role in access.roles.values() if not above(level, role.level)]
        fitting = [role for role in there if role.level == level and module in role.modules] or [role for role in there if _reaches(role, module)]
    return min(fitting, key=lambda role: (_rank(role.level), role.weight)) if fitting else None


def speaks_of(role: Role, text: str) -> int:
    """How much of a text is about work that the role covers: the letters of its task words that stand in it."""
    return sum(len(word) for word in role.tasks if says(text, word))


def _reaches(role: Role, module: str) -> bool:
    return not module or not role.modules or module in role.modules


def resolved(access: Access, people: Iterable[Person]) -> Access:
    """The policy with the ids of people in place of their accounts; one who is not known here keeps the account, which is then the id as well."""
    ids = {f"{channel}:{account}": person.id for person in people for channel, account in person.accounts}

    def known(keys: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(ids.get(key, key) for key in keys))

    owners, heads = ({name: known(keys) for name, keys in table.items()} for table in (access.owners, access.heads))
    found = replace(access, owners=owners, heads=heads, finance=known(access.finance), seconds=known(access.seconds))
    return replace(found, emergency=known(access.emergency))


def group(access: Access, name: str, role: str, department: str) -> tuple[str, ...]:
    """The people of a deciding group, as the policy names them."""
    return {HEAD: access.heads.get(department, ()), OWNER: access.owners.get(role, ())}.get(name, access.finance)


def eligible(access: Access, role: str, department: str) -> frozenset[str]:
    """Everybody whose decision counts for this role, now."""
    named_ = (*access.role(role).by, FINANCE)
    return frozenset(one for name in named_ for one in group(access, name, role, department)) | frozenset(access.seconds)


def ways(access: Access, role: str, department: str, barred: Iterable[str], gone: Iterable[str], *, exception: bool = False) -> Ways:
    """Who decides, those left out who may not (`barred`: it is their own) or cannot (`gone`: left, or away without a deputy)."""
    gone = tuple(gone)
    out = {*barred, *gone}
    wanted = access.role(role)
    quorum = wanted.quorum
    taken: list[str] = []
    groups = [*wanted.by, *((FINANCE,) if FINANCE not in wanted.by else ())]
    absent, missing, fallback = frozenset(gone), False, False
    for name in groups:
        if len(taken) >= quorum:
            break
        people = group(access, name, role, department)
        taken += [one for one in people if one not in out and one not in taken]
        fallback = missing
        missing = missing or not absent.isdisjoint(people)
    if not exception:
        return Ways(tuple(taken), quorum, fallback=fallback)
    first = next(iter(taken), "")
    second = next((one for one in (*access.seconds, *access.finance) if one not in out and one != first), "")
    if not second:
        return Ways((), quorum + 1)
    return Ways(tuple(dict.fromkeys((*taken, second))), max(2, quorum + 1), second, fallback)


def names(viewer: str, aways: Iterable[Away], now: datetime) -> tuple[str, ...]:
    """In whose names somebody may act now: their own first, then those of who is away and named them."""
    return (viewer, *(one.person for one in aways if one.deputy == viewer and one.on(now)))


def principal(request: Request, viewer: str, access: Access, aways: Iterable[Away], now: datetime) -> str:
    """In whose name this person may decide the request now: their own, or that of somebody who is away and named them. Empty: not at all.

    Nobody decides what they asked for or gain by, whatever else they are; what the policy takes from somebody counts at once."""
    if viewer in (request.person, request.whose):
        return ""
    may = eligible(access, request.role, request.department) | ({request.second} if request.second in access.deciders else set())
    able = [one for one in names(viewer, aways, now) if one in may and one not in (request.person, request.whose)]
    return next((one for one in able if one in request.open_to), "")


def enough(request: Request) -> bool:
    """Whether this edition has all the approvals it needs, each of another person."""
    given = request.given
    people, names = {one.by for one in given}, {one.of for one in given}
    return min(len(people), len(names)) >= request.quorum and (not request.second or request.second in names)


def longest(access: Access, role: Role, now: datetime, *, exception: bool = False) -> datetime | None:
    """The last end that may be asked for; None: no limit."""
    limits = [days for days in (role.max_days, access.exception_days if exception else 0) if days]
    return now + timedelta(days=min(limits)) if limits else None
