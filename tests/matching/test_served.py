"""The automaton of Host headers accepts what the table of domains gives to a host."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kubectl_gmg.matching.host import DomainTable
from kubectl_gmg.matching.search import Wanted, Work, find_text
from kubectl_gmg.matching.served import Served

DOMAINS = ("*", "*.b", "*a.b", "a.*", "a.b*", "a.b", "A.B", "b", "*b", "[::1]", "a.*.b", "*.a.b", "é.b")
domains = st.lists(st.tuples(st.sampled_from(DOMAINS), st.booleans()), max_size=6)
hosts = st.one_of(
    st.text("aAb.:]8", max_size=8),
    st.builds("{}{}".format, st.sampled_from(DOMAINS), st.sampled_from(["", ":80", ":x", "b"])),
)


def ours(entries: list[tuple[str, bool]], host: str) -> bool:
    chosen = DomainTable(entries).choose(host)
    return chosen is not None and chosen[1]


@given(domains, st.lists(hosts, min_size=5, max_size=20))
def test_accepts_what_the_table_gives_to_the_host(entries: list[tuple[str, bool]], asked: list[str]) -> None:
    served = Served(lambda: entries)

    for host in asked:
        if host.isascii():
            assert served.holds(host) == ours(entries, host)


@given(domains, st.lists(hosts, min_size=5, max_size=20))
def test_finds_a_host_if_there_is_any(entries: list[tuple[str, bool]], asked: list[str]) -> None:
    found = find_text(Served(lambda: entries), Wanted(), Work(100_000))

    if found is None:
        assert not any(ours(entries, host) for host in asked if host.isascii())
    else:
        assert ours(entries, found)
