"""The codes are a contract: slugs, severities and rows of the specification (`codes.yaml`)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from kubectl_gmg.checks.catalogue import rules
from tests.examples import written

CODES: dict[str, dict[str, Any]] = written(Path(__file__).with_name("codes.yaml"))

ROWS = re.findall(
    r"\S+",
    """
GW-NO-HANDLER GW-MULTI-HANDLER GW-NO-HANDLER-TYPE GW-NO-INGRESS GW-PORT-NAME GW-NO-HOSTS GW-SNI-WILDCARD GW-TLS-DEFAULT
GW-TLS-CERT SEL-BOTH SEL-EXPR VH-ORPHAN VH-NO-ROUTES VH-NO-DOMAIN VH-DOMAIN-PORT VH-DOMAIN-DUP RT-ORPHAN RT-MISSING-REF
RT-NO-TARGET RT-CYCLE RT-SELF-SELECTED RT-SELECT-NONE RT-EMPTY RT-PARENT-NOT-PREFIX RT-NEVER-MATCHES ROUTE-NO-ACTION
ROUTE-MANY-ACTIONS ROUTE-ENUM ROUTE-REGEX ROUTE-PATH-SLASH ROUTE-SLASH-ADDED ROUTE-CASE ROUTE-SAME-HEADER
ROUTE-CONTRADICTION ROUTE-URI-SUFFIX ROUTE-REWRITE-REGEX ROUTE-SHADOWED ROUTE-MATCHER-SPLIT ROUTE-STATUS
ROUTE-OPTION-LEVEL DEST-NONE DEST-NOT-FOUND DEST-PORT DEST-PORT-REQUIRED DEST-VD-NOT-FOUND DEST-UNSUPPORTED DEST-WEIGHT
DEST-CLUSTER DEST-NOT-FEDERATED DEST-SUBSET STATUS-STALE STATUS-STATE STATUS-DRIFT
RT-01 RT-02 RT-03 RT-04 RT-05 RT-06 RT-07 RT-08 RT-09 VG-01 VG-02 VG-03 VG-04 VG-05 VD-01 RTP-01
SEM-01 SEM-02 SEM-03 SEM-04 SEM-05 SEM-06 SEM-07 SEM-08 SEM-09 SEM-10 SEM-11 SEM-12 SEM-13 SEM-14 SEM-15 SEM-16 SEM-17
SEM-18 SEM-19 SEM-20
""",
)
"""The rows of `spec/v1beta1.md` 12 and `spec/v2.md` 15."""


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.info.code)
def test_as_promised(rule: Any) -> None:
    info = rule.info
    said = {name: severity.value if severity else "-" for name, severity in info.severities}
    assert {"slug": info.slug, **said, "rows": list(info.rows)} == CODES[info.code]


def test_every_code_has_its_rule() -> None:
    assert [rule.info.code for rule in rules()] == sorted(CODES)
    assert len(CODES) == 106


def test_every_row_of_the_specification_has_a_rule() -> None:
    assert set(ROWS) - {row for rule in rules() for row in rule.info.rows} == set()
    assert len(ROWS) == 89
