"""The addresses and answers of a B2C-shaped path."""

import json

import pytest

from hoistway.protocol.b2c import B2CPath, read_path
from hoistway.protocol.dialect import Dialect, Issued, error_body, error_status, token_body
from hoistway.protocol.errors import InvalidClient, InvalidGrant, LoginRequired
from hoistway.protocol.jwt import unb64url

T, P = "contoso.onmicrosoft.com", "b2c_1_ropc"
STANDARD = Dialect("standard", "https://id.example")
B2C = Dialect("b2c", "https://id.example/t/v2.0/", P, "t")
WELL_KNOWN = ".well-known/openid-configuration"
INSERTED = ".well-known/oauth-authorization-server"


@pytest.mark.parametrize(
    ("path", "p", "found"),
    [
        (f"/{T}/B2C_1_ROPC/oauth2/v2.0/token", None, B2CPath(T, P, "token")),
        (f"/tfp/{T}/{P}/oauth2/v2.0/authorize", None, B2CPath(T, P, "authorize", is_tfp=True)),
        (f"/{T}/oauth2/v2.0/logout", "B2C_1_ropc", B2CPath(T, P, "logout")),
        (f"/{T}/{P}/v2.0/{WELL_KNOWN}", None, B2CPath(T, P, "discovery")),
        (f"/tfp/{T}/{P}/v2.0/{WELL_KNOWN}", None, B2CPath(T, P, "discovery", is_tfp=True)),
        (f"/tfp/{T}/{P}/v2.0//{WELL_KNOWN}", None, B2CPath(T, P, "discovery", is_tfp=True)),
        (f"/{INSERTED}/{T}/v2.0", None, B2CPath(T, None, "discovery")),
        (f"/{INSERTED}/{T}/v2.0/", None, B2CPath(T, None, "discovery")),
        (f"/{INSERTED}/{T}/B2C_1_ROPC/v2.0", None, B2CPath(T, P, "discovery")),
        (f"/{INSERTED}/tfp/{T}/{P}/v2.0/", None, B2CPath(T, P, "discovery", is_tfp=True)),
        (f"/{WELL_KNOWN}/{T}/v2.0/", None, B2CPath(T, None, "discovery")),
        (f"/{INSERTED}/{T}", None, None),
        (f"/{INSERTED}/v2.0", None, None),
        (f"/{INSERTED}/{T}/v2.0//", None, None),
        (f"/{INSERTED}/{T}/{P}/oauth2/v2.0", None, None),
        (f"/{T}/v2.0/{WELL_KNOWN}", P, B2CPath(T, P, "discovery")),
        (f"/{T}/v2.0//{WELL_KNOWN}", None, B2CPath(T, None, "discovery")),
        (f"/{T}/{P}/discovery/v2.0/keys", None, B2CPath(T, P, "keys")),
        (f"/{T}/discovery/v2.0/keys", P, B2CPath(T, P, "keys")),
        ("/oauth2/v2.0/token", None, None),
        ("/tfp/oauth2/v2.0/token", None, None),
        (f"/a/{T}/{P}/oauth2/v2.0/token", None, None),
        (f"/tfp{T}/{P}/oauth2/v2.0/token", None, B2CPath(f"tfp{T}", P, "token")),
        (f"//{T}/{P}/oauth2/v2.0/token", None, None),
        (f"/{T}/{P}//oauth2/v2.0/token", None, None),
        (f"/{T}/a%00b/oauth2/v2.0/token", None, None),
        (f"/{T}/oauth2/v2.0/token", "a b", None),
        (f"/{WELL_KNOWN}", None, None),
        ("/oauth2/token", None, None),
    ],
)
def test_paths(path: str, p: str | None, found: B2CPath | None) -> None:
    assert read_path(path, p) == found


def test_refusals() -> None:
    refusal = InvalidGrant("Wrong user name or password: check both.", b2c="90225", log="no such user")
    body = error_body(B2C, refusal, correlation_id="c", at="2019-01-30 13:35:09Z")
    assert body["error"] == "access_denied"
    assert body["error_description"] == (
        "AADB2C90225: Wrong user name or password: check both.\r\nCorrelation ID: c\r\nTimestamp: 2019-01-30 13:35:09Z\r\n"
    )
    standard = error_body(STANDARD, refusal, correlation_id="c", at="2019-01-30 13:35:09Z")
    assert standard == {
        "error": "invalid_grant",
        "error_description": "Wrong user name or password: check both.",
        "correlation_id": "c",
        "error_uri": f"{STANDARD.issuer}/portal/guides/errors#invalid_grant",
    }
    assert "error_uri" not in body
    assert (error_status(B2C, InvalidClient()), error_status(STANDARD, InvalidClient())) == (400, 401)
    assert error_body(B2C, LoginRequired(), correlation_id="c", at="")["error"] == "interaction_required"


def test_token_answers() -> None:
    issued = Issued(
        "at", 3600, "openid read", id_token="id", id_token_expires_in=600, refresh_token="r", refresh_expires_in=9
    )
    standard = token_body(STANDARD, issued, grant_type="password", now=100)
    assert (standard["expires_in"], standard["scope"], standard["token_type"]) == (3600, "openid read", "Bearer")
    assert token_body(B2C, issued, grant_type="password", now=100)["expires_in"] == "3600"
    refreshed = token_body(B2C, issued, grant_type="refresh_token", now=100)
    wanted = {
        "expires_in": 3600,
        "not_before": 100,
        "expires_on": 3700,
        "id_token_expires_in": 600,
        "refresh_token_expires_in": 9,
    }
    assert wanted.items() <= refreshed.items()
    assert json.loads(unb64url(refreshed["profile_info"]))["tid"] == "t"
    plain = token_body(B2C, Issued("at", 3600, "read", id_token_expires_in=600), grant_type="refresh_token", now=100)
    assert plain["id_token_expires_in"] == 600, "also where openid was not asked"
    assert plain["profile_info"] == refreshed["profile_info"]
    daemon = token_body(B2C, Issued("at", 3600, "read"), grant_type="client_credentials", now=100)
    assert daemon.keys().isdisjoint({"id_token_expires_in", "profile_info", "refresh_token_expires_in"})
