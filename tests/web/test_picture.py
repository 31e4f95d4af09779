"""Which files are pictures, by their bytes alone."""

import pytest

from hoistway.web.picture import LIMIT, NotAPicture, read_picture
from tests.portal.pictures import PNG, SVG, jpeg, png, webp


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (png(1024, 1024), "image/png"),
        (jpeg(640, 480), "image/jpeg"),
        (webp(1024, 1), "image/webp"),
        (webp(300, 200, b"VP8L"), "image/webp"),
        (webp(300, 200, b"VP8 "), "image/webp"),
    ],
)
def test_pictures(body: bytes, media_type: str) -> None:
    assert read_picture(body).media_type == media_type


@pytest.mark.parametrize(
    "body", [png(640, 480), jpeg(640, 480), webp(640, 480), webp(640, 480, b"VP8L"), webp(640, 480, b"VP8 ")]
)
def test_sizes(body: bytes) -> None:
    picture = read_picture(body)
    assert (picture.width, picture.height) == (640, 480)


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        ((640, 480), (37, 28)),
        ((1024, 64), (120, 8)),
        ((1000, 1), (120, 1)),
        ((16, 12), (16, 12)),
        ((28, 1024), (1, 28)),
    ],
)
def test_a_picture_shrinks_in_its_own_shape(size: tuple[int, int], shown: tuple[int, int]) -> None:
    assert read_picture(png(*size)).within(120, 28) == shown


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "type"),
        (SVG, "type"),
        (b"<!doctype html><script>alert(1)</script>", "type"),
        (b"GIF89a" + b"\x00" * 64, "type"),
        (b" " + PNG, "type"),
        (PNG[:20], "broken"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 64, "broken"),
        (b"\xff\xd8\xff" + b"\x00" * 64, "broken"),
        (jpeg()[:22], "broken"),
        (webp()[:20], "broken"),
        (webp(kind=b"VP8X").replace(b"VP8X", b"EVIL"), "broken"),
        (png(1025, 8), "pixels"),
        (png(8, 30_000), "pixels"),
        (png(0, 8), "pixels"),
        (jpeg(1025, 8), "pixels"),
        (webp(8, 1025), "pixels"),
        (webp(1025, 8, b"VP8L"), "pixels"),
        (png(more=LIMIT), "size"),
    ],
)
def test_files_that_are_none(body: bytes, reason: str) -> None:
    with pytest.raises(NotAPicture) as caught:
        read_picture(body)
    assert caught.value.reason == reason
