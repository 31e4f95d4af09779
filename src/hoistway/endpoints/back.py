"""Which pages of ours a sign-in may lead back to."""

import re
from typing import Final

from starlette.requests import Request

from hoistway.endpoints.entering import Onward
from hoistway.endpoints.flow import Flow
from hoistway.web.forms import read_query

_OWN_PAGE: Final = re.compile(r"/(portal|console|account|invitation)([/?][A-Za-z0-9_.~!$&'()*+,;=:@%/?-]{0,1000})?")


def read_back(request: Request) -> str | None:
    """`next` of the query: the page of the portal or console that led to the sign-in. Anything else is dropped, so that
    a link to our sign-in page can't lead anywhere else."""
    found = _OWN_PAGE.fullmatch(read_query(request).get("next") or "")
    return None if found is None else found[0]


def onward_of(request: Request, flow: Flow | None) -> Onward:
    """Where a sign-in leads whose page is asked for by this request."""
    return Onward(None if flow is None else flow.ticket, read_back(request))
