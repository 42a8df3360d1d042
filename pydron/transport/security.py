"""An authority of its own for each run, and the certificates that it signs: nothing to set up, nothing to keep.

The driver makes the authority in memory. A peer whose certificate it has not signed is turned away during the TLS handshake.
"""

from __future__ import annotations

import datetime

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from twisted.internet.ssl import Certificate, CertificateOptions, PrivateCertificate, TLSVersion, trustRootFromCertificates

__all__ = ["NAME", "Authority"]

NAME = "pydron.invalid"
"""Stands in every certificate of a driver; no such host can exist."""
_LIFETIME = datetime.timedelta(days=3650)
_SKEW = datetime.timedelta(days=1)
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
        return self._issue("pydron worker", ExtendedKeyUsageOID.CLIENT_AUTH)

    def driver_options(self) -> CertificateOptions:
        """Return what the driver listens with: only workers of this run get through."""
        own = PrivateCertificate.loadPEM(self._issue("pydron driver", ExtendedKeyUsageOID.SERVER_AUTH))
        root = trustRootFromCertificates([Certificate.loadPEM(self.certificate_text())])
        return CertificateOptions(
            privateKey=own.privateKey.original,
            certificate=own.original,
            trustRoot=root,
            raiseMinimumTo=TLSVersion.TLSv1_3,
        )

    def _issue(self, common: str, usage: x509.ObjectIdentifier) -> str:
        key = Ed25519PrivateKey.generate()
        builder = self._builder(_name(common), key)
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        return _pem(builder.sign(self._key, None), key)

    def _builder(self, subject: x509.Name, key: Ed25519PrivateKey) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _SKEW)
            .not_valid_after(now + _LIFETIME)
        )
