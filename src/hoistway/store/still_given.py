"""What a person gave an application for a customer ends when one of the three is disabled, and stays ended when it is
enabled again (docs/adr/0013-consent.md).
"""

from sqlalchemy import Column, ColumnElement, Join, Table, and_, func, or_

from hoistway.protocol.sandbox import SANDBOX
from hoistway.store.clients import CLIENTS
from hoistway.store.customers import CUSTOMERS
from hoistway.store.memberships import MEMBERSHIPS
from hoistway.store.users import USERS


def with_ends(table: Table, user_id: Column[str]) -> Join:
    """Joins the rows of the table, which has a `client_id` and a `customer_id`, with the times at which what they say
    may have ended."""
    of_place = and_(MEMBERSHIPS.c.user_id == user_id, MEMBERSHIPS.c.customer_id == table.c.customer_id)
    return (
        table.join(USERS, USERS.c.id == user_id)
        .join(CLIENTS, CLIENTS.c.id == table.c.client_id)
        .join(CUSTOMERS, CUSTOMERS.c.id == table.c.customer_id)
        .outerjoin(MEMBERSHIPS, of_place)
    )


def counts_since(table: Table, given_at: Column[int], *places: ColumnElement[bool]) -> ColumnElement[bool]:
    """Given after person, application and customer were last disabled or given away, and by somebody who was a member
    then and still is, or for the simulated customer, which has no members. `places` are further conditions, each of which
    may stand in for the membership."""
    return and_(
        *(given_at > func.coalesce(one.c.ended_at, -1) for one in (USERS, CLIENTS, CUSTOMERS)),
        or_(MEMBERSHIPS.c.created_at <= given_at, table.c.customer_id == SANDBOX, *places),
    )
