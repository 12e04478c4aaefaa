"""Whatever is typed, the answer keeps to the protocol: nothing crashes, and what is offered continues the word."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from kubectl_gmg.complete.names import Names
from tests.complete.asking import EXTENSIONS, KEEP_ORDER, NO_FILES, NO_SPACE, Told, ask
from tests.complete.test_targets import MANY

WORDS = (
    *("routes", "tree", "check", "explain", "curl", "export", "envoy", "rules", "version", "--", "-", "", "-o", "-f"),
    *("-Rf", "-n", "--context", "--context=", "--select", "--ignore", "GMG301=", "GMG3,GMG", "--expect", "outcome="),
    *("route=h", "--what-if", "sortMethod=", "--workload-context", "east=", "http://", "http://a.example.com/", "rt/"),
    *(
        "rt/team-a/",
        "policy/",
        "service/s.",
        "--gateway",
        "in",
        "-H",
        "Host: a.example.com",
        "--listener",
        "-ow",
        "-o=",
    ),
    *("--read-namespaces=team-a,", "h/", "v", "://", "http://[::1]:8/", "-X", "--demo", "a.example.com:80"),
)
words = st.lists(st.sampled_from(WORDS) | st.text(max_size=8), max_size=6)
names = st.text(max_size=6)
anything = st.builds(
    Names,
    namespaces=st.tuples(names),
    clusters=st.tuples(names),
    policies=st.tuples(names),
    routes=st.tuples(st.tuples(names, names, names)),
)


@given(typed=words, known=st.just(MANY) | st.builds(Told, anything))
@settings(max_examples=300, deadline=None)
def test_every_candidate_continues_the_word(typed: list[str], known: Told) -> None:
    found = ask(*typed, known=known)
    assert found.directive & ~(NO_SPACE | NO_FILES | EXTENSIONS | KEEP_ORDER) == 0
    assert len(set(found.values)) == len(found.values)
    for value, text in found.lines:
        assert value.isprintable()
        assert text.isprintable()
        word = typed[-1] if typed else ""
        behind = word.partition("=")[2] if word.startswith("-") else word  # of --flag=value only the value is completed
        assert found.directive == EXTENSIONS or value.startswith((word, behind))
