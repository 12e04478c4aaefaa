"""Snapshots, read back: the same objects, gaps and extents; any text; no secret (`spec/cli.md` 5.5)."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kubectl_gmg.api import KINDS, WORKLOADS
from kubectl_gmg.errors import SourceError
from kubectl_gmg.export.secrets import Masks
from kubectl_gmg.export.snapshot import Written, written
from kubectl_gmg.export.yaml_stream import document
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.model.snapshot import (
    EVERYWHERE,
    Affects,
    Extent,
    Gap,
    GapReason,
    Kind,
    RawObject,
    Snapshot,
    SourceType,
)
from kubectl_gmg.sources import files, snapshot_file
from kubectl_gmg.sources.text import documents

Json = dict[str, Any]
ALL = tuple(dict.fromkeys((*KINDS, *WORKLOADS)))
TABLE = next(each for each in KINDS if (each.generation, each.name) == ("v1beta1", "RouteTable"))
PODS = next(each for each in WORKLOADS if each.labels_only)

PITFALLS = (
    *("yes", "010", "2020-01-01", "~", "", "<<", "1e3", ".inf", "null", "y", "- a", "a: b", "# x", "x #y", "'", '"'),
    *("\\", "&a", "*a", "!!x", "%x", "@", "`", "{", "[", "|", ">", "?", ":", "-", "...", "---", "=", "0x1F", "\t"),
    *("\x1b[31m", "\ufeff", "\u2028", "\x85", "\0", "\x7f", "k" * 2000, "a\nb", "a\r\nb", " a ", "\U0001f600"),
    "x # gmg: ignore GMG301: y",
)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(PITFALLS)
SCALARS = TEXTS | st.integers(-(2**63), 2**63 - 1) | st.booleans() | st.none() | st.floats(allow_nan=False)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=12
)


def as_sent(value: Any) -> Any:
    """The value as kubectl sends it: JSON has one kind of number, so a whole one has no fraction."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**63:
        return int(value)
    if isinstance(value, list):
        return [as_sent(each) for each in value]
    return {key: as_sent(each) for key, each in value.items()} if isinstance(value, dict) else value


def text_of(made: Written) -> str:
    return "".join(made.pieces()) + "\n"


def read_back(text: str) -> Snapshot:
    return files.read(["-"], recursive=False, namespace=None, kinds=ALL, stdin=text.encode)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(TEXTS, VALUES, min_size=1, max_size=4))
def test_whatever_is_written_is_read_as_it_was(value: Json) -> None:
    (found,) = documents(document(value), "x")
    assert as_sent(found.content) == as_sent(value)


@settings(max_examples=20, deadline=None)
@given(
    st.dictionaries(st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), max_size=6), TEXTS, min_size=1)
)
def test_another_reader_of_yaml_reads_the_same(value: Json) -> None:
    assert yaml.safe_load(document(value)) == value


def test_half_a_letter_is_replaced_as_in_files() -> None:
    (found,) = documents(document({"a": "x\ud800y"}), "x")
    assert found.content == {"a": "x\ufffdy"}


@pytest.mark.parametrize("number", [1e300, -0.5, 1e22, 2.0, 5e-324])
def test_numbers_stay_numbers(number: float) -> None:
    (found,) = documents(document({"a": number}), "x")
    assert math.isclose(found.content["a"], number, rel_tol=0, abs_tol=0)


def test_what_is_nested_too_deeply_is_refused_in_words() -> None:
    value: Json = {"a": 1}
    for _ in range(300):
        value = {"a": value}
    with pytest.raises(SourceError, match="levels deep"):
        document(value)


def raw(
    kind: Kind, namespace: str, name: str, cluster: str = "", *, unsaid: bool = False, **metadata: Any
) -> RawObject:
    namespace = namespace if kind.namespaced else ""
    where = {"name": name} | ({} if unsaid or not namespace else {"namespace": namespace}) | metadata
    spec: Json = {} if kind.labels_only else {"spec": {"routes": []}}
    body = {"apiVersion": kind.api_version, "kind": kind.name, "metadata": where, **spec}
    return RawObject(ObjectRef(namespace, name, kind.name, kind.generation, cluster), body)


