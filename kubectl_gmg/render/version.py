"""Versions for people."""

from __future__ import annotations

from kubectl_gmg.render import Locate
from kubectl_gmg.render.page import Page, line
from kubectl_gmg.views import Look, VersionInfo


def text(view: VersionInfo, _locate: Locate, _look: Look) -> Page:
    """`version`."""
    client = line(f"kubectl gmg {view.client}")
    python = line(f"python      {view.python}")
    library = line(f"kubernetes  {view.kubernetes or 'not installed'}")
    return client, python, library, line(f"generations {', '.join(view.generations)}")
