"""Explanations as JSON and YAML (`spec/cli.md` 6.6)."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.render import Locate
from kubectl_gmg.render.machine import as_json, as_yaml
from kubectl_gmg.render.parts import Json, edit_json, envelope, origin_json
from kubectl_gmg.views import Alternative, Effect, Explained, Explanation, Look, Step, Versus


def explanation(view: Explanation, locate: Locate) -> Json:
    """The document of `explain`."""
    return envelope("Explanation", view.about, {}, (item_json(item, locate) for item in view.items))


def item_json(item: Explained, locate: Locate) -> Json:
    """One explanation; `routes` are what anything but a route leads to."""
    leads = () if item.target_type in ("route", "url") else item.rows
    return {
        "target": item.target,
        "targetType": item.target_type,
        "key": item.key,
        "routes": [{"key": row.key, "id": row.id} for row in leads],
        "sections": {
            "match": steps_json(item.match, locate),
            "order": steps_json(item.order, locate),
            "options": steps_json(item.options, locate),
            "action": steps_json(item.action, locate),
            "policies": steps_json(item.policies, locate),
        },
        "versus": versus_json(item.versus, locate) if item.versus else None,
        "whatIf": alternative_json(item.what_if, locate) if item.what_if else None,
        "alternatives": [alternative_json(each, locate) for each in item.alternatives],
        "notSimulated": list(item.not_simulated),
        "title": list(item.title),
    }


def steps_json(steps: tuple[Step, ...], locate: Locate) -> list[Json]:
    """The steps of a section."""
    return [step_json(step, locate) for step in steps]


def step_json(step: Step, locate: Locate) -> Json:
    """One step: who says what, and what it is compared with."""
    return {
        "kind": step.kind,
        "text": step.text,
        "at": origin_json(step.at, locate, step.name) if step.at else None,
        "value": step.value,
        "with": step.other,
    }


def versus_json(versus: Versus, locate: Locate) -> Json:
    """Which of two routes stands first."""
    return {"with": versus.other, "first": versus.first, "because": steps_json(versus.because, locate)}


def alternative_json(alternative: Alternative, locate: Locate) -> Json:
    """A change, and all that it changes."""
    return {
        "edits": [edit_json(edit, locate) for edit in alternative.edits],
        "effect": [effect_json(effect) for effect in alternative.effect],
        "verified": alternative.verified,
        "wins": alternative.wins or None,
    }


def effect_json(effect: Effect) -> Json:
    """What a change does to one route."""
    return {
        "id": effect.id,
        "matchIndex": effect.match_index,
        "key": effect.key,
        "before": effect.before,
        "after": effect.after,
    }


def explanation_json(view: Explanation, locate: Locate, _look: Look) -> Iterator[str]:
    """`explain -o json`."""
    return as_json(explanation(view, locate))


def explanation_yaml(view: Explanation, locate: Locate, _look: Look) -> Iterator[str]:
    """`explain -o yaml`."""
    return as_yaml(explanation(view, locate))
