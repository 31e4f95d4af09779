"""The fields in which somebody describes a provider, read from a form and put into one."""

from collections.abc import Mapping
from typing import Literal

from hoistway.federation.connecting import AUTHS, Given
from hoistway.portal.chosen import chosen
from hoistway.protocol.params import Params
from hoistway.store.providers import Provider

Typed = Mapping[str, str]
EMPTY: Typed = {
    "name": "", "issuer": "", "client_id": "", "auth": AUTHS[0], "addresses": "verified", "sign_out": "here",
    "role_claim": "", "administrators": "", "members": "", "domain": "",
}  # fmt: skip


def typed_in(form: Params) -> Typed:
    """As it was typed; without the secret, which nobody is shown again."""
    return {name: form.get(name) or usual for name, usual in EMPTY.items()}


def typed_of(row: Provider) -> Typed:
    """As it is stored."""
    return {
        **EMPTY,
        "name": row.name,
        "client_id": row.client_id,
        "auth": row.auth,
        "addresses": row.addresses,
        "sign_out": row.sign_out,
        "role_claim": row.role_claim or "",
        "administrators": "\n".join(row.administrators),
        "members": "\n".join(row.members),
    }


def read_given(form: Params, issuer: str) -> Given:
    """What `check_given` then judges. Raises InvalidRequest."""
    auth = next(one for one in AUTHS if one == chosen(form, "auth", AUTHS, AUTHS[0]))
    addresses: Literal["verified", "trusted"] = (
        "trusted" if chosen(form, "addresses", ("verified", "trusted"), "verified") == "trusted" else "verified"
    )
    sign_out: Literal["here", "there"] = (
        "there" if chosen(form, "sign_out", ("here", "there"), "here") == "there" else "here"
    )
    return Given(
        (form.get("name") or "").strip(), issuer.strip(), (form.get("client_id") or "").strip(), auth,
        form.get("secret") or None, addresses, (form.get("role_claim") or "").strip() or None,
        _lines(form.get("administrators")), _lines(form.get("members")), sign_out,
    )  # fmt: skip


def _lines(text: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line.strip() for line in (text or "").splitlines() if line.strip()))
