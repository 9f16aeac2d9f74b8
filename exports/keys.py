"""The key that signs evidence packs (Ed25519), and the form in which its public half is published."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from exports import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping

    from settings import Settings

ALGORITHM = "Ed25519"
ID_CHARACTERS = 16
Public = bytes
"""A public key, 32 bytes."""


class NoKey(Exception):
    """No key signs evidence here: LANSHOU_EVIDENCE_KEY is not set."""

    def __init__(self) -> None:
        super().__init__("No key signs evidence packs here: its operator has to set LANSHOU_EVIDENCE_KEY.")


class Signer:
    """The private key."""

    def __init__(self, secret: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(secret)
        self.public: Public = self._key.public_key().public_bytes_raw()
        self.key_id = key_id(self.public)

    def sign(self, data: bytes) -> bytes:
        """The signature of `data`, 64 bytes."""
        return self._key.sign(data)


def signer(settings: Settings) -> Signer:
    """The key of the settings; raises `NoKey`."""
    if settings.evidence_key is None:
        raise NoKey
    return Signer(bytes.fromhex(settings.evidence_key))


def key_id(public: Public) -> str:
    """What a seal names its key by."""
    return hashlib.sha256(public).hexdigest()[:ID_CHARACTERS]


def fits(public: Public, signature: bytes, data: bytes) -> bool:
    """Whether the key made this signature of `data`."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def published(public: Public) -> dict[str, Any]:
    """A public key as a JSON Web Key Set (RFC 7517, RFC 8037)."""
    x = base64.urlsafe_b64encode(public).rstrip(b"=").decode()
    key = {"kty": "OKP", "crv": ALGORITHM, "alg": "EdDSA", "use": "sig", "kid": key_id(public), "x": x}
    return {"keys": [key]}


def read(data: bytes) -> Mapping[str, Public]:
    """The public keys of a set as `published` gives it, by their ids; raises ValueError."""
    try:
        found = [
            base64.urlsafe_b64decode(key["x"] + "=")
            for key in canonical.read(data)["keys"]
            if key["kty"] == "OKP" and key["crv"] == ALGORITHM
        ]
        for each in found:
            Ed25519PublicKey.from_public_bytes(each)
    except (KeyError, TypeError, ValueError):
        raise ValueError("it is no set of public keys as /exports/evidence-keys gives it") from None
    return {key_id(each): each for each in found}
