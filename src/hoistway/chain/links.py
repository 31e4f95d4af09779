"""What is hashed and how: an entry becomes a leaf, leaves continue the chain, and a key signs where it stands (SHA-256 and
HMAC, https://csrc.nist.gov/pubs/fips/180-4/final, https://www.rfc-editor.org/rfc/rfc2104)."""

import hmac
import os
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from hoistway.store.audit import WrittenEntry
from hoistway.store.audit_chain import Chain, Rewritten
from hoistway.store.audit_seals import Seal

ANCHOR: Final = bytes(32)
"""What the first seal continues."""
_SALT: Final = 16
_UUID: Final = 36


class Leaf(msgspec.Struct, frozen=True):
    """`digest` covers the whole entry. `salt` is what its body was hashed with, and empty once the body was rewritten:
    then nobody can try out what it said."""

    id: str
    salt: bytes
    digest: bytes


_DECODER: Final = msgspec.msgpack.Decoder(list[tuple[bytes, bytes, bytes]])
_TEXT, _PACKED = b"\0", b"\1"


def chain_key(refresh_secret: bytes) -> bytes:
    """Made from a secret that is sealed under the master key, and stays when that is changed."""
    return hmac.new(refresh_secret, b"audit chain", sha256).digest()


def _packed(entry_id: str) -> bytes:
    """A UUID takes 16 bytes."""
    try:
        raw = bytes.fromhex(entry_id.replace("-", "")) if len(entry_id) == _UUID else b""
    except ValueError:
        raw = b""
    packed = _PACKED + raw
    return packed if raw and _unpacked(packed) == entry_id else _TEXT + entry_id.encode("utf-8", "surrogatepass")


def _unpacked(packed: bytes) -> str:
    if packed[:1] == _TEXT:
        return packed[1:].decode("utf-8", "surrogatepass")
    text = packed[1:].hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def pack(leaves: Iterable[Leaf]) -> bytes:
    return msgspec.msgpack.encode([(_packed(leaf.id), leaf.salt, leaf.digest) for leaf in leaves])


def unpack(stored: bytes) -> dict[str, Leaf]:
    """By id, in their order. Raises ValueError."""
    leaves = [Leaf(_unpacked(packed), salt, digest) for packed, salt, digest in _DECODER.decode(stored)]
    found = {leaf.id: leaf for leaf in leaves}
    if len(found) != len(leaves):
        raise ValueError("an id twice")
    return found


def body_digest(salt: bytes, entry: WrittenEntry) -> bytes:
    """Of what erasing a person may rewrite. `detail` is read and written anew, because the archive spells JSON in another
    way."""
    try:
        detail: Any = msgspec.json.decode(entry.detail)
    except ValueError:
        detail = {"no JSON": entry.detail}
    body = msgspec.json.encode((entry.actor, entry.correlation_id, detail))
    return sha256(b"body\0" + salt + body).digest()


def leaf_digest(entry: WrittenEntry, body: bytes) -> bytes:
    """Of what never changes, and of the digest of the body."""
    head = msgspec.json.encode((entry.id, entry.at, entry.event, entry.client_id, entry.customer_id))
    return sha256(b"entry\0" + body + head).digest()


def leaf_of(entry: WrittenEntry) -> Leaf:
    salt = os.urandom(_SALT)
    return Leaf(entry.id, salt, leaf_digest(entry, body_digest(salt, entry)))


def linked(before: bytes, leaves: Iterable[Leaf]) -> bytes:
    head = before
    for leaf in leaves:
        head = sha256(b"link\0" + head + leaf.digest).digest()
    return head


def _mac(key: bytes, *said: object) -> bytes:
    return hmac.new(key, msgspec.json.encode(said), sha256).digest()


def seal_mac(key: bytes, seal: Seal) -> bytes:
    return _mac(
        key, "seal", seal.number, seal.late, seal.place, seal.entries, seal.first_id, seal.last_id, seal.up_to, seal.sealed_at,
        seal.before, seal.head,
    )  # fmt: skip


def make_seal(
    key: bytes, last: Seal | None, number: int, entries: Sequence[WrittenEntry], now: int, *, late: bool
) -> Seal:
    """`entries` are in the order of their ids. A late seal leaves `up_to` where it was."""
    leaves = [leaf_of(entry) for entry in entries]
    before, place, up_to = (ANCHOR, 0, "") if last is None else (last.head, last.place, last.up_to)
    ids = [entry.id for entry in entries]
    made = Seal(
        number, 1 if late else 0, place + len(entries), len(entries), ids[0], ids[-1], up_to if late else ids[-1], now, before,
        linked(before, leaves), b"", pack(leaves),
    )  # fmt: skip
    return replace(made, mac=seal_mac(key, made))


def is_genuine(key: bytes, seal: Seal) -> bool:
    return hmac.compare_digest(seal_mac(key, seal), seal.mac)


def cut_mac(key: bytes, cut_id: str, cut_number: int) -> bytes:
    return _mac(key, "cut", cut_id, cut_number)


def is_cut_genuine(key: bytes, chain: Chain) -> bool:
    if not chain.cut_id:
        return chain.cut_number == 0
    return hmac.compare_digest(cut_mac(key, chain.cut_id, chain.cut_number), chain.cut_mac)


def make_rewritten(key: bytes, original: bytes, entry: WrittenEntry) -> Rewritten:
    salt = os.urandom(_SALT)
    made = Rewritten(entry.id, original, salt, body_digest(salt, entry), b"")
    return replace(made, mac=_rewritten_mac(key, made))


def _rewritten_mac(key: bytes, row: Rewritten) -> bytes:
    return _mac(key, "rewritten", row.id, row.original, row.salt, row.body)


def is_rewriting_genuine(key: bytes, row: Rewritten) -> bool:
    return hmac.compare_digest(_rewritten_mac(key, row), row.mac)


def holds(leaf: Leaf, entry: WrittenEntry, rewritten: Rewritten | None) -> bool:
    """Whether the entry is what was sealed, or what a lawful rewriting made of it; `rewritten` was found genuine."""
    if leaf.salt:
        return leaf_digest(entry, body_digest(leaf.salt, entry)) == leaf.digest
    if rewritten is None or leaf_digest(entry, rewritten.original) != leaf.digest:
        return False
    return body_digest(rewritten.salt, entry) == rewritten.body
