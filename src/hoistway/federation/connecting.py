"""A customer's provider is connected, changed, proved and taken away: the rules, the same for every way in.

Functions that write take a transaction in which the customer is locked; the caller records.
"""

import re
import uuid
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from hoistway.federation.proofs import is_proved, new_proof, record_of
from hoistway.federation.redeeming import KEY_ID
from hoistway.outbound.failed import Failed
from hoistway.outbound.names import NoAnswer, Texts
from hoistway.outbound.target import read_target
from hoistway.protocol.email_domain import domain_of, read_domain
from hoistway.protocol.ids import CustomerId, KeyId, ProviderId
from hoistway.protocol.jwt import VerifyingKey, dump_private, load_private, public_jwk
from hoistway.store.db import Conflict, Reader, Writer
from hoistway.store.operators import MOST_STAFF, staff_names
from hoistway.store.provider_domains import (
    MOST as MOST_DOMAINS,
)
from hoistway.store.provider_domains import ProviderDomain, add_domain, domains_of, find_domain, prove_domain, proved_by
from hoistway.store.provider_sessions import end_sessions_from
from hoistway.store.providers import (
    MOST,
    Auth,
    Provider,
    add_provider,
    providers_of,
    remove_provider,
    set_provider_disabled,
)
from hoistway.tokens.keyring import new_private_key
from hoistway.tokens.vault import Vault
from hoistway.web.because_words import in_words
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.words import Lang

AUTHS: Final[tuple[Auth, ...]] = ("client_secret_basic", "client_secret_post", "private_key_jwt")
MOST_VALUES: Final = 50
_WORD = re.compile(r"[\x21-\x7e]{1,255}")
_SECRET = re.compile(r"[\x20-\x7e]{1,1024}")
_CLAIM = re.compile(r"[\x21-\x7e]{1,100}")


class Wrong(Exception):
    """What was given can't be taken. `field` is the one that is to be changed; the sentence, in the reader's language,
    says what to give instead."""

    def __init__(self, field: str, key: str, **facts: object) -> None:
        self.field, self._key, self._facts = field, f"wrong_{key}", facts
        super().__init__(f"{field.replace('_', ' ')}: {self.say('en')}")

    def say(self, lang: Lang) -> str:
        return PORTAL_WORDS[lang][self._key].format(**{name: in_words(one, lang) for name, one in self._facts.items()})


class Given(Struct, frozen=True):
    """What somebody says of a provider. `secret` is None where it stays as it is, or where a key is made instead."""

    name: str
    issuer: str
    client_id: str
    auth: Auth = "client_secret_basic"
    secret: str | None = None
    addresses: Literal["verified", "trusted"] = "verified"
    role_claim: str | None = None
    administrators: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    sign_out: Literal["here", "there"] = "here"


def check_given(given: Given, *, loopback: bool) -> None:
    """Raises Wrong."""
    try:
        target = read_target(given.issuer, loopback=loopback)
    except Failed as error:
        raise Wrong("issuer", "address", because=error) from None
    if "?" in target.path:
        raise Wrong("issuer", "issuer")
    if not 0 < len(given.name) <= 80:
        raise Wrong("name", "name")
    if not _WORD.fullmatch(given.client_id):
        raise Wrong("client_id", "client_id")
    if given.auth not in AUTHS:
        raise Wrong("auth", "auth", known=", ".join(AUTHS))
    if given.auth == "private_key_jwt" and given.secret is not None:
        raise Wrong("secret", "no_secret")
    if given.secret is not None and not _SECRET.fullmatch(given.secret):
        raise Wrong("secret", "secret")
    _check_rules(given)


def _check_rules(given: Given) -> None:
    values = (*given.administrators, *given.members)
    if given.role_claim is None and values:
        raise Wrong("role_claim", "claim_missing")
    if given.role_claim is not None and not (_CLAIM.fullmatch(given.role_claim) and values):
        raise Wrong("role_claim", "claim")
    if len(values) > MOST_VALUES or not all(0 < len(value) <= 200 for value in values):
        raise Wrong("administrators", "values", most=MOST_VALUES)


def new_provider(vault: Vault, customer_id: CustomerId, given: Given, now: int) -> Provider:
    """The row; where it has a key of its own, making it takes a tenth of a second, so never in a transaction. Raises Wrong."""
    if given.auth != "private_key_jwt" and given.secret is None:
        raise Wrong("secret", "secret_missing")
    provider_id = ProviderId(str(uuid.uuid4()))
    plain = _new_key() if given.secret is None else given.secret.encode("ascii")
    return Provider(
        provider_id, customer_id, given.name, given.issuer, given.client_id, given.auth, vault.seal(provider_id, plain),
        given.addresses, given.role_claim, given.administrators, given.members, given.sign_out, now,
    )  # fmt: skip


