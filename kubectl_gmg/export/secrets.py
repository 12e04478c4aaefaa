"""Values that look like secrets, and what stands in their place in a snapshot (`spec/cli.md` 5.5).

What a value is called decides, or what it looks like. Equal values get equal placeholders and unequal ones unequal, so
that what is compared stays equal or unequal. Names of Secrets are no secrets.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from kubectl_gmg import regex
from kubectl_gmg.api.header_operations import REFUSED_LETTERS, value_fault

PLACEHOLDER = re.compile(r"masked-(\d{1,9})[\n%(]?")

CALLED = re.compile(
    r".*(?:(?:password|passwd|pwd|passphrase|token|secret|apikey|cookie|privatekey|credential|accesskey)s?"
    r"|authorization|hmac(?:key|secret)?|salt|accesskeyid|secretkey|signingkey|encryptionkey|sessionkey|sessionid"
    r"|accountkey|sharedkey|subscriptionkey|functionskey|masterkey|bearer|xauth|auth(?:header|key|value))"
)
"""The end of a key, or of a header's name, whose value is a secret; in small letters without anything between them."""

SENT = re.compile(r".*(?:signature|assertion|jwt)|x?(?:key|sig|sid|session)")
"""Names of headers, cookies and parameters whose value is a secret, though a key of that name says nothing."""

LOOKS = re.compile(
    r"(?P<pem>-----BEGIN [A-Z0-9 ]{1,40}-----(?s:.*?)(?:-----END [A-Z0-9 ]{1,40}-----|\Z))"
    r"|(?P<jwt>(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{6,}(?:\\?\.[A-Za-z0-9_=-]*){0,4})"
    r"|(?<=://)(?P<login>[^/\s@:]{0,256}:[^/?#\s]{1,512}|[^/\s@:]{16,256})(?=@)"
    r"|\A(?!mailto:)(?P<user>[^/\s@:]{1,256}:[^/\s@]{1,512})(?=@[A-Za-z0-9.-]+)"
    r"|(?i:\b(?:bearer|basic)(?: {1,4}|%20|\\s[+*]?))(?![a-z]{1,15}(?![\w.~+/=-]))"
    r"(?P<login2>(?!masked-\d)[A-Za-z0-9._~+/=-]{6,})"
    r"|(?P<hash>\$(?:2[abxy]?|apr1|[156y]|argon2\w{1,2}|scrypt|pbkdf2[\w-]{0,9})\$[\w./+=,$-]{16,})"
    r"|(?i:(?:password|passwd|pwd|passphrase|api[_-]?key)[\"']? ?[:=] ?[\"']?"
    r"|(?:token|client[_-]?secret|(?:private|secret|account|access|shared)[_-]?key|signature|\bsig|\bsid|session(?:id)?)"
    r"(?: ?= ?[\"']?|[\"']? ?: ?[\"']))(?P<given>(?!(?i:bearer|basic)\b)(?:[\w.~+/-]|%[0-9A-Fa-f]{2}){6,}=*)"
    r"|(?<=hooks\.slack\.com/services/)(?P<hook>[\w/]{10,})"
    r"|(?P<vendor>\b(?:(?:AKIA|ASIA)[A-Z0-9]{16}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}"
    r"|xox[abeprs]-[\w-]{10,}|AIza[\w-]{30,}|[sr]k_(?:live|test)_\w{10,}|sk-[\w-]{20,}|npm_\w{30,}"
    r"|hvs\.[\w-]{20,}|SG\.[\w-]{16,}\.[\w-]{16,}))"
)
"""Texts that give themselves away."""

RANDOM = re.compile(r"(?P<digest>sha(?:256|512):[0-9a-f]{64,128})|[A-Za-z0-9+/_=-]{32,}")
"""What may have been made by chance, as keys are; the digest of an image or a certificate is nobody's secret."""

SEGMENT = re.compile(r"[A-Za-z0-9+_=-]{32,}")
"""What may have been made by chance among words that people choose, such as a segment of a path."""

RUNS = re.compile(r"[A-Z]+|[a-z]+|[0-9]+")
"""Letters of one sort in a row."""

HEADER_NAMES = ("name", "header", "headerName", "key")
"""Fields that say which header, cookie or parameter their neighbours are about."""
HEADER_VALUES = ("value", "values", "exact", "prefix", "suffix", "regex", "contains")

UNSECRET = re.compile(
    r"(?i:\b(?:bearer|basic|digest|negotiate)\b)|[\w-]+=|\(\?[a-zA-Z-]+[:)]|\[(?:\\.|[^\]])*\]|\{[0-9,]+\}|\\[a-zA-Z]"
)
"""What is no secret in a pattern for one: the scheme, the name of a cookie, sets of letters, how often they stand."""

