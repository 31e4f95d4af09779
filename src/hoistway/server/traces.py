"""Spans of requests, handed to OpenTelemetry's SDK (https://opentelemetry.io/docs/specs/semconv/http/http-spans/).

The SDK is an extra, and imported by name only where a collector is set: it takes 12 MB in each worker.
"""

import asyncio
import os
from collections.abc import MutableMapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from hoistway import __version__
from hoistway.protocol.traceparent import TraceParent, read_traceparent

LAST_WITHIN: Final = 1.0
"""Seconds that the end of a worker waits for its last spans to leave."""
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def has_sdk() -> bool:
    """True where the extra is installed."""
    try:
        return find_spec("opentelemetry.sdk.trace") is not None and find_spec(_EXPORTER) is not None
    except ModuleNotFoundError:
        return False


_EXPORTER: Final = "opentelemetry.exporter.otlp.proto.http.trace_exporter"
_SAMPLER: Final = "OTEL_TRACES_SAMPLER"


class Traces:
    """One in each process. /v1/traces is appended to the URL `collector`; the SDK itself reads variables OTEL_…."""

    def __init__(self, collector: str) -> None:
        self._api = import_module("opentelemetry.trace")
        self._empty = import_module("opentelemetry.context").Context()
        sdk = import_module("opentelemetry.sdk.trace")
        exporter = import_module(_EXPORTER).OTLPSpanExporter(endpoint=f"{collector}/v1/traces")
        about = {"service.name": "hoistway", "service.version": __version__}
        resource = import_module("opentelemetry.sdk.resources").Resource.create(about)
        # The SDK's own default would leave out requests whose caller set the flag "not sampled". With None it reads the
        # variable.
        own = None if os.environ.get(_SAMPLER) else import_module("opentelemetry.sdk.trace.sampling").ALWAYS_ON
        self._provider = sdk.TracerProvider(sampler=own, resource=resource, shutdown_on_exit=False)
        batches = import_module("opentelemetry.sdk.trace.export").BatchSpanProcessor(exporter)
        self._provider.add_span_processor(batches)
        self._tracer = self._provider.get_tracer("hoistway", __version__)

    def begin(self, scope: MutableMapping[str, Any]) -> None:
        """The span continues the caller's trace, or begins one."""
        method = scope["method"] if scope["method"] in _METHODS else "_OTHER"
        span = self._tracer.start_span(
            method,
            context=self._context(read_traceparent(scope["headers"])),
            kind=self._api.SpanKind.SERVER,
            attributes={"http.request.method": method, "url.scheme": scope["scheme"]},
        )
        scope["hoistway.span"] = span
        scope["hoistway.trace"] = f"{span.get_span_context().trace_id:032x}"

    def _context(self, parent: TraceParent | None) -> Any:
        if parent is None:
            return self._empty
        flags = self._api.TraceFlags(parent.flags)
        known = self._api.SpanContext(int(parent.trace_id, 16), int(parent.parent_id, 16), True, flags)
        return self._api.set_span_in_context(self._api.NonRecordingSpan(known), self._empty)

    def end(self, scope: MutableMapping[str, Any], status: int) -> None:
        span = scope.pop("hoistway.span", None)
        if span is None:
            return
        route = scope["hoistway.route"]
        span.update_name(f"{scope['method'] if scope['method'] in _METHODS else '_OTHER'} {route}")
        span.set_attribute("http.route", route)
        span.set_attribute("http.response.status_code", status)
        span.set_attribute("hoistway.correlation_id", scope["correlation_id"])
        if status >= 500:
            span.set_status(self._api.StatusCode.ERROR)
        span.end()

    async def close(self) -> None:
        """Sends what is left, but waits no longer than `LAST_WITHIN` for a collector that does not answer."""
        await asyncio.get_running_loop().run_in_executor(None, self._provider.force_flush, int(LAST_WITHIN * 1000))
