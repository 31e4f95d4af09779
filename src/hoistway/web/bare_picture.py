"""Reduces an uploaded picture to the parts that draw it, without information such as who took it and where. Nothing is
decoded.

PNG: https://www.w3.org/TR/png-3/#5Chunk-layout; JPEG: ITU-T T.81 annex B; WebP: RFC 9649 section 2.
"""

from collections.abc import Iterator, Mapping
from typing import Final, Literal

from hoistway.web.picture import NotAPicture, Picture, read_picture

# The chunks that are kept and their greatest length: the picture itself, and what transparency and colours need. Colour
# profiles are left out, because they contain text.
_PNG: Final[Mapping[bytes, int]] = {
    b"IHDR": 13, b"PLTE": 768, b"tRNS": 256, b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"cICP": 4, b"IDAT": 2**31, b"IEND": 0,
}  # fmt: skip
_PNG_MOVES: Final = frozenset({b"acTL", b"fcTL", b"fdAT"})
_WEBP: Final = frozenset({b"VP8X", b"VP8 ", b"VP8L", b"ALPH"})
_WEBP_MOVES: Final = frozenset({b"ANIM", b"ANMF"})
_MOVES, _ALPHA = 0x02, 0x10
_START, _END, _SCAN, _APP0, _EXIF, _ADOBE = 0xD8, 0xD9, 0xDA, 0xE0, 0xE1, 0xEE
_RESTARTS: Final = range(0xD0, 0xD8)
# Frames, tables, the number of lines, restarts.
_DRAWS: Final = frozenset({*range(0xC0, 0xC8), *range(0xC9, 0xD0), 0xDB, 0xDC, 0xDD, _SCAN})
_ORIENTATION: Final = 0x0112


def bare_picture(body: bytes) -> tuple[Picture, bytes]:
    """The kind of the picture, and its bytes without the rest. Raises NotAPicture, with the reason "moves" for an
    animated one: whoever reviews it sees the first frame, and others would see what follows."""
    strip = {"image/png": _bare_png, "image/webp": _bare_webp, "image/jpeg": _bare_jpeg}
    kept = strip[read_picture(body).media_type](body)
    return read_picture(kept), kept


def _bare_png(body: bytes) -> bytes:
    kept, place = [body[:8]], 8
    while True:
        size, kind = int.from_bytes(body[place : place + 4]), body[place + 4 : place + 8]
        end = place + 12 + size
        if end > len(body) or size > _PNG.get(kind, size) or (kind == b"IHDR") is not (place == 8):
            raise NotAPicture("broken")
        if kind in _PNG_MOVES:
            raise NotAPicture("moves")
        if kind in _PNG:
            kept.append(body[place:end])
        if kind == b"IEND":
            return b"".join(kept)
        place = end


def _webp_chunks(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    place, end = 12, min(len(body), 8 + int.from_bytes(body[4:8], "little"))
    while place < end:
        size = int.from_bytes(body[place + 4 : place + 8], "little")
        if place + 8 + size > end:
            raise NotAPicture("broken")
        yield body[place : place + 4], body[place + 8 : place + 8 + size]
        place += 8 + size + size % 2


def _bare_webp(body: bytes) -> bytes:
    kept = b""
    for kind, data in _webp_chunks(body):
        if kind in _WEBP_MOVES or (kind == b"VP8X" and data[:1] and data[0] & _MOVES):
            raise NotAPicture("moves")
        if kind not in _WEBP:
            continue
        if kind == b"VP8X" and len(data) != 10:
            raise NotAPicture("broken")
        if kind == b"VP8X":
            # The flags of this chunk are corrected, because they name chunks that are left out.
            data = bytes((data[0] & _ALPHA,)) + data[1:]
        kept += kind + len(data).to_bytes(4, "little") + data + b"\0" * (len(data) % 2)
    return b"RIFF" + (4 + len(kept)).to_bytes(4, "little") + b"WEBP" + kept


def _bare_jpeg(body: bytes) -> bytes:
    """Up to the end of the picture: behind it there is often a second picture, or a film."""
    kept, place = body[:2], 2
    while place + 2 <= len(body) and body[place] == 0xFF:
        marker = body[place + 1]
        if marker == 0xFF:
            place += 1
            continue
        if marker == _END:
            return kept + body[place : place + 2]
        end = place + 2 + int.from_bytes(body[place + 2 : place + 4])
        if marker == _START or end > len(body) or end < place + 4:
            break
        kept += _kept_segment(marker, body[place:end])
        if marker == _SCAN:
            begin, end = end, _end_of_scan(body, end)
            kept += body[begin:end]
        place = end
    raise NotAPicture("broken")


def _end_of_scan(body: bytes, place: int) -> int:
    """Where the next marker begins; zeros and restarts belong to the scan."""
    while (place := body.find(b"\xff", place)) >= 0:
        if place + 1 >= len(body):
            break
        if body[place + 1] != 0 and body[place + 1] not in _RESTARTS:
            return place
        place += 2
    raise NotAPicture("broken")


def _kept_segment(marker: int, segment: bytes) -> bytes:
    """The whole segment, or the part of it that says how colours are stored and which side is up, or nothing."""
    data = segment[4:]
    if marker in _DRAWS:
        return segment
    if marker == _APP0 and data.startswith(b"JFIF\0") and len(data) >= 14:
        return _segment(marker, data[:12] + b"\0\0")
    if marker == _ADOBE and data.startswith(b"Adobe") and len(data) >= 12:
        return _segment(marker, data[:12])
    if marker == _EXIF and data.startswith(b"Exif\0\0"):
        turned = _orientation(data[6:])
        return _segment(marker, _exif(turned)) if turned > 1 else b""
    return b""


def _segment(marker: int, data: bytes) -> bytes:
    return bytes((0xFF, marker)) + (2 + len(data)).to_bytes(2) + data


def _orientation(tiff: bytes) -> int:
    """1 to 8, from the first directory; 1 where it has none."""
    order: Literal["little", "big"] = "little" if tiff[:2] == b"II" else "big"
    first = int.from_bytes(tiff[4:8], order)
    for number in range(int.from_bytes(tiff[first : first + 2], order)):
        entry = tiff[first + 2 + 12 * number :][:12]
        if len(entry) < 12:
            break
        if int.from_bytes(entry[:2], order) == _ORIENTATION:
            turned = int.from_bytes(entry[8:10], order)
            return turned if 1 <= turned <= 8 else 1
    return 1


def _exif(turned: int) -> bytes:
    """A directory that contains nothing but the orientation."""
    entry = _ORIENTATION.to_bytes(2) + (3).to_bytes(2) + (1).to_bytes(4) + turned.to_bytes(2) + b"\0\0"
    return b"Exif\0\0MM\0*" + (8).to_bytes(4) + (1).to_bytes(2) + entry + b"\0" * 4
