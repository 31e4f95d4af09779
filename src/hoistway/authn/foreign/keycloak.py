"""Keycloak's credentials as a realm's export has them: JSON that holds JSON in texts
(https://www.keycloak.org/docs-api/latest/rest-api/index.html#CredentialRepresentation)."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from hoistway.authn.argon2id import Cost, Digest
from hoistway.authn.foreign.costs import BadDigest
from hoistway.authn.foreign.kept import Kept, decode
from hoistway.protocol.numbers import read_whole

PBKDF2: Final = {"pbkdf2": "pbkdf2-sha1", "pbkdf2-sha256": "pbkdf2-sha256", "pbkdf2-sha512": "pbkdf2-sha512"}
_DEEPEST = 10**9


def _object(value: Any) -> Mapping[str, Any]:
    """Of a member that is an object, or JSON in a text. Raises BadDigest."""
    try:
        found = msgspec.json.decode(value) if isinstance(value, str) else value
    except (msgspec.MsgspecError, ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise BadDigest("a part of Keycloak's credential is no JSON object")
    return found


def _raw(secret: Mapping[str, Any], name: str) -> bytes:
    text = secret.get(name)
    raw = decode(text) if isinstance(text, str) else None
    if not raw:
        raise BadDigest(f"{name} of Keycloak's credential is missing or is not base64: a partial export hides it")
    return raw


def _number(value: Any) -> int:
    """Also a list of one text, as additionalParameters are."""
    one = value[0] if isinstance(value, list) and len(value) == 1 else value
    number = read_whole(str(one), 1, _DEEPEST)
    if number is None:
        raise BadDigest("a number of Keycloak's credential is missing or can't be read")
    return number


def read_keycloak(text: str) -> Kept | Digest | None:
    """None for what is no JSON object. Raises BadDigest."""
    if not text.startswith("{") or '"' not in text:
        return None
    return credential_of(_object(text))


def credential_of(said: Mapping[str, Any]) -> Kept | Digest:
    """One of a user's `credentials`, of the type "password". Before version 8 its members were flat. Raises BadDigest."""
    if said.get("type", "password") != "password":
        raise BadDigest("the credential of Keycloak is none of the type password")
    if "hashedSaltedValue" in said:
        secret: Mapping[str, Any] = {"value": said["hashedSaltedValue"], "salt": said.get("salt")}
        how = said
    else:
        secret, how = _object(said.get("secretData")), _object(said.get("credentialData"))
    tag, salt, algorithm = _raw(secret, "value"), _raw(secret, "salt"), how.get("algorithm")
    if algorithm in PBKDF2:
        return Kept(PBKDF2[algorithm], {"i": _number(how.get("hashIterations"))}, salt, tag)
    if algorithm == "argon2":
        return _argon2(_object(how.get("additionalParameters")), how, salt, tag)
    raise BadDigest(
        f"Keycloak's algorithm {str(algorithm)[:40]!r} is not known: known are argon2 and {', '.join(PBKDF2)}"
    )


def _argon2(more: Mapping[str, Any], how: Mapping[str, Any], salt: bytes, tag: bytes) -> Kept | Digest:
    if more.get("version", ["1.3"]) != ["1.3"]:
        raise BadDigest("only version 1.3 of argon2 is known")
    memory, passes, lanes = (
        _number(one) for one in (more.get("memory"), how.get("hashIterations"), more.get("parallelism"))
    )
    kind = more.get("type")
    if kind == ["id"]:
        return Digest(Cost(memory, passes, lanes), salt, tag)
    if kind == ["i"]:
        return Kept("argon2i", {"m": memory, "t": passes, "p": lanes}, salt, tag)
    raise BadDigest("only argon2id and argon2i are known")
