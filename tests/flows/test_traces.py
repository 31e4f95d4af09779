"""A trace that a caller began goes on in the log and at a collector; off unless it is asked for."""

import json
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx2
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests.attacks.asking import daemon_token
from tests.engines import drop_database, fresh_database
from tests.flows.command import free_port
from tests.flows.test_processes import eventually
from tests.server import populate, serving

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
HEADER = {"traceparent": f"00-{TRACE}-{PARENT}-01"}


class Collector:
    """Takes spans as OTLP over HTTP brings them."""

    def __init__(self) -> None:
        self.requests: list[ExportTraceServiceRequest] = []
        taken = self.requests

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if self.path == "/v1/traces":
                    taken.append(ExportTraceServiceRequest.FromString(body))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Nothing: a test has its own words."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def spans(self) -> list[Span]:
        return [
            span
            for one in self.requests
            for of in one.resource_spans
            for scope in of.scope_spans
            for span in scope.spans
        ]

    def named(self, name: str) -> Span:
        assert eventually(lambda: any(span.name == name for span in self.spans())), [one.name for one in self.spans()]
        return next(span for span in self.spans() if span.name == name)


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    thread = Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def lines_of(written: str, event: str) -> list[dict[str, object]]:
    lines = [json.loads(line) for line in written.splitlines() if line.startswith("{")]
    return [line for line in lines if line["event"] == event]


def attributes(span: Span) -> dict[str, object]:
    return {one.key: one.value.int_value or one.value.string_value for one in span.attributes}


def test_a_span_of_each_request_goes_on_with_the_callers_trace(
    collector: Collector, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
    url = fresh_database("sqlite", populate)
    with serving(url, traces=collector.url, access_log=True) as served:
        daemon_token(served)
        httpx2.get(f"{served.url}/api/v1/units/secret-id", headers=HEADER)
        httpx2.get(f"{served.url}/readyz", headers=HEADER)
        span, first = collector.named("GET /api/v1/units/{unit_id}"), collector.named("POST /oauth2/token")
        names = {one.name for one in collector.spans()}
    drop_database(url)
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE, PARENT)
    assert span.kind == Span.SPAN_KIND_SERVER
    about = attributes(span)
    assert about.pop("hoistway.correlation_id")
    assert about == {
        "http.request.method": "GET", "url.scheme": "http", "http.route": "/api/v1/units/{unit_id}",
        "http.response.status_code": 401,
    }  # fmt: skip
    assert span.end_time_unix_nano > span.start_time_unix_nano
    assert first.trace_id.hex() != TRACE
    assert first.parent_span_id == b""
    assert not {name for name in names if "readyz" in name}
    (resource,) = {one.resource_spans[0].resource.SerializeToString() for one in collector.requests}
    assert b"hoistway" in resource
    assert "secret-id" not in str(collector.spans())
    by_route = {line["route"]: line for line in lines_of(capfd.readouterr().err, "request")}
    assert by_route["/api/v1/units/{unit_id}"]["trace_id"] == TRACE
    assert by_route["/oauth2/token"]["trace_id"] == first.trace_id.hex(), "made anew, for it leads somewhere"
    assert span.status.code == Status.STATUS_CODE_UNSET


@pytest.mark.parametrize(("sampler", "is_hidden"), [(None, False), ("", False), ("parentbased_always_on", True)])
def test_a_caller_hides_its_request_only_where_the_operator_says_so(
    collector: Collector, monkeypatch: pytest.MonkeyPatch, sampler: str | None, is_hidden: bool
) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
    monkeypatch.delenv("OTEL_TRACES_SAMPLER", raising=False)
    if sampler is not None:
        monkeypatch.setenv("OTEL_TRACES_SAMPLER", sampler)
    url = fresh_database("sqlite", populate)
    with serving(url, traces=collector.url) as served:
        httpx2.get(f"{served.url}/api/v1/units", headers={"traceparent": f"00-{TRACE}-{PARENT}-00"})
        httpx2.get(f"{served.url}/oauth2/jwks")
        collector.named("GET /oauth2/jwks")
        if not is_hidden:
            collector.named("GET /api/v1/units")
    drop_database(url)
    found = [span for span in collector.spans() if span.trace_id.hex() == TRACE]
    assert (not found) == is_hidden


def test_a_collector_that_is_not_there_holds_nothing_up(capfd: pytest.CaptureFixture[str]) -> None:
    url = fresh_database("sqlite", populate)
    with serving(url, traces=f"http://127.0.0.1:{free_port()}") as served:
        assert httpx2.get(f"{served.url}/oauth2/jwks", timeout=5).status_code == 200
    drop_database(url)
    assert "Traceback" not in capfd.readouterr().err


def test_without_export_the_callers_trace_stands_in_every_line(capfd: pytest.CaptureFixture[str]) -> None:
    url = fresh_database("sqlite", populate)
    with serving(url, access_log=True) as served:
        httpx2.get(f"{served.url}/oauth2/userinfo", headers=HEADER)
        httpx2.get(f"{served.url}/oauth2/jwks", headers={"traceparent": HEADER["traceparent"].upper()})
        httpx2.get(f"{served.url}/oauth2/jwks")
    drop_database(url)
    written = capfd.readouterr().err
    (refused_line,) = lines_of(written, "refused")
    first, *others = lines_of(written, "request")
    assert refused_line["trace_id"] == first["trace_id"] == TRACE
    assert refused_line["correlation_id"] == first["correlation_id"]
    assert ["trace_id" in line for line in others] == [False, False], "none is made up that leads nowhere"


def test_nothing_of_it_is_loaded_until_it_is_asked_for() -> None:
    program = (
        "import sys, hoistway.server.command; print(any(name.startswith('opentelemetry') for name in sys.modules))"
    )
    assert (
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "False\n"
    )
