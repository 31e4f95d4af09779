"""The addresses of a person's own pages."""

from typing import Final

from hoistway.account import devices, email, factors, overview
from hoistway.account.applications import applications
from hoistway.account.data import data
from hoistway.account.fresh import confirm
from hoistway.account.identities import identities
from hoistway.portal.doors import Public

_BOTH = ("GET", "POST")
ADDRESSES: Final[tuple[tuple[str, Public, tuple[str, ...]], ...]] = (
    ("/account", overview.overview, ("GET",)),
    ("/account/profile", overview.profile, _BOTH),
    ("/account/email", email.email, _BOTH),
    ("/account/email/confirm", email.confirm_email, _BOTH),
    ("/account/password", overview.password, _BOTH),
    ("/account/factors", factors.factors, _BOTH),
    ("/account/factors/confirm", confirm, ("GET",)),
    ("/account/identities", identities, _BOTH),
    ("/account/devices", devices.devices, _BOTH),
    ("/account/applications", applications, _BOTH),
    ("/account/data", data, _BOTH),
)
"""Path, page, methods."""
