"""Credential helpers: programs that a kubeconfig names under `exec`, and that print a login.

They are run as kubectl runs them, not by the client library, which hides what a helper asks of the user, takes only the
token of a helper that gives a certificate too, and lets the helper read what others are waiting for on stdin. What a
helper prints may be a secret: none of it stands in a message.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kubectl_gmg.errors import SourceError

EXTENSION = "client.authentication.k8s.io/exec"
TOLD = ("server", "tls-server-name", "insecure-skip-tls-verify", "proxy-url", "disable-compression")
LONGEST_HINT = 300


@dataclass(frozen=True, slots=True)
class Printed:
    """What a helper gave: a token, or a certificate with its key (PEM), or both.

    `expires` is in seconds of `time.time`, None for never.
    """

    token: str = field(default="", repr=False)
    certificate: str = field(default="", repr=False)
    key: str = field(default="", repr=False)
    expires: float | None = None


@dataclass(frozen=True, slots=True)
class Helper:
    """The helper of `user`; `entry` is what stands under `exec`, `cluster` what it may be told about.

    One that runs `unattended` has no terminal, to ask or to tell.
    """

    user: str
    entry: dict[str, Any] = field(repr=False)
    cluster: dict[str, Any] = field(repr=False)
    unattended: bool = False

    @property
    def title(self) -> str:
        """What messages call it."""
        return f"the credential helper {Path(str(self.entry.get('command'))).name} of user {self.user}"

    def ask(self) -> Printed:
        """Run it and wait for it, however long the user takes to log in. Raises `SourceError` if it gives nothing."""
        interactive = self._interactive()
        try:
            done = subprocess.run(  # noqa: S603 - the user's own kubeconfig names it, as for kubectl
                [self.entry["command"], *(self.entry.get("args") or ())],
                env=self._environment(interactive=interactive),
                stdin=None if interactive else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=None if self._watched() else subprocess.DEVNULL,
                check=False,
            )
        except FileNotFoundError:
            raise SourceError(f"{self.title} is not installed", self._install_hint()) from None
        except (OSError, ValueError, TypeError, KeyError):
            raise SourceError(f"{self.title} cannot be run", "see exec of that user in the kubeconfig") from None
        if done.returncode:
            said = f"{self.title} failed (exit {done.returncode})"
            raise SourceError(said, "log in again; kubectl get namespaces shows what it says")
        found = self._read(done.stdout)
        if found is None:
            hint = "run it yourself to see what it prints"
            raise SourceError(f"{self.title} printed no credential that can be used", hint)
        return found

    def _watched(self) -> bool:
        """Whether somebody sits there to read where to log in."""
        return sys.stderr.isatty() and not self.unattended

    def _interactive(self) -> bool:
        """Whether it may ask the user something, which takes a terminal."""
        mode = self.entry.get("interactiveMode") or "IfAvailable"
        terminal = sys.stdin.isatty() and not self.unattended
        if mode == "Always" and not terminal:
            raise SourceError(f"{self.title} wants to ask you something", "run this in a terminal, with stdin free")
        return terminal and mode != "Never"

    def _environment(self, *, interactive: bool) -> dict[str, str]:
        spec: dict[str, Any] = {"interactive": interactive}
        if self.entry.get("provideClusterInfo"):
            spec["cluster"] = self._cluster_info()
        info = {"apiVersion": self.entry["apiVersion"], "kind": "ExecCredential", "spec": spec}
        own = {each["name"]: each["value"] for each in self.entry.get("env") or ()}
        return {**os.environ, **own, "KUBERNETES_EXEC_INFO": json.dumps(info)}

    def _cluster_info(self) -> dict[str, Any]:
        """The cluster as the helper's protocol describes it: trust as data, and the part of the file meant for it."""
        found = {name: self.cluster[name] for name in TOLD if self.cluster.get(name)}
        data, path = self.cluster.get("certificate-authority-data"), self.cluster.get("certificate-authority")
        if data or path:
            found["certificate-authority-data"] = data or base64.b64encode(Path(str(path)).read_bytes()).decode()
        extensions = self.cluster.get("extensions") or ()
        return found | {"config": next((each["extension"] for each in extensions if each["name"] == EXTENSION), None)}

    def _install_hint(self) -> str:
        """What the kubeconfig says about installing it, as one line of bounded length."""
        written = self.entry.get("installHint")
        return (
            " ".join(written.split())[:LONGEST_HINT]
            if isinstance(written, str)
            else "install it, or put it on the PATH"
        )

    def _read(self, output: bytes) -> Printed | None:
        """What it printed; None if that is no login."""
        try:
            answer = json.loads(output)
            status = answer["status"]
            ends = status.get("expirationTimestamp")
            found = Printed(
                token=status.get("token") or "",
                certificate=status.get("clientCertificateData") or "",
                key=status.get("clientKeyData") or "",
                expires=moment(ends) if ends else None,
            )
        except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
            return None
        texts = all(isinstance(each, str) for each in (found.token, found.certificate, found.key))
        fits = answer.get("kind") == "ExecCredential" and answer.get("apiVersion") == self.entry.get("apiVersion")
        whole = bool(found.certificate) is bool(found.key) and bool(found.token or found.key)
        return found if texts and fits and whole else None


def moment(written: str) -> float:
    """A time as Kubernetes writes it. Raises `ValueError` or `TypeError` for anything else."""
    found = datetime.fromisoformat(written)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
