"""Ceremonies with passkeys (https://www.w3.org/TR/webauthn-3/): what the browser is asked, and whether its answer holds.

The judging is the library's (webauthn); it takes longer than a request may block, so callers run it in a thread.
"""

import re
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from msgspec import Struct
from msgspec.structs import replace
from nacl.bindings import crypto_core_ed25519_is_valid_point

from hoistway.authn.on_demand import library
from hoistway.protocol.jwt import b64url, unb64url
from hoistway.store.passkeys import Passkey

ALGORITHMS: Final = (-7, -8, -257)
"""ES256, EdDSA, RS256."""
TIMEOUT: Final = 300_000
"""Milliseconds."""
LONGEST_ANSWER: Final = 20_000
LEAST_RSA: Final = 2048
MOST_RSA: Final = 8192
_ALG_OF: Final = {"DecodedEC2PublicKey": -7, "DecodedOKPPublicKey": -8, "DecodedRSAPublicKey": -257}
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,1400}")


class BadPasskey(Exception):
    """The answer does not hold; the text says why, for the log."""


class Made(Struct, frozen=True):
    """A credential that was registered."""

    id: str
    public_key: bytes
    sign_count: int
    is_copied: int


class Bound(Struct, frozen=True):
    """`rp_id` and `origin` are those of the base URL, whatever the request says."""

    challenge: bytes
    rp_id: str
    origin: str


def rp_id_of(base_url: str) -> str | None:
    """The host of the base URL; None where that is an address, of which browsers make no passkeys."""
    host = urlsplit(base_url).hostname or ""
    try:
        ip_address(host)
    except ValueError:
        return host or None
    return None


def _listed(credentials: Iterable[str]) -> list[dict[str, str]]:
    return [{"type": "public-key", "id": credential} for credential in credentials]


def request_options(expected: Bound, credentials: Iterable[str], *, verified: bool) -> str:
    """For navigator.credentials.get, in JSON; without credentials, any passkey of this server that the browser has."""
    options = {
        "challenge": b64url(expected.challenge), "rpId": expected.rp_id, "timeout": TIMEOUT,
        "allowCredentials": _listed(credentials), "userVerification": "required" if verified else "preferred",
    }  # fmt: skip
    return msgspec.json.encode(options).decode()


def creation_options(
    expected: Bound, brand: str, user_id: str, username: str, name: str, known: Iterable[str], *, alone: bool = False
) -> str:
    """For navigator.credentials.create, in JSON. `known` are the person's own, which are not made a second time. One that is to
    stand `alone`, without a password, must be found by the browser and verify its user."""
    wanted = "required" if alone else "preferred"
    options = {
        "challenge": b64url(expected.challenge), "rp": {"id": expected.rp_id, "name": brand}, "timeout": TIMEOUT,
        "user": {"id": b64url(user_id.encode()), "name": username, "displayName": name},
        "pubKeyCredParams": [{"type": "public-key", "alg": alg} for alg in ALGORITHMS],
        "excludeCredentials": _listed(known), "attestation": "none",
        "authenticatorSelection": {"residentKey": wanted, "userVerification": wanted},
    }  # fmt: skip
    return msgspec.json.encode(options).decode()


def _checked(answer: str) -> dict[str, Any]:
    """Raises BadPasskey."""
    if len(answer) > LONGEST_ANSWER:
        raise BadPasskey("longer than any answer")
    try:
        read = msgspec.json.decode(answer, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError) as error:
        raise BadPasskey("not JSON") from error
    return read


def credential_of(answer: str) -> str:
    """The id of the passkey that a browser's answer names. Raises BadPasskey."""
    found = _checked(answer).get("id")
    if not isinstance(found, str) or not _ID.fullmatch(found):
        raise BadPasskey("no id")
    return found


def _check_frame(read: dict[str, Any]) -> None:
    """Our pages are in no frame, so whoever says that they are in one of another origin is no browser with our page (section
    7.1 and 7.2 of WebAuthn, crossOrigin and topOrigin). Raises BadPasskey."""
    response = read.get("response")
    text = response.get("clientDataJSON") if isinstance(response, dict) else None
    try:
        said = msgspec.json.decode(unb64url(text), type=dict[str, Any]) if isinstance(text, str) else {}
    except (ValueError, RecursionError) as error:
        raise BadPasskey("the client's data can't be read") from error
    if said.get("crossOrigin") not in (None, False) or "topOrigin" in said:
        raise BadPasskey("made in a frame of another origin")


