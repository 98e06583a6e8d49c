"""Every connector with its other side: the stand-in (or the real server), what is held there, and where faults belong."""

from __future__ import annotations

import asyncio
import json
import mmap
import struct
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import SecretStr
from scim_peer import TOKEN, ReferenceScim

from bot.connectors.building import Surroundings, connector, open_session
from bot.connectors.contract import UserState
from bot.connectors.ledger import Ledger
from bot.connectors.performing import Performing
from bot.connectors.sandbox import Sandbox
from bot.connectors.settings import (
    AnySystem,
    CosmicSettings,
    K3CloudSettings,
    ManualSettings,
    RoleRow,
    SandboxSettings,
    ScimSettings,
    WebhookSettings,
    YonBipSettings,
)
from bot.connectors.writing import Patience
from bot.fake_finance import cosmic, k3cloud, yonbip
from bot.fake_finance.cosmic import FakeCosmic
from bot.fake_finance.k3cloud import FakeK3Cloud
from bot.fake_finance.stand import Stand
from bot.fake_finance.webhook import SECRET, FakeWebhook
from bot.fake_finance.yonbip import FakeYonBip
from bot.wiring.ledger import StoredLedger
from storage import SqlStore

ROLES = {"cashier": RoleRow(code="FIN_CASHIER", max_days=31), "viewer": RoleRow(code="FIN_VIEW"), "old": RoleRow(code="FIN_OLD")}
WRONG = SecretStr("wrong-secret-wrong-secret-wrong!")
START = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)

Held = set[tuple[str, str]]


class Steps:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        return self.at

    def seconds(self) -> float:
        return self.at.timestamp()

    def skip(self, **how: float) -> None:
        self.at += timedelta(**how)


class Shared(Steps):
    """A clock that several processes have in common, kept in a file."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(struct.pack("d", START.timestamp()))
        with path.open("r+b") as file:
            self._seconds = mmap.mmap(file.fileno(), 8)

    @property
    def at(self) -> datetime:  # type: ignore[override] # elsewhere it is a plain field
        return datetime.fromtimestamp(struct.unpack("d", self._seconds[:])[0], UTC)

    @at.setter
    def at(self, moment: datetime) -> None:
        self._seconds[:] = struct.pack("d", moment.timestamp())


@dataclass
class Peer:
    """One connector and its other side. `grant_call`, `revoke_call` and `read_call` are names of the stand-in's calls; `secrets` must never be shown;
    `accounts` is how the system wants the people of the tests named, `shown` how it names them itself."""

    kind: str
    settings: AnySystem
    clock: Steps
    around: Surroundings
    ledger: Ledger
    held: Callable[[], Held]
    stand: Stand | None = None
    wrong: AnySystem | None = None
    grant_call: str = ""
    revoke_call: str = ""
    read_call: str = ""
    auth_call: str = ""
    secrets: tuple[str, ...] = ()
    accounts: Mapping[str, str] = field(default_factory=dict)
    shown: Mapping[str, str] = field(default_factory=dict)
    performing: Performing = field(init=False)

    @property
    def folder(self) -> Path:
        """Where the store and the sandbox's books are."""
        assert self.around.data is not None
        return self.around.data

    def __post_init__(self) -> None:
        self.performing = self.made()

    def made(self, settings: AnySystem | None = None) -> Performing:
        """The connector, new, as after a restart: over the same ledger and the same other side."""
        return connector(self.kind, settings or self.settings, self.around, self.ledger, Patience(waits=(0.0, 0.01), settle_s=45))

    def restart(self) -> None:
        """Everything in memory is gone; what the store has stays."""
        self.performing = self.made()

    @property
    def grants(self) -> int:
        """How many grant calls reached the other side."""
        return self.stand.calls[self.grant_call] if self.stand else 0


def webhook(stand: FakeWebhook, *, reads: bool) -> WebhookSettings:
    return WebhookSettings(base_url=stand.base_url, path="/hook", secret=SecretStr(SECRET), reads=reads, roles=ROLES)


def wrong_of(settings: AnySystem, name: str) -> AnySystem:
    return settings.model_copy(update={name: WRONG})


def held_in(book: Path) -> Held:
    """What a sandbox's file says."""
    return {(account, one["role"]) for account, rows in json.loads(book.read_text())["held"].items() for one in rows}


async def _sandbox(clock: Steps, around: Surroundings, ledger: Ledger) -> AsyncIterator[Peer]:
    peer = Peer("sandbox", SandboxSettings(open_door=False, roles=ROLES), clock, around, ledger, set)
    box = peer.performing.system
    assert isinstance(box, Sandbox)
    for account in ("zhangsan", "lisi"):
        await box.admit(account)
    await box.admit("wangwu", UserState.DISABLED)
    peer.held = lambda: held_in(peer.folder / "sandbox.json")
    yield peer


async def _manual(clock: Steps, around: Surroundings, ledger: Ledger) -> AsyncIterator[Peer]:
    yield Peer("manual", ManualSettings(roles=ROLES), clock, around, ledger, set)


async def _webhook(clock: Steps, around: Surroundings, ledger: Ledger, *, reads: bool = True) -> AsyncIterator[Peer]:
    async with FakeWebhook(clock=clock.seconds) as stand:
        settings = webhook(stand, reads=reads)
        yield Peer(
            "webhook" if reads else "blind", settings, clock, around, ledger, lambda: {(who, role) for who, role, _ in stand.books.held}, stand,
            wrong_of(settings, "secret"), "grant", "revoke", "find_user", "bad_auth", (SECRET,),
        )  # fmt: skip