LETTERS = re.compile(r"[A-Za-z0-9]{3}")
"""What a pattern holds that gives something away."""

LABELS = frozenset(
    (
        *("labels", "matchLabels", "selector", "labelSelector", "subset", "subsets", "podLabels"),
        "workloadSelectorLabels",
    )
)
"""Maps of labels, which are nobody's secret."""

STRUCTURE = frozenset(
    (
        *("name", "namespace", "uid", "exact", "prefix", "suffix", "regex", "host", "hosts", "hostname", "domains"),
        *("cluster", "clusterName", "path", "pathRewrite", "prefixRewrite", "pathRedirect", "substitution"),
        *("workspace", "clusters", "namespaces", "workspaces", "values", "ownedByWorkspace"),
        *("gmg/cluster", "gmg/namespace", "cluster.solo.io/cluster"),
    )
)
"""Fields and annotations that people choose the words of: what is long there is mostly merely long."""

PRIVATE = frozenset(("d", "p", "q", "dp", "dq", "qi", "k"))
"""The fields of a JSON Web Key that only its owner may know (RFC 7518, section 6)."""

SHORTEST = 8
"""Letters that a text must have to look like a secret, or like a placeholder."""


class Masks:
    """The placeholders of one snapshot, numbered as they are met; `count` says how many stand in it."""

    def __init__(self, taken: frozenset[int]) -> None:
        """`taken` are the numbers of placeholders that stand in the objects already."""
        self._taken = taken
        self._known: dict[str, str] = {}
        self._next = 0
        self.count = 0

    def of(self, secret: str) -> str:
        """What stands in the place of a secret; nothing is as secret as itself."""
        if not secret:
            return secret
        self.count += 1
        if PLACEHOLDER.fullmatch(secret):
            return secret
        if secret not in self._known:
            self._next += 1
            while self._next in self._taken:
                self._next += 1
            self._known[secret] = f"masked-{self._next}{fault_of(secret)}"
        return self._known[secret]

    def whole(self, value: Any) -> Any:
        """A value in which every text is a secret."""
        if isinstance(value, str):
            return self.of(value)
        if isinstance(value, list):
            return [self.whole(each) for each in value]
        if isinstance(value, dict):
            return {self.key(key): self.whole(held) for key, held in value.items()}
        return value

    def inside(self, value: Any, key: str = "") -> Any:
        """A value that stands at a key, with what looks like a secret masked."""
        if isinstance(value, str):
            return self.text(value, structure=key in STRUCTURE)
        if isinstance(value, list):
            return [self.inside(each, key) for each in value]
        if isinstance(value, dict):
            return self.mapping(value, labels=key in LABELS)
        return value

    def mapping(self, value: Mapping[str, Any], *, labels: bool) -> dict[str, Any]:
        """A mapping, whose keys say which values are secrets, and whose neighbours may say so too."""
        named = (value.get(each) for each in HEADER_NAMES)
        # With an operator it is a condition on labels.
        tested = "operator" not in value and any(isinstance(name, str) and is_sent(name) for name in named)
        hidden = (*(HEADER_VALUES if tested else ()), *(PRIVATE if "kty" in value else ()))
        patterns = ("regex", "prefix", *(("value",) if value.get("regex") is True else ()))
        found = {}
        for key, held in value.items():
            label = labels and isinstance(held, str)
            secret = not labels and (is_called(key) or (key in hidden and not (key in patterns and is_open(held))))
            found[self.key(key)] = self.direct(held, key) if secret else self.inside(held, "values" if label else key)
        return found

    def key(self, key: str) -> str:
        """A key, or what stands in its place where it is a secret itself."""
        return self.of(key) if gives_itself_away(key) else key

    def direct(self, value: Any, key: str) -> Any:
        """The value of a field that is called like a secret; an object there tells where the secret is, or holds it."""
        if isinstance(value, dict):
            found: dict[str, Any] = {}
            for each, held in value.items():
                found |= {each: self.whole(held)} if each in INLINE else self.mapping({each: held}, labels=False)
            return found
        if isinstance(value, list):
            return [self.direct(each, key) for each in value]
        return self.whole(value)

    def text(self, text: str, *, structure: bool) -> str:
        """A text with what looks like a secret masked."""
        if len(text) < SHORTEST:
            return text
        if is_private_key(text):
            return self.of(text)
        if "masked-" in text:
            self.count += len(PLACEHOLDER.findall(text))
        masked = LOOKS.sub(self._found, text) if looks_secret(text) else text
        if len(masked) < 32 or '"kty"' in text:
            return masked  # short, or a public key
        return SEGMENT.sub(self._chance, masked) if structure else RANDOM.sub(self._random, masked)

    def _found(self, found: re.Match[str]) -> str:
        start, end = found.span(found.lastgroup or 0)
        secret = found.string[start:end]
        if PLACEHOLDER.fullmatch(secret):
            return found[0]
        return found.string[found.start() : start] + self.of(secret) + found.string[end : found.end()]

    def _random(self, found: re.Match[str]) -> str:
        text = found[0]
        if found["digest"]:
            return text
        if "/" not in text:
            return self.of(text) if is_random(text) else text
        return self.of(text) if is_chance(text) else SEGMENT.sub(self._random_segment, text)

    def _random_segment(self, found: re.Match[str]) -> str:
        return self.of(found[0]) if is_random(found[0]) else found[0]

    def _chance(self, found: re.Match[str]) -> str:
        return self.of(found[0]) if is_chance(found[0]) else found[0]


