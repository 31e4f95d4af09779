"""The log: one JSON line an event, on standard error, with plain tracebacks that never show the values of variables."""

import logging
import sys

import structlog

_EACH = (
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
)


def configure() -> None:
    """Once a process, before the first line."""
    structlog.configure(
        processors=[*_EACH, structlog.processors.JSONRenderer()],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def gather() -> None:
    """Writes what libraries log in the same way; for a process whose log is ours alone."""
    handler = logging.StreamHandler(sys.stderr)
    renderer = structlog.processors.JSONRenderer()
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(renderer, foreign_pre_chain=_EACH))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
