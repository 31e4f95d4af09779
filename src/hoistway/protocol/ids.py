"""Types of the identifiers, so that mypy refuses one where another is meant."""

from typing import NewType

ClientId = NewType("ClientId", str)
UserId = NewType("UserId", str)
CustomerId = NewType("CustomerId", str)
UnitId = NewType("UnitId", str)
SiteId = NewType("SiteId", str)
GrantId = NewType("GrantId", str)
ApiId = NewType("ApiId", str)
KeyId = NewType("KeyId", str)
ServiceAccountId = NewType("ServiceAccountId", str)
RequestId = NewType("RequestId", str)
ProductId = NewType("ProductId", str)
SubscriptionId = NewType("SubscriptionId", str)
