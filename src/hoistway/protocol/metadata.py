"""The discovery document of the server.

https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata and https://www.rfc-editor.org/rfc/rfc8414
"""

from collections.abc import Mapping, Sequence

CLIENT_AUTH_METHODS = ("client_secret_basic", "client_secret_post", "none")
PROMPTS = ("none", "login", "consent", "select_account")


def metadata(
    *,
    issuer: str,
    endpoints: Mapping[str, str],
    grants: Sequence[str],
    response_types: Sequence[str],
    scopes: Sequence[str],
    claims: Sequence[str],
    ui_locales: Sequence[str] = ("en",),
    protected_resources: Sequence[str] = (),
    auth_methods: Sequence[str] = CLIENT_AUTH_METHODS,
) -> dict[str, object]:
    """OpenID Connect Discovery §3, RFC 8414 §2, RFC 9207 §3, RFC 9728 §4. `endpoints` maps metadata names such as
    `token_endpoint` and `jwks_uri` to addresses; what is not in it is not advertised."""
    document: dict[str, object] = {
        "issuer": issuer,
        **endpoints,
        "scopes_supported": list(scopes),
        "response_types_supported": list(response_types),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "grant_types_supported": list(grants),
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "token_endpoint_auth_methods_supported": list(auth_methods),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        "claim_types_supported": ["normal"],
        "claims_supported": list(claims),
        "prompt_values_supported": list(PROMPTS),
        "ui_locales_supported": list(ui_locales),
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        # Absent means true (OpenID Connect Discovery §3).
        "request_uri_parameter_supported": False,
    }
    for name in ("revocation", "introspection"):
        if f"{name}_endpoint" in endpoints:
            document[f"{name}_endpoint_auth_methods_supported"] = list(auth_methods)
    if protected_resources:
        document["protected_resources"] = list(protected_resources)
    return document
