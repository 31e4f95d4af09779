"""Looks at a provider as a sign-in would, and says what is wrong: each finding is a sentence."""

from typing import Final

from msgspec import Struct

from hoistway.outbound.failed import Failed
from hoistway.outbound.openid import Providers
from hoistway.protocol.provider_metadata import SIGNED_BY, BadMetadata, Metadata
from hoistway.store.provider_domains import ProviderDomain
from hoistway.store.providers import Provider

_NOTHING: Final = "nothing is wrong as far as can be seen without signing in"


class Finding(Struct, frozen=True):
    """`level` is "wrong" where nobody can sign in, "note" for what may be meant, "ok" otherwise."""

    level: str
    text: str


async def check_provider(
    providers: Providers, provider: Provider, domains: list[ProviderDomain], now: int
) -> list[Finding]:
    """Never empty; the description and the keys are read anew."""
    findings = []
    if provider.disabled_at is not None:
        findings.append(Finding("note", "the provider is disabled: nobody is led there"))
    if not any(row.proved_at is not None for row in domains):
        findings.append(Finding("note", "no domain is proved: nobody is led there by their address"))
    try:
        metadata = await providers.metadata(provider.issuer, now, anew=True)
    except (Failed, BadMetadata) as error:
        return [Finding("wrong", f"{provider.issuer}: {error}"), *findings]
    findings += _judge(provider, metadata)
    try:
        if not await providers.keys(metadata, now, anew=True):
            findings.append(Finding("wrong", f"{metadata.jwks_uri} holds no key that may sign ID tokens"))
    except Failed as error:
        findings.append(Finding("wrong", f"its keys can't be read from {metadata.jwks_uri}: {error}"))
    wrong = any(finding.level == "wrong" for finding in findings)
    return findings if wrong else [Finding("ok", _NOTHING), *findings]


def _judge(provider: Provider, metadata: Metadata) -> list[Finding]:
    findings = []
    if metadata.auth_methods and provider.auth not in metadata.auth_methods:
        offered = ", ".join(sorted(metadata.auth_methods))
        findings.append(Finding("wrong", f"it does not take {provider.auth}, but {offered}: choose one of these"))
    if not metadata.algorithms >= {"RS256"}:
        known = ", ".join(sorted(metadata.algorithms & SIGNED_BY))
        findings.append(Finding("note", f"it must sign our ID tokens with one of {known}: see the settings there"))
    if "S256" not in metadata.challenges:
        findings.append(Finding("note", "it does not say that it knows PKCE (S256): it is sent all the same"))
    if not metadata.says_issuer:
        findings.append(
            Finding("note", "it does not name itself in its answers (RFC 9207): its redirect URI tells it apart")
        )
    if provider.sign_out == "there" and metadata.end_session_endpoint is None:
        findings.append(Finding("note", "it has no end_session_endpoint: signing out stays here"))
    return findings