def _new_key() -> bytes:
    return dump_private(new_private_key("RS256"))


async def check_room(db: Reader, customer_id: CustomerId) -> None:
    """Before a key is made, and again under the customer's lock. Raises Wrong."""
    if len(await providers_of(db, customer_id)) >= MOST:
        raise Wrong("name", "many_providers", most=MOST)


async def add_new(tx: Writer, row: Provider) -> None:
    """Raises Wrong."""
    await check_room(tx, row.customer_id)
    await add_provider(tx, row)


def public_key_of(provider: Provider, vault: Vault) -> dict[str, str] | None:
    """The public half that the provider needs, as a JWK; None where there is a secret instead."""
    if provider.auth != "private_key_jwt":
        return None
    private = load_private(vault.open(provider.id, provider.sealed))
    return public_jwk(VerifyingKey(KeyId(KEY_ID), "RS256", private.public_key()))


def changed(provider: Provider, vault: Vault, secret: str) -> Provider:
    """With another secret. Raises Wrong."""
    if provider.auth == "private_key_jwt" or not _SECRET.fullmatch(secret):
        raise Wrong("secret", "secret_changed")
    return replace(provider, sealed=vault.seal(provider.id, secret.encode("ascii")))


def settled(provider: Provider, given: Given, vault: Vault, loopback: bool) -> Provider:
    """The row with other settings; the issuer stays, because a person is known by it. Raises Wrong."""
    check_given(replace(given, issuer=provider.issuer), loopback=loopback)
    sealed = provider.sealed
    if given.auth == "private_key_jwt" != provider.auth:
        sealed = vault.seal(provider.id, _new_key())
    elif given.secret is not None:
        sealed = vault.seal(provider.id, given.secret.encode("ascii"))
    elif provider.auth == "private_key_jwt" != given.auth:
        raise Wrong("secret", "secret_missing")
    return replace(
        provider, name=given.name, client_id=given.client_id, auth=given.auth, sealed=sealed, addresses=given.addresses,
        role_claim=given.role_claim, administrators=given.administrators, members=given.members, sign_out=given.sign_out,
    )  # fmt: skip


async def take_provider_away(tx: Writer, provider: Provider) -> int:
    """With its domains; accounts that it made stay, and are known to it no more. Returns how many sessions that began
    there ended."""
    ended = await end_sessions_from(tx, provider.id)
    await remove_provider(tx, provider.id)
    return ended


async def switch_provider(tx: Writer, provider: Provider, at: int | None) -> int:
    """Disabled, nobody is led there, and passwords count again. Returns how many sessions that began there ended."""
    await set_provider_disabled(tx, provider.id, at)
    return 0 if at is None else await end_sessions_from(tx, provider.id)


async def name_domain(tx: Writer, provider: Provider, text: str, now: int) -> ProviderDomain:
    """Returns what is to be proved; the same again for one that is named already. Raises Wrong."""
    domain = read_domain(text)
    if domain is None:
        raise Wrong("domain", "domain")
    found = await find_domain(tx, provider.id, domain)
    if found is not None:
        return found
    if len(await domains_of(tx, provider.id)) >= MOST_DOMAINS:
        raise Wrong("domain", "many_domains", most=MOST_DOMAINS)
    row = ProviderDomain(provider.id, domain, new_proof(), now)
    await add_domain(tx, row)
    return row


async def look_for_proof(texts: Texts, row: ProviderDomain) -> None:
    """Outside of any transaction. Raises Wrong."""
    record = record_of(row.domain)
    try:
        proved = await is_proved(texts, row.domain, row.proof)
    except NoAnswer as error:
        raise Wrong("domain", "no_answer", record=record, because=error) from None
    if not proved:
        raise Wrong("domain", "not_there", record=record, proof=row.proof)


async def settle_proof(tx: Writer, row: ProviderDomain, now: int) -> None:
    """After `look_for_proof`, under the customer's lock. Raises Wrong."""
    if await find_domain(tx, row.provider_id, row.domain) != row:
        raise Wrong("domain", "moved")
    other = await proved_by(tx, row.domain)
    if other is not None and other != row.provider_id:
        raise Wrong("domain", "elsewhere", domain=row.domain)
    if row.domain in await _staff_domains(tx):
        raise Wrong("domain", "staff", domain=row.domain)
    try:
        await prove_domain(tx, row.provider_id, row.domain, now)
    except Conflict:
        raise Wrong("domain", "elsewhere", domain=row.domain) from None


async def _staff_domains(db: Reader) -> set[str]:
    staff = await staff_names(db)
    if len(staff) > MOST_STAFF:
        raise Wrong("domain", "many_staff")
    names = [name for person in staff for name in person]
    return {domain for name in names if (domain := domain_of(name)) is not None}
