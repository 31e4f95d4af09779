"""What a change means for programs that run, in a sentence for the plan."""

from collections.abc import Iterator
from typing import Final

_SECONDS: Final = "within 5 seconds"
_OFF: Final = {
    "customers": "its people and programs are refused, and what they hold ends",
    "apis": "tokens for it are given to nobody any more, and those that were given are refused",
    "accounts": "its tokens are refused, and it gets no others",
    "tenants": "its B2C-shaped addresses answer as those of an unknown one",
    "applications": "it gets no tokens, its refresh tokens and secrets end",
    "products": "its keys are refused",
}
_ON: Final = "nothing that ended when it was disabled comes back: programs sign in anew"
_GONE: Final = {
    ("applications", "redirect_uris"): "sign-ins that return to {} are refused",
    ("applications", "post_logout_uris"): "signing out no longer leads to {}",
    ("applications", "scopes"): "it gets no tokens for {} any more, by refreshing neither",
    ("applications", "flows"): "{} is refused",
    ("applications", "exceptions"): "the legacy flow is refused: {}",
    ("tenants", "names"): "addresses with {} answer as those of an unknown tenant",
    ("tenants", "policies"): "addresses with {} answer as those of an unknown policy",
    ("apis", "scopes"): "nobody gets {} any more, and what was agreed to is taken away",
}
_CHANGED: Final = {
    ("apis", "token_lifetime"): "tokens that are given from now on; those that were given keep theirs",
    ("apis", "signing_alg"): "validators that allow one algorithm alone refuse tokens of the other",
    ("apis", "b2c_signing_alg"): "validators that allow one algorithm alone refuse tokens of the other",
    ("apis", "acr"): "people who proved less are asked for more",
    ("apis", "max_age"): "people who signed in longer ago are asked again",
    ("applications", "access_token_alg"): "validators that allow one algorithm alone refuse tokens of the other",
    ("applications", "consent"): "whether people are asked before it gets what is theirs",
    ("applications", "account"): "its tokens name another account, and see what that one sees",
    ("customers", "second_factor"): "people without one are led to add one at their next sign-in",
    ("products", "rate"): "programs beyond it are answered 429",
    ("products", "quota"): "programs beyond it are answered 403",
    ("products", "keys"): "whether calls without a key are refused",
    ("products", "apis"): "keys open these APIs, and no others",
}


def meaning_of(kind: str, member: str, before: str, after: str) -> Iterator[str]:
    """Sentences; none where programs do not notice."""
    if member == "disabled":
        yield f"{_OFF[kind]}, {_SECONDS}" if after == "yes" else _ON
        return
    if (words := _GONE.get((kind, member))) is not None:
        gone = [one for one in before.splitlines() if one not in after.splitlines()]
        if kind == "apis":
            # Behind the name may stand what programs write in its place: without it they get nothing either.
            names = {one.partition("=")[0] for one in after.splitlines()}
            gone = [one.partition("=")[0] for one in gone if one.partition("=")[0] not in names]
        if gone:
            yield words.format(", ".join(gone))
    elif (words := _CHANGED.get((kind, member))) is not None:
        yield words
