"""What a played finance system keeps: accounts, roles, who holds what, and every write that took effect."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Account:
    """An account. `number` is its id of 16 to 19 digits, `key` the other one that vendors have beside it."""

    number: int
    key: str
    login: str
    name: str
    active: bool = True
    licensed: bool = True
    mobile: str = ""


@dataclass(slots=True)
class Role:
    """A role, known by id and by code."""

    number: int
    code: str
    name: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class Term:
    """How long a role is held, as days YYYY-MM-DD; an empty one is open."""

    begin: str = ""
    end: str = ""


@dataclass(frozen=True, slots=True)
class Write:
    """A write that took effect."""

    what: str
    login: str
    role: str
    org: str = ""


@dataclass(slots=True)
class Books:
    """`held` by (login, role code, org)."""

    accounts: dict[str, Account] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)
    held: dict[tuple[str, str, str], Term] = field(default_factory=dict)
    writes: list[Write] = field(default_factory=list)

    @classmethod
    def sample(cls) -> Books:
        """Three accounts (one is switched off), four roles (one is switched off), and one role that somebody holds."""
        books = cls()
        for place, (login, name, active) in enumerate((("zhangsan", "Zhang San", True), ("lisi", "Li Si", True), ("wangwu", "Wang Wu", False)), 1):
            books.accounts[login] = Account(1959752072810750 + place, f"00000000-aaaa-4bbb-8ccc-{place:012d}", login, name, active, mobile=f"1380000000{place}")
        for place, (code, active) in enumerate((("FIN_CASHIER", True), ("FIN_VIEW", True), ("FIN_APPROVE", True), ("FIN_OLD", False)), 1):
            books.roles[code] = Role(2204461187629318140 + place, code, code.replace("_", " ").title(), active)
        books.held["lisi", "FIN_VIEW", ""] = Term("2026-01-01", "")
        return books

    def account(self, value: object) -> Account | None:
        """By login, number, key or mobile."""
        return next((one for one in self.accounts.values() if str(value) in (one.login, str(one.number), one.key, one.mobile)), None)

    def role(self, value: object) -> Role | None:
        """By code or number."""
        return next((one for one in self.roles.values() if str(value) in (one.code, str(one.number))), None)

    def of(self, login: str) -> list[tuple[str, str, Term]]:
        """Role code, org and term of everything an account holds."""
        return [(role, org, term) for (who, role, org), term in self.held.items() if who == login]

    def give(self, login: str, role: str, org: str = "", term: Term | None = None) -> None:
        """Writes a row; one that is there gets the new term."""
        self.held[login, role, org] = term or Term()
        self.writes.append(Write("grant", login, role, org))

    def take(self, login: str, role: str, org: str = "") -> None:
        """Removes a row, if it is there."""
        if self.held.pop((login, role, org), None) is not None:
            self.writes.append(Write("revoke", login, role, org))
