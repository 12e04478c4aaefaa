"""What stands in policies is kept secret, and they still choose what they chose (`spec/cli.md` 5.5)."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from tests.checks.worlds import World
from tests.export.test_snapshot_redaction import answers, pairs
from tests.oracle import policy_rules
from tests.run import gmg, manifests_text

Json = dict[str, Any]
SECURITY = "security.policy.gloo.solo.io/v2"
TRAFFIC = "trafficcontrol.policy.gloo.solo.io/v2"

CONFIGS: dict[str, tuple[str, str, Json]] = {
    "oauth": (
        SECURITY,
        "ExtAuthPolicy",
        {
            "server": {"name": "acmeserver", "namespace": "acmespace", "cluster": "acmecluster"},
            "glooAuth": {
                "configs": [
                    {
                        "oauth2": {
                            "oidcAuthorizationCode": {
                                "appUrl": "https://shop.acmehost.com",
                                "callbackPath": "/acmepath/callback",
                                "clientId": "acmeclient",
                                "clientSecretRef": {"name": "acmesecretname", "namespace": "acmespace"},
                                "issuerUrl": "https://login.acmehost.com/realms/acmepath",
                                "session": {"redis": {"options": {"host": "acmeredis.acmespace:6379"}}},
                            }
                        }
                    },
                    {"oauth2": {"oauth2": {"clientSecret": "TOPSECRET-oauth"}}},
                    {
                        "basicAuth": {
                            "apr": {"users": {"acmeuser": {"salt": "TOPSECRET", "hashedPassword": "TOPSECRETS"}}}
                        }
                    },
                    {"apiKeyAuth": {"headerName": "api-key", "labelSelector": {"team": "acmeteam"}}},
                    {"passThroughAuth": {"http": {"url": "http://opa.acmehost.com/acmepath"}}},
                    {"customAuth": {"contextExtensions": {"acmekey": "acmevalue"}}},
                    {"hmacAuth": {"secretRefs": {"secretRefs": [{"name": "acmesecretname"}]}}},
                ]
            },
        },
    ),
    "jwt": (
        SECURITY,
        "JWTPolicy",
        {
            "providers": {
                "acmeprovider": {
                    "issuer": "https://login.acmehost.com/",
                    "audiences": ["acmeaudience"],
                    "local": {"inline": json.dumps({"keys": [{"kty": "oct", "k": "TOPSECRET-key", "kid": "acmekid"}]})},
                    "remote": {"url": "https://login.acmehost.com/acmepath/jwks.json"},
                    "tokenSource": {"headers": [{"name": "x-token", "prefix": "Bearer "}]},
                }
            }
        },
    ),
    "transformation": (
        TRAFFIC,
        "TransformationPolicy",
        {
            "request": {
                "injaTemplate": {
                    "extractors": {"acmeextract": {"header": "x-org", "regex": ".*"}},
                    "headers": {
                        "x-api-key": {"text": "TOPSECRET-header"},
                        "Authorization": {"text": "Bearer TOPSECRET-bearer"},
                        "org": {"text": "{{ acmeextract }}"},
                    },
                }
            }
        },
    ),
    "headers": (
        TRAFFIC,
        "HeaderManipulationPolicy",
        {"appendRequestHeaders": {"Authorization": "Basic TOPSECRETbasic", "x-api-key": "TOPSECRET"}},
    ),
    "access": (
        SECURITY,
        "AccessPolicy",
        {
            "authz": {
                "allowedClients": [{"serviceAccountSelector": {"labels": {"app": "acmeclient"}}}],
                "allowedPaths": ["/acmepath*"],
            }
        },
    ),
    "waf": (
        SECURITY,
        "WAFPolicy",
        {
            "customRuleSets": [{"ruleStr": 'SecRule ARGS "acmerule" "id:1,deny"'}],
            "customInterventionMessage": "acmemessage",
        },
    ),
    "cors": (
        SECURITY,
        "CORSPolicy",
        {"allowOrigins": [{"exact": "https://shop.acmehost.com"}], "allowHeaders": ["x-org"]},
    ),
}
"""Policies with names that begin with `acme`, and with values that nobody may see."""


def manifest(name: str) -> Json:
    group, kind, config = CONFIGS[name]
    spec = {"applyToRoutes": [{"route": {"labels": {"team": "acmeteam"}}}], "config": config}
    return policy_rules.manifest(group, kind, f"acme-{name}", "edge", spec)


def with_policies() -> list[Json]:
    """A route that the label of every policy means."""
    rule = {"name": "acmerule", "labels": {"team": "acmeteam"}, "directResponse": {"status": 200}}
    spec = {"hosts": ["www.acmehost.com"], "virtualGateways": [{"name": "public"}], "http": [rule]}
    root = policy_rules.manifest("networking.gloo.solo.io/v2", "RouteTable", "acmetable", "edge", spec)
    return [policy_rules.gateway(), root, *map(manifest, CONFIGS)]


def snapshot(objects: list[Json], *parts: str) -> str:
    ran = gmg("snapshot", "-f", "-", *parts, stdin=manifests_text(objects))
    assert ran.code == 0, ran.err
    return ran.out


def test_secrets_within_policies_are_masked() -> None:
    text = snapshot(with_policies())
    assert "TOPSECRET" not in text
    assert "acmesecretname" in text  # the name of a Secret is none
    assert "Bearer" in text


def test_names_hosts_and_paths_within_policies_are_replaced() -> None:
    text = snapshot(with_policies(), "--redact", "names,hosts,paths")
    assert "TOPSECRET" not in text
    assert "acme" not in text.lower()
    assert "x-api-key" in text
    kept = {each["kind"] for each in yaml.safe_load_all(text) if "policy" in each["apiVersion"]}
    assert kept == {kind for _, kind, _ in CONFIGS.values()}


@pytest.mark.parametrize(
    ("part", "gone", "stays"), [("hosts", "acmehost", "acmeteam"), ("paths", "acmepath", "acmehost")]
)
def test_one_part_leaves_the_others(part: str, gone: str, stays: str) -> None:
    text = snapshot(with_policies(), "--redact", part)
    assert gone not in text
    assert stays in text


@pytest.mark.parametrize("parts", [(), ("--redact", "names,hosts,paths")], ids=["masked", "redacted"])
def test_labels_still_lead_policies_to_their_route(parts: tuple[str, ...]) -> None:
    (row,) = gmg("routes", "-f", "-", "-o", "json", stdin=snapshot(with_policies(), *parts)).json["items"]
    labelled = {kind for _, kind, _ in CONFIGS.values()} - {"AccessPolicy"}  # it means destinations only (11.1)
    assert {each["ref"]["kind"] for each in row["policies"]} == labelled
    assert {each["state"] for each in row["policies"]} == {"applied"}


@pytest.mark.parametrize("seed", range(100, 106))
def test_whatever_is_chosen_is_chosen_after_redaction(seed: int) -> None:
    """Labels, workspaces and names are replaced alike where they are set and where they are wanted."""
    objects = policy_rules.World(seed).objects
    text, new = manifests_text(objects), snapshot(objects, "--redact", "names,hosts,paths")
    world = World(str(seed), objects)
    found = list(pairs(answers(world, text, "routes"), answers(world, new, "routes")))
    forward: dict[Any, str] = {}
    for where, old, other in found:
        assert forward.setdefault((where, old), other) == other, where
    assert any("policies" in where for where, _, _ in found)
