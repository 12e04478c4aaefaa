"""`snapshot --redact`: names, hosts and paths replaced so that the graph survives (`spec/cli.md` 2.2).

Where a text stands decides what it is. What is none of the fields below counts as a name, so that nothing is kept that
nobody has thought of; words of the API itself stay, and so do numbers, durations, names of headers, parameters and
ports, and the keys of labels but for their domain. `export.renaming` says what stands in the place of a word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from ipaddress import ip_address
from typing import Any

from kubectl_gmg.export import regex_words
from kubectl_gmg.export.renaming import Renaming
from kubectl_gmg.export.secrets import LABELS, PLACEHOLDER

Path = tuple[str, ...]


class Part(StrEnum):
    """What can be replaced."""

    NAMES = "names"
    HOSTS = "hosts"
    PATHS = "paths"


REPLACED = "redacted"
"""What stands in the place of texts for people."""

PROSE = frozenset(("message", "description", "body", "errors", "warnings", "productVersionReason", "notes"))
"""Fields with texts for people."""

API_WORDS = frozenset(
    (
        *("apiVersion", "kind", "type", "creationTimestamp", "operator", "key", "protocol", "appProtocol"),
        *("mode", "tlsMode", "sortMethod", "method", "methods", "state", "State", "approval", "responseCode"),
        *("failureMode", "cipherSuites", "minimumProtocolVersion", "maximumProtocolVersion", "clusterDomain"),
        *("serviceType", "retryOn", "clientMode", "portName", "targetPortName", "targetName"),
        *("clusterHeader", "source", "affects", "productVersion", "redacted", "removeRequestHeaders"),
        *("removeResponseHeaders", "removed", "allowMethods", "allowHeaders", "exposeHeaders"),
        *("requestTransformation", "responseTransformation", "invocationStyle", "transportProtocol"),
        *("reason", "header", "headerName", "requestTimeout", "perTryTimeout", "timeout", "fixedDelay", "maxAge"),
        *("interval", "baseEjectionTime", "ttl"),
    )
)
"""Fields whose values are words of the API, or names that no object bears."""

NAMELESS = frozenset(("headers", "queryParameters", "cookies", "ports", "port", "targetPort"))
"""Fields in which a `name` is that of a header, a parameter, a cookie or a port."""

HOST_FIELDS = frozenset(
    (
        *("host", "hosts", "hostname", "hostnames", "domains", "sniHosts", "serverNames", "address"),
        *("addresses", "authority", ":authority", "hostRewrite", "hostRedirect", "hostSuffix"),
        *("hostnameSuffix", "federatedHostname", "externalAddresses", "dnsName", "ip", "externalIPs"),
        *("allowOrigins", "allowOriginRegex", "verifySubjectAltName", "subjectAltNames"),
    )
)
PATH_FIELDS = frozenset(
    (
        *("path", "uri", "pathRewrite", "prefixRewrite", "pathRedirect", "prefixRedirect", "regexRewrite", ":path"),
        *("callbackPath", "logoutPath", "allowedPaths"),
    )
)
"""Fields whose texts, and all texts below, are hosts or paths."""

IGNORE = "gmg/ignore"
KEPT_REASON = re.compile(r"(GMG[^:;]*:)[^;]*")
"""A suppression; what stands behind the colon is for people."""

CONSTANT = re.compile(r"[A-Z][A-Z0-9_]+|true|false|[0-9.]+(?:ns|us|µs|ms|s|m|h)(?:[0-9.]+(?:ns|us|µs|ms|s|m|h))*|\*?")
"""Values of enums, truth values and durations."""

SERVICE_HOST = re.compile(r"[^.]+\.[^.]+\.svc(?:\..*)?|.+\.global")
"""The host of a Service, which is made of names."""

REDACTABLE = Callable[[str, Part, bool], str]
"""Gives what stands in the place of a text that is some part, and a pattern or none."""


class Redaction:
    """What replaces the parts asked for; `notes` says what could not be replaced."""

    def __init__(self, parts: frozenset[Part], renaming: Renaming, addresses: dict[str, str]) -> None:
        self.parts = parts
        self._renaming = renaming
        self._addresses = addresses
        self._kept: set[str] = set()

    @property
    def notes(self) -> tuple[str, ...]:
        """What remains, for whoever gives the snapshot away."""
        if not self._kept:
            return ()
        count = len(self._kept)
        what = "1 regular expression is" if count == 1 else f"{count} regular expressions are"
        return (f"--redact: {what} kept as written, with its words, since others would change what matches",)

    def document(self, document: dict[str, Any]) -> dict[str, Any]:
        """A document of a snapshot with everything replaced."""
        return Walk(self._changed).mapping(document, ())

    def name(self, text: str) -> str:
        """The name in the place of another."""
        return self._changed(text, Part.NAMES, False)

    def _changed(self, text: str, part: Part, pattern: bool) -> str:
        if part not in self.parts:
            return text
        if not pattern:
            return self._addresses.get(text) or self._renaming.text(text)
        found = regex_words.replaced(text, self._renaming.word)
        if found is None:
            self._kept.add(text)
        return text if found is None else found


def redaction_of(wanted: Sequence[str], documents: Iterable[dict[str, Any]]) -> Redaction | None:
    """What replaces the wanted parts of these documents; None where nothing is wanted."""
    parts = frozenset(map(Part, wanted))
    if not parts:
        return None
    words: set[str] = set()
    kept: set[str] = set()
    addresses: set[str] = set()

    def noted(text: str, part: Part, pattern: bool) -> str:
        if part is Part.HOSTS and part in parts and is_address(text):
            addresses.add(text)
        elif part in parts:
            found = regex_words.words_of(text) if pattern else (text,)
            words.update(found)
            kept.update(() if found else regex_words.written_in(text))
        return text

    for each in documents:
        Walk(noted).mapping(each, ())
    return Redaction(parts, Renaming(words, kept), other_addresses(addresses))


class Walk:
    """Goes through documents and tells what each text is; paths are the keys that lead to it, without places."""

    def __init__(self, change: REDACTABLE) -> None:
        self._change = change

    def mapping(self, mapping: dict[str, Any], path: Path) -> dict[str, Any]:
        """A mapping with its texts replaced; a test of a header or parameter says what its value is."""
        pattern = mapping.get("regex") is True
        name = mapping.get("name")
        if path and path[-1] == "headers" and isinstance(name, str) and name.lower() in PSEUDO:
            path = (*path, PSEUDO[name.lower()])
        return {self.key(key, path): self.value(held, (*path, key), pattern=pattern) for key, held in mapping.items()}

    def key(self, key: str, path: Path) -> str:
        """A key, which is mostly the name of a field."""
        above = path[-1] if path else ""
        if above in LABELS:
            return self.label(key)
        return self._around_masks(key, Part.NAMES, pattern=False) if above in NAMED else key

    def label(self, key: str) -> str:
        """The key of a label: who has given it its domain is replaced, unless everybody uses that domain."""
        domain, slash, name = key.rpartition("/")
        if not slash or domain.endswith(EVERYBODYS):
            return key
        return self._change(domain, Part.NAMES, False) + slash + name

    def value(self, value: Any, path: Path, *, pattern: bool = False) -> Any:
        """A value with its texts replaced."""
        if isinstance(value, dict):
            return self.mapping(value, path)
        if isinstance(value, list):
            return [self.value(each, path) for each in value]
        if not isinstance(value, str):
            return value
        key = path[-1]
        return self.text(value, path, pattern=key in PATTERNS or (pattern and key == "value"))

    def text(self, text: str, path: Path, *, pattern: bool) -> str:
        """What stands in the place of a text."""
        key, above = path[-1], path[-2] if path[1:] else ""
        if key == IGNORE:
            return KEPT_REASON.sub(rf"\1 {REPLACED}", text)
        if key in PROSE:
            return text and REPLACED
        if key == "key":
            return self.label(text)
        label = above in LABELS or key == "values"
        nameless = key == "name" and (above in NAMELESS or above in PSEUDO.values())
        if not label and (key in API_WORDS or nameless or CONSTANT.fullmatch(text)):
            return text
        part = Part.NAMES if label else part_of(path)
        return text if part is None else self._by_form(text, part, pattern=pattern)

    def _by_form(self, text: str, part: Part, *, pattern: bool) -> str:
        """The text replaced as what it looks like: a URL, an address, the host of a Service, or what its field says."""
        scheme, mark, rest = ("", "", text) if pattern else text.partition("://")
        if mark and scheme.isalnum():
            host, slash, path = rest.partition("/")
            host = self._by_form(host, Part.HOSTS, pattern=False)
            return scheme + mark + host + self._around_masks(slash + path, Part.PATHS, pattern=False)
        if part is Part.HOSTS and SERVICE_HOST.fullmatch(text):
            part = Part.NAMES
        host, colon, port = text.rpartition(":")
        if part is Part.HOSTS and colon and port.isdigit() and is_address(host.strip("[]")):
            return self._by_form(host, part, pattern=False) + colon + port
        if part is Part.HOSTS and text.startswith("[") and is_address(text[1:-1]):
            return f"[{self._change(text[1:-1], part, False)}]"
        return self._around_masks(text, part, pattern=pattern)

    def _around_masks(self, text: str, part: Part, *, pattern: bool) -> str:
        """The text replaced, but for placeholders of secrets."""
        found, end = "", 0
        for mask in PLACEHOLDER.finditer(text) if "masked-" in text else ():
            found += self._change(text[end : mask.start()], part, pattern) + mask[0]
            end = mask.end()
        return found + self._change(text[end:], part, pattern)


EVERYBODYS = ("kubernetes.io", "k8s.io", "istio.io", "solo.io", "helm.sh")
"""Domains of labels that say nothing of whose cluster it is."""

PATTERNS = frozenset(("regex", "allowOriginRegex"))
"""Fields that hold a regular expression."""

NAMED = frozenset(("providers", "users", "extractors", "contextExtensions"))
"""Maps from names that people choose: of the providers of a JWTPolicy, of users, of what a template extracts."""

PSEUDO = {":authority": "authority", "host": "authority", ":path": "path", ":method": "method", ":scheme": "method"}
"""What headers that are parts of the request line are, as the field that holds the same."""


def part_of(path: Path) -> Part | None:
    """What a text is by the nearest field that says so; None for a word of the API."""
    for key in reversed(path):
        if key in HOST_FIELDS:
            return Part.HOSTS
        if key in PATH_FIELDS:
            return Part.PATHS
        if key == "method":
            return None
    return Part.NAMES


def is_address(text: str) -> bool:
    """Whether this is the address of a machine."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def other_addresses(addresses: set[str]) -> dict[str, str]:
    """Addresses of nobody (private ones, and those for documentation), each of the same sort and all in their order."""
    found = {}
    for number, each in enumerate(sorted(addresses)):
        parts = (number // 10_000 % 100, number // 100 % 100, number % 100)
        private = ".".join(str(100 + part) for part in parts)
        found[each] = f"2001:db8::{0x1000 + number % 0xE000:x}" if ":" in each else f"10.{private}"
    return found
