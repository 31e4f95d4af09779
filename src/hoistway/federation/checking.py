"""Looks at a provider as a sign-in would, and says what is wrong: each finding is a sentence."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Final, Literal

from msgspec import Struct, field

from hoistway.outbound.failed import Failed
from hoistway.outbound.openid import Providers
from hoistway.protocol.provider_metadata import SIGNED_BY, BadMetadata, Metadata
from hoistway.protocol.provider_token import ProviderKey
from hoistway.store.provider_domains import ProviderDomain
from hoistway.store.providers import Provider
from hoistway.web.because_words import in_words
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.words import Lang

Level = Literal["wrong", "note", "ok"]
_LEVELS: Final[dict[str, Level]] = {
    "ok": "ok",
    "away": "wrong",
    "no_keys": "wrong",
    "keys_away": "wrong",
    "auth": "wrong",
}
"""By the end of a sentence's key; all others are notes."""


class Finding(Struct, frozen=True):
    """`key` is the end of the sentence's key."""

    key: str
    facts: dict[str, object] = field(default_factory=dict)

    @property
    def level(self) -> Level:
        """ "wrong" where nobody can sign in, "note" for what may be meant, "ok" otherwise."""
        return _LEVELS.get(self.key, "note")

    def say(self, lang: Lang) -> str:
        facts = {name: in_words(fact, lang) for name, fact in self.facts.items()}
        return PORTAL_WORDS[lang][f"check_{self.key}"].format(**facts)


async def check_provider(
    providers: Providers, provider: Provider, domains: list[ProviderDomain], now: int
) -> list[Finding]:
    """Never empty; the description and the keys are read anew."""
    findings = []
    if provider.disabled_at is not None:
        findings.append(Finding("off"))
    if not any(row.proved_at is not None for row in domains):
        findings.append(Finding("no_domain"))
    try:
        metadata = await providers.metadata(provider.issuer, now, provider.customer_id, anew=True)
    except (Failed, BadMetadata) as error:
        return [Finding("away", {"issuer": provider.issuer, "because": error}), *findings]
    findings += _judge(provider, metadata)
    try:
        keys = await providers.keys(metadata, now, provider.customer_id, anew=True)
        findings += [Finding(key, {"uri": metadata.jwks_uri}) for key in _judge_keys(keys)]
    except Failed as error:
        findings.append(Finding("keys_away", {"uri": metadata.jwks_uri, "because": error}))
    wrong = any(finding.level == "wrong" for finding in findings)
    return findings if wrong else [Finding("ok"), *findings]


def _judge_keys(keys: Sequence[ProviderKey]) -> Iterator[str]:
    """Which sentences are to be said of them."""
    if not keys:
        yield "no_keys"
    if any(
        one.kid is not None and one.kid == other.kid and one.algs & other.algs for one, other in combinations(keys, 2)
    ):
        yield "keys_same"
    if any(key.kid is None for key in keys):
        yield "keys_unnamed"


def _judge(provider: Provider, metadata: Metadata) -> list[Finding]:
    findings = []
    if metadata.auth_methods and provider.auth not in metadata.auth_methods:
        offered = ", ".join(sorted(metadata.auth_methods))
        findings.append(Finding("auth", {"auth": provider.auth, "offered": offered}))
    if not metadata.algorithms >= {"RS256"}:
        findings.append(Finding("algorithms", {"known": ", ".join(sorted(metadata.algorithms & SIGNED_BY))}))
    if "S256" not in metadata.challenges:
        findings.append(Finding("pkce"))
    if not metadata.says_issuer:
        findings.append(Finding("no_iss"))
    if provider.sign_out == "there" and metadata.end_session_endpoint is None:
        findings.append(Finding("no_sign_out"))
    return findings
