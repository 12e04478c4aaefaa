"""Throwaway certificates for servers on loopback, made anew for each of them."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True, slots=True)
class Certificates:
    """PEM texts: a certificate authority, and a certificate of its with its key, for servers and clients alike."""

    ca: bytes
    certificate: bytes
    key: bytes

    @classmethod
    def create(cls, *, address: str = "127.0.0.1", name: str = "localhost", expired: bool = False) -> Certificates:
        """New ones; nothing else trusts them. `address` and `name` are what the certificate is for."""
        ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        ca_name, subject = _name("stand-in CA"), _name("stand-in")
        ca = _builder(ca_name, ca_name, ca_key.public_key())
        ca = ca.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        ca = ca.add_extension(_usage(signs_certificates=True), critical=True)
        ca = ca.add_extension(x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), critical=False)
        hosts = [x509.IPAddress(ipaddress.ip_address(address)), x509.DNSName(name)]
        leaf = _builder(subject, ca_name, key.public_key(), expired=expired)
        leaf = leaf.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        leaf = leaf.add_extension(_usage(signs_certificates=False), critical=True)
        leaf = leaf.add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        leaf = leaf.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
        )
        pem = serialization.Encoding.PEM
        return cls(
            ca.sign(ca_key, hashes.SHA256()).public_bytes(pem),
            leaf.sign(ca_key, hashes.SHA256()).public_bytes(pem),
            key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
        )

    def server_context(self, *, ask_clients: bool = False) -> ssl.SSLContext:
        """What a server needs; HTTP/1.1 only, since the stand-in speaks nothing else.

        With `ask_clients` only those are let in that show a certificate of this authority.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(["http/1.1"])
        with tempfile.NamedTemporaryFile() as both:
            both.write(self.certificate + self.key)
            both.flush()
            context.load_cert_chain(Path(both.name))
        if ask_clients:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(cadata=self.ca.decode())
        return context


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, *, expired: bool = False
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    ends = now + datetime.timedelta(days=-1 if expired else 1)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=2))
        .not_valid_after(ends)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    """What a key is for; verifiers since Python 3.13 insist on it for an authority."""
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
