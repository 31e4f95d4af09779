"""The addresses of the pages on which a customer's administrators decide who reaches what."""

from hoistway.portal import people, sign_in_policy
from hoistway.portal.activity import activity
from hoistway.portal.calls import calls
from hoistway.portal.doors import Endpoint, for_administrator
from hoistway.portal.inviting import change_invitation, invite_page
from hoistway.portal.technical_account import account
from hoistway.portal.technical_accounts import list_accounts

ADDRESSES: tuple[tuple[str, Endpoint, tuple[str, ...]], ...] = (
    ("/portal/people", for_administrator(people.list_people), ("GET",)),
    ("/portal/people/invite", for_administrator(invite_page), ("GET", "POST")),
    ("/portal/people/invitations/{id}", for_administrator(change_invitation), ("POST",)),
    ("/portal/people/{user_id}", for_administrator(people.person), ("GET", "POST")),
    ("/portal/activity", for_administrator(activity), ("GET",)),
    ("/portal/activity/calls", for_administrator(calls), ("GET",)),
    ("/portal/sign-in", for_administrator(sign_in_policy.sign_in_policy), ("GET", "POST")),
    ("/portal/technical-accounts", for_administrator(list_accounts), ("GET", "POST")),
    ("/portal/technical-accounts/{id}", for_administrator(account), ("GET", "POST")),
)
