"""Types of the identifiers, so that mypy refuses one where another is meant."""

from typing import NewType

ClientId = NewType("ClientId", str)
UserId = NewType("UserId", str)
CustomerId = NewType("CustomerId", str)
UnitId = NewType("UnitId", str)
SiteId = NewType("SiteId", str)
FamilyId = NewType("FamilyId", str)
"""Of all tokens that one sign-in gave, with or without a refresh token among them; `grant_id` on the wire and in columns."""
ApiId = NewType("ApiId", str)
KeyId = NewType("KeyId", str)
ServiceAccountId = NewType("ServiceAccountId", str)
RequestId = NewType("RequestId", str)
ProductId = NewType("ProductId", str)
SubscriptionId = NewType("SubscriptionId", str)
ProviderId = NewType("ProviderId", str)
