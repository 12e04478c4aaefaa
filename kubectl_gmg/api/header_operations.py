"""Headers that are appended and removed, as far as the proxy refuses it (`spec/v1beta1.md` 6, `spec/envoy.md` 83, 90).

Only what any release of the proxy refuses is noted: a command between percent signs that merely is not known stays
unsaid, since releases differ in what they know.
"""

from __future__ import annotations

import re

from kubectl_gmg.api.field import Field

APPENDED = ("appendRequestHeaders", "appendResponseHeaders")
REMOVED = ("removeRequestHeaders", "removeResponseHeaders")

REFUSED_LETTERS = frozenset("\0\r\n")
REFUSED = "the proxy refuses the whole route configuration"
LONGEST = 16_384
"""Bytes that the name or the value of an appended header may have."""

PIECE = re.compile(r"[^%]+|%%|%[A-Z0-9_]+(?:\([^)]*\))?(?::[0-9]+)?%")
"""A part of a value: plain text, a percent sign written twice, or a command such as `%REQ(x-id)%`."""


def note_header_operations(operations: Field) -> None:
    """Note every name and value that the proxy refuses."""
    for name in operations.named(*APPENDED):
        headers = operations[name]
        pairs = headers.pairs()
        headers.named(*(key for key, _ in pairs))  # any name is a known field
        for key, value in pairs:
            if fault := name_fault(key, appended=True) or value_fault(key, value):
                headers[key].problem("GMG502", f"{fault}; {REFUSED}")
    for name in operations.named(*REMOVED):
        for header in operations[name]:
            if fault := name_fault(header.text(), appended=False):
                header.problem("GMG502", f"{fault}; {REFUSED}")


def name_fault(name: str, *, appended: bool) -> str:
    """Why no header of this name can be appended or removed; empty if it can."""
    done = "appended" if appended else "removed"
    if not name:
        return f"a header without a name cannot be {done}"
    if name.startswith(":") or name.lower() == "host":
        return f"header {name} cannot be {done}: it is a part of the request line or the host"
    if not REFUSED_LETTERS.isdisjoint(name):
        return "a header's name holds a line break or a zero byte"
    if appended and len(name.encode("utf-8", "replace")) > LONGEST:
        return f"the name of an appended header is longer than {LONGEST} bytes"
    return ""


def value_fault(name: str, value: str) -> str:
    """Why a value cannot be sent; empty if it can. The value itself may be a secret, so it is never shown."""
    if not REFUSED_LETTERS.isdisjoint(value):
        return f"the value of header {name} holds a line break or a zero byte"
    if len(value.encode("utf-8", "replace")) > LONGEST:
        return f"the value of header {name} is longer than {LONGEST} bytes"
    place = 0
    while place < len(value):
        piece = PIECE.match(value, place)
        if piece is None:
            return f"the value of header {name} has a percent sign, letter {place + 1}, that begins no command"
        place = piece.end()
    return ""
