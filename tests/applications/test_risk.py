"""What an operator is told to look at, from facts alone; and which names look alike."""

import pytest
from msgspec.structs import replace

from hoistway.applications.risk import Facts, Note, risk_notes
from hoistway.protocol.ids import CustomerId, RequestId, UserId
from hoistway.protocol.likeness import looks_like, skeleton
from hoistway.store.requests import Request

DAY = 86_400
NOW = 1_800_000_000
QUIET = Request(
    RequestId("r"), CustomerId("c"), UserId("u"), "application", "Lift board", "web", ("https://app.example/cb",), "why",
    ("code",), "", "production", "submitted", None, NOW, NOW,
)  # fmt: skip
FACTS = Facts(QUIET, ("https://app.example/other",), (), "Hoistway", NOW - 31 * DAY, 1, NOW)


def test_nothing_unusual() -> None:
    assert risk_notes(FACTS) == []


@pytest.mark.parametrize(
    ("request_changes", "fact_changes", "note"),
    [
        ({"redirect_uris": ("https://new.example/cb",)}, {}, Note("host_new", "new.example")),
        ({"redirect_uris": ("https://sub.app.example/cb",)}, {}, Note("host_new", "sub.app.example")),
        ({"redirect_uris": ("http://app.example/cb",)}, {}, Note("http", "http://app.example/cb", grave=True)),
        (
            {"redirect_uris": ("http://localhost:3000/cb",)},
            {"registered": ("http://localhost/x",)},
            Note("loopback", "http://localhost:3000/cb"),
        ),
        ({"redirect_uris": ("com.example.app:/cb",), "type": "mobile"}, {}, Note("private_scheme", "com.example.app:")),
        ({"flows": ("code", "implicit")}, {}, Note("legacy_implicit", "", grave=True)),
        ({"flows": ("password",), "redirect_uris": ()}, {}, Note("legacy_password", "", grave=True)),
        ({"name": "Official H0istway Login"}, {}, Note("like_brand", "Hoistway", grave=True)),
        ({}, {"alike": ("Lift b0ard",)}, Note("like_other", "Lift b0ard", grave=True)),
        ({}, {"customer_since": NOW - 29 * DAY}, Note("customer_new", "")),
        ({}, {"open_requests": 5}, Note("many_open", "5")),
    ],
)
def test_each_note(request_changes: dict[str, object], fact_changes: dict[str, object], note: Note) -> None:
    request = replace(QUIET, **request_changes)
    assert risk_notes(replace(FACTS, request=request, **fact_changes)) == [note]


def test_a_native_application_may_return_to_its_own_machine() -> None:
    request = replace(QUIET, type="desktop", redirect_uris=("http://127.0.0.1/cb",))
    assert risk_notes(replace(FACTS, request=request, registered=("http://127.0.0.1/x",))) == []


def test_the_grave_come_first_and_each_once() -> None:
    uris = ("https://new.example/a", "https://new.example/b", "http://new.example/c")
    request = replace(QUIET, redirect_uris=uris, flows=("implicit",))
    kinds = [note.kind for note in risk_notes(replace(FACTS, request=request))]
    assert kinds == ["legacy_implicit", "http", "host_new"]


@pytest.mark.parametrize(
    "name",
    [
        "hoistway",
        "HOISTWAY",
        "H0istway",
        "Ho1stway",
        "Hoistwаy",
        "Ηoistway",
        "Höistway",
        "Hoist-Way",
        "The Hoistway app",
        "h o i s t w a y",
    ],
)
def test_names_that_look_alike(name: str) -> None:
    assert looks_like(name, "Hoistway")


@pytest.mark.parametrize("name", ["Hoist", "Lift board", "Haystack", ""])
def test_names_that_do_not(name: str) -> None:
    assert not looks_like(name, "Hoistway")
    assert not looks_like("Lift board", "")


def test_a_skeleton_is_the_same_for_what_looks_the_same() -> None:
    assert skeleton("Building Porta1") == skeleton("bui1ding-portal") == skeleton("Вuilding portal")
    assert skeleton("modern") == skeleton("modem")
    assert skeleton("Building portal") != skeleton("Building partner")
