"""Reasons why a form is not carried out although nothing in it is wrong: what it was shown for has changed."""

from typing import Literal

from hoistway.protocol.errors import InvalidRequest

Reason = Literal["customer", "person", "session", "nobody", "moved", "often", "copied"]


class NotNow(InvalidRequest):
    """Nothing was written. `reason` is the last part of the keys of its words, `form_…`."""

    status = 409
    public = "This form was opened for somebody or something else, and nothing was written: open the page again."

    def __init__(self, reason: Reason, *, log: str | None = None) -> None:
        self.reason: Reason = reason
        super().__init__(log=log or f"form: {reason}")


class Moved(NotNow):
    """The thing is no longer as it was shown."""

    public = "Somebody else changed this meanwhile, and nothing was written: open the page again and look at it."

    def __init__(self, *, log: str | None = None) -> None:
        super().__init__("moved", log=log)


class TooOften(NotNow):
    """The person has sent as many forms as anybody may."""

    status = 429
    public = "You have sent very many forms in the last two days, and nothing was written: try again tomorrow."

    def __init__(self) -> None:
        super().__init__("often", log="too many forms of one person")


class BeingCopied(NotNow):
    """A copy of the same person's data is being made."""

    status = 429
    public = "A copy of this data is being made already: wait until it is there, then ask again."

    def __init__(self) -> None:
        super().__init__("copied", log="a copy of the same person is being made")


class Repeated(Exception):
    """The form was carried out before; `result` is the address to which it led."""

    def __init__(self, result: str) -> None:
        self.result = result
        super().__init__("sent twice")


class Forbidden(InvalidRequest):
    """The person is signed in, but this is for others."""

    status = 403
    public = "This page is for others: sign in with an account that may open it, or ask an administrator."
