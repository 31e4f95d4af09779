"""What an OpenID provider says of itself (https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata)."""

from collections.abc import Mapping
from itertools import islice
from typing import Any, Final

from msgspec import Struct

from hoistway.protocol.because import Because

SIGNED_BY: Final = frozenset({"RS256", "PS256", "ES256"})
"""Algorithms of ID tokens that are accepted."""
LONGEST_TEXT: Final = 2_048
MOST_WORDS: Final = 100
LONGEST_WORD: Final = 100
"""Of a description, many of which are kept in memory."""


class BadMetadata(Because):
    """The provider can't be used as it describes itself. The text says what is wrong, and how it is mended."""


class Metadata(Struct, frozen=True):
    """`says_issuer` is True where every answer must name the issuer (RFC 9207)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    end_session_endpoint: str | None
    says_issuer: bool
    auth_methods: frozenset[str]
    algorithms: frozenset[str]
    challenges: frozenset[str]


def discovery_of(issuer: str) -> str:
    """OpenID Connect Discovery section 4.1: a slash at the end is left out."""
    return f"{issuer.removesuffix('/')}/.well-known/openid-configuration"


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    if not isinstance(value, str) or not value:
        raise BadMetadata(
            f"its description lacks {name}: it is no OpenID provider, or another issuer is meant", "lacks", name=name
        )
    if len(value) > LONGEST_TEXT:
        raise BadMetadata(f"its {name} is longer than {LONGEST_TEXT} characters", "long", name=name, most=LONGEST_TEXT)
    return value


def _optional(said: Mapping[str, Any], name: str) -> str | None:
    return _text(said, name) if said.get(name) is not None else None


def _words(said: Mapping[str, Any], name: str, default: str) -> frozenset[str]:
    """The first of a list; a word that is too long is none that is known here."""
    value = said.get(name, default.split())
    found = (
        (word for word in value if isinstance(word, str) and len(word) <= LONGEST_WORD)
        if isinstance(value, list)
        else ()
    )
    return frozenset(islice(dict.fromkeys(found), MOST_WORDS))


def read_metadata(said: Mapping[str, Any]) -> Metadata:
    """Raises BadMetadata for what no sign-in could do without."""
    if "code" not in _words(said, "response_types_supported", "code"):
        raise BadMetadata(
            "it does not offer the authorization code flow (response_types_supported lacks code)", "no_code_flow"
        )
    algorithms = _words(said, "id_token_signing_alg_values_supported", "RS256")
    if not algorithms & SIGNED_BY:
        known = ", ".join(sorted(SIGNED_BY))
        raise BadMetadata(f"it signs ID tokens with none of {known}", "signs_otherwise", known=known)
    return Metadata(
        issuer=_text(said, "issuer"),
        authorization_endpoint=_text(said, "authorization_endpoint"),
        token_endpoint=_text(said, "token_endpoint"),
        jwks_uri=_text(said, "jwks_uri"),
        userinfo_endpoint=_optional(said, "userinfo_endpoint"),
        end_session_endpoint=_optional(said, "end_session_endpoint"),
        says_issuer=said.get("authorization_response_iss_parameter_supported") is True,
        auth_methods=_words(said, "token_endpoint_auth_methods_supported", "client_secret_basic"),
        algorithms=algorithms,
        challenges=_words(said, "code_challenge_methods_supported", ""),
    )


def check_issuer_of(metadata: Metadata, issuer: str) -> None:
    """OpenID Connect Discovery section 4.3: letter by letter, so that one provider can't speak for another. Raises
    BadMetadata."""
    if metadata.issuer == issuer:
        return
    if "{tenantid}" in metadata.issuer:
        raise BadMetadata(
            "it serves many tenants: write the id of your own instead of common or organizations", "many_tenants"
        )
    said = metadata.issuer[:200]
    raise BadMetadata(
        f"it calls itself {said}: write the issuer exactly like that, slashes included", "calls_itself", issuer=said
    )
