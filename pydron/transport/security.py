"""An authority of its own for each run, and the certificates that it signs: nothing to set up, nothing to keep.

The driver makes the authority in memory. A peer whose certificate it has not signed is turned away during the TLS
handshake.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from OpenSSL import SSL, crypto
from twisted.internet.interfaces import IOpenSSLServerConnectionCreator
from zope.interface import implementer

if TYPE_CHECKING:
    from twisted.protocols.tls import TLSMemoryBIOProtocol

__all__ = ["NAME", "Authority", "Doorkeeper"]

NAME = "pydron.invalid"
"""Stands in every certificate of a driver; no such host can exist."""
_LIFETIME = dt.timedelta(days=3650)
_SKEW = dt.timedelta(days=1)
"""Clocks of other machines may be wrong; the run's own authority is what counts."""


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _pem(certificate: x509.Certificate, key: Ed25519PrivateKey | None = None) -> str:
    text = certificate.public_bytes(serialization.Encoding.PEM).decode()
    if key is None:
        return text
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return text + secret.decode()


@implementer(IOpenSSLServerConnectionCreator)
class Doorkeeper:
    """Makes the driver's side of TLS connections; mutual, 1.3, with certificates of one run."""

    def __init__(self, authority: x509.Certificate, certificate: x509.Certificate, key: Ed25519PrivateKey) -> None:
        # Twisted's own options go through interfaces of pyOpenSSL that warn of their removal.
        context = SSL.Context(SSL.TLS_SERVER_METHOD)
        context.set_min_proto_version(SSL.TLS1_3_VERSION)
        context.use_certificate(certificate)
        context.use_privatekey(key)
        store = context.get_cert_store()
        assert store is not None
        store.add_cert(crypto.X509.from_cryptography(authority))
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT)
        # No tickets, no cached sessions: every connection proves anew who it is.
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        context.set_options(SSL.OP_NO_TICKET)
        self._context = context

    def serverConnectionForTLS(self, tlsProtocol: TLSMemoryBIOProtocol) -> SSL.Connection:  # noqa: ARG002
        """Make the state of one connection."""
        return SSL.Connection(self._context, None)


class Authority:
    """The certificate authority of one run."""

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()
        self._subject = _name("pydron run")
        builder = self._builder(self._subject, self._key)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self._certificate = builder.sign(self._key, None)

    def certificate_text(self) -> str:
        """Return the authority's own certificate (PEM)."""
        return _pem(self._certificate)

    def worker_certificate(self) -> str:
        """Make certificate and key (PEM) of a worker."""
        certificate, key = self._issue("pydron worker", ExtendedKeyUsageOID.CLIENT_AUTH)
        return _pem(certificate, key)

    def doorkeeper(self) -> Doorkeeper:
        """Return what the driver listens with: only workers of this run get through."""
        certificate, key = self._issue("pydron driver", ExtendedKeyUsageOID.SERVER_AUTH)
        return Doorkeeper(self._certificate, certificate, key)

    def _issue(self, common: str, usage: x509.ObjectIdentifier) -> tuple[x509.Certificate, Ed25519PrivateKey]:
        key = Ed25519PrivateKey.generate()
        builder = self._builder(_name(common), key)
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        return builder.sign(self._key, None), key

    def _builder(self, subject: x509.Name, key: Ed25519PrivateKey) -> x509.CertificateBuilder:
        now = dt.datetime.now(dt.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _SKEW)
            .not_valid_after(now + _LIFETIME)
        )
