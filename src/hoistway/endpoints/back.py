"""Which pages of ours a sign-in may lead back to."""

import re
from typing import Final

from starlette.requests import Request

from hoistway.web.forms import read_query

_OWN_PAGE: Final = re.compile(r"/(portal|console|account|invitation)([/?][A-Za-z0-9_.~!$&'()*+,;=:@%/?-]{0,1000})?")


def read_back(request: Request) -> str | None:
    """`next` of the query: the page of the portal or console that led to the sign-in. Anything else is dropped, so that
    a link to our sign-in page can't lead anywhere else."""
    found = _OWN_PAGE.fullmatch(read_query(request).get("next") or "")
    return None if found is None else found[0]