NAMES = st.sampled_from(["a", "b", "team-a", "yes", "010"])
EXTENTS = st.just(EVERYWHERE) | st.builds(Extent, st.frozensets(NAMES, min_size=1))
READ = st.dictionaries(st.sampled_from([each.resource for each in ALL]), EXTENTS, max_size=4)
GAPS = st.builds(
    Gap,
    st.sampled_from(GapReason),
    TEXTS,
    st.lists(st.sampled_from(Affects), max_size=2).map(tuple),
    kind=st.none() | st.sampled_from([each.name for each in ALL]),
    cluster=st.none() | NAMES,
    namespace=st.none() | NAMES,
    file=st.none() | TEXTS,
)
OBJECTS = st.lists(
    st.builds(
        raw, st.sampled_from(ALL), NAMES | st.just(""), NAMES, NAMES | st.just(""), unsaid=st.booleans(),
        labels=st.dictionaries(NAMES, NAMES | st.just("canary"), max_size=2),
    ),
    max_size=6,
    unique_by=lambda each: each.ref,
)  # fmt: skip
SNAPSHOTS = st.builds(
    Snapshot,
    st.sampled_from(snapshot_file.SOURCES),
    OBJECTS.map(tuple),
    gaps=st.lists(GAPS, max_size=3).map(tuple),
    read=READ,
    context=st.none() | TEXTS,
    namespace=st.none() | NAMES,
    notes=st.lists(TEXTS, max_size=2).map(tuple),
    release=st.none() | st.sampled_from(["2.4", "2.10"]),
    release_why=st.none() | TEXTS,
    elsewhere=st.dictionaries(NAMES, READ, max_size=2),
)


def contradicted(gap: Gap, snapshot: Snapshot) -> bool:
    """Whether a gap says of a kind that it was not read, and the snapshot that all of its name were."""
    alike = [each for each in ALL if each.name == gap.kind]
    return bool(alike) and not gap.cluster and all(snapshot.extent(each).complete for each in alike)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SNAPSHOTS)
def test_a_snapshot_read_back_is_the_same(snapshot: Snapshot) -> None:
    snapshot = replace(snapshot, gaps=tuple(each for each in snapshot.gaps if not contradicted(each, snapshot)))
    text = text_of(written(snapshot))
    found = read_back(text)
    assert [each.ref for each in found.objects] == [each.ref for each in snapshot.objects]
    assert [each.body for each in found.objects] == [each.body for each in snapshot.objects]
    for name in ("gaps", "read", "context", "namespace", "notes", "release", "release_why", "elsewhere"):
        assert getattr(found, name) == getattr(snapshot, name), name
    assert (found.type, found.origin) == (SourceType.SNAPSHOT, snapshot.type)
    assert text_of(written(found)) == text


def simple() -> Snapshot:
    return Snapshot(SourceType.LIVE, (raw(TABLE, "n", "a"), raw(TABLE, "n", "b"), raw(PODS, "n", "p")))


def test_every_cut_is_noticed() -> None:
    """Wherever it is cut but for the line's end: what is read then is an error, or no snapshot at all."""
    text = text_of(written(simple())).rstrip("\n")
    for end in range(text.index("objects:"), len(text), 3):
        with pytest.raises(SourceError):
            read_back(text[:end])
    assert len(read_back(text).objects) == 3


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("gmg/v1\nkind: Snapshot\n", "gmg/v2\nkind: Snapshot\n", "of version 'gmg/v2'"),
        ("objects: 3", "objects: yes", "objects of the snapshot must be a number"),
        ("objects: 3", "objects: 4", "cut off: it held 4 objects, and 3 are here"),
        ("gaps: []", "gaps: 7", "gaps of the snapshot must be a list, not '7'"),
        ("gaps: []", "gaps: [7]", "gaps[0] of the snapshot must be a mapping"),
        ("gaps: []", "gaps: [{reason: why, message: x}]", "gaps[0].reason of the snapshot must be one of forbidden"),
        ("gaps: []", "gaps: [{reason: timeout, message: x, affects: [tea]}]", "gaps[0].affects[0] of the snapshot"),
        ("source: live", "source: snapshot", "source of the snapshot must be one of live"),
        ("read: {}", "read: {a: 7}", "read.a of the snapshot must be a list"),
        ("read: {}", "read: [a]", "read of the snapshot must be a mapping"),
        ("elsewhere: {}", 'elsewhere: {"\\e[1m": {a: [1]}}', r"of the snapshot must be a text"),
        ("context: null", "context: {a: 1}", "context of the snapshot must be a text"),
        ("namespace: null", "namespace: 010", "namespace of the snapshot must be a text, not '8'"),
        ("notes: []", "notes: [[]]", "notes[0] of the snapshot must be a text"),
    ],
)
def test_a_broken_header_is_named_with_its_line(old: str, new: str, said: str) -> None:
    text = text_of(written(simple()))
    assert text.count(old) == 1
    with pytest.raises(SourceError) as caught:
        read_back(text.replace(old, new))
    assert said in caught.value.message
    assert "\x1b" not in caught.value.message
    assert caught.value.at.startswith("stdin:")
    assert caught.value.hint


def test_two_snapshots_in_one_stream_are_refused() -> None:
    text = text_of(written(simple()))
    with pytest.raises(SourceError, match="more than one snapshot"):
        read_back(text + text)


