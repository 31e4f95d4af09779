"""Says no in two voices: the constant to the client, the cause to the log, joined by the correlation id."""

from hoistway.journal import LOG
from hoistway.protocol.errors import OAuthError


def log_refusal(correlation_id: str, path: str, error: OAuthError) -> None:
    """One line; no parameter, token or secret is in it."""
    LOG.info(
        "refused",
        correlation_id=correlation_id,
        path=path,
        error=error.error,
        code=error.b2c,
        because=error.log or error.public,
    )
