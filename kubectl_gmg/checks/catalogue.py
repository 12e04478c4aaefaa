"""All rules, by code: every module of this package that is named after one."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

import kubectl_gmg.checks
from kubectl_gmg.checks.rule import Rule

MODULE = "gmg"
"""What the names of modules with a rule begin with."""


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule, in the order of the codes."""
    names = sorted(each.name for each in pkgutil.iter_modules(kubectl_gmg.checks.__path__))
    return tuple(rule_of(name) for name in names if name.startswith(MODULE))


def rule_of(name: str) -> Rule:
    """The rule of a module."""
    module = import_module(f"kubectl_gmg.checks.{name}")
    return next(each for each in vars(module).values() if isinstance(each, Rule))


@cache
def codes() -> frozenset[str]:
    """The codes of all rules."""
    return frozenset(rule.info.code for rule in rules())


@cache
def exists_in(code: str, generation: str) -> bool:
    """Whether there is a rule with a code in a generation."""
    return any(rule.info.code == code and rule.severity(generation) is not None for rule in rules())