def test_json_is_read_as_well() -> None:
    text = "\n".join(json.dumps(each.content) for each in documents(text_of(written(simple())), "x"))
    assert [each.ref for each in read_back(text).objects] == [each.ref for each in simple().objects]


SECRETS = [
    ({"password": "canary"}, 1),
    ({"clientSecret": "canary"}, 1),
    ({"apiKey": {"value": "canary"}}, 1),
    ({"api_key": ["canary", "canary-2"]}, 2),
    ({"appendRequestHeaders": {"Authorization": "canary", "x-api-key": "canary-b"}}, 2),
    ({"headers": [{"name": "Cookie", "value": "canary.*", "regex": True}]}, 1),
    ({"headers": [{"name": "x-auth-token", "exact": "canary"}]}, 1),
    ({"queryParameters": [{"name": "access_token", "value": "canary"}]}, 1),
    ({"note": "-----BEGIN RSA PRIVATE KEY-----\ncanary\n-----END RSA PRIVATE KEY-----\n"}, 1),
    ({"note": "-----BEGIN PRIVATE KEY-----\ncanary and no end"}, 1),
    ({"note": "see eyJhbGciOiJcanary.eyJzdWIiOiJcanary.c2lnbcanary here"}, 1),
    ({"value": "Bearer canary-bird"}, 1),
    ({"value": "basic Y2FuYXJ5canary="}, 1),
    ({"url": "https://me:canary@host/path"}, 1),
    ({"id": "AKIAIOSFODNN7CANARYX"}, 1),
    ({"x": "cAnArY" + "Ab3" * 12}, 1),
    ({"inline": '{"keys":[{"kty":"RSA","n":"x","d":"canary"}]}'}, 1),
    ({"operator": "x", "password": "canary"}, 1),
    ({"salt": "canary", "hmacSecret": "canary"}, 2),
    ({"apiKeys": ["canary"], "tokens": ["canary"]}, 2),
    ({"queryParameters": [{"name": "sig", "value": "canary"}, {"name": "key", "value": "canary"}]}, 2),
    ({"headers": [{"name": "x-jwt", "value": "canary"}, {"name": "X-Amz-Signature", "value": "canary"}]}, 2),
    ({"validApiKeys": {"canaryA1b2C3d4E5f6G7h8I9j0K1l2M3n4": {"username": "x"}}}, 1),
    ({"users": {"0123456789abcdef0123456789abcdef": {"name": "x"}}, "token": "canary"}, 2),
    ({"kty": "RSA", "n": "x", "d": "canary"}, 1),
    ({"url": "https://canary0123456789@db/path"}, 1),
    ({"url": "https://me:cana@ry:canary@db/path"}, 1),
    ({"hostRedirect": "me:canary@www.example.com"}, 1),
    ({"pathRedirect": "/x?token=canary&a=b"}, 1),
    ({"body": 'password: canary, "client_secret": "canary", sid=canary'}, 3),
    ({"note": "$2y$10$canarycanarycanarycanary and $apr1$canary$canarycanary"}, 2),
    ({"uri": {"regex": r"/x/eyJhbGciOiJcanary\.eyJzdWIiOiJcanary\.c2lnbcanary"}}, 1),
    ({"uri": {"prefix": "/hook/canaryA1b2C3d4E5f6G7h8I9j0K1l2M3n4"}}, 1),
    ({"uri": {"exact": "/services/https://hooks.slack.com/services/T0CANARY/B0CANARY/canary"}}, 1),
    ({"x": "canary1UtnFE2I/K7MdENG/bPx3fiC4xZ9qLm8Tr"}, 1),
    ({"x": "canary1a2b3c4d5e6f7g8h9i0j1k2l3m4n"}, 1),
    ({"note": "SG.canary0123456789abcd.canary0123456789abcdefgh"}, 1),
    ({"gmg/ignore": "GMG301: Bearer canary-bird"}, 1),
    ({"x": "authorization=Bearer%20canary-bird"}, 1),
]


@pytest.mark.parametrize(("value", "count"), SECRETS)
def test_secrets_are_masked(value: Json, count: int) -> None:
    masks = Masks(frozenset())
    found = masks.inside(value)
    assert "canary" not in json.dumps(found).lower()
    assert masks.count == count
    assert Masks(frozenset({1, 2})).inside(found) == found, "what is masked is not masked again"


