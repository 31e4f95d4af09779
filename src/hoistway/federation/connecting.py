"""A customer's provider is connected, changed, proved and taken away: the rules, the same for every way in.

Functions that write take a transaction in which the customer is locked; the caller records.
"""

import re
import uuid
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from hoistway.federation.proofs import NoAnswer, Texts, is_proved, new_proof, record_of
from hoistway.federation.redeeming import KEY_ID
from hoistway.outbound.failed import Failed
from hoistway.outbound.target import read_target
from hoistway.protocol.email_domain import domain_of, read_domain
from hoistway.protocol.ids import CustomerId, KeyId, ProviderId
from hoistway.protocol.jwt import VerifyingKey, dump_private, load_private, public_jwk
from hoistway.store.db import Conflict, Reader, Writer
from hoistway.store.operators import staff_names
from hoistway.store.provider_domains import (
    MOST as MOST_DOMAINS,
)
from hoistway.store.provider_domains import ProviderDomain, add_domain, domains_of, find_domain, prove_domain, proved_by
from hoistway.store.provider_sessions import end_sessions_from
from hoistway.store.providers import MOST, Auth, Provider, add_provider, providers_of, set_provider_disabled
from hoistway.tokens.keyring import new_private_key
from hoistway.tokens.vault import Vault

AUTHS: Final[tuple[Auth, ...]] = ("client_secret_basic", "client_secret_post", "private_key_jwt")
MOST_VALUES: Final = 50
_WORD = re.compile(r"[\x21-\x7e]{1,255}")
_SECRET = re.compile(r"[\x20-\x7e]{1,1024}")
_CLAIM = re.compile(r"[\x21-\x7e]{1,100}")


class Wrong(Exception):
    """What was given can't be taken; the text says what to give instead."""


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
        raise Wrong(f"issuer: {error}") from None
    if "?" in target.path:
        raise Wrong("issuer: it must be an address without a question mark (OpenID Connect Discovery section 3)")
    if not 0 < len(given.name) <= 80:
        raise Wrong("name: give 1 to 80 characters, as people know the sign-in of the company")
    if not _WORD.fullmatch(given.client_id):
        raise Wrong("client id: copy it from the provider; it has 1 to 255 plain characters")
    if given.auth not in AUTHS:
        raise Wrong(f"auth: one of {', '.join(AUTHS)}")
    if given.auth == "private_key_jwt" and given.secret is not None:
        raise Wrong("secret: with private_key_jwt a key is made here, and its public half is given to the provider")
    if given.secret is not None and not _SECRET.fullmatch(given.secret):
        raise Wrong("secret: copy it from the provider; it has 1 to 1024 plain characters")
    _check_rules(given)


def _check_rules(given: Given) -> None:
    values = (*given.administrators, *given.members)
    if given.role_claim is None and values:
        raise Wrong("role claim: name the claim in which these values stand, such as groups or roles")
    if given.role_claim is not None and not (_CLAIM.fullmatch(given.role_claim) and values):
        raise Wrong("role claim: give it with at least one value that makes administrators or members")
    if len(values) > MOST_VALUES or not all(0 < len(value) <= 200 for value in values):
        raise Wrong(f"values: at most {MOST_VALUES}, each of 1 to 200 characters")


async def add_given(tx: Writer, vault: Vault, customer_id: CustomerId, given: Given, now: int) -> Provider:
    """Raises Wrong."""
    if given.auth != "private_key_jwt" and given.secret is None:
        raise Wrong("secret: give the client secret that the provider shows")
    if len(await providers_of(tx, customer_id)) >= MOST:
        raise Wrong(f"the customer has {MOST} providers: remove one first")
    provider_id = ProviderId(str(uuid.uuid4()))
    plain = dump_private(new_private_key("RS256")) if given.secret is None else given.secret.encode("ascii")
    row = Provider(
        provider_id, customer_id, given.name, given.issuer, given.client_id, given.auth, vault.seal(provider_id, plain),
        given.addresses, given.role_claim, given.administrators, given.members, given.sign_out, now,
    )  # fmt: skip
    await add_provider(tx, row)
    return row


def public_key_of(provider: Provider, vault: Vault) -> dict[str, str] | None:
    """The public half that the provider needs, as a JWK; None where there is a secret instead."""
    if provider.auth != "private_key_jwt":
        return None
    private = load_private(vault.open(provider.id, provider.sealed))
    return public_jwk(VerifyingKey(KeyId(KEY_ID), "RS256", private.public_key()))


def changed(provider: Provider, vault: Vault, secret: str) -> Provider:
    """With another secret. Raises Wrong."""
    if provider.auth == "private_key_jwt" or not _SECRET.fullmatch(secret):
        raise Wrong("secret: copy it from the provider; one with a key of its own has none")
    return replace(provider, sealed=vault.seal(provider.id, secret.encode("ascii")))


async def switch_provider(tx: Writer, provider: Provider, at: int | None) -> int:
    """Disabled, nobody is led there, and passwords count again. Returns how many sessions that began there ended."""
    await set_provider_disabled(tx, provider.id, at)
    return 0 if at is None else await end_sessions_from(tx, provider.id)


async def name_domain(tx: Writer, provider: Provider, text: str, now: int) -> ProviderDomain:
    """Returns what is to be proved; the same again for one that is named already. Raises Wrong."""
    domain = read_domain(text)
    if domain is None:
        raise Wrong("domain: give the part behind the @ of the company's addresses, such as example.com")
    found = await find_domain(tx, provider.id, domain)
    if found is not None:
        return found
    if len(await domains_of(tx, provider.id)) >= MOST_DOMAINS:
        raise Wrong(f"the provider has {MOST_DOMAINS} domains: remove one first")
    row = ProviderDomain(provider.id, domain, new_proof(), now)
    await add_domain(tx, row)
    return row


async def look_for_proof(texts: Texts, row: ProviderDomain) -> None:
    """Outside of any transaction. Raises Wrong."""
    record = record_of(row.domain)
    try:
        proved = await is_proved(texts, row.domain, row.proof)
    except NoAnswer as error:
        raise Wrong(f"{record} can't be looked up: {error}. Try again in a minute") from None
    if not proved:
        raise Wrong(f"{record} has no TXT record {row.proof}: add it, and try again when name servers tell it")


async def settle_proof(tx: Writer, row: ProviderDomain, now: int) -> None:
    """After `look_for_proof`, under the customer's lock. Raises Wrong."""
    if await find_domain(tx, row.provider_id, row.domain) != row:
        raise Wrong("the domain was changed meanwhile: try again")
    other = await proved_by(tx, row.domain)
    if other is not None and other != row.provider_id:
        raise Wrong(f"{row.domain} leads to another provider already: it must be removed there first")
    if row.domain in await _staff_domains(tx):
        raise Wrong(f"{row.domain} is a domain of the operator's own staff, who sign in here: it can't lead elsewhere")
    try:
        await prove_domain(tx, row.provider_id, row.domain, now)
    except Conflict:
        raise Wrong(f"{row.domain} leads to another provider already: it must be removed there first") from None


async def _staff_domains(db: Reader) -> set[str]:
    names = [name for person in await staff_names(db) for name in person]
    return {domain for name in names if (domain := domain_of(name)) is not None}
