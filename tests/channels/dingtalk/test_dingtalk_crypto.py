"""Encrypted events: known vectors both ways, and every wrong key, padding, length, owner, signature and replay refused."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from bot.dingtalk_api.crypto import BadEnvelope, Envelope, EventCrypto, Once, Why, card_sign, seconds_of

VECTORS = json.loads((Path(__file__).parent / "crypto_vectors.json").read_text(encoding="utf-8"))
KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFE"
OTHER = "Abcdefghijklmnopqrstuvwxyz0123456789ABCDEFE"
NOW = datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)


def crypto(key=KEY, owners=("dingkey", "")):
    return EventCrypto("token1", key, owners)


def envelope(content=b"{}", owner=b"dingkey", *, made=None, stamp="1790000000000", nonce="n1"):
    made = made or crypto()
    encrypt = made.seal(content, owner, b"0123456789abcdef")
    return Envelope(crypto().signature(stamp, nonce, encrypt), stamp, nonce, encrypt)


def sealed(plain):
    """Any bytes under the key, signed: what only the holder of the key could send."""
    import base64

    key = base64.b64decode(KEY + "=")
    writing = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    encrypt = base64.b64encode(writing.update(plain) + writing.finalize()).decode()
    return Envelope(crypto().signature("1", "n", encrypt), "1", "n", encrypt)


def why(envelope, made=None):
    with pytest.raises(BadEnvelope) as fault:
        (made or crypto()).open(envelope)
    return fault.value.why


@pytest.mark.parametrize("row", VECTORS["events"], ids=lambda row: row["content"][:40])
def test_known_vectors_open(row):
    made = EventCrypto(row["token"], row["aes_key"], ("", row["owner"]))
    content, owner = made.open(Envelope(row["signature"], row["timestamp"], row["nonce"], row["encrypt"]))
    assert (content.decode(), owner.decode()) == (row["content"], row["owner"])
    if "dice" in row:
        assert made.seal(content, owner, row["dice"].encode()) == row["encrypt"]


def test_the_card_signature_is_known():
    row = VECTORS["card"]
    assert card_sign(row["timestamp"], row["secret"]) == row["sign"]


@given(st.binary(max_size=300), st.binary(min_size=16, max_size=16))
def test_what_is_sealed_opens_at_every_length(content, dice):
    made = crypto()
    encrypt = made.seal(content, b"dingkey", dice)
    assert made.open(Envelope(made.signature("1", "n", encrypt), "1", "n", encrypt)) == (content, b"dingkey")
    assert "\n" not in encrypt


def test_an_answer_opens_again():
    said = crypto().answer("成功".encode(), b"dingkey", "1790000000000", "abc", b"0123456789abcdef")
    assert crypto().open(Envelope(said["msg_signature"], said["timeStamp"], said["nonce"], said["encrypt"])) == ("成功".encode(), b"dingkey")


def test_wrong_keys_and_owners_are_refused():
    assert why(envelope(made=crypto(OTHER))) in {Why.PADDING, Why.LENGTH, Why.OWNER}
    assert why(envelope(owner=b"dingother")) is Why.OWNER
    assert why(envelope(owner=b"")) is Why.OWNER


@pytest.mark.parametrize("changes", [{"signature": ""}, {"signature": "é"}, {"timestamp": "1790000000001"}, {"nonce": "n2"}, {"encrypt": "AAAA"}])
def test_whatever_was_not_signed_is_refused_before_it_is_opened(changes):
    good = envelope()
    values = {name: getattr(good, name) for name in ("signature", "timestamp", "nonce", "encrypt")}
    assert why(Envelope(**{**values, **changes})) is Why.FORGED


@pytest.mark.parametrize(
    ("plain", "reason"),
    [
        (b"\x00" * 32, Why.PADDING),
        (b"\x21" * 64, Why.PADDING),
        (b"\x01" * 31 + b"\x02" + b"\x03" * 31 + b"\x04", Why.PADDING),
        (b"\x20" * 32, Why.LENGTH),
        (b"0" * 16 + (99).to_bytes(4, "big") + b"{}dingkey" + b"\x03" * 3, Why.LENGTH),
        (b"0" * 16 + b"\xff\xff\xff\xff" + b"{}dingkey" + b"\x03" * 3, Why.LENGTH),
    ],
)
def test_wrong_padding_and_lengths_are_refused(plain, reason):
    assert why(sealed(plain)) is reason


@pytest.mark.parametrize("encrypt", ["", "no base64", "AAAA", "A" * 43, "é"])
def test_what_is_no_cipher_text_is_refused(encrypt):
    assert why(Envelope(crypto().signature("1", "n", encrypt), "1", "n", encrypt)) is Why.CIPHER


@pytest.mark.parametrize(
    ("token", "key", "owners"), [("t", "short", ("a",)), ("t", "é" * 43, ("a",)), ("t", "-" * 43, ("a",)), ("", KEY, ("a",)), ("t", KEY, ("",))]
)
def test_settings_that_cannot_work_are_named(token, key, owners):
    with pytest.raises(ValueError, match=r"\w"):
        EventCrypto(token, key, owners)


def test_an_envelope_is_let_in_once_and_only_in_time():
    once, good = Once(600), envelope()
    once.check(good, NOW)
    with pytest.raises(BadEnvelope, match="replayed"):
        once.check(good, NOW + timedelta(seconds=500))
    for late in (601, -601):
        with pytest.raises(BadEnvelope, match="outside_window"):
            once.check(envelope(nonce="n9"), NOW + timedelta(seconds=late))
    once.forget(good)
    once.check(good, NOW)


def test_the_memory_is_as_long_as_the_window():
    once = Once(600)
    early = envelope(stamp=str(int((NOW + timedelta(seconds=599)).timestamp() * 1000)))
    once.check(early, NOW)
    with pytest.raises(BadEnvelope, match="replayed"):
        once.check(early, NOW + timedelta(seconds=1190))
    once.check(envelope(stamp=str(int((NOW + timedelta(seconds=2000)).timestamp() * 1000))), NOW + timedelta(seconds=2000))
    assert len(once._seen) == 1


@pytest.mark.parametrize(
    ("stamp", "seconds"),
    [("1614767836", 1614767836.0), ("1790000000000", 1790000000.0), ("", None), ("１７９００００００００００", None), ("-1", None), ("17900000000001", None)],
)
def test_times_are_milliseconds_or_seconds(stamp, seconds):
    assert seconds_of(stamp) == seconds
