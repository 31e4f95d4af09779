"""An authenticator in software: makes passkeys and signs with them as a browser would send it."""

import json
import os
import re
from dataclasses import dataclass, field
from hashlib import sha256
from html import unescape

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from hoistway.protocol.ids import UserId
from hoistway.protocol.jwt import b64url, unb64url
from hoistway.store.passkeys import Passkey
from tests.world import NOW

PRESENT, VERIFIED, ELIGIBLE, ATTESTED = 0x01, 0x04, 0x08, 0x40


def options_on(page: str) -> dict[str, str]:
    """Of the first form for a passkey: the options in JSON, and the hidden fields."""
    form = re.search(r'<form[^>]*class="passkey[^>]*data-options="([^"]*)"[^>]*>(.*?)</form>', page, re.DOTALL)
    assert form is not None, page[:2000]
    fields = dict(re.findall(r'name="([a-z]+)" value="([^"]*)"', form[2]))
    return {**fields, "options": unescape(form[1])}


@dataclass
class Authenticator:
    """`origin` is what the browser says; `flags` what the authenticator says of its user. `public_key`, `statement` and `client_data` are
    said in the place of the real ones."""

    origin: str
    flags: int = PRESENT | VERIFIED
    count: int = 0
    id: bytes = field(default_factory=lambda: os.urandom(16))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    user: str | None = None
    public_key: bytes | None = None
    statement: dict[str, object] = field(default_factory=dict)
    client_data: dict[str, object] = field(default_factory=dict)

    def _client_data(self, kind: str, challenge: str) -> bytes:
        return json.dumps(
            {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False, **self.client_data}
        ).encode()

    def _data(self, rp_id: str, attested: bytes = b"") -> bytes:
        flags = self.flags | (ATTESTED if attested else 0)
        return sha256(rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big") + attested

    def _answer(self, **response: bytes) -> str:
        name = b64url(self.id)
        return json.dumps(
            {
                "id": name, "rawId": name, "type": "public-key", "clientExtensionResults": {},
                "response": {word: b64url(value) for word, value in response.items()},
            }
        )  # fmt: skip

    def _public_key(self) -> bytes:
        if self.public_key is not None:
            return self.public_key
        point = self.key.public_key().public_numbers()
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")})

    def row(self, user_id: UserId) -> Passkey:
        """As though that person had registered it."""
        self.user = b64url(user_id.encode())
        return Passkey(b64url(self.id), user_id, "Key", self._public_key(), 0, 0, NOW)

    def make(self, options: str) -> str:
        """The answer to navigator.credentials.create."""
        asked = json.loads(options)
        self.user = asked["user"]["id"]
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + self._public_key()
        data = self._data(asked["rp"]["id"], attested)
        return self._answer(
            clientDataJSON=self._client_data("webauthn.create", asked["challenge"]),
            attestationObject=cbor2.dumps({"fmt": "none", "attStmt": self.statement, "authData": data}),
        )

    def sign(self, options: str, rp_id: str | None = None) -> str:
        """The answer to navigator.credentials.get."""
        asked = json.loads(options)
        self.count += 1
        client = self._client_data("webauthn.get", asked["challenge"])
        data = self._data(rp_id or asked["rpId"])
        signature = self.key.sign(data + sha256(client).digest(), ec.ECDSA(SHA256()))
        handle = {} if self.user is None else {"userHandle": unb64url(self.user)}
        return self._answer(clientDataJSON=client, authenticatorData=data, signature=signature, **handle)
