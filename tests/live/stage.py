"""A folder with kubeconfigs and credential helpers, and two servers to lead to."""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.live.judge import Recorder, Sent, certificates

Json = dict[str, Any]
TOKEN = "canary-token-of-the-file"
OTHER = "canary-token-of-somebody-else"


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


CA = {"certificate-authority-data": encoded(certificates("server").ca)}


def certificate(whose: str) -> Json:
    """A login by certificate."""
    found = certificates(whose)
    return {"client-certificate-data": encoded(found.certificate), "client-key-data": encoded(found.key)}


class Stage:
    """A folder with kubeconfigs, and two servers, `good` and `far`."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, good: Recorder, far: Recorder) -> None:
        self.folder = folder
        self.env = monkeypatch
        self.good = good
        self.far = far

    def config(self, user: Json | None = None, cluster: Json | None = None, context: Json | None = None) -> Json:
        """A kubeconfig for `good`."""
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "here",
            "contexts": [{"name": "here", "context": {"cluster": "good", "user": "me"} | (context or {})}],
            "clusters": [{"name": "good", "cluster": {"server": self.good.url} | (CA if cluster is None else cluster)}],
            "users": [{"name": "me", "user": {"token": TOKEN} if user is None else user}],
        }

    def write(self, config: Json, path: str = "config") -> str:
        """A kubeconfig file, and the one to use."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(config), encoding="utf-8")
        self.env.setenv("KUBECONFIG", str(file))
        return str(file)

    def use(self, *paths: str) -> None:
        self.env.setenv("KUBECONFIG", os.pathsep.join(paths))

    def put(self, path: str, text: str | bytes, mode: int = 0o600) -> str:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        file.chmod(mode)
        return str(file)

    def heard(self, run: Callable[[], object]) -> set[Sent]:
        """Who comes to the servers meanwhile."""
        before = [len(each.sent) for each in (self.good, self.far)]
        run()
        return {sent for each, old in zip((self.good, self.far), before, strict=True) for sent in each.sent[old:]}

    def files(self) -> dict[str, tuple[bytes, int]]:
        """What is in the files, and when it was written."""
        found = (each for each in self.folder.rglob("*") if each.is_file() and ".kube" not in each.parts)
        return {str(each): (each.read_bytes(), each.stat().st_mtime_ns) for each in found}


Setting = Callable[[Stage], list[str]]
BASIC = {"username": "ana", "password": "pässwörd"}
EXEC = {"apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never"}


def helper(stage: Stage, status: Json, *, before: str = "", **more: Any) -> Json:
    """A user whose credential helper prints `status`, and counts how often it is asked."""
    answer = {"apiVersion": EXEC["apiVersion"], "kind": "ExecCredential", "status": status}
    program = f"#!{sys.executable}\nimport json, os, sys\nanswer = {answer!r}\n{before}\nprint(json.dumps(answer))\n"
    return {"exec": EXEC | {"command": stage.put("bin/helper", program, 0o755)} | more}


def pems(whose: str) -> Json:
    """What a helper answers that gives a certificate."""
    found = certificates(whose)
    return {"clientCertificateData": found.certificate.decode(), "clientKeyData": found.key.decode()}


def oidc(expires: float) -> Json:
    """A user of an auth-provider, whose token ends then."""
    body = base64.urlsafe_b64encode(json.dumps({"exp": int(expires)}).encode()).decode().rstrip("=")
    config = {"idp-issuer-url": "https://127.0.0.1:1", "client-id": "gmg", "id-token": f"e30.{body}.c2ln"}
    return {"auth-provider": {"name": "oidc", "config": config}}
