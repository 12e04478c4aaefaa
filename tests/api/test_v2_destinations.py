"""What destinations and federation say, as the second generation writes them (`spec/v2.md` 2.5, 2.8, 12.1 and 14)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kubectl_gmg.model.action import Delegate, DestinationKind, ForwardTo, FunctionFilter
from kubectl_gmg.model.declared import Declared, Realm
from kubectl_gmg.pipeline import Session, Settings

Json = dict[str, Any]
NETWORKING = "networking.gloo.solo.io/v2"
HTTP = {"number": 80, "name": "http", "protocol": "http"}


def declared(kind: str, spec: Json, group: str = NETWORKING) -> Declared:
    """What one object says."""
    body = {"apiVersion": group, "kind": kind, "metadata": {"name": "own", "namespace": "apps"}, "spec": spec}
    return Session(Settings(filename=("-",), stdin=lambda: json.dumps(body).encode())).declared


def realm(kind: str, spec: Json, group: str = NETWORKING) -> Realm:
    """What one object says of its generation, without any problem."""
    found = declared(kind, spec, group)
    assert found.problems == ()
    return dict(found.realms)["v2"]


def test_all_hosts_of_a_virtual_destination() -> None:
    spec = {
        "hosts": ["one.mesh", "two.mesh"],
        "ports": [{"number": 80, "protocol": "gRPC"}],
        "externalWorkloads": [{"labels": {"vm": "a"}}],
        "clientMode": {"tlsTermination": {}},
    }
    (found,) = realm("VirtualDestination", spec).inventory.virtual_destinations
    assert (found.hostname, found.hosts) == ("one.mesh", ("one.mesh", "two.mesh"))
    assert [each.requirements[0].values for each in found.external_workloads] == [("a",)]
    assert [(each.number, each.protocol) for each in found.ports] == [(80, "GRPC")]


@pytest.mark.parametrize(("match", "port"), [({}, 80), ({"portMatch": 8080}, 8080)])
def test_egress(match: Json, port: int) -> None:
    """14.2: `portMatch` is 80 unless it is written; references are filled in from the object (2.1)."""
    refs = [{"name": "out"}, {"name": "out", "namespace": "gateways", "cluster": "c2"}]
    routes = {"egressGatewayRoutes": {**match, "virtualGatewayRefs": refs}}
    spec = {"hosts": ["api.test"], "ports": [{**HTTP, **routes}, {**HTTP, "number": 81, "name": "plain"}]}
    (found,) = realm("ExternalService", spec).inventory.external_services
    leaving, plain = found.ports
    assert leaving.egress is not None
    assert leaving.egress.port == port
    assert [(each.namespace, each.name, each.cluster) for each in leaving.egress.gateways] == [
        ("apps", "out", ""),
        ("gateways", "out", "c2"),
    ]
    assert plain.egress is None


def test_ports_of_egress_and_modes_of_tls_that_nobody_knows() -> None:
    port = {**HTTP, "egressGatewayRoutes": {"portMatch": 70000}, "clientsideTls": {"mode": "DISABLED"}}
    found = declared("ExternalService", {"hosts": ["api.test"], "ports": [port]})
    assert [(each.code, each.at.field) for each in found.problems] == [
        ("GMG003", "spec.ports[0].clientsideTls.mode"),
        ("GMG003", "spec.ports[0].egressGatewayRoutes.portMatch"),
    ]


def test_hosts_or_addresses() -> None:
    found = declared("ExternalService", {"hosts": ["api.test"], "addresses": ["192.0.2.1"], "ports": [HTTP]})
    assert [each.code for each in found.problems] == ["GMG004"]


def test_an_endpoint_on_the_machine_itself() -> None:
    spec = {"address": "unix:///run/a.sock", "ports": [{"number": 1}], "locality": {"region": "r", "zone": "z"}}
    (found,) = realm("ExternalEndpoint", spec).inventory.endpoints
    assert found.address == "unix:///run/a.sock"


def test_what_is_federated() -> None:
    """12.1: which Services, and which of their ports."""
    federation = {
        "enabled": True,
        "hostSuffix": "mesh",
        "serviceSelector": [{"labels": {"app": "web"}, "namespace": "apps", "workspace": "w"}],
        "ports": [{"number": 80}, {"name": "admin"}],
    }
    (found,) = realm("WorkspaceSettings", {"options": {"federation": federation}}, "admin.gloo.solo.io/v2").settings
    own = found.federation
    assert own is not None
    assert (own.enabled, own.host_suffix) == (True, "mesh")
    assert own.ports == ((80, None), (None, "admin"))
    (selector,) = own.services
    assert (selector.namespaces, selector.workspace, selector.requirements[0].values) == (
        frozenset({"apps"}),
        "w",
        ("web",),
    )


def test_nothing_is_said_of_federation() -> None:
    (found,) = realm("WorkspaceSettings", {"options": {}}, "admin.gloo.solo.io/v2").settings
    assert found.federation is None


def test_an_account_of_a_cloud() -> None:
    aws = {"accountId": "1", "region": "r", "stsEndpoint": "s", "lambda": {"invokeRoleName": "role", "discovery": {}}}
    (found,) = realm("CloudProvider", {"aws": aws}, "infrastructure.gloo.solo.io/v2").inventory.cloud_providers
    assert (found.account, found.region, found.role) == ("1", "r", "role")


def test_a_function() -> None:
    """2.5: the reference is filled in from the object; `kind` is ignored."""
    called = {"cloudProvider": {"name": "aws"}, "function": "pay", "qualifier": "2"}
    http = [{"forwardTo": {"destinations": [{"awsLambda": called, "kind": "EXTERNAL_SERVICE", "weight": 5}]}}]
    (table,) = declared("RouteTable", {"http": http}).tables
    action = table.rules[0].action
    assert isinstance(action, ForwardTo)
    (found,) = action.destinations
    assert (found.kind, found.namespace, found.provider, found.name) == (
        DestinationKind.AWS_LAMBDA,
        "apps",
        "aws",
        "pay",
    )


def test_filters_of_a_delegating_rule() -> None:
    """2.8: an entry that is about no cloud lets every function."""
    aws = {"accountIds": ["1"], "iamRoles": ["r.*"], "regions": ["us"], "lambdaFunctions": ["f"]}
    delegate = {"routeTables": [{"name": "child"}], "allowedRoutes": [{"cloudProvider": {"aws": aws}}, {}]}
    found = declared("RouteTable", {"http": [{"delegate": delegate}]})
    assert found.problems == ()
    action = found.tables[0].rules[0].action
    assert isinstance(action, Delegate)
    assert action.allowed == (FunctionFilter(("1",), ("r.*",), ("us",), ("f",)), FunctionFilter())


def test_filters_of_a_listener() -> None:
    entry = {"host": "*", "allowedRoutes": [{"cloudProvider": {"aws": {"regions": ["us"]}}}]}
    listener = {"http": {}, "port": {"number": 80}, "allowedRouteTables": [entry, {"host": "a.test"}]}
    found = declared("VirtualGateway", {"listeners": [listener]})
    assert found.problems == ()
    allowances = found.gateways[0].listeners[0].allows
    assert [each.functions for each in allowances] == [(FunctionFilter(regions=("us",)),), ()]
