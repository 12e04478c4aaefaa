"""Kubeconfigs and flags: those that kubectl takes too, and those that it refuses (`spec/cli.md` 2.1)."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from typing import Any

from tests.live.judge import certificates
from tests.live.stage import BASIC, CA, OTHER, TOKEN, Json, Setting, Stage, certificate, encoded, helper, oidc, pems

CASES: dict[str, Setting] = {}


def case(name: str) -> Callable[[Setting], Setting]:
    def kept(setting: Setting) -> Setting:
        CASES[name] = setting
        return setting

    return kept


def plain(name: str, *flags: str, user: Json | None = None, cluster: Json | None = None) -> None:
    """A case of one file and some flags; FAR among them is the address of that server."""

    def setting(stage: Stage) -> list[str]:
        config = stage.config(user, cluster)
        other = {"name": "far", "cluster": {"server": stage.far.url} | CA}
        config["clusters"].append(other)
        config["users"].append({"name": "other", "user": {"token": OTHER}})
        config["contexts"].append({"name": "there", "context": {"cluster": "far", "user": "other"}})
        stage.write(config)
        return [stage.far.url if each == "FAR" else each for each in flags]

    CASES[name] = setting


plain("token")
plain("username and password", user=BASIC)
plain("username without a password", user={"username": "ana"})
plain("certificate", user=certificate("ana"))
plain("certificate and token", user=certificate("ana") | {"token": TOKEN})
plain("--context", "--context", "there")
plain("--cluster", "--cluster", "far")
plain("--user", "--user", "other")
plain("--context with --cluster and --user", "--context", "there", "--cluster", "good", "--user", "me")
plain("--server", "--server", "FAR")
plain("--server of --cluster", "--server", "FAR", "--cluster", "good")
plain("--token over a token", "--token", OTHER)
plain("--token over a certificate", "--token", OTHER, user=certificate("ana"))
plain("--insecure-skip-tls-verify over an authority", "--insecure-skip-tls-verify")
plain("insecure", cluster={"insecure-skip-tls-verify": True})
plain("--tls-server-name", "--tls-server-name", "localhost")
plain("tls-server-name", cluster=CA | {"tls-server-name": "localhost"})
plain(
    "--tls-server-name over the file's", "--tls-server-name", "localhost", cluster=CA | {"tls-server-name": "no.such"}
)
plain("--insecure-skip-tls-verify with any server name", "--insecure-skip-tls-verify", "--tls-server-name", "odd.name")
plain("--as", "--as", "bob")
plain("--as with groups", "--as", "bob", "--as-group", "a", "--as-group", "b", "--as-group", "a")
plain("--as with uid", "--as", "bob", "--as-uid", "42")
plain("--as of a service account", "--as", "system:serviceaccount:a:b")
AS = {"token": TOKEN, "as": "carl", "as-groups": ["x", "y"], "as-uid": "7", "as-user-extra": {"scopes": ["s", "t"]}}
plain("as in the file", user=AS)
plain("--as over as in the file", "--as", "bob", user=AS)
plain("--as-group over groups in the file", "--as", "bob", "--as-group", "z", user=AS)
plain("--as-group beside as in the file", "--as-group", "z", user=AS)
plain("--as-uid beside as in the file", "--as-uid", "8", user=AS)
plain("extra of odd names", user={"token": TOKEN, "as": "c", "as-user-extra": {"Example.com/Team%": ["ö", "a b"]}})
plain("names beyond Latin", "--as", "名前", "--as-group", "größe")
plain("fields nobody knows", user={"token": TOKEN, "extensions": [{"name": "a", "extension": {}}], "later": 7})


@case("the first file wins for each entry, and for the current context")
def _(stage: Stage) -> list[str]:
    config = stage.config()
    far = stage.config(user={"token": OTHER})
    far["clusters"][0]["cluster"]["server"] = stage.far.url
    far["contexts"].append({"name": "there", "context": {"cluster": "good", "user": "me"}})
    first = stage.write({"current-context": "there", "users": config["users"]}, "one")
    second = stage.write(far | {"current-context": "here"}, "two")
    third = stage.write(config, "three")
    stage.use(stage.put("empty", ""), str(stage.folder / "missing"), first, "", second, third)
    return []


@case("entries of one name are not mixed")
def _(stage: Stage) -> list[str]:
    first = stage.write(stage.config(user=certificate("ana")), "one")
    second = stage.write(stage.config(user={"token": TOKEN, "as": "bob"}), "two")
    stage.use(first, second)
    return []


@case("--kubeconfig alone counts")
def _(stage: Stage) -> list[str]:
    wanted = stage.write(stage.config(), "wanted")
    far = stage.config(user={"token": OTHER})
    far["clusters"][0]["cluster"]["server"] = stage.far.url
    stage.write(far)
    return ["--kubeconfig", wanted]


@case("paths are relative to the file they stand in")
def _(stage: Stage) -> list[str]:
    found = certificates("ana")
    stage.put("users/pem/ana.crt", found.certificate)
    stage.put("users/pem/ana.key", found.key)
    stage.put("users/token", TOKEN)
    stage.put("clusters/ca.crt", certificates("server").ca)
    login = {"client-certificate": "pem/ana.crt", "client-key": "./pem/ana.key", "tokenFile": "token"}
    users = stage.write({"users": stage.config(user=login)["users"]}, "users/config")
    rest = stage.config(cluster={"certificate-authority": "../clusters/ca.crt"})
    del rest["users"]
    stage.use(users, stage.write(rest, "clusters/config"))
    return []


@case("--certificate-authority is relative to where one is")
def _(stage: Stage) -> list[str]:
    stage.put("work/right.crt", certificates("server").ca)
    stage.write(stage.config(cluster={"certificate-authority-data": encoded(certificates("ana").ca)}))
    return ["--certificate-authority", "right.crt"]


@case("a kubeconfig named by a relative path")
def _(stage: Stage) -> list[str]:
    stage.put("work/sub/token", TOKEN)
    stage.write(stage.config(user={"tokenFile": "token"}), "work/sub/config")
    stage.use("sub/config")
    return []


@case("a token file ends with a line's end, and wins over a token")
def _(stage: Stage) -> list[str]:
    stage.write(stage.config(user={"tokenFile": stage.put("token", f"{TOKEN}\n"), "token": OTHER}))
    return []


@case("a token beside a token file that is not there")
def _(stage: Stage) -> list[str]:
    stage.write(stage.config(user={"tokenFile": "/no/such/token", "token": OTHER}))
    return []


@case("a token beside a token file that is empty")
def _(stage: Stage) -> list[str]:
    stage.write(stage.config(user={"tokenFile": stage.put("token", "\n"), "token": OTHER}))
    return []


@case("--token over a token file")
def _(stage: Stage) -> list[str]:
    stage.write(stage.config(user={"tokenFile": stage.put("token", TOKEN)}))
    return ["--token", OTHER]


@case("a helper gives a token")
def _(stage: Stage) -> list[str]:
    stage.write(stage.config(user=helper(stage, {"token": TOKEN})))
    return []


@case("a helper gives a certificate")
def _(stage: Stage) -> list[str]:
    stage.write(stage.config(user=helper(stage, pems("bob"))))
    return []


@case("a helper gives both")
def _(stage: Stage) -> list[str]:
    stage.write(stage.config(user=helper(stage, pems("bob") | {"token": TOKEN})))
    return []


@case("a helper of a relative path, with arguments and variables, is told of the cluster")
def _(stage: Stage) -> list[str]:
    tell = """
