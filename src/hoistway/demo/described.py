"""What demo.json says of the demo world, for people and programs that try it."""

from collections.abc import Sequence
from typing import Any

from hoistway.applications.granting import CUSTOMER_SCOPES
from hoistway.demo.world import API_URI, FIRST, TENANT_NAME, WITH_CODES, Rows
from hoistway.protocol.ids import SiteId
from hoistway.store.clients import Client
from hoistway.store.users import User

Described = dict[str, Any]


def _describe_user(rows: Rows, user: User) -> Described:
    places = [(row, sites) for row, sites in rows.memberships if row.user_id == user.id]
    limits: tuple[SiteId, ...] = tuple(site for _row, sites in places for site in sites)
    return {
        "username": user.username,
        "password": rows.passwords[user.username],
        "user_id": user.id,
        "name": user.name,
        "emails": user.emails,
        "flags": user.flags,
        "customer_id": user.home_customer_id,
        "customer_ids": [row.customer_id for row, _sites in places],
        "site_ids": list(limits) or None,
    }


def _administrator(rows: Rows, people: Sequence[Described]) -> Described:
    """Of the first customer."""
    found = next(row for row, _sites in rows.memberships if (row.customer_id, row.role) == (FIRST, "administrator"))
    person = next(row for row in people if row["user_id"] == found.user_id)
    return {"username": person["username"], "password": person["password"], "customer_id": found.customer_id}


def _with_codes(rows: Rows) -> Described:
    return {"username": WITH_CODES, "password": rows.passwords[WITH_CODES], "secret": rows.code_secret}


def describe(rows: Rows, clients: dict[str, Client], secrets: dict[str, str], tenant_id: str) -> Described:
    people = [_describe_user(rows, user) for user in rows.users if user.username != WITH_CODES]
    accounts = [
        {
            "username": row.username,
            "password": rows.passwords[row.username],
            "customer_id": row.customer_id,
            "id": row.id,
        }
        for row in rows.accounts
    ]
    shown: dict[str, Described] = {}
    for word, client in clients.items():
        shown[word] = {"client_id": client.id, "name": client.name}
        shown[word] |= {"client_secret": secrets[word]} if word in secrets else {}
        if client.redirect_uris:
            shown[word] |= {
                "redirect_uris": client.redirect_uris,
                "post_logout_redirect_uris": client.post_logout_redirect_uris,
            }
    units = {customer.id: rows.units_of(customer.id) for customer in rows.customers}
    return {
        "tenants": [TENANT_NAME],
        "tenant_id": tenant_id,
        "policies": {"ropc": "B2C_1_ROPC", "sign_in": "B2C_1_SignIn"},
        "api": {"audience": API_URI, "scope": API_URI, "scopes": list(CUSTOMER_SCOPES)},
        "clients": shown,
        "service_account": next(row for row in accounts if row["customer_id"] == FIRST),
        "service_accounts": accounts,
        "users": [row for row in people if "employee" not in row["flags"]],
        "employee": next(row for row in people if row["flags"] == ("employee",)),
        "operator": next(row for row in people if "operator" in row["flags"]),
        "administrator": _administrator(rows, people),
        "totp_user": _with_codes(rows),
        "customers": [
            {"id": c.id, "name": c.name, "unit_count": len(units[c.id]), "unit_ids": units[c.id][:20]}
            for c in rows.customers
        ],
    }
