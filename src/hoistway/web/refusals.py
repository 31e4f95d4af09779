"""Logs a refusal: the client gets a constant text, the log the cause; the correlation id connects them."""

from hoistway.journal import LOG, LONGEST_PATH
from hoistway.protocol.errors import OAuthError


def log_refusal(correlation_id: str, path: str, error: OAuthError) -> None:
    """One line without parameters, tokens or secrets."""
    LOG.info(
        "refused",
        correlation_id=correlation_id,
        path=path[:LONGEST_PATH],
        error=error.error,
        code=error.b2c,
        because=error.log or error.public,
    )