def _blind(clock: Steps, around: Surroundings, ledger: Ledger) -> AsyncIterator[Peer]:
    return _webhook(clock, around, ledger, reads=False)


async def _scim(clock: Steps, around: Surroundings, ledger: Ledger) -> AsyncIterator[Peer]:
    async with ReferenceScim(clock=clock.seconds) as stand:
        settings = ScimSettings(base_url=stand.base_url, token=SecretStr(TOKEN), roles=ROLES)
        wrong = wrong_of(settings, "token")
        yield Peer("scim", settings, clock, around, ledger, stand.members, stand, wrong, "patch", "patch", "users", "bad_auth", (TOKEN,))


async def _yonbip(clock: Steps, around: Surroundings, ledger: Ledger) -> AsyncIterator[Peer]:
    async with FakeYonBip(clock=clock.seconds) as stand:
        settings = YonBipSettings(
            base_url=stand.base_url, tenant=yonbip.TENANT, app_key=yonbip.KEY, app_secret=SecretStr(yonbip.SECRET), roles=ROLES, service_code="gl_voucher",
            auth_ids={"FIN_CASHIER": ("GL_VOUCHER_VIEW",)},
        )  # fmt: skip
        people = stand.books.accounts.values()
        yield Peer(
            "yonbip", settings, clock, around, ledger, lambda: {(who, role) for who, role, _ in stand.books.held}, stand, wrong_of(settings, "app_secret"),
            "grant", "revoke", "find_user", "bad_auth", (yonbip.SECRET, "tok/"),
            {**{one.login: one.mobile for one in people}, "nobody": "13900000000"}, {one.login: one.key for one in people},
        )  # fmt: skip


async def _k3cloud(clock: Steps, around: Surroundings, ledger: Ledger, *, auth: str = "login") -> AsyncIterator[Peer]:
    async with FakeK3Cloud(clock=clock.seconds) as stand:
        settings = K3CloudSettings(
            base_url=stand.base_url, acct_id=k3cloud.ACCT, user=k3cloud.USER, app_id=k3cloud.APP_ID, app_secret=SecretStr(k3cloud.SECRET), roles=ROLES,
            default_org="100", write_users="all", licence_field="FLicenseGroup", auth=auth,
        )  # fmt: skip
        yield Peer(
            "k3cloud" if auth == "login" else "k3signed", settings, clock, around, ledger, lambda: {(who, role) for who, role, _ in stand.books.held},
            stand, wrong_of(settings, "app_secret"), "grant", "grant", "query", "bad_auth", (k3cloud.SECRET, "sid-"),
        )  # fmt: skip


def _k3signed(clock: Steps, around: Surroundings, ledger: Ledger) -> AsyncIterator[Peer]:
    return _k3cloud(clock, around, ledger, auth="headers")


async def _cosmic(clock: Steps, around: Surroundings, ledger: Ledger) -> AsyncIterator[Peer]:
    async with FakeCosmic(clock=clock.seconds) as stand:
        settings = CosmicSettings(
            base_url=stand.base_url, client_id=cosmic.CLIENT, client_secret=SecretStr(cosmic.SECRET), username=cosmic.PROXY, account_id=cosmic.ACCOUNT,
            user_path=cosmic.USERS, roles_path=cosmic.USER_ROLES, role_path=cosmic.ROLES, assign_path=cosmic.ASSIGN, revoke_path=cosmic.REVOKE, roles=ROLES,
        )  # fmt: skip
        yield Peer(
            "cosmic", settings, clock, around, ledger, lambda: {(who, role) for who, role, _ in stand.books.held}, stand,
            wrong_of(settings, "client_secret"), "grant", "revoke", "find_user", "bad_auth", (cosmic.SECRET, "ct-"),
        )  # fmt: skip


MAKERS = {
    "sandbox": _sandbox,
    "manual": _manual,
    "webhook": _webhook,
    "blind": _blind,
    "scim": _scim,
    "yonbip": _yonbip,
    "k3cloud": _k3cloud,
    "k3signed": _k3signed,
    "cosmic": _cosmic,
}
READABLE = [kind for kind in MAKERS if kind not in {"manual", "blind"}]
REMOTE = [kind for kind in MAKERS if kind not in {"manual", "sandbox"}]
BOTH = [kind for kind in READABLE if kind in REMOTE]


def store_in(path: Path) -> SqlStore:
    """The store of this file."""
    return SqlStore(f"sqlite:///{path}", owner="peer", data=path.parent)


@cache
def empty() -> bytes:
    """The file of an empty store, made once."""

    async def made(path: Path) -> bytes:
        store = store_in(path)
        await store.open()
        await store.close()
        return path.read_bytes()

    with TemporaryDirectory() as folder:
        return asyncio.run(made(Path(folder) / "peer.db"))


@asynccontextmanager
async def peer_of(kind: str, folder: Path, clock: Steps | None = None) -> AsyncIterator[Peer]:
    """A peer of this kind, its ledger in a store of its own."""
    clock = clock or Steps()
    (folder / "peer.db").write_bytes(await asyncio.to_thread(empty))
    store = store_in(folder / "peer.db")
    await store.open()
    try:
        async with open_session() as session:
            async for peer in MAKERS[kind](clock, Surroundings(session, clock, data=folder), StoredLedger(store)):
                yield peer
    finally:
        await store.close()
