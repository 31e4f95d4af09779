"""What each event of the audit trail means for an older system that is to answer again."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

PASSWORD: Final = "reset the password there: it is not known here in the clear"
NEW_PERSON: Final = "make the person there, with another password; programs know the id"
NEW_ACCOUNT: Final = "make the account there, with another password; programs know the id"
SECRET: Final = "make a secret there and give it to the program: this one is not known here in the clear"
KEY: Final = "regenerate the key there and give it to the program: this one is not known here in the clear"
ADDRESSES: Final = "register the same redirect URIs there, as `hoistway app show` says them"


def _always(_detail: Mapping[str, Any]) -> bool:
    return True


def _says(*names: str) -> Callable[[Mapping[str, Any]], bool]:
    """Whether a change is one of these values, or says nothing of what changed."""

    def applies(detail: Mapping[str, Any]) -> bool:
        after = detail.get("after")
        return not isinstance(after, dict) or any(name in after for name in names)

    return applies


def _is_of(kind: str) -> Callable[[Mapping[str, Any]], bool]:
    return lambda detail: detail.get("kind") == kind


class Rule(Struct, frozen=True):
    """`do` is for whoever keeps the older system. `ids` are the names under which the detail has the id. One that `ends` its
    subject has a line though that is gone; `nameless` says that nobody knows who it was; `newly` that it counts where the account
    was made with it."""

    kind: str
    do: str
    ids: Sequence[str] = ("id",)
    applies: Callable[[Mapping[str, Any]], bool] = _always
    ends: bool = False
    nameless: bool = False
    newly: bool = False


_ABOUT: Final = ("id", "client", "application")
RULES: Final[Mapping[str, Sequence[Rule]]] = {
    "user.password_changed": (Rule("user", PASSWORD),),
    "user.password_reset": (Rule("user", PASSWORD),),
    "user.address_taken_back": (Rule("user", PASSWORD), Rule("user", "change the name and addresses there, too")),
    "user.address_changed": (Rule("user", "change the name and addresses there, too"),),
    "user.added": (Rule("user", NEW_PERSON),),
    "invitation.accepted": (Rule("user", NEW_PERSON, ("user",), newly=True),),
    "user.changed": (
        Rule("user", "change the name and addresses there, too", applies=_says("name", "username", "emails")),
    ),
    "user.disabled": (Rule("user", "disable the person there, too"),),
    "user.enabled": (Rule("user", "enable the person there, too"),),
    "user.erased": (
        Rule("user", "delete there whoever asked to be erased: nobody knows here any more who it was", nameless=True),
    ),
    "service_account.added": (Rule("service_account", NEW_ACCOUNT),),
    "service_account.changed": (
        Rule("service_account", "change the name there, too", applies=_says("name", "username")),
    ),
    "service_account.password_reset": (Rule("service_account", PASSWORD),),
    "service_account.password_added": (Rule("service_account", PASSWORD),),
    "service_account.password_ended": (Rule("service_account", f"where it was the one there, {PASSWORD}"),),
    "service_account.disabled": (Rule("service_account", "disable the account there, too"),),
    "service_account.enabled": (Rule("service_account", "enable the account there, too"),),
    "service_account.removed": (Rule("service_account", "delete the account there, too", ends=True),),
    "application.added": (Rule("application", "register the application there; it gets another id", _ABOUT),),
    "application.granted": (Rule("application", "register the application there; it gets another id", _ABOUT),),
    "request.approved": (
        Rule("application", "register the application there; it gets another id", _ABOUT, _is_of("application")),
        Rule("application", ADDRESSES, _ABOUT, _is_of("redirects")),
    ),
    "application.addresses_changed": (Rule("application", ADDRESSES, _ABOUT),),
    "application.changed": (Rule("application", ADDRESSES, _ABOUT, _says("redirect_uris", "addresses")),),
    "application.disabled": (Rule("application", "disable the application there, too", _ABOUT),),
    "application.enabled": (Rule("application", "enable the application there, too", _ABOUT),),
    "application.removed": (Rule("application", "delete the application there, too", _ABOUT, ends=True),),
    "secret.added": (Rule("application", SECRET, _ABOUT),),
    "secret.revoked": (Rule("application", "where the program has this secret there, delete it there, too", _ABOUT),),
    "subscription.added": (Rule("subscription", "subscribe there, and give its keys to the program"),),
    "subscription.approved": (Rule("subscription", "activate it there, and give its keys to the program"),),
    "subscription.key_regenerated": (Rule("subscription", KEY),),
    "subscription.suspended": (Rule("subscription", "suspend it there, too"),),
    "subscription.resumed": (Rule("subscription", "activate it there, too"),),
    "subscription.cancelled": (Rule("subscription", "cancel it there, too"),),
}
