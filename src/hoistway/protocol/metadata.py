"""The discovery document (https://openid.net/specs/openid-connect-discovery-1_0.html, RFC 8414)."""

from collections.abc import Mapping, Sequence

from hoistway.protocol.authentication import ACR_VALUES
from hoistway.protocol.client_auth import METHODS

CLAIMS = (
    "iss", "sub", "aud", "exp", "iat", "nbf", "auth_time", "amr", "acr", "nonce", "at_hash", "sid", "name", "email", "emails",
    "preferred_username", "oid", "customer", "employee",
)  # fmt: skip


def metadata(
    *,
    issuer: str,
    endpoints: Mapping[str, str],
    grants: Sequence[str],
    response_types: Sequence[str],
    scopes: Sequence[str],
) -> dict[str, object]:
    """`endpoints` maps member names (such as "token_endpoint") to URLs."""
    confidential = [method for method in METHODS if method != "none"]
    return {
        "issuer": issuer,
        **endpoints,
        "scopes_supported": list(scopes),
        "response_types_supported": list(response_types),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "grant_types_supported": list(grants),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        "token_endpoint_auth_methods_supported": list(METHODS),
        "revocation_endpoint_auth_methods_supported": list(METHODS),
        "introspection_endpoint_auth_methods_supported": confidential,
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "claims_supported": list(CLAIMS),
        "acr_values_supported": list(ACR_VALUES),
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "authorization_response_iss_parameter_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "ui_locales_supported": ["en", "de"],
    }
