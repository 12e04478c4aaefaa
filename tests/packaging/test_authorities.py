"""Which authorities are trusted where the kubeconfig names none, on machines unlike that where a bundle was built."""

from __future__ import annotations

import json
import ssl
from pathlib import Path

import pytest
from pytest_mock import MockerFixture

from kubectl_gmg.kube import authorities
from tests.live.faults import manifests
from tests.oracle.apiserver import ApiServer
from tests.run import gmg

NOWHERE = ssl.DefaultVerifyPaths("", "", "SSL_CERT_FILE", "/build/cert.pem", "SSL_CERT_DIR", "/build/certs")
"""What Python says where OpenSSL looks for files that are only on the machine that built it."""


@pytest.fixture(autouse=True)
def other_machine(mocker: MockerFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    mocker.patch("ssl.get_default_verify_paths", return_value=NOWHERE)
    mocker.patch("ssl.SSLContext.load_default_certs")
    for name in authorities.CHOSEN:
        monkeypatch.delenv(name, raising=False)


def without_authority(server: ApiServer, folder: Path) -> str:
    """A kubeconfig that leaves it to the machine whom to trust."""
    config = server.kubeconfig()
    del config["clusters"][0]["cluster"]["certificate-authority-data"]
    path = folder / "config"
    path.write_text(json.dumps(config))
    return str(path)


def test_the_machines_own_file_is_found(mocker: MockerFixture, tmp_path: Path) -> None:
    """The first that is there; without any, nobody is trusted."""
    with ApiServer(manifests()) as server:
        config = without_authority(server, tmp_path)
        place = tmp_path / "ca-bundle.crt"
        mocker.patch.object(authorities, "PLACES", (str(tmp_path / "missing"), str(place)))
        refused = gmg("routes", "--kubeconfig", config)
        assert (refused.code, refused.out) == (3, "")
        assert "certificate is not trusted" in refused.err
        place.write_bytes(server.certificates.ca)
        assert gmg("routes", "--kubeconfig", config).code == 0


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_who_is_chosen_by_the_user_is_trusted_alone(
    name: str, mocker: MockerFixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As with Go, which looks nowhere else then."""
    with ApiServer(manifests()) as server:
        config = without_authority(server, tmp_path)
        place = tmp_path / "ca-bundle.crt"
        place.write_bytes(server.certificates.ca)
        mocker.patch.object(authorities, "PLACES", (str(place),))
        monkeypatch.setenv(name, str(tmp_path / "other"))
        refused = gmg("routes", "--kubeconfig", config)
    assert (refused.code, refused.out) == (3, "")
    assert "certificate is not trusted" in refused.err
