"""Reads the form that asks for an application. What was typed is kept, and each mistake is named with its fix."""

from msgspec import Struct, field

from hoistway.applications.addresses import MOST, read_addresses, sentence
from hoistway.protocol.likeness import looks_like
from hoistway.protocol.params import Params
from hoistway.protocol.sandbox import Environment
from hoistway.protocol.text import cleaned, read_name
from hoistway.web.frame import Problems
from hoistway.web.words import Words

TYPES = ("web", "single-page", "desktop", "mobile", "daemon")
NATIVE = frozenset({"desktop", "mobile"})
NEEDS_ADDRESS = frozenset({"web", "single-page"})
FLOWS = ("code", "client_credentials", "implicit", "password")
LEGACY = frozenset({"implicit", "password"})
LONGEST_NAME = 60
LONGEST_TEXT = 2000
LONGEST_ID = 200
# The types of application that can use each flow.
_FITS = {
    "code": frozenset({"web", "single-page", "desktop", "mobile"}),
    "client_credentials": frozenset({"daemon"}),
    "implicit": frozenset({"web", "single-page"}),
    "password": frozenset({"daemon"}),
}


class Wish(Struct, frozen=True):
    """What a person asks for. `typed` is the content of the address field as it was typed; `account`
    is the id of the technical account that a daemon is to use, "" for a new one."""

    environment: Environment = "sandbox"
    name: str = ""
    type: str = "web"
    redirect_uris: tuple[str, ...] = ()
    purpose: str = ""
    flows: tuple[str, ...] = ()
    reason: str = ""
    typed: str = ""
    post_logout_uris: tuple[str, ...] = ()
    account: str = ""

    @property
    def chosen(self) -> tuple[str, ...]:
        """The chosen flows, or the usual one of the type where none was chosen."""
        return self.flows or (("client_credentials",) if self.type == "daemon" else ("code",))


class Read(Struct):
    wish: Wish
    problems: Problems = field(default_factory=Problems)


def read_wish(form: Params, words: Words) -> Read:
    kind = form.get("type") or ""
    typed = form.get("redirect_uris") or ""
    uris, refused = read_addresses(typed, native=kind in NATIVE)
    environment: Environment = "production" if form.get("environment") == "production" else "sandbox"
    wish = Wish(
        environment,
        read_name(form.get("name"), 3, LONGEST_NAME)[0],
        kind,
        uris,
        cleaned(form.get("purpose") or ""),
        tuple(flow for flow in FLOWS if form.get(f"flows_{flow}")),
        cleaned(form.get("reason") or ""),
        typed,
        account=(form.get("account") or "")[:LONGEST_ID],
    )
    read = Read(wish)
    _check_words(wish, read.problems, words)
    if refused:
        read.problems.add("redirect_uris", "\n".join(sentence(one, words) for one in refused))
    else:
        _check_addresses(wish, read.problems, words)
    _check_flows(wish, read.problems, words)
    _check_account(wish, read.problems, words)
    return read


def check_own_name(read: Read, brand: str, words: Words) -> None:
    """Nobody reviews applications in the sandbox, so a name like the operator's own would deceive people there."""
    if read.wish.environment == "sandbox" and looks_like(read.wish.name, brand):
        read.problems.add("name", words["wish_like_brand"].format(brand=brand))


def check_name(name: str, problems: Problems, words: Words) -> None:
    if not read_name(name, 3, LONGEST_NAME)[1]:
        problems.add("name", words["wish_wrong_name"].format(most=LONGEST_NAME))


def _check_words(wish: Wish, problems: Problems, words: Words) -> None:
    check_name(wish.name, problems, words)
    if wish.type not in TYPES:
        problems.add("type", words["wish_wrong_type"])
    if wish.environment == "production" and len(wish.purpose) < 10:
        problems.add("purpose", words["wish_wrong_purpose"])
    if len(wish.purpose) > LONGEST_TEXT:
        problems.add("purpose", words["wish_too_long"].format(most=LONGEST_TEXT))
    if len(wish.reason) > LONGEST_TEXT:
        problems.add("reason", words["wish_too_long"].format(most=LONGEST_TEXT))


def _check_addresses(wish: Wish, problems: Problems, words: Words) -> None:
    if wish.type in NEEDS_ADDRESS and not wish.redirect_uris:
        problems.add("redirect_uris", words["wish_needs_address"])
    if wish.type == "daemon" and wish.redirect_uris:
        problems.add("redirect_uris", words["wish_daemon_address"])
    if len(wish.redirect_uris) > MOST:
        problems.add("redirect_uris", words["wish_many_addresses"].format(most=MOST))


def _check_account(wish: Wish, problems: Problems, words: Words) -> None:
    if wish.account and wish.type in TYPES and wish.type != "daemon":
        problems.add("account", words["wish_account_daemon"])
    elif wish.account and wish.environment == "sandbox":
        problems.add("account", words["wish_account_sandbox"])


def _check_flows(wish: Wish, problems: Problems, words: Words) -> None:
    if wish.type not in TYPES:
        return
    for flow in wish.flows:
        if wish.type not in _FITS[flow]:
            problems.add("flows", words[f"wish_unfit_{flow}"])
    if wish.environment == "sandbox" and "password" in wish.flows:
        problems.add("flows", words["wish_no_password_in_sandbox"])
    if LEGACY & set(wish.flows) and len(wish.reason) < 10:
        problems.add("reason", words["wish_wrong_reason"])
