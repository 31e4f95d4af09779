"""ASP.NET Identity's digests: base64 of a version byte and what belongs to it
(https://learn.microsoft.com/dotnet/api/microsoft.aspnetcore.identity.passwordhasher-1)."""

from typing import Final

from hoistway.authn.foreign.costs import BadDigest
from hoistway.authn.foreign.kept import Kept, decode

PRF: Final = {0: "pbkdf2-sha1", 1: "pbkdf2-sha256", 2: "pbkdf2-sha512"}
"""KeyDerivationPrf."""
_SALT, _KEY = 16, 32


def read_aspnet(text: str) -> Kept | None:
    """Version 2 (a byte 0, salt, key), or version 3 (a byte 1; PRF, iterations and length of the salt, each in four bytes with
    the largest first; salt, key). Raises BadDigest."""
    raw = decode(text)
    if not raw:
        return None
    if raw[0] == 0 and len(raw) == 1 + _SALT + _KEY:
        return Kept("pbkdf2-sha1", {"i": 1000}, raw[1 : 1 + _SALT], raw[1 + _SALT :])
    if raw[0] != 1 or len(raw) < 13 + 16 + 16:
        return None
    prf, iterations, length = (int.from_bytes(raw[at : at + 4], "big") for at in (1, 5, 9))
    if prf not in PRF:
        raise BadDigest(f"the digest of ASP.NET Identity names the PRF {prf}; known are 0, 1 and 2")
    if not 16 <= length <= len(raw) - 13 - 16:
        raise BadDigest(f"the digest of ASP.NET Identity names a salt of {length} bytes: is it cut off?")
    return Kept(PRF[prf], {"i": iterations}, raw[13 : 13 + length], raw[13 + length :])
