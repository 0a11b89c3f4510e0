"""X.509 certificates as they are handed in: read, and refused in IAM's words."""

from typing import Any

from emulator.errors import AwsError


def read(body: str) -> Any:
    """The certificate of a PEM text; MalformedCertificate for anything else."""
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificate(body.strip().encode())
    except ValueError:
        raise AwsError(
            "MalformedCertificate",
            "Unable to parse certificate. Please ensure the certificate is in PEM format.",
        ) from None


def check_key(certificate: Any, text: str) -> None:
    """Make sure that a private key, without a password, is the certificate's."""
    from cryptography.hazmat.primitives import serialization

    try:
        key = serialization.load_pem_private_key(text.strip().encode(), None)
    except (TypeError, ValueError):
        raise AwsError(
            "MalformedCertificate",
            "Unable to parse private key. Please ensure the private key is in PEM format.",
        ) from None
    form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    if key.public_key().public_bytes(*form) != certificate.public_key().public_bytes(*form):
        raise AwsError("KeyPairMismatch", "The private key does not match the certificate.")


def check_chain(certificate: Any, text: str) -> None:
    """Make sure that each certificate of a chain, the first one's issuer first, is the next's."""
    from cryptography import x509

    try:
        chain = x509.load_pem_x509_certificates(text.strip().encode())
    except ValueError:
        chain = []
    for mine, issuer in zip([certificate, *chain], chain, strict=False):
        if mine.issuer != issuer.subject:
            chain = []
    if not chain:
        raise AwsError(
            "MalformedCertificate",
            "Unable to validate certificate chain. The certificate chain must start with the"
            " immediate signing certificate, followed by any intermediaries in order.",
        )


def fingerprint(certificate: Any) -> str:
    """SHA-256 of a certificate, in hex."""
    from cryptography.hazmat.primitives import hashes

    return str(certificate.fingerprint(hashes.SHA256()).hex())
