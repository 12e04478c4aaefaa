"""`spec/envoy.md` 1 to 6."""

from __future__ import annotations

import pytest

from kubectl_gmg.matching.host import DomainTable, lookup_name


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("SHOP.Example.COM", "shop.example.com"),
        ("shop.example.com:8443", "shop.example.com"),
        ("shop.example.com:", "shop.example.com"),
        ("shop.example.com:http", "shop.example.com"),
        ("[::1]:8080", "[::1]"),
        ("[::1]", "[::1]"),
        ("shop.example.com.", "shop.example.com."),
        ("a,a", "a,a"),
        ("", ""),
    ],
)
def test_name_is_lower_case_and_without_port(host: str, name: str) -> None:
    assert lookup_name(host) == name


DOMAINS = (
    "*",
    "shop.*",
    "shop.eu.*",
    "*.example.com",
    "*.eu.example.com",
    "*-dev.example",
    "Shop.Example.com",
    "port.test:8080",
    "a.*.b",
    "*.*.c",
)


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("SHOP.example.com:80", "Shop.Example.com"),
        ("x.eu.example.com", "*.eu.example.com"),
        ("a.b.example.com", "*.example.com"),
        ("eu.example.com", "*.example.com"),
        ("example.com", "*"),
        (".example.com", "*"),
        ("x-dev.example", "*-dev.example"),
        ("-dev.example", "*"),
        ("shop.eu.example.com", "*.eu.example.com"),
        ("shop.eu.de", "shop.eu.*"),
        ("shop.other", "shop.*"),
        ("shop.", "*"),
        ("port.test:8080", "*"),
        ("a.x.b", "*"),
        ("a.*.b", "a.*.b"),
        ("x.y.c", "*"),
        ("x.*.c", "*.*.c"),
        ("", "*"),
    ],
)
@pytest.mark.parametrize("domains", [DOMAINS, DOMAINS[::-1]], ids=["in order", "reversed"])
def test_order_of_search(host: str, domain: str, domains: tuple[str, ...]) -> None:
    table = DomainTable((each, f"host of {each}") for each in domains)

    assert table.choose(host) == (domain, f"host of {domain}")


def test_no_domain_covers_the_host() -> None:
    assert DomainTable([("a.test", 1), ("*.b.test", 2), ("c.*", 3)]).choose("d.test") is None


def test_first_of_two_equal_domains_counts() -> None:
    assert DomainTable([("a.test", 1), ("A.test", 2)]).choose("a.test") == ("a.test", 1)


def test_only_ascii_letters_are_folded() -> None:
    assert DomainTable([("\u212a.test", 1)]).choose("k.test") is None
