"""Everything that endpoints work with; made once in each process by server/app.py and passed as the first argument."""

import os
import time as wall
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct, field

from hoistway.authn.acceptable import Acceptable
from hoistway.authn.decoys import Decoys
from hoistway.authn.directory import Directory
from hoistway.authn.links import Links
from hoistway.authn.lockout import Lockout
from hoistway.authn.old_system import OldSystems
from hoistway.authn.passwords import Passwords
from hoistway.authn.remembered import Remembered
from hoistway.limits.callers import Callers
from hoistway.limits.counting import Counting
from hoistway.limits.turns import Turns
from hoistway.measures import Measures
from hoistway.outbound.fetcher import Fetcher
from hoistway.outbound.names import Names
from hoistway.outbound.openid import Providers
from hoistway.protocol.dialect import Dialect
from hoistway.protocol.ids import ClientId
from hoistway.settings import Settings
from hoistway.store.audit import Entry
from hoistway.store.audit_owners import write_entry
from hoistway.store.branding import Branding
from hoistway.store.crowded_families import Walk
from hoistway.store.db import Database, Reads, Writer
from hoistway.store.replica import Replica
from hoistway.store.unit_pages import UnitPages
from hoistway.tokens.keyring import Keyring
from hoistway.tokens.revoked import Revoked
from hoistway.tokens.vault import Vault
from hoistway.usage.tally import Tally
from hoistway.web.pages import Brand, Pages
from hoistway.web.words import Lang, Words

MOST_WAITING = 10_000
SIGN_INS_A_MINUTE = 300
"""With providers, from one address."""
ANSWERS_AT_A_TIME, ANSWERS_WAITING, ANSWERS_WAIT = 4, 60, 8.0
"""Of providers, brought by browsers of one address, while we ask the provider about them; and for how many seconds others wait."""
ATTEMPTS, ATTEMPTS_WITHIN = 3, 24 * 3600
"""With one answer of a provider, and for how many seconds they are remembered."""
NOTICES_A_MINUTE = 600
"""Of sign-outs at providers, from one address, and of one provider."""
PUSHED_A_MINUTE, STRANGERS_A_MINUTE = 3_000, 60
"""Requests of SCIM with one token, or from one address; and those of them that bring no token that counts."""
CHECKS_A_MINUTE = 10
"""Of one customer's provider and domains, by buttons of pages."""


def brand_of(row: Branding) -> Brand:
    """What pages need to know of the branding."""
    return Brand(row.name, row.accent, row.support, row.terms, row.logo)


