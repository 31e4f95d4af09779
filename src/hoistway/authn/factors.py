"""The rules of second factors: what a sign-in still misses, one-time codes and recovery codes (docs/adr/0030-factors.md)."""

import base64
import hmac
import os
import re
from collections.abc import Sequence
from hashlib import sha256
from typing import Final, Literal

from hoistway.authn.on_demand import library
from hoistway.protocol.roles import FLAGS
from hoistway.store.factors import Factors
from hoistway.store.users import User

STEP: Final = 30
"""Seconds for which a one-time code is shown."""
WINDOW: Final = 1
"""Steps before and after the present one whose codes count, for clocks that are wrong."""
RECOVERY_CODES: Final = 10
FEW_LEFT: Final = 3
"""Recovery codes of which the owner is told to make new ones."""
MOST_PASSKEYS: Final = 20
MOST_DEVICES: Final = 20
REMEMBERED: Final = 30 * 86_400
RECENT: Final = 600
"""Seconds after a proof for which factors may be changed without another."""
_CODE: Final = re.compile("[0-9]{6}")
_LETTERS: Final = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789abcdefghjkmnpqrstvwxyz")
"""From base32's alphabet to Crockford's, which has no letters that look like others."""
_ALIKE: Final = str.maketrans({"o": "0", "i": "1", "l": "1", "-": None, " ": None})
Missing = Literal["prove", "enrol"]


def must_have(user: User, standing: Factors, *, of_staff: bool) -> bool:
    """Whether the person may not sign in without a factor: staff, where `of_staff`, or by a customer's policy. An
    employee counts as staff: one opens every customer."""
    return standing.demanded or (of_staff and any(flag in FLAGS for flag in user.flags))


def what_is_missing(user: User, standing: Factors, *, of_staff: bool) -> Missing | None:
    """What a person who proved one factor still has to do."""
    if standing.has_any:
        return None if standing.remembered else "prove"
    return "enrol" if must_have(user, standing, of_staff=of_staff) else None


def new_secret() -> str:
    """160 bits in base32, as apps read it (RFC 4226 section 4)."""
    return base64.b32encode(os.urandom(20)).decode()


def secret_name(user_id: str) -> str:
    """Under which the vault seals the secret."""
    return f"one-time-code {user_id}"


def typed_code(text: str) -> str:
    """Six digits, whatever was typed between them; "" for anything else."""
    digits = "".join(text.split()).replace("-", "")
    return digits if _CODE.fullmatch(digits) else ""


def find_step(secret: str, code: str, now: int, last_step: int) -> int | None:
    """The time step whose code this is, if it is near and later than the last that was used (RFC 6238 section 5.2). Takes as
    long for a wrong code as for a right one."""
    totp = library("pyotp").TOTP(secret)
    present, found = now // STEP, None
    for step in range(present - WINDOW, present + WINDOW + 1):
        same = hmac.compare_digest(totp.generate_otp(step).encode(), code.encode("utf-8", "surrogatepass"))
        if same and step > last_step:
            found = step
    return found


def enrolment_uri(secret: str, username: str, issuer: str) -> str:
    """What the picture says to an app."""
    # An app cuts at the first colon, so none may stand in the names.
    name, issuer = username.replace(":", " "), issuer.replace(":", " ")
    uri: str = library("pyotp").TOTP(secret).provisioning_uri(name=name, issuer_name=issuer)
    return uri


def picture_of(uri: str) -> str:
    """A QR code as a data: address, dark on white in both themes, because cameras need it."""
    made = library("segno").make(uri, error="m")
    address: str = made.svg_data_uri(scale=5, border=4, dark="#000", light="#fff", xmldecl=False)
    return address


def new_recovery_codes() -> Sequence[str]:
    """80 bits each, in groups of four letters and digits."""
    return tuple(_grouped(os.urandom(10)) for _ in range(RECOVERY_CODES))


def _grouped(raw: bytes) -> str:
    text = base64.b32encode(raw).translate(_LETTERS).decode()
    return "-".join(text[first : first + 4] for first in range(0, 16, 4))


def recovery_digest(user_id: str, typed: str) -> bytes:
    """However it was typed: in capitals, without hyphens, with letters for the digits that look like them."""
    plain = typed.strip().lower().translate(_ALIKE)
    return sha256(f"recovery\x00{user_id}\x00{plain}".encode("utf-8", "surrogatepass")).digest()


def device_digest(cookie: str) -> bytes:
    return sha256(b"device\x00" + cookie.encode("ascii")).digest()
