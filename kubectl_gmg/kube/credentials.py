"""What a user shows to the API server: which of the logins in a kubeconfig counts, and whom the user acts as.

The order is that of kubectl, with which the tests compare: token file, token, password, helper, old provider.
"""

from __future__ import annotations

import base64
import json
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from kubectl_gmg.errors import SourceError, UsageError
from kubectl_gmg.kube.helper import Helper
from kubectl_gmg.kube.kubeconfig import Chosen, Connection, Entry, text_of

CERTIFICATE = ("client-certificate", "client-certificate-data", "client-key", "client-key-data")


@dataclass(frozen=True, slots=True)
class Credential:
    """A login: the value of the Authorization header, and a client certificate as a kubeconfig writes it.

    Both may be empty. `expires` is in seconds of `time.time`, None for never.
    """

    authorization: str = field(default="", repr=False)
    certificate: Entry = field(default_factory=dict, repr=False)
    expires: float | None = None

    @property
    def over(self) -> bool:
        """Whether its time is over."""
        return self.expires is not None and self.expires <= time.time()


class Login:
    """The login of a user; safe to use from several threads. A helper is asked again when its login has expired."""

    def __init__(self, chosen: Chosen) -> None:
        self._chosen = chosen
        self._lock = threading.Lock()
        self._credential: Credential | None = None

    @property
    def credential(self) -> Credential:
        """What to show now. Raises `SourceError` if there is a way to log in that does not work."""
        with self._lock:
            if self._credential is None or self._credential.over:
                self._credential = credential_of(self._chosen)
            return self._credential


def credential_of(chosen: Chosen) -> Credential:
    """The login of the chosen user. Over plain HTTP nothing is shown, as kubectl has it: anybody could read it."""
    user, name = chosen.user, chosen.user_name
    if not chosen.secure:
        return Credential()
    certificate = {each: user[each] for each in CERTIFICATE if user.get(each)}
    authorization = written_login(user, name)
    if authorization or certificate or not user.get("exec"):
        return Credential(authorization or provided_login(user, name), certificate)
    printed = Helper(name, user["exec"], chosen.cluster, chosen.unattended).ask()
    shown = {"client-certificate-data": printed.certificate, "client-key-data": printed.key} if printed.key else {}
    data = {each: base64.b64encode(text.encode()).decode() for each, text in shown.items()}
    return Credential(bearer(printed.token, name) if printed.token else "", data, printed.expires)


def written_login(user: Entry, name: str) -> str:
    """The Authorization header of a login that the kubeconfig holds; empty for none."""
    path, token = text_of(user, "tokenFile"), text_of(user, "token")
    if path:
        token = token_in(path, token, name)
    if token:
        return bearer(token, name)
    return basic(text_of(user, "username"), text_of(user, "password")) if text_of(user, "username") else ""


def provided_login(user: Entry, name: str) -> str:
    """The Authorization header of an auth-provider; empty for none."""
    return bearer(provider_token(user["auth-provider"], name), name) if user.get("auth-provider") else ""


def basic(username: str, password: str) -> str:
    """The Authorization header of a password."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def bearer(token: str, user: str) -> str:
    """The Authorization header of a token."""
    if not token.isprintable():
        raise SourceError(f"the token of user {user} holds characters that cannot be sent", "log in again")
    return sendable(f"Bearer {token}")


def sendable(text: str) -> str:
    """The text so that its UTF-8 bytes are sent: Python writes headers in Latin-1."""
    return text.encode().decode("latin-1")


def token_in(path: str, otherwise: str, user: str) -> str:
    """The token in a file, without the line's end; `otherwise` if there is none."""
    try:
        found = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        found = ""
    if not found and not otherwise:
        raise SourceError(f"the token file {path} of user {user} cannot be read, or is empty", "log in again")
    return found or otherwise


def provider_token(provider: Any, user: str) -> str:
    """The token that an auth-provider, the login before credential helpers, left in the kubeconfig.

    It is never renewed here: a new refresh token would have to be written back. kubectl does that.
    """
    config = provider.get("config") if isinstance(provider, dict) else None
    config = config if isinstance(config, dict) else {}
    token = config.get("id-token") or config.get("access-token")
    if not isinstance(token, str) or not token:
        hint = "log in with kubectl first, or use a credential helper (exec)"
        raise SourceError(f"the auth-provider of user {user} holds no token", hint)
    if expired(token):
        raise SourceError(f"the login of user {user} has expired", "run any kubectl command: it renews the login")
    return token


def expired(token: str) -> bool:
    """Whether a JWT says that its time is over; other tokens do not say."""
    parts = token.split(".")
    if len(parts) != 3:
        return False
    try:
        ends = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))).get("exp")
    except (ValueError, AttributeError, RecursionError):
        return False
    return isinstance(ends, int | float) and ends <= time.time()


def impersonation(chosen: Chosen, connection: Connection) -> tuple[tuple[str, str], ...]:
    """The headers that say whom to act as: of each kind those of the flags, else those of the kubeconfig.

    A name may come several times. Raises `UsageError` for values that cannot be sent, and for groups or an identifier
    without a user; `SourceError` if the kubeconfig alone asks for that.
    """
    user = chosen.user
    who = connection.as_user or text_of(user, "as")
    groups = connection.as_group or tuple(user.get("as-groups") or ())
    uid = connection.as_uid or text_of(user, "as-uid")
    extra: dict[str, list[str] | None] = user.get("as-user-extra") or {}
    if not who and (connection.as_group or connection.as_uid):
        raise UsageError("--as-group and --as-uid need --as", "say whom to impersonate with --as")
    if not who and (groups or uid or extra):
        said = f"user {chosen.user_name} of the kubeconfig acts with groups, uid or extra, but as nobody"
        raise SourceError(said, "give that entry an as, or use --as")
    if not who:
        return ()
    found = [("Impersonate-User", who), *(("Impersonate-Group", group) for group in groups)]
    found += [("Impersonate-Uid", uid)] if uid else []
    for name, values in extra.items():
        key = quote(str(name).lower(), safe="!#$&'*+^`|")
        found += [(f"Impersonate-Extra-{key}", value) for value in values or ()]
    for name, value in found:
        if not value.isprintable():
            raise UsageError(f"the value of {name} cannot be sent", "use printable characters")
    return tuple((name, sendable(value)) for name, value in found)
