"""SCIM against the reference server: checked itself with scim2-tester, then used by the connector in process and as a process of its own."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from peers import Peer, Steps, peer_of
from pydantic import SecretStr
from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_tester import Status, check_server
from scim_peer import TOKEN, ReferenceScim, application
from test_conformance import call, perform

from bot.connectors.contract import ContractError, UserRef
from bot.connectors.http import Site
from bot.connectors.scim import Scim
from bot.connectors.settings import ScimSettings


@pytest.fixture
async def scim(tmp_path: Path) -> AsyncIterator[Peer]:
    """The connector on the reference server."""
    async with peer_of("scim", tmp_path) as peer:
        yield peer


def test_the_server_we_test_on_keeps_to_the_standard() -> None:
    results = check_server(WSGISCIMClient(application(())))
    assert len(results) > 100
    assert [(one.title, one.reason) for one in results if one.status is not Status.SUCCESS] == []


async def test_long_lists_are_read_to_their_end(scim: Peer) -> None:
    stand = scim.stand
    assert isinstance(stand, ReferenceScim)
    for number in range(230):
        group = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": f"G{number}", "members": [{"value": stand.ids["lisi"]}]}
        stand.call("POST", "/Groups", group)
    system = scim.performing.system
    assert len(await system.list_roles()) == 234
    user = await system.find_user(UserRef(account="lisi"))
    assert user is not None
    assert len(await system.user_roles(user.id)) == 231


async def test_members_come_a_page_at_a_time_and_orphans_are_shown(scim: Peer) -> None:
    stand = scim.stand
    assert isinstance(stand, ReferenceScim)
    members = [{"value": stand.ids["lisi"]}, *({"value": f"ghost-{number}"} for number in range(120))]
    stand.call("PATCH", f"/Groups/{stand.groups['FIN_CASHIER']}", {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "add", "path": "members", "value": members}],
    })  # fmt: skip
    first = await perform(scim, call("members"))
    rest = await perform(scim, call("members", cursor=str(first["cursor"])))
    accounts = [one["account"] for told in (first, rest) for one in told["members"]]  # type: ignore[attr-defined]
    assert (len(accounts), accounts[0], set(accounts[1:]), rest["cursor"]) == (121, "lisi", {""}, "")


async def test_two_groups_of_one_name_stop_for_a_person(scim: Peer) -> None:
    stand = scim.stand
    assert isinstance(stand, ReferenceScim)
    stand.call("POST", "/Groups", {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "FIN_CASHIER"})
    with pytest.raises(ContractError, match="several groups"):
        await perform(scim, call("grant"))


async def test_a_role_whose_group_is_missing_is_refused(scim: Peer) -> None:
    stand = scim.stand
    assert isinstance(stand, ReferenceScim)
    stand.call("DELETE", f"/Groups/{stand.groups.pop('FIN_CASHIER')}")
    told = await perform(scim, call("grant"))
    assert (told["state"], told["note"]) == ("refused", "not_found")


async def test_other_names_of_a_person_are_found(scim: Peer) -> None:
    stand = scim.stand
    assert isinstance(stand, ReferenceScim)
    schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"]
    made = {"userName": "qian", "externalId": "F0099", "phoneNumbers": [{"value": "tel:+86-138-0000-0099"}], "emails": [{"value": "qian@example.com"}]}
    stand.call("POST", "/Users", {"schemas": schemas, **made})
    for ref in (UserRef(employee_no="F0099"), UserRef(email="qian@example.com"), UserRef(account="QIAN")):
        found = await scim.performing.system.find_user(ref)
        assert found is not None
        assert found.account == "qian"
    assert await scim.performing.system.find_user(UserRef()) is None


async def test_a_round_trip_on_the_server_as_a_process() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = [sys.executable, "-m", "scim2_server.testserver.cli", "--port", str(port), "--bearer-token", TOKEN]
    process = await asyncio.create_subprocess_exec(*program, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL, env=dict(os.environ))
    try:
        await _round_trip(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        await process.wait()


async def _round_trip(url: str) -> None:
    async with aiohttp.ClientSession() as session:
        system = Scim("scim", ScimSettings(base_url=url, token=SecretStr(TOKEN)), Site(session, url, Steps()))
        until = time.monotonic() + 20
        while not (await system.health()).ok and time.monotonic() < until:
            await asyncio.sleep(0.1)
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/scim+json"}
        for path, body in (
            ("Users", {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "zhangsan", "active": True}),
            ("Groups", {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "FIN_CASHIER"}),
        ):
            async with session.post(f"{url}/v2/{path}", json=body, headers=headers) as made:
                assert made.status == 201
        from bot.connectors.contract import Grant, State
        from bot.connectors.ledger import MemoryLedger
        from bot.connectors.writing import Operation, Patience, Writing

        writing = Writing(system, MemoryLedger(), Steps(), patience=Patience((0.0,), 0))
        grant = Grant("R1", "zhangsan", "FIN_CASHIER")
        ends = [await writing.write(operation, grant, key) for operation, key in ((Operation.GRANT, "a"), (Operation.GRANT, "b"), (Operation.REVOKE, "c"))]
        assert [(one.state, one.verified_by_readback) for one in ends] == [(State.DONE, True), (State.ALREADY, True), (State.DONE, True)]
