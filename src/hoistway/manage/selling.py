"""The operations about products, subscriptions, their keys, and requests of customers for applications."""

from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from hoistway.applications.deciding import Decision
from hoistway.manage import nouns, products, requests, subscriptions
from hoistway.manage import product_bodies as of_products
from hoistway.manage import request_bodies as of_requests
from hoistway.manage import subscription_bodies as of_subscriptions
from hoistway.manage.operations import DISABLED, Operation
from hoistway.protocol.manage_scopes import read_scope_of, write_scope_of

_READS, _WRITES = read_scope_of("products"), write_scope_of("products")
_PRODUCT: Final = "/products/{id}"
_PRODUCTS: Final = (
    Operation(
        "listProducts", "GET", "/products", "List products", "Product", _READS, partial(nouns.list_things, products.NOUN),
        answers=of_products.ProductPage, filters=(DISABLED,), is_list=True,
    ),
    Operation(
        "createProduct", "POST", "/products", "Make a product", "Product", _WRITES, products.make, of_products.NewProduct,
        of_products.ProductMade, 201, filters=(products.AT_ONCE,), repeats=True, changes=True, refusals=(409,),
    ),
    Operation(
        "readProduct", "GET", _PRODUCT, "Read a product", "Product", _READS, partial(nouns.read_thing, products.NOUN),
        answers=of_products.Product,
    ),
    Operation(
        "updateProduct", "PATCH", _PRODUCT, "Change a product", "Product", _WRITES, products.change, of_products.ProductChange,
        of_products.Product, filters=(products.AT_ONCE,), changes=True, needs_version=True, refusals=(409,), waits=True,
    ),
    *(
        Operation(
            f"{verb}Product", "POST", f"{_PRODUCT}/{verb}", f"{verb.title()} a product", "Product", _WRITES,
            partial(products.switch, verb == "disable"), answers=of_products.Product, filters=(products.AT_ONCE,), changes=True,
            needs_version=True, description=effect, refusals=(409,), waits=True,
        )
        for verb, effect in (("disable", "Its keys are refused within seconds"), ("enable", "Its keys work again"))
    ),
)  # fmt: skip
_SUBSCRIPTION: Final = "/subscriptions/{id}"


def _verb(verb: str, summary: str, effect: str) -> Operation:
    asks: Any = {"approve": of_subscriptions.Approval, "resume": of_subscriptions.Message}.get(
        verb, of_subscriptions.Reason
    )
    return Operation(
        f"{verb}Subscription", "POST", f"{_SUBSCRIPTION}/{verb}", summary, "Subscription", write_scope_of("subscriptions"),
        partial(subscriptions.decide_one, verb), asks, of_subscriptions.Subscription, changes=True, needs_version=True,
        description=effect, refusals=(409,),
    )  # fmt: skip


_SUBSCRIPTIONS: Final = (
    Operation(
        "listSubscriptions", "GET", "/subscriptions", "List subscriptions", "Subscription", read_scope_of("subscriptions"),
        subscriptions.list_all, answers=of_subscriptions.SubscriptionPage, filters=subscriptions.FILTERS, is_list=True,
    ),
    Operation(
        "createSubscription", "POST", "/subscriptions", "Subscribe a customer to a product", "Subscription",
        write_scope_of("subscriptions"), subscriptions.make, of_subscriptions.NewSubscription, of_subscriptions.SubscriptionMade, 201,
        repeats=True, changes=True, refusals=(409,), description="It waits where the product asks for approval",
    ),
    Operation(
        "readSubscription", "GET", _SUBSCRIPTION, "Read a subscription", "Subscription", read_scope_of("subscriptions"),
        subscriptions.read_one, answers=of_subscriptions.Subscription,
    ),
    _verb("approve", "Approve one that waits", "Where two must approve, people do so at the console, and this is refused"),
    _verb("ask", "Ask the customer about one that waits", "The customer gets the question by mail"),
    _verb("reject", "Refuse one that waits", "The customer gets the reason by mail"),
    _verb("suspend", "Suspend one", "Its keys are refused within seconds"),
    _verb("resume", "Resume one that is suspended", "Its keys work again"),
    _verb("cancel", "End one for good", "Its keys are refused within seconds"),
    Operation(
        "listKeys", "GET", f"{_SUBSCRIPTION}/keys", "List the keys of a subscription that work", "SubscriptionKey",
        read_scope_of("keys"), subscriptions.list_keys, answers=of_subscriptions.SubscriptionKeyList,
    ),
    Operation(
        "createKey", "POST", f"{_SUBSCRIPTION}/keys", "Make a new key in place of one", "SubscriptionKey", write_scope_of("keys"),
        subscriptions.make_key, of_subscriptions.NewKey, of_subscriptions.KeyMade, 201, repeats=True, changes=True, refusals=(409,),
        description="The present one goes on working for a while",
    ),
)  # fmt: skip
_REQUEST: Final = "/requests/{id}"


_DECISIONS: Final[tuple[tuple[Decision, str, str], ...]] = (
    ("approve", "Approve a request", "Where two must approve, people do so at the console, and this is refused"),
    ("ask", "Ask the customer about a request", "The customer gets the question by mail"),
    ("reject", "Refuse a request", "The customer gets the reason by mail"),
)


def _decisions() -> Iterator[Operation]:
    for verb, summary, effect in _DECISIONS:
        asks = of_requests.RequestApproval if verb == "approve" else of_requests.RequestReason
        yield Operation(
            f"{verb}Request", "POST", f"{_REQUEST}/{verb}", summary, "Request", write_scope_of("requests"),
            partial(requests.decide_one, verb), asks, of_requests.ApplicationRequest, changes=True, needs_version=True,
            description=effect, refusals=(409,),
        )  # fmt: skip


_REQUESTS: Final = (
    Operation(
        "listRequests", "GET", "/requests", "List requests of customers for applications", "Request", read_scope_of("requests"),
        requests.list_all, answers=of_requests.ApplicationRequestPage, filters=requests.FILTERS, is_list=True,
    ),
    Operation(
        "readRequest", "GET", _REQUEST, "Read a request", "Request", read_scope_of("requests"), requests.read_one,
        answers=of_requests.ApplicationRequest,
    ),
    Operation(
        "listMessages", "GET", f"{_REQUEST}/messages", "Read the conversation about a request", "Request", read_scope_of("requests"),
        requests.list_messages, answers=of_requests.RequestMessageList,
    ),
    *_decisions(),
)  # fmt: skip
SELLING: Final = (*_PRODUCTS, *_SUBSCRIPTIONS, *_REQUESTS)
PARTS: Final = (of_products.Limit, of_subscriptions.Keys, of_subscriptions.SubscriptionKey, of_requests.RequestMessage)
"""Structs that stand in others alone."""
