"""The addresses of these pages, in the portal and at the console."""

from typing import Final

from hoistway.portal.company.domains import provider_page
from hoistway.portal.company.providers import connect, list_providers
from hoistway.portal.company.seat import Page, for_any, for_own
from hoistway.portal.company.tokens import directory
from hoistway.portal.doors import Endpoint

_LOOK, _BOTH = ("GET",), ("GET", "POST")
_PAGES: Final[tuple[tuple[str, Page, tuple[str, ...]], ...]] = (
    ("company-sign-in", list_providers, _LOOK),
    ("company-sign-in/new", connect, _BOTH),
    ("company-sign-in/{provider}", provider_page, _BOTH),
    ("directory", directory, _BOTH),
)
ADDRESSES: Final[tuple[tuple[str, Endpoint, tuple[str, ...]], ...]] = (
    *((f"/portal/{rest}", for_own(page), methods) for rest, page, methods in _PAGES),
    *((f"/console/customers/{{id}}/{rest}", for_any(page), methods) for rest, page, methods in _PAGES),
)
"""Path, endpoint, methods."""