info = json.loads(os.environ["KUBERNETES_EXEC_INFO"])
told = [sys.argv[1:], os.environ["MORE"], os.environ["HOME"], info, os.getcwd(), sys.stdin.read()]
answer["status"]["token"] = json.dumps(told, sort_keys=True)
"""
    extensions = [{"name": "client.authentication.k8s.io/exec", "extension": {"audience": "x"}}]
    cluster = {"certificate-authority": stage.put("ca.crt", certificates("server").ca), "extensions": extensions}
    env = [{"name": "MORE", "value": "more"}]
    user = helper(stage, {}, before=tell, args=["a", "-b"], env=env, provideClusterInfo=True)
    user["exec"]["command"] = "./bin/helper"
    stage.write(stage.config(user, cluster | {"tls-server-name": "localhost"}))
    return []


@case("a helper on the PATH, of the older version")
def _(stage: Stage) -> list[str]:
    user = helper(stage, {"token": TOKEN}, before='answer["apiVersion"] = "client.authentication.k8s.io/v1beta1"')
    stage.env.setenv("PATH", str(stage.folder / "bin"), prepend=os.pathsep)
    user["exec"] |= {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": "helper",
        "args": None,
        "env": None,
    }
    stage.write(stage.config(user))
    return []


@case("--token over a helper")
def _(stage: Stage) -> list[str]:
    stage.write(stage.config(user=helper(stage, {"token": TOKEN}, before='open("asked", "w")')))
    return ["--token", OTHER]


@case("a token beside a helper")
def _(stage: Stage) -> list[str]:
    stage.write(stage.config(user=helper(stage, {"token": TOKEN}, before='open("asked", "w")') | {"token": OTHER}))
    return []


@case("a certificate beside a helper")
def _(stage: Stage) -> list[str]:
    stage.write(stage.config(user=helper(stage, {"token": TOKEN}, before='open("asked", "w")') | certificate("ana")))
    return []


@case("a password beside a helper")
def _(stage: Stage) -> list[str]:
    stage.write(stage.config(user=helper(stage, {"token": TOKEN}, before='open("asked", "w")') | BASIC))
    return []


@case("--as of a helper's user")
def _(stage: Stage) -> list[str]:
    stage.write(stage.config(user=helper(stage, {"token": TOKEN}) | {"as": "bob"}))
    return []


@case("an OIDC login that is still good")
def _(stage: Stage) -> list[str]:
    stage.write(stage.config(user=oidc(time.time() + 3600)))
    return []


@case("no kubeconfig, but --server and --token")
def _(stage: Stage) -> list[str]:
    stage.use(str(stage.folder / "missing"))
    return ["--server", stage.good.url, "--token", TOKEN, "--insecure-skip-tls-verify"]


@case("no kubeconfig, but a server and its authority")
def _(stage: Stage) -> list[str]:
    stage.env.delenv("KUBECONFIG", raising=False)
    authority = stage.put("ca.crt", certificates("server").ca)
    return ["--server", stage.good.url, "--token", TOKEN, "--certificate-authority", authority]


@case("a server with a path")
def _(stage: Stage) -> list[str]:
    config = stage.config()
    config["clusters"][0]["cluster"]["server"] += "/k8s/clusters/c-1/"
    stage.write(config)
    return []


@case("names with odd characters")
def _(stage: Stage) -> list[str]:
    text = json.dumps(stage.config()).replace('"me"', '"名前@x"').replace('"here"', '"arn:aws:eks:a/b c"')
    stage.put("config", text.replace('"good"', '"a{b}%s\u0027"'))
    stage.use(str(stage.folder / "config"))
    return []


@case("a proxy in the environment is not asked for this machine")
def _(stage: Stage) -> list[str]:
    stage.write(stage.config())
    stage.env.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    return []


# ---- what kubectl refuses


def changed(section: str, **fields: Any) -> Setting:
    """The good kubeconfig with some fields of its only cluster, context or user changed."""

    def setting(stage: Stage) -> list[str]:
        config = stage.config()
        config[section][0][section.removesuffix("s")] |= {name.replace("_", "-"): each for name, each in fields.items()}
        stage.write(config)
        return []

    return setting


def login(**user: Any) -> Setting:
    """A user with this login."""

    def setting(stage: Stage) -> list[str]:
        stage.put("no-token", "\n")
        stage.write(stage.config(user=user))
        return []

    return setting


def given(*flags: str) -> Setting:
    """The good kubeconfig with flags."""

    def setting(stage: Stage) -> list[str]:
        stage.write(stage.config())
        return list(flags)

    return setting


def helped(status: Any, *, before: str = "", **more: Any) -> Setting:
    """A user of a helper that does something wrong."""

    def setting(stage: Stage) -> list[str]:
        stage.write(stage.config(user=helper(stage, status, before=before, **more)))
        return []

    return setting


HELPER = "the credential helper helper of user me"
USELESS = f"{HELPER} printed no credential that can be used"
HINT = "get it from \x1b[31mthe wiki\x1b[0m\nor ask Ana"
REFUSED: dict[str, tuple[Setting, str]] = {
    "unknown context": (given("--context", "hre"), "no context is called hre\n  here\n"),
    "unknown cluster": (given("--cluster", "god"), "no cluster is called god (context here)\n  good\n"),
    "unknown user": (given("--user", "mee"), "no user is called mee (context here)\n  me\n"),
    "cluster of the context": (changed("contexts", cluster="gone"), "no cluster is called gone (context here)"),
    "user of the context": (changed("contexts", user="gone"), "no user is called gone (context here)"),
    "context without cluster": (changed("contexts", cluster=""), "context here names no cluster"),
    "quoted false": (
        changed("clusters", insecure_skip_tls_verify="false"),
        "insecure-skip-tls-verify has a wrong type",
    ),
    "number for a token": (changed("users", token=12345678), "token has a wrong type"),
    "number for a server name": (changed("clusters", tls_server_name=7), "tls-server-name has a wrong type"),
    "text for a helper": (changed("users", exec="aws"), "exec has a wrong type"),
    "token of two lines": (changed("users", token="canary\ncanary"), "holds characters that cannot be sent"),
    "text for groups": (changed("users", **{"as": "bob"}, as_groups="system:masters"), "as-groups has a wrong type"),
    "number for a group": (changed("users", **{"as": "bob"}, as_groups=[7]), "as-groups has a wrong type"),
    "text for an extra": (
        changed("users", **{"as": "bob"}, as_user_extra={"a": "b"}),
        "as-user-extra has a wrong type",
    ),
    "groups of nobody": (changed("users", as_groups=["system:masters"]), "but as nobody"),
    "extra of nobody": (changed("users", as_user_extra={"a": ["b"]}), "but as nobody"),
    "--as-group of nobody": (given("--as-group", "system:masters"), "--as-group and --as-uid need --as"),
    "no such token file": (login(tokenFile="no/token"), "no/token of user me cannot be read"),
    "empty token file": (login(tokenFile="no-token"), "no-token of user me cannot be read, or is empty"),
    "no such authority": (given("--certificate-authority", "no.crt"), "user me or the cluster of context here"),
    "another's authority": (
        changed("clusters", certificate_authority_data=encoded(certificates("ana").ca)),
        "its certificate is not trusted",
    ),
    "another's name": (given("--tls-server-name", "odd.name"), "its certificate is for another name"),
    "key of another": (
        changed("users", **{**certificate("ana"), "client-key-data": certificate("bob")["client-key-data"]}),
        "the client certificate of the user cannot be used",
    ),
    "trust and distrust in the file": (
        changed("clusters", insecure_skip_tls_verify=True),
        "has an authority to trust, and insecure-skip-tls-verify too",
    ),
    "certificate without a key": (
        login(**{"client-certificate-data": certificate("ana")["client-certificate-data"]}),
        "the client certificate of the user cannot be used",
    ),
    "trust and distrust": (
        given("--insecure-skip-tls-verify", "--certificate-authority", "x"),
        "--insecure-skip-tls-verify and --certificate-authority exclude each other",
    ),
    "proxy that is none": (changed("clusters", proxy_url="http://[:1"), "the address of the proxy cannot be used"),
    "no proxy there": (changed("clusters", proxy_url="http://127.0.0.1:1"), "the proxy cannot be reached"),
    "helper that fails": (helped({}, before="sys.exit('canary')"), f"{HELPER} failed (exit 1)"),
    "helper that prints text": (helped({}, before="print('canary')"), USELESS),
    "helper that prints nothing": (helped({}, before="sys.exit()"), USELESS),
    "helper without a login": (helped({}), USELESS),
    "helper with half a certificate": (helped({"clientCertificateData": "canary"}), USELESS),
    "helper with a number": (helped({"token": 7}), USELESS),
    "helper with an odd time": (helped({"token": TOKEN, "expirationTimestamp": "soon"}), USELESS),
    "helper of another version": (helped({"token": TOKEN}, before="answer['apiVersion'] = 'v1'"), USELESS),
    "helper of another kind": (helped({"token": TOKEN}, before="answer['kind'] = 'canary'"), USELESS),
    "helper without status": (helped(None), USELESS),
    "helper that wants to ask": (helped({"token": TOKEN}, interactiveMode="Always"), "wants to ask you something"),
    "no such helper": (
        helped({}, command="no-such-helper", installHint=HINT),
        "no-such-helper of user me is not installed\nhint: get it from \\x1b[31mthe wiki\\x1b[0m or ask Ana",
    ),
    "helper that is a folder": (helped({}, command="/"), "of user me cannot be run"),
    "helper without command": (helped({}, command=None), "of user me cannot be run"),
}
