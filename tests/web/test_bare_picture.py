"""What of a picture is kept: what draws it, and nothing that it tells beside."""

import struct

import pytest

from hoistway.web.bare_picture import bare_picture
from hoistway.web.picture import NotAPicture, read_picture
from tests.portal.pictures import PNG, jpeg, png, png_chunk, webp
from tests.portal.telling import PLACE, animated_png, animated_webp, exif, photo, png_with, segment, webp_with

SCAN = segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"\x12\xff\x00\x34\xff\xd0\x56"


def test_a_png_keeps_what_draws_it() -> None:
    colours = png_chunk(b"gAMA", b"\x00\x00\xb1\x8f") + png_chunk(b"sRGB", b"\x00") + png_chunk(b"tRNS", b"\x00\x01")
    told = b"".join(png_chunk(kind, PLACE) for kind in (b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"iCCP", b"prVt"))
    assert bare_picture(png_with(colours + told) + PLACE)[1] == png_with(colours)


def test_a_webp_keeps_what_draws_it() -> None:
    told = ((b"ICCP", PLACE), (b"EXIF", PLACE), (b"XMP ", PLACE), (b"note", PLACE + b"."))
    drawn = ((b"ALPH", b"\x00" * 5), (b"VP8 ", webp(kind=b"VP8 ")[20:]))
    assert bare_picture(webp_with(0x3C, *told, *drawn) + PLACE)[1] == webp_with(0x10, *drawn)


def test_a_jpeg_keeps_what_draws_it() -> None:
    told = segment(0xE1, b"Exif\0\0" + PLACE) + segment(0xED, PLACE) + segment(0xFE, PLACE) + segment(0xE2, PLACE)
    frame, more = jpeg()[20:33] + segment(0xC4, b"\x00" * 20) + SCAN, segment(0xDB, b"\x00" * 65) + SCAN + b"\xff\xd9"
    head = b"\xff\xd8" + segment(0xE0, b"JFIF\0\x01\x01\x00\x00\x01\x00\x01\x00\x00")
    assert bare_picture(head + told + frame + b"\xff" + more + PLACE)[1] == head + frame + more


def test_of_a_jpegs_own_segments_the_words_alone_are_dropped() -> None:
    """A small picture in the JFIF segment, and what follows Adobe's colours."""
    jfif = b"JFIF\0\x01\x01\x00\x00\x01\x00\x01"
    adobe = b"Adobe\x00\x64\x00\x00\x00\x00\x01"
    body = jpeg()[20:35]
    whole = b"\xff\xd8" + segment(0xE0, jfif + b"\x02\x02" + PLACE) + segment(0xEE, adobe + PLACE) + body
    kept = b"\xff\xd8" + segment(0xE0, jfif + b"\x00\x00") + segment(0xEE, adobe) + body
    assert bare_picture(whole)[1] == kept


@pytest.mark.parametrize("order", ["big", "little"])
@pytest.mark.parametrize("turned", [1, 3, 6, 8, 9])
def test_a_photo_stands_as_it_stood_and_says_no_more(order: str, turned: int) -> None:
    kept = bare_picture(photo(order, turned))[1]
    assert PLACE not in kept
    assert (segment(0xE1, exif("big", turned)) in kept) is (1 < turned < 9)
    assert bare_picture(kept)[1] == kept


@pytest.mark.parametrize("body", [animated_png(), animated_webp(b"ANIM"), animated_webp(b"ANMF"), webp_with(0x02)])
def test_what_moves_is_refused(body: bytes) -> None:
    assert read_picture(body).width == 8, "one that is kept already is still served"
    with pytest.raises(NotAPicture) as caught:
        bare_picture(body)
    assert caught.value.reason == "moves"


@pytest.mark.parametrize(
    "body",
    [
        PNG[:-12],
        png_with(png_chunk(b"gAMA", PLACE)),
        png_with(png_chunk(b"IHDR", struct.pack(">IIBBBBB", 30_000, 8, 8, 0, 0, 0, 0))),
        png_with(struct.pack(">I", 2**31) + b"tEXt"),
        jpeg()[:33],
        jpeg()[:33] + SCAN,
        jpeg()[:33] + b"\xff",
        jpeg()[:33] + b"\xff\xfe\x00\x00\xff\xd9",
        b"\xff\xd8" + jpeg()[:35],
        webp_with(0, (b"VP8X", b"")),
        webp()[:-2],
    ],
)
def test_what_can_not_be_walked_to_its_end_is_refused(body: bytes) -> None:
    with pytest.raises(NotAPicture) as caught:
        bare_picture(body)
    assert caught.value.reason == "broken"


@pytest.mark.parametrize("body", [PNG, png(640, 480), jpeg(), webp(), webp(kind=b"VP8L"), webp(kind=b"VP8 ")])
def test_what_is_bare_stays_so(body: bytes) -> None:
    picture, kept = bare_picture(body)
    assert picture == read_picture(body)
    assert bare_picture(kept) == (picture, kept)