class Engine(Struct, frozen=True):
    """`cookie_secret` seals tickets and keys CSRF tokens, `refresh_secret` refresh tokens; all processes share them.
    `limits` counts calls in memory that the processes of a machine share. `secrets_used`, `clients_used`, `keys_used`, `scim_used`,
    `sessions_used` and what `tally` counted wait to be written, `handed_over` are mails that the mail server has and the outbox perhaps too,
    `verified` remembers access tokens proven a moment ago, `remembered` passwords, and `unit_pages` pages of units; all
    are bounded. `acceptable` judges passwords, `old` knows the older systems that prove some for a while. `letters` are the sentences of mails.
    `copied` are people of whose data a copy is being made, `crowds` is how far this process
    has looked for accounts with too many refresh tokens. `measures` counts what metrics tell. `outbound` is the one way out over HTTP,
    `providers` what is known of customers' OpenID providers, and `callers` bounds who asks for them, `arriving` how many at a time, and
    `attempts` how often with one answer; `pushing` and `strangers` bound SCIM,
    `notices` what providers tell; `names` looks up what proves domains, and `checking` bounds how often a customer asks for that;
    `told_of` is when the trail last
    heard of a provider's failure."""

    settings: Settings
    db: Database
    vault: Vault
    keyring: Keyring
    revoked: Revoked
    directory: Directory
    passwords: Passwords
    remembered: Remembered
    decoys: Decoys
    lockout: Lockout
    old: OldSystems
    pages: Pages
    refresh_secret: bytes
    cookie_secret: bytes
    links: Links
    letters: Mapping[Lang, Words]
    now: Callable[[], int]
    outbound: Fetcher
    providers: Providers
    limits: Counting = field(default_factory=Counting)
    secrets_used: dict[str, int] = field(default_factory=dict)
    clients_used: dict[ClientId, int] = field(default_factory=dict)
    keys_used: dict[str, int] = field(default_factory=dict)
    verified: dict[bytes, tuple[dict[str, Any], int]] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    handed_over: dict[str, int] = field(default_factory=dict)
    measures: Measures = field(default_factory=Measures)
    unit_pages: UnitPages = field(default_factory=UnitPages)
    crowds: Walk = field(default_factory=Walk)
    copied: set[str] = field(default_factory=set)
    callers: Callers = field(default_factory=lambda: Callers(SIGN_INS_A_MINUTE))
    arriving: Turns = field(default_factory=lambda: Turns(ANSWERS_AT_A_TIME, ANSWERS_WAITING, ANSWERS_WAIT))
    attempts: Callers = field(default_factory=lambda: Callers(ATTEMPTS, ATTEMPTS_WITHIN))
    told_of: dict[str, int] = field(default_factory=dict)
    notices: Callers = field(default_factory=lambda: Callers(NOTICES_A_MINUTE))
    pushing: Callers = field(default_factory=lambda: Callers(PUSHED_A_MINUTE))
    strangers: Callers = field(default_factory=lambda: Callers(STRANGERS_A_MINUTE))
    scim_used: dict[str, int] = field(default_factory=dict)
    sessions_used: dict[bytes, tuple[int, str]] = field(default_factory=dict)
    names: Names = field(default_factory=Names)
    checking: Callers = field(default_factory=lambda: Callers(CHECKS_A_MINUTE))
    replica: Replica | None = None
    acceptable: Acceptable = field(default_factory=Acceptable)

    @property
    def reads(self) -> Reads:
        """For requests of the Customer API that ask for units and sites, and decide nothing by them."""
        return self.replica or self.db

    @property
    def dialect(self) -> Dialect:
        """The dialect of the standard paths."""
        return Dialect("standard", self.settings.base_url)

    def note_session(self, session_digest: bytes, now: int, network: str) -> None:
        """Remembers that a session was used, from where."""
        if len(self.sessions_used) < MOST_WAITING:
            self.sessions_used[session_digest] = (now, network)

    def note_use(self, client_id: ClientId, now: int, secret_id: str | None = None) -> None:
        """Remembers that this application got a token, and with which of its secrets."""
        if len(self.clients_used) < MOST_WAITING:
            self.clients_used[client_id] = now
        if secret_id is not None and len(self.secrets_used) < MOST_WAITING:
            self.secrets_used[secret_id] = now

    async def record(self, tx: Writer, event: str, **facts: object) -> None:
        """Writes to the audit trail: keywords that are columns of store/audit.Entry go there, all others into `detail`."""
        columns = {
            name: facts.pop(name) for name in ("actor", "client_id", "customer_id", "correlation_id") if name in facts
        }
        texts = {name: None if value is None else str(value) for name, value in columns.items()}
        await write_entry(tx, Entry(time_ordered_id(), self.now(), event, **texts, detail=facts))


def time_ordered_id() -> str:
    """A UUID of version 7 (RFC 9562 section 5.7), which sorts by time."""
    milliseconds = int(wall.time() * 1000).to_bytes(6, "big")
    raw = bytearray(milliseconds + os.urandom(10))
    raw[6] = (raw[6] & 0x0F) | 0x70
    raw[8] = (raw[8] & 0x3F) | 0x80
    return str(uuid.UUID(bytes=bytes(raw)))
