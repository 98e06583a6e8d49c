"""Reads QR codes in pictures that anybody may have sent: measured before anything is unpacked, looked at in two sizes, nothing kept."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Final

import numpy as np
import zxingcpp
from PIL import Image

MOST_PIXELS: Final = 25_000_000
"""Pixels of a picture that is unpacked; a photo in JPEG, which is unpacked smaller than it is, may have twice as many."""
SIDES: Final = (1600, 3200)
"""Longest sides in which a picture is looked at, one after the other: small is quick and forgives noise, large finds a small code."""
MOST_CODES: Final = 8
LONGEST: Final = 2_000
"""Characters of a code that are read."""
_FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)
_FAULTS = (OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError, ArithmeticError, RuntimeError, struct.error, zlib.error)
"""What Pillow's decoders raise over bytes that are no picture, or half of one."""


class Unreadable(Exception):
    """No picture that is looked at; the text is `pixels` (too many) or `broken`."""


def codes_in(data: bytes) -> tuple[str, ...]:
    """The texts of the QR codes in the picture, each once. Raises Unreadable. Takes up to a second of a processor and 200 MB: one at a time, in a thread."""
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
            _measured(picture)
            return _read(picture)
    except _BOMBS:
        raise Unreadable("pixels") from None
    except _FAULTS:
        raise Unreadable("broken") from None


def _measured(picture: Image.Image) -> None:
    """Only its head was read so far."""
    width, height = picture.size
    photo = picture.format == "JPEG"
    if width * height > MOST_PIXELS * (2 if photo else 1):
        raise Unreadable("pixels")
    if photo:
        picture.draft("L", (SIDES[-1], SIDES[-1]))


def _read(picture: Image.Image) -> tuple[str, ...]:
    grey = _grey(picture)
    found: tuple[str, ...] = ()
    for side in SIDES:
        looked_at = grey.copy()
        looked_at.thumbnail((side, side))
        read = zxingcpp.read_barcodes(np.asarray(looked_at), formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode), text_mode=zxingcpp.TextMode.Plain)
        found = tuple(dict.fromkeys(one.text[:LONGEST].strip() for one in read[:MOST_CODES] if one.text.strip()))
        if found or max(grey.size) <= side:
            break
    return found


def _grey(picture: Image.Image) -> Image.Image:
    """Its first frame in grey; what is see-through is white, as people see it in a chat."""
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        clear = picture.convert("RGBA")
        white = Image.new("RGBA", clear.size, "white")
        white.alpha_composite(clear)
        return white.convert("L")
    return picture.convert("L")
