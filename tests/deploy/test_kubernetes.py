"""deploy/kubernetes.yaml against the program: its command, ports, probes, settings, and the times of a graceful end."""

from typing import Any

import pytest
import yaml

from hoistway.routes import ROUTES
from hoistway.server.command import parser
from hoistway.server.parent import STOP_WITHIN
from hoistway.settings import NAMES, read_environment
from tests.deploy.document import DEPLOY, DOCUMENT

OBJECTS: dict[str, Any] = {one["kind"]: one for one in yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text())}
POD: dict[str, Any] = OBJECTS["Deployment"]["spec"]["template"]
(CONTAINER,) = POD["spec"]["containers"]
PORTS = {port["name"]: port["containerPort"] for port in CONTAINER["ports"]}
PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


def test_every_object_is_one_that_kubernetes_has() -> None:
    assert {(one["apiVersion"], kind) for kind, one in OBJECTS.items()} == {
        ("v1", "ConfigMap"), ("apps/v1", "Deployment"), ("v1", "Service"), ("policy/v1", "PodDisruptionBudget"),
        ("networking.k8s.io/v1", "NetworkPolicy"),
    }  # fmt: skip


def test_the_selectors_find_the_pods() -> None:
    labels = POD["metadata"]["labels"]
    assert OBJECTS["Deployment"]["spec"]["selector"]["matchLabels"] == labels
    assert OBJECTS["Service"]["spec"]["selector"] == labels
    assert OBJECTS["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels


def test_the_command_is_one_that_the_program_takes() -> None:
    word, *words = CONTAINER["args"]
    asked = parser().parse_args(words)
    assert word == "serve"
    assert (asked.host, asked.port) == ("0.0.0.0", PORTS["http"])


def test_metrics_are_told_inside_the_cluster_alone() -> None:
    assert OBJECTS["ConfigMap"]["data"]["HOISTWAY_METRICS"] == f"0.0.0.0:{PORTS['metrics']}"
    assert [port["targetPort"] for port in OBJECTS["Service"]["spec"]["ports"]] == ["http"]


def test_only_the_ingress_and_prometheus_reach_the_pods() -> None:
    """Anybody else could choose the address that X-Forwarded-For names, or read the metrics."""
    policy = OBJECTS["NetworkPolicy"]["spec"]
    assert policy["podSelector"] == {"matchLabels": POD["metadata"]["labels"]}
    assert policy["policyTypes"] == ["Ingress"], "what a pod may reach is not bounded: database, mail, collector"
    opened = {}
    for rule in policy["ingress"]:
        (source,), (port,) = rule["from"], rule["ports"]
        assert set(source) == {"namespaceSelector"}
        (namespace,) = source["namespaceSelector"]["matchLabels"].items()
        opened[port["port"]] = (namespace, port["protocol"])
    label = "kubernetes.io/metadata.name"
    assert opened == {
        PORTS["http"]: ((label, "ingress-nginx"), "TCP"), PORTS["metrics"]: ((label, "monitoring"), "TCP"),
    }  # fmt: skip
    text = DOCUMENT.read_text(encoding="utf-8")
    assert all(f"`{namespace[1]}`" in text for namespace, _protocol in opened.values())


def test_the_settings_are_settings_with_values_that_are_taken() -> None:
    said: dict[str, str] = OBJECTS["ConfigMap"]["data"]
    assert set(said) | {one["name"] for one in CONTAINER["env"]} <= set(NAMES)
    assert all(isinstance(value, str) for value in said.values()), "Kubernetes takes text alone"
    assert read_environment(said).trusted_proxies == 1
    assert CONTAINER["envFrom"] == [{"configMapRef": {"name": OBJECTS["ConfigMap"]["metadata"]["name"]}}]
    assert POD["spec"]["enableServiceLinks"] is False


def test_the_secret_is_the_one_that_the_document_makes() -> None:
    (database,) = (one["valueFrom"]["secretKeyRef"] for one in CONTAINER["env"])
    (volume,) = (one["secret"] for one in POD["spec"]["volumes"] if "secret" in one)
    text = DOCUMENT.read_text(encoding="utf-8")
    assert f"--from-literal={database['key']}=postgresql://" in text
    (item,) = volume["items"]
    assert f"--from-file={item['key']} " in text
    assert database["name"] == volume["secretName"] == "hoistway"
    mounted = {one["name"]: one["mountPath"] for one in CONTAINER["volumeMounts"]}
    assert f"{mounted['master-key']}/{item['path']}" == OBJECTS["ConfigMap"]["data"]["HOISTWAY_MASTER_KEY_FILE"]
    assert set(mounted) == {one["name"] for one in POD["spec"]["volumes"]}


@pytest.mark.parametrize("probe", PROBES)
def test_a_probe_asks_what_is_answered(probe: str) -> None:
    asked = CONTAINER[probe]["httpGet"]
    assert asked["path"] in {route.path for route in ROUTES}
    assert asked["port"] == "http"


def test_a_database_that_is_away_takes_pods_out_and_restarts_none() -> None:
    assert CONTAINER["readinessProbe"]["httpGet"]["path"] == CONTAINER["startupProbe"]["httpGet"]["path"] == "/readyz"
    assert CONTAINER["livenessProbe"]["httpGet"]["path"] == "/healthz"
    startup = CONTAINER["startupProbe"]
    assert startup["periodSeconds"] * startup["failureThreshold"] == 120, "two minutes, as the document says"


def test_what_is_in_flight_is_answered_before_the_end() -> None:
    program, seconds = CONTAINER["lifecycle"]["preStop"]["exec"]["command"]
    assert program == "sleep"
    assert f"`preStop` waits {seconds} s" in DOCUMENT.read_text(encoding="utf-8")
    assert POD["spec"]["terminationGracePeriodSeconds"] > int(seconds) + STOP_WITHIN
    unready = CONTAINER["readinessProbe"]
    assert OBJECTS["Deployment"]["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert unready["timeoutSeconds"] > 1, "/readyz is answered within a second"


def test_the_pod_has_no_rights() -> None:
    pod, container = POD["spec"]["securityContext"], CONTAINER["securityContext"]
    assert pod["runAsNonRoot"] is True
    assert f"USER {pod['runAsUser']}:{pod['runAsGroup']}" in (DEPLOY / "Containerfile").read_text()
    assert pod["fsGroup"] == pod["runAsGroup"], "who may read the mounted key"
    assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
    }  # fmt: skip
    assert POD["spec"]["automountServiceAccountToken"] is False
