"""Checks by its bytes that an uploaded file is a small picture of a kind that browsers only draw: PNG, WebP or JPEG
(WHATWG MIME Sniffing).

https://mimesniff.spec.whatwg.org/#matching-an-image-type-pattern
"""

from base64 import b64encode
from typing import Final

from msgspec import Struct

LIMIT: Final = 64 * 1024
MOST_PIXELS: Final = 1024
_SIZES = frozenset({*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0)})
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})


class Picture(Struct, frozen=True):
    """Width and height in pixels."""

    media_type: str
    width: int
    height: int

    def within(self, width: int, height: int) -> tuple[int, int]:
        """The largest width and height of the same shape that fit; at least one pixel, and never larger than the
        picture."""
        scale = min(1, width / self.width, height / self.height)
        return max(1, round(self.width * scale)), max(1, round(self.height * scale))


class NotAPicture(ValueError):
    """`reason` is "type", "size" (in bytes), "pixels", "broken" or, for uploads, "moves"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _png(body: bytes) -> tuple[int, int]:
    if body[12:16] != b"IHDR" or len(body) < 33:
        raise NotAPicture("broken")
    return int.from_bytes(body[16:20]), int.from_bytes(body[20:24])


def _webp(body: bytes) -> tuple[int, int]:
    kind = body[12:16]
    if len(body) < 30:
        raise NotAPicture("broken")
    if kind == b"VP8 ":
        return int.from_bytes(body[26:28], "little") & 0x3FFF, int.from_bytes(body[28:30], "little") & 0x3FFF
    if kind == b"VP8L":
        bits = int.from_bytes(body[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8X":
        return int.from_bytes(body[24:27], "little") + 1, int.from_bytes(body[27:30], "little") + 1
    raise NotAPicture("broken")


def _jpeg(body: bytes) -> tuple[int, int]:
    """Goes through the segments to the frame header."""
    place = 2
    while place + 9 < len(body) and body[place] == 0xFF:
        marker = body[place + 1]
        if marker in _SIZES:
            return int.from_bytes(body[place + 7 : place + 9]), int.from_bytes(body[place + 5 : place + 7])
        place += 2 if marker in _ALONE else 2 + int.from_bytes(body[place + 2 : place + 4])
    raise NotAPicture("broken")


def read_picture(body: bytes) -> Picture:
    """Uploads are checked by `bare_picture`; this also reads pictures that are already stored. Raises NotAPicture."""
    if len(body) > LIMIT:
        raise NotAPicture("size")
    if body.startswith(b"\x89PNG\r\n\x1a\n"):
        media_type, (width, height) = "image/png", _png(body)
    elif body.startswith(b"RIFF") and body[8:12] == b"WEBP":
        media_type, (width, height) = "image/webp", _webp(body)
    elif body.startswith(b"\xff\xd8\xff"):
        media_type, (width, height) = "image/jpeg", _jpeg(body)
    else:
        raise NotAPicture("type")
    if not 0 < width <= MOST_PIXELS or not 0 < height <= MOST_PIXELS:
        raise NotAPicture("pixels")
    return Picture(media_type, width, height)


def inline(media_type: str, body: bytes) -> str:
    """The picture as a data: address, so that no address of ours reveals which pictures exist."""
    return f"data:{media_type};base64,{b64encode(body).decode()}"
