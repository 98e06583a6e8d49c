"""Pictures of strangers: codes are found in good and in bad photos, and nothing that is sent can cost more than it may."""

from __future__ import annotations

import contextlib
import io
import random
import struct
import tracemalloc
import zlib

import pytest
import segno
from PIL import Image, ImageFilter

from bot.connectors.pictures import MOST_PIXELS, Unreadable, codes_in

LINK = "https://usher.example/j/K7Q2M.abc.0123456789ab"


def code(text: str = LINK, *, scale: int = 6, border: int = 4, **how: str) -> Image.Image:
    kept = io.BytesIO()
    segno.make(text, error="m").save(kept, kind="png", scale=scale, border=border, **how)
    return Image.open(kept)


def as_bytes(picture: Image.Image, kind: str = "PNG", **how: int) -> bytes:
    kept = io.BytesIO()
    picture.save(kept, kind, **how)
    return kept.getvalue()


def on_table(picture: Image.Image, *, turned: float = 0, size: tuple[int, int] = (1600, 1200), shade: int = 180) -> Image.Image:
    """A photo of the code lying somewhere."""
    table = Image.new("L", size, shade)
    table.paste(picture.convert("L").rotate(turned, expand=True, fillcolor=shade, resample=Image.Resampling.BICUBIC), (300, 200))
    return table


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "WEBP"])
def test_a_code_is_read_in_each_format(kind: str) -> None:
    assert codes_in(as_bytes(code().convert("L"), kind)) == (LINK,)


@pytest.mark.parametrize("turned", [0, 17, 90, 180, 253])
def test_a_photo_may_be_turned(turned: float) -> None:
    assert codes_in(as_bytes(on_table(code(scale=10), turned=turned), "JPEG", quality=70)) == (LINK,)


def test_a_photo_may_be_noisy_a_little_blurred_and_large() -> None:
    photo = on_table(code(scale=8), turned=8, size=(4000, 3000)).filter(ImageFilter.GaussianBlur(2))
    dice = random.Random(1)
    for _ in range(4000):
        photo.putpixel((dice.randrange(4000), dice.randrange(3000)), dice.randrange(256))
    assert codes_in(as_bytes(photo, "JPEG", quality=60)) == (LINK,)


def test_what_is_see_through_is_white() -> None:
    assert codes_in(as_bytes(code(light=None).convert("RGBA"))) == (LINK,)


def test_other_text_and_several_codes() -> None:
    assert codes_in(as_bytes(code("扫我领红包 ¥100"))) == ("扫我领红包 ¥100",)
    both = Image.new("L", (800, 400), 255)
    both.paste(code("one", scale=8).convert("L"), (10, 10))
    both.paste(code("two", scale=8).convert("L"), (400, 10))
    assert set(codes_in(as_bytes(both))) == {"one", "two"}


def test_no_code_is_no_code() -> None:
    assert codes_in(as_bytes(Image.effect_noise((600, 600), 90))) == ()
    assert codes_in(as_bytes(on_table(code(scale=3)).filter(ImageFilter.GaussianBlur(12)), "JPEG")) == ()


def head_of_png(width: int, height: int, body: bytes = b"") -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    ihdr = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", ihdr) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("width", "height"), [(5001, 5000), (60_000, 60_000), (2**31 - 1, 2**31 - 1), (MOST_PIXELS + 1, 1)])
def test_a_bomb_is_refused_before_it_is_unpacked(width: int, height: int) -> None:
    bomb = head_of_png(width, height, zlib.compress(bytes(20_000_000), 9))
    assert len(bomb) < 100_000
    tracemalloc.start()
    with pytest.raises(Unreadable, match=r"pixels|broken"):
        codes_in(bomb)
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()


def test_bytes_that_are_none_are_broken_and_nothing_worse() -> None:
    whole = as_bytes(code())
    dice = random.Random(2)
    for data in (b"", b"MZ", b"<svg/>", b"%PDF-1.7", whole[:200], head_of_png(0, 0), head_of_png(300, 300, b"x"), b"GIF89a", b"BM" + bytes(60)):
        with pytest.raises(Unreadable, match="broken"):
            codes_in(data)
    for kind in ("PNG", "JPEG", "GIF", "BMP", "WEBP"):
        for _ in range(40):
            odd = bytearray(as_bytes(code(scale=2).convert("L"), kind))
            for _ in range(12):
                odd[dice.randrange(len(odd))] = dice.randrange(256)
            with contextlib.suppress(Unreadable):
                assert isinstance(codes_in(bytes(odd)), tuple)