def _check_key(webauthn: Any, public_key: bytes) -> None:
    """One that could never sign would be found out when the person needs it. Raises what `_judged` knows."""
    helpers = webauthn.helpers
    decoded = helpers.decode_credential_public_key(public_key)
    key = helpers.decoded_public_key_to_cryptography(decoded)
    if _ALG_OF.get(type(decoded).__name__) != decoded.alg:
        raise ValueError("an algorithm that the key is not for")
    if isinstance(key, EllipticCurvePublicKey) and not isinstance(key.curve, SECP256R1):
        raise ValueError("a curve that does not belong to ES256")
    if isinstance(key, RSAPublicKey) and not (LEAST_RSA <= key.key_size <= MOST_RSA and key.public_numbers().n % 2):
        raise ValueError("an RSA key that is too short or too long, or none")
    if isinstance(key, Ed25519PublicKey) and not crypto_core_ed25519_is_valid_point(key.public_bytes_raw()):
        # Of a point of small order anybody can make signatures.
        raise ValueError("no point of Ed25519's group")


def read_made(answer: str, expected: Bound, *, alone: bool = False) -> Made:
    """What `creation_options` led to. Raises BadPasskey."""
    read = _checked(answer)
    _check_frame(read)

    def verify(webauthn: Any) -> Any:
        found = webauthn.verify_registration_response(
            credential=read, expected_challenge=expected.challenge, expected_rp_id=expected.rp_id,
            expected_origin=expected.origin, require_user_verification=alone,
        )  # fmt: skip
        _check_key(webauthn, found.credential_public_key)
        said = webauthn.helpers.parse_cbor(found.attestation_object)
        if said["fmt"] == "none" and said["attStmt"] != {}:
            # Section 8.7: the statement is an empty map.
            raise ValueError("no attestation, but a statement of one")
        return found

    found = _judged(verify)
    credential = b64url(found.credential_id)
    if not _ID.fullmatch(credential):
        raise BadPasskey("the id is too long")
    return Made(credential, found.credential_public_key, found.sign_count, 1 if _is_copied(found) else 0)


def read_used(
    answer: str, expected: Bound, key: Passkey, now: int, *, verified: bool, named: bool = False
) -> tuple[Passkey, tuple[str, ...]]:
    """The passkey as it is after this use, and the methods that it proved (RFC 8176). `verified` demands that the key
    verified its user, `named` that it says whose it is (section 7.2, step 6, where nobody was named before). Raises BadPasskey."""
    read = _checked(answer)
    _check_frame(read)
    handle = read.get("response", {}).get("userHandle") if isinstance(read.get("response"), dict) else None
    if (named and handle is None) or (handle is not None and handle != b64url(key.user_id.encode())):
        raise BadPasskey("made for another account")
    found = _judged(
        lambda webauthn: webauthn.verify_authentication_response(
            credential=read, expected_challenge=expected.challenge, expected_rp_id=expected.rp_id,
            expected_origin=expected.origin, credential_public_key=key.public_key,
            credential_current_sign_count=key.sign_count, require_user_verification=verified,
        )
    )  # fmt: skip
    copied = _is_copied(found)
    if copied is not bool(key.is_copied):
        # Section 7.2, step 20: whether it may be copied is settled when it is made.
        raise BadPasskey("its backup eligibility changed")
    methods = ("swk" if copied else "hwk", "user", *(("mfa",) if found.user_verified else ()))
    return replace(key, sign_count=found.new_sign_count, last_used_at=now), methods


def _is_copied(found: Any) -> bool:
    return str(found.credential_device_type.value) == "multi_device"


def _judged(verify: Any) -> Any:
    """Whatever the library raises on what a stranger sent is a refusal."""
    webauthn = library("webauthn")
    try:
        return verify(webauthn)
    except (
        webauthn.helpers.exceptions.WebAuthnException, UnsupportedAlgorithm, ValueError, TypeError, LookupError, AttributeError,
    ) as error:  # fmt: skip
        raise BadPasskey(f"{type(error).__name__}: {error}"[:200]) from error