@pytest.mark.parametrize(
    "value",
    [
        {"secretName": "tls-cert", "credentialName": "edge", "clientSecretRef": {"name": "oidc", "namespace": "n"}},
        {"secret": {"name": "oidc", "namespace": "n"}},
        {"labels": {"token": "a"}, "matchLabels": {"token": "a"}},
        {"expressions": [{"key": "token", "operator": "In", "values": ["a"]}]},
        {"uri": {"prefix": "/ThisIsALongPath0123456789AndItIsNoSecret"}},
        {"uid": "0f8fad5b-d9cb-469f-a165-70867728950e"},
        {"tokenEndpoint": "https://idp.example.com/token", "allowCredentials": True},
        {"removeRequestHeaders": ["authorization"]},
        {"inline": '{"keys":[{"kty":"RSA","n":"x","e":"AQAB"}]}'},
        {"name": "auth-token", "uri": {"exact": "/a"}},
        {"clusterName": "0123456789abcdef" * 2, "clusters": ["0123456789abcdef" * 2]},
        {"labels": {"hash": "0123456789abcdef" * 2}, "annotations": {"gmg/cluster": "0123456789abcdef" * 2}},
        {"x": "web-7d9c6b5f4d-x2x7p", "y": "MyServiceForCheckout-v123-Production-2024", "z": "spiffe://a.b/ns/c/sa/d"},
        {"image": "docker.io/org/image@sha256:" + "0123456789abcdef" * 4, "digest": "sha256:" + "f9" * 32},
        {"uri": {"prefix": "/api/v1/Users/22/Orders/33/Items/4/Details"}, "x": "/api/v1/Users/22/Orders/33/Items/4"},
        {"x": "Basic routing for all, Bearer authentication required, no token was found, token: missing"},
        {"x": "ssh://git@github.com/a/b", "y": "mailto:joe@example.com", "z": "token=%REQ(x-token)%"},
        {"headers": [{"name": "Authorization", "value": "Bearer [A-Za-z0-9._-]{1,4096}", "regex": True}]},
        {"headers": [{"name": "cookie", "regex": ".*?keycloak-session=.*"}, {"name": "x-flow-key", "value": "blue"}]},
        {"inline": json.dumps({"keys": [{"kty": "RSA", "n": "xAb3" * 40, "e": "AQAB"}]})},
    ],
)
def test_what_is_no_secret_stays(value: Json) -> None:
    masks = Masks(frozenset())
    assert masks.inside(value) == value
    assert masks.count == 0


@pytest.mark.parametrize("value", [value for value, _ in SECRETS])
def test_a_snapshot_of_a_snapshot_counts_the_same(value: Json) -> None:
    """What is masked once is neither masked nor counted differently the next time, alone or among other words."""
    first, second = Masks(frozenset()), Masks(frozenset({1}))
    text = json.dumps(value)
    found = first.inside({"a": value, "b": f"{text} and {text}"})
    assert second.inside(found) == found
    assert second.count == first.count


def test_only_the_secret_itself_is_replaced() -> None:
    assert Masks(frozenset()).inside({"x": "password=passwo&a"}) == {"x": "password=masked-1&a"}


def test_equal_secrets_stay_equal_and_others_do_not() -> None:
    found = Masks(frozenset({2})).inside({"a": {"token": "x"}, "b": {"token": "y"}, "c": {"token": "x"}})
    assert found["a"] == found["c"] != found["b"]
    assert "masked-2" not in json.dumps(found), "another value stands for that already"


def test_what_nobody_reads_is_left_out() -> None:
    """Managed fields, annotations of others, and what a controller says beyond what a command reads."""
    before = raw(TABLE, "n", "a", managedFields=[{"manager": "canary"}], finalizers=["canary"], selfLink="canary")
    metadata = {
        **before.body["metadata"],
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "canary", "gmg/ignore": "GMG301: kept"},
        "creationTimestamp": "2024-01-01T00:00:00Z",
        "generation": 7,
    }
    status = {"state": "ACCEPTED", "message": "canary", "unheard": "canary", "observedGeneration": 6}
    body = {**before.body, "metadata": metadata, "status": status, "data": {"x": "canary"}}
    text = text_of(written(replace(simple(), objects=(replace(before, body=body),))))
    assert "canary" not in text
    for kept in ("GMG301: kept", "2024-01-01T00:00:00Z", "generation: 7", "observedGeneration: 6", "state: ACCEPTED"):
        assert kept in text
    assert "data:" in text, "an unknown field is a finding"


def test_what_a_server_said_is_masked_as_well() -> None:
    said = "GET https://me:canary@api/x: not allowed for Bearer canary-bird"
    gap = Gap(GapReason.FORBIDDEN, said, (Affects.ROUTES,), kind="RouteTable")
    text = text_of(written(replace(simple(), gaps=(gap,), notes=(said,), release_why=said)))
    assert "canary" not in text
    assert "masked: 6" in text
    assert "not allowed for Bearer masked-" in text
    assert text_of(written(read_back(text))) == text


def test_a_message_stays_where_it_explains_a_state() -> None:
    body = {**raw(TABLE, "n", "a").body, "status": {"state": "FAILED", "message": "no such table"}}
    text = text_of(written(replace(simple(), objects=(replace(raw(TABLE, "n", "a"), body=body),))))
    assert "no such table" in text
