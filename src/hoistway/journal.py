"""The log: one JSON line an event, on standard error, with plain tracebacks that never show the values of variables."""

import sys

import structlog


def configure() -> None:
    """Once a process, before the first line."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
