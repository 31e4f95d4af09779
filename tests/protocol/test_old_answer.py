"""What an older system's token endpoint says: right, wrong, or nothing."""

import json

import pytest

from hoistway.protocol.old_answer import LONGEST_WAIT, NoVerdict, Right, Verdict, Wrong, read_old_answer
from tests.carrying.old import token_of


def read(status: int, said: object, **headers: str) -> Verdict:
    return read_old_answer(
        status, {name.replace("_", "-"): value for name, value in headers.items()}, json.dumps(said).encode()
    )


def refusal(error: str, number: str | None, status: int = 400) -> Verdict:
    text = "Some words." if number is None else f"AADB2C{number}: Some words.\r\nCorrelation ID: 1"
    return read(status, {"error": error, "error_description": text})


def test_whose_password_it_is() -> None:
    assert read(200, {"id_token": token_of(oid="a", sub="b"), "access_token": token_of(oid="c")}) == Right("a")
    assert read(200, {"access_token": token_of(oid="c")}) == Right("c")
    assert read(200, {"id_token": token_of(sub="b")}) == Right("b")
    assert read(200, {"id_token": "opaque", "access_token": token_of(sub="d")}) == Right("d")


@pytest.mark.parametrize("said", [{}, {"id_token": 7}, {"access_token": "a.b.c"}, {"id_token": token_of(oid=["a"])}])
def test_a_success_that_names_nobody_is_none(said: object) -> None:
    found = read(200, said)
    assert isinstance(found, NoVerdict)
    assert found.because == "no_account"


@pytest.mark.parametrize(
    ("error", "number", "status"),
    [
        ("access_denied", "90225", 400), ("invalid_grant", None, 400), ("invalid_grant", None, 401),
        ("server_error", "90225", 400), ("interaction_required", "90077", 400), ("access_denied", "90118", 403),
    ],
)  # fmt: skip
def test_wrong_ones(error: str, number: str | None, status: int) -> None:
    assert refusal(error, number, status) == Wrong(number)


@pytest.mark.parametrize(
    ("error", "number", "because", "is_away"),
    [
        ("access_denied", "90244", "throttled", True), ("access_denied", "90229", "throttled", True),
        ("access_denied", "90111", "locked", False), ("access_denied", "90114", "locked", False),
        ("server_error", "90085", "status", True), ("invalid_request", "90018", "configuration", True),
        ("unauthorized_client", None, "configuration", True),
    ],
)  # fmt: skip
def test_no_verdict(error: str, number: str | None, because: str, is_away: bool) -> None:
    found = refusal(error, number)
    assert isinstance(found, NoVerdict)
    assert (found.because, found.is_away) == (because, is_away)
    assert found.by_caller == (because in {"locked", "configuration"}), "whoever asks may have caused it"


def test_how_long_to_wait() -> None:
    for said, wait in (("17", 17), ("0", 1), ("999999", LONGEST_WAIT), ("soon", None), ("-1", None)):
        found = read(429, {}, retry_after=said)
        assert isinstance(found, NoVerdict)
        assert (found.because, found.wait) == ("throttled", wait)


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b"{", b"<html>", b'{"a":' * 20_000])
@pytest.mark.parametrize("status", [200, 400, 401])
def test_no_json(status: int, body: bytes) -> None:
    found = read_old_answer(status, {}, body)
    assert isinstance(found, NoVerdict)
    assert found.because == "not_json"


@pytest.mark.parametrize("status", [100, 201, 404, 418, 500, 503, 599])
def test_another_status_says_nothing(status: int) -> None:
    assert read(status, {"error": "invalid_grant"}) == NoVerdict("status", str(status), None, by_caller=status < 500)
