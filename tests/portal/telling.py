"""Pictures that tell more than they show: who made them and where, and frames that come later."""

import struct
import zlib

from tests.portal.pictures import PNG, jpeg, png_chunk, webp

PLACE = b"GPSLatitude 52.5200 Artist Jane Doe!"


def png_with(chunks: bytes) -> bytes:
    """Behind the header."""
    return PNG[:33] + chunks + PNG[33:]


def animated_png() -> bytes:
    control = struct.pack(">IIIIIHHBB", 0, 8, 8, 0, 0, 20, 1, 0, 0)
    later = png_chunk(b"fcTL", struct.pack(">I", 1) + control[4:]) + png_chunk(
        b"fdAT", struct.pack(">I", 2) + zlib.compress(b"\0" * 72)
    )
    start = png_with(png_chunk(b"acTL", struct.pack(">II", 2, 1)) + png_chunk(b"fcTL", control))
    return start[:-12] + later + start[-12:]


def webp_with(flags: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """An extended one of 8 by 8 pixels."""
    body = b"VP8X" + struct.pack("<I", 10) + bytes((flags,)) + webp()[21:30]
    for kind, data in chunks:
        body += kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def animated_webp(kind: bytes) -> bytes:
    """Which does not say so in its flags."""
    return webp_with(0, (kind, b"\0" * 6))


def segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, 2 + len(data)) + data


def exif(order: str, turned: int, more: bytes = b"") -> bytes:
    """Which side is up, behind `more` entries of 12 bytes."""
    mark = "<" if order == "little" else ">"
    entry = struct.pack(f"{mark}HHIHH", 0x0112, 3, 1, turned, 0)
    head = (b"II*\0" if order == "little" else b"MM\0*") + struct.pack(f"{mark}IH", 8, 1 + len(more) // 12)
    return b"Exif\0\0" + head + more + entry + b"\0" * 4


def photo(order: str = "big", turned: int = 1) -> bytes:
    taken = segment(0xE1, exif(order, turned, PLACE)) + segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + PLACE)
    return b"\xff\xd8" + taken + segment(0xFE, PLACE) + jpeg()[20:35] + PLACE
