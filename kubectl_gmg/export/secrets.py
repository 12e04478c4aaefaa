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
    r".*(?:password|passwd|pwd|passphrase|token|secret|apikey|authorization|cookie|privatekey|credentials?"
    r"|hmac(?:key|secret)?|salt|accesskey|accesskeyid|secretkey|signingkey|encryptionkey|sessionkey|sessionid"
    r"|bearer|xauth|auth(?:header|key|value))"
)
"""The end of a key, or of a header's name, whose value is a secret; in small letters without anything between them."""

LOOKS = re.compile(
    r"(?P<pem>-----BEGIN [A-Z0-9 ]{1,40}-----(?s:.*?)(?:-----END [A-Z0-9 ]{1,40}-----|\Z))"
    r"|(?P<jwt>\beyJ[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_=-]*){0,4})"
    r"|(?<=://)(?P<login>[^/\s@:]{0,256}:[^/\s@]{1,512})(?=@)"
    r"|(?i:\b(?:bearer|basic) {1,4})(?P<login2>(?!masked-\d)[A-Za-z0-9._~+/=-]{6,})"
    r"|(?P<vendor>\b(?:(?:AKIA|ASIA)[A-Z0-9]{16}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}"
    r"|xox[abeprs]-[\w-]{10,}|AIza[\w-]{30,}|sk_(?:live|test)_\w{10,}|sk-[\w-]{20,}|npm_\w{30,}|hvs\.[\w-]{20,}))"
)
"""Texts that give themselves away."""

RANDOM = re.compile(r"[A-Za-z0-9+_=-]{32,}")
"""What may have been made by chance, as keys are."""

HEADER_NAMES = ("name", "header", "headerName", "key")
"""Fields that say which header, cookie or parameter their neighbours are about."""
HEADER_VALUES = ("value", "values", "exact", "prefix", "suffix", "regex", "contains")

LABELS = frozenset(("labels", "matchLabels", "selector", "subset", "podLabels", "workloadSelectorLabels", "subsets"))
"""Maps of labels, which are nobody's secret."""

STRUCTURE = frozenset(
    (
        *("name", "namespace", "uid", "exact", "prefix", "suffix", "regex", "host", "hosts", "hostname", "domains"),
        *("cluster", "clusterName", "path", "pathRewrite", "prefixRewrite", "pathRedirect", "substitution"),
        *("workspace", "clusters", "namespaces", "workspaces", "values", "ownedByWorkspace"),
    )
)
OF_OURS = ("gmg/", "cluster.solo.io/")
"""Fields and annotations that people choose the words of: what is long there is merely long."""

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
            return {key: self.whole(held) for key, held in value.items()}
        return value

    def inside(self, value: Any, key: str = "") -> Any:
        """A value that stands at a key, with what looks like a secret masked."""
        if isinstance(value, str):
            return self.text(value, structure=key in STRUCTURE or key.startswith(OF_OURS))
        if isinstance(value, list):
            return [self.inside(each, key) for each in value]
        if isinstance(value, dict):
            return self.mapping(value, labels=key in LABELS)
        return value

    def mapping(self, value: Mapping[str, Any], *, labels: bool) -> dict[str, Any]:
        """A mapping, whose keys say which values are secrets, and whose neighbours may say so too."""
        named = (value.get(each) for each in HEADER_NAMES)
        # With an operator it is a condition on labels.
        tested = "operator" not in value and any(isinstance(name, str) and is_called(name) for name in named)
        found = {}
        for key, held in value.items():
            secret = not labels and (is_called(key) or (tested and key in HEADER_VALUES))
            found[key] = self.direct(held, key) if secret else self.inside(held, "values" if labels else key)
        return found

    def direct(self, value: Any, key: str) -> Any:
        """The value of a field that is called like a secret; an object there tells where the secret is, or holds it."""
        if isinstance(value, dict):
            rest = self.mapping({each: held for each, held in value.items() if each not in INLINE}, labels=False)
            return {each: rest[each] if each in rest else self.whole(held) for each, held in value.items()}
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
        masked = LOOKS.sub(self._found, text)
        return masked if structure or len(text) < 32 else RANDOM.sub(self._random, masked)

    def _found(self, found: re.Match[str]) -> str:
        secret = found[found.lastgroup or 0]
        if PLACEHOLDER.fullmatch(secret):
            return found[0]
        return found[0].replace(secret, self.of(secret))

    def _random(self, found: re.Match[str]) -> str:
        return self.of(found[0]) if is_random(found[0]) else found[0]


def fault_of(secret: str) -> str:
    """What makes a placeholder as unusable as the secret, in a header or as a pattern; mostly nothing."""
    if not value_fault("x", secret):
        return "(" if regex.fault(secret) else ""
    return "%" if REFUSED_LETTERS.isdisjoint(secret) else "\n"


INLINE = frozenset(("value", "inline", "inlineString", "inlineBytes", "stringValue", "plaintext", "data"))
"""Fields that hold a secret itself where the field above is called so."""


@lru_cache(maxsize=4096)
def is_called(name: str) -> bool:
    """Whether a key or a header's name says that its value is a secret."""
    letters = "".join(each for each in name.lower() if each.isalnum())
    return bool(CALLED.fullmatch(letters))


def is_random(text: str) -> bool:
    """Whether nobody would choose this text: letters of both cases among digits, or a long row of hex digits."""
    digits = sum(each.isdigit() for each in text)
    if digits < 3:
        return False
    cases = any(each.isupper() for each in text) and any(each.islower() for each in text)
    return cases or (set(text.lower()) <= set("0123456789abcdef") and digits < len(text))


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
    """Every text inside of a value, without the keys."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for held in value.values():
            yield from texts_in(held)
    elif isinstance(value, list):
        for held in value:
            yield from texts_in(held)