def fault_of(secret: str) -> str:
    """What makes a placeholder as unusable as the secret, in a header or as a pattern; mostly nothing."""
    if not value_fault("x", secret):
        return "(" if regex.fault(secret) else ""
    return "%" if REFUSED_LETTERS.isdisjoint(secret) else "\n"


INLINE = frozenset(("value", "text", "inline", "inlineString", "inlineBytes", "stringValue", "plaintext", "data"))
"""Fields that hold a secret itself where the field above is called so."""


@lru_cache(maxsize=4096)
def looks_secret(text: str) -> bool:
    """Whether something in a text gives itself away; texts of objects are often equal."""
    return bool(LOOKS.search(text))


@lru_cache(maxsize=4096)
def is_called(name: str) -> bool:
    """Whether a key or a header's name says that its value is a secret."""
    letters = "".join(each for each in name.lower() if each.isalnum())
    return bool(CALLED.fullmatch(letters))


@lru_cache(maxsize=4096)
def is_sent(name: str) -> bool:
    """Whether the name of a header, a cookie or a parameter says that its value is a secret."""
    return is_called(name) or bool(SENT.fullmatch("".join(each for each in name.lower() if each.isalnum())))


@lru_cache(maxsize=4096)
def gives_itself_away(key: str) -> bool:
    """Whether a key is a secret itself, as in maps from secrets to whose they are, or stands for one."""
    if len(key) < SHORTEST:
        return False
    return (
        bool(PLACEHOLDER.fullmatch(key))
        or looks_secret(key)
        or any(is_random(found[0]) for found in SEGMENT.finditer(key))
    )


def is_open(pattern: Any) -> bool:
    """Whether a pattern for a secret gives nothing of it away, as `Bearer .+` or `session=[0-9a-f]{32}`."""
    return isinstance(pattern, str) and not LETTERS.search(UNSECRET.sub(" ", pattern))


def is_random(text: str) -> bool:
    """Whether hardly anybody would choose this text: letters and digits take turns, or it is a row of hex digits."""
    runs = RUNS.findall(text)
    digits = [each for each in runs if each.isdigit()]
    if sum(map(len, digits)) < FEWEST_DIGITS:
        return False
    if any(each.isupper() for each in text) and any(each.islower() for each in text):
        return len(digits) > 1 and len(runs) >= 0.4 * len(text)
    if not text.isalnum():
        return False
    return len(digits) > 4 or (set(text.lower()) <= HEX_DIGITS and len(digits) < len(runs))


def is_chance(text: str) -> bool:
    """Whether surely nobody chose this text: letters of both cases and digits, many of each, take turns."""
    runs = RUNS.findall(text)
    few = 0.15 * len(text)
    digits = sum(each.isdigit() for each in runs)
    both = min(sum(map(str.isupper, text)), sum(map(str.islower, text)))
    return digits >= FEWEST_DIGITS and both >= few and len(runs) >= 0.45 * len(text)


FEWEST_DIGITS = 3
HEX_DIGITS = frozenset("0123456789abcdef")


def is_private_key(text: str) -> bool:
    """Whether this is JSON with the private part of a JSON Web Key."""
    if '"kty"' not in text:
        return False
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return True  # it names a key and cannot be looked into
    keys = found.get("keys", [found]) if isinstance(found, dict) else []
    return any(isinstance(each, dict) and PRIVATE & each.keys() for each in keys if isinstance(keys, list))


def taken_in(texts: Iterator[str]) -> frozenset[int]:
    """The numbers of the placeholders that stand in texts already."""
    return frozenset(int(number) for text in texts if "masked-" in text for number in PLACEHOLDER.findall(text))


def texts_in(value: Any) -> Iterator[str]:
    """Every text inside of a value, keys as well."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        for held in value.values():
            yield from texts_in(held)
    elif isinstance(value, list):
        for held in value:
            yield from texts_in(held)
