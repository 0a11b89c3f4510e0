"""Key material: new keys, and the public halves that clients bring, with their fingerprints.

Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/verify-keys.html: of a key that EC2
made, the fingerprint is the SHA-1 of its private half; of an imported one the MD5 of its public
half; of ED25519 keys, the SHA-256 of the public half in either case.
"""

import base64
import binascii
import hashlib

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_public_key,
    load_ssh_public_key,
)

from emulator.errors import AwsError

RSA_BITS = 2048
IMPORTED_BITS = (1024, 2048, 4096)


def made(kind: str) -> tuple[str, str, str]:
    """A new key: its private half as PEM, its fingerprint, and its public half for OpenSSH."""
    if kind == "ed25519":
        own = Ed25519PrivateKey.generate()
        public = _openssh(own.public_key())
        pem = own.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
        return pem.decode(), _sha256(public), public
    key = generate_private_key(65_537, RSA_BITS)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    print_ = _colons(hashlib.sha1(der, usedforsecurity=False).hexdigest())
    return pem.decode(), print_, _openssh(key.public_key())


def imported(material: bytes) -> tuple[str, str, str]:
    """The type of a public key, its fingerprint, and the key for OpenSSH; AwsError for none."""
    key = _loaded(material)
    if isinstance(key, Ed25519PublicKey):
        public = _openssh(key)
        return "ed25519", _sha256(public), public
    if not isinstance(key, RSAPublicKey) or key.key_size not in IMPORTED_BITS:
        raise _invalid()
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    print_ = _colons(hashlib.md5(der, usedforsecurity=False).hexdigest())
    return "rsa", print_, _openssh(key)


def _loaded(material: bytes) -> object:
    """A public key in any of the forms that EC2 takes: OpenSSH, PEM, or DER in Base64."""
    text = material.strip()
    try:
        if text.startswith(b"ssh-"):
            return load_ssh_public_key(text)
        if not text.startswith(b"-----"):
            body = base64.b64encode(base64.b64decode(text, validate=True))
            text = b"-----BEGIN PUBLIC KEY-----\n" + body + b"\n-----END PUBLIC KEY-----\n"
        return load_pem_public_key(text)
    except (ValueError, binascii.Error, UnsupportedAlgorithm):
        raise _invalid() from None


def _openssh(key: RSAPublicKey | Ed25519PublicKey) -> str:
    return key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def _sha256(public: str) -> str:
    return base64.b64encode(hashlib.sha256(base64.b64decode(public.split()[1])).digest()).decode()


def _colons(digits: str) -> str:
    return ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))


def _invalid() -> AwsError:
    return AwsError("InvalidKey.Format", "Key is not in valid OpenSSH public key format")
