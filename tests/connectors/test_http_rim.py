"""The rim of HTTP: time, size, redirects, certificates, statuses; nothing of a request in a fault."""

from __future__ import annotations

import ssl
import traceback
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from peers import Steps

from bot.connectors import http
from bot.connectors.building import open_session
from bot.connectors.contract import AuthError, ConflictError, ContractError, Forbidden, RateLimited, Transient
from bot.connectors.http import Reply, Site, refuse
from bot.connectors.reading import day_begins, day_ends, first_day, last_day, moment, optional, rows, text
from bot.fake_finance.stand import Stand
from bot.ports import ConnectorRefused, ConnectorTransient


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    """A server with one call."""
    made = Stand()
    made.play("/x", "x", lambda asked: {"id": 1959752072810752999})
    async with made:
        yield made


async def test_long_numbers_stay_exact(stand: Stand) -> None:
    async with open_session() as session:
        reply = await Site(session, stand.base_url + "/", Steps()).post("x", "/x", {})
    assert text(reply.object("x"), "id", "x") == "1959752072810752999"


@pytest.mark.parametrize(
    ("fault", "kind", "unknown"),
    [
        ("drop_before", Transient, True),
        ("hang_after", Transient, True),
        ("error", Transient, True),
        ("redirect", ContractError, None),
        ("huge", ContractError, None),
        ("throttle", RateLimited, None),
    ],
)
async def test_faults_say_what_is_known_and_no_more(
    stand: Stand, fault: str, kind: type[Exception], unknown: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "TOTAL_S", 0.3)
    stand.faults.add(fault, seconds=3)
    async with open_session() as session:
        with pytest.raises(kind) as caught:
            await Site(session, stand.base_url, Steps()).post("x", "/x", {"body": "s3cret"}, query="access_token=s3cret", headers={"X-Key": "s3cret"})
    assert getattr(caught.value, "unknown", None) is unknown
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value.__context__)
    assert "access_token=" not in shown.replace('query="access_token=s3cret"', "")
    assert "127.0.0.1" not in shown
    assert stand.calls["x"] == 1, "never repeated by itself"


async def test_nobody_there_is_known_as_unsent(unused_tcp_port: int) -> None:
    async with open_session() as session:
        with pytest.raises(Transient) as caught:
            await Site(session, f"http://127.0.0.1:{unused_tcp_port}", Steps()).post("x", "/x", {})
    assert caught.value.unknown is False


async def test_certificates_are_verified(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1).not_valid_before(now - timedelta(days=1))
    )
    made = made.not_valid_after(now + timedelta(days=1)).add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "pem").write_bytes(private + made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "pem")
    runner = web.AppRunner(web.Application())
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        async with open_session() as session:
            known = Site(session, f"https://127.0.0.1:{runner.addresses[0][1]}", Steps(), ssl.create_default_context(cafile=str(tmp_path / "pem")))
            with pytest.raises(ContractError, match="HTTP 404"):
                await known.post("x", "/x", {})
            with pytest.raises(Transient, match="Certificate") as caught:
                await Site(session, f"https://127.0.0.1:{runner.addresses[0][1]}", Steps()).post("x", "/x", {})
        assert caught.value.unknown is False
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, AuthError),
        (403, Forbidden),
        (404, ContractError),
        (409, ConflictError),
        (429, RateLimited),
        (408, Transient),
        (503, Transient),
        (302, ContractError),
        (418, ContractError),
    ],
)
def test_statuses_have_their_faults(status: int, kind: type[Exception]) -> None:
    with pytest.raises(kind, match=f"HTTP {status}") as caught:
        refuse(Reply(status, {"retry-after": "9999999"}, b""), "x")
    assert isinstance(caught.value, ConnectorTransient) is (kind in {RateLimited, Transient})
    assert isinstance(caught.value, ConnectorRefused) is (kind not in {RateLimited, Transient})
    assert getattr(caught.value, "retry_after", 3600) == 3600, "nobody waits longer than an hour because a server says so"


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b"\xff\xfe", b"[]", b"null", b'"x"'])
def test_bodies_that_are_no_objects(body: bytes) -> None:
    with pytest.raises(ContractError) as caught:
        Reply(200, {}, body).object("x")
    assert caught.value.__context__ is None


@pytest.mark.parametrize("value", [True, 1.5, [], {}, {"a": 1}])
def test_fields_of_other_kinds_stop(value: object) -> None:
    with pytest.raises(ContractError):
        optional({"x": value}, "x", "x")
    with pytest.raises(ContractError):
        rows({"x": value}, "x")


def test_days_are_those_of_the_zone_and_never_too_short() -> None:
    from zoneinfo import ZoneInfo

    zone = ZoneInfo("Asia/Shanghai")
    midnight = datetime(2026, 12, 31, 16, 0, tzinfo=UTC)
    assert last_day(midnight, zone) == "2026-12-31", "until the first moment of 1 January: the 31st is the last day"
    assert last_day(midnight + timedelta(seconds=1), zone) == "2027-01-01"
    assert day_ends("2026-12-31", zone, "x") == midnight
    assert first_day(midnight, zone) == "2027-01-01"
    assert day_begins("2027-01-01", zone, "x") == midnight
    assert (day_ends("9999-12-31", zone, "x"), day_ends("", zone, "x"), day_begins("1900-01-01", zone, "x")) == (None, None, None)
    for odd in ("soon", "2026-13-01", "31/12/2026"):
        with pytest.raises(ContractError):
            day_ends(odd, zone, "x")
    for odd in ("soon", "2026-12-31T00:00:00"):
        with pytest.raises(ContractError):
            moment(odd, "x")
