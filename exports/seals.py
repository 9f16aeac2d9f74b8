"""A seal tells whether any part of a file was changed since it was made, and which.

It lists the SHA-256 of every part and signs the list: so who has the public key knows not only that a file is
not what it was, but also where.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from exports import canonical, keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exports.keys import Public, Signer

Seal = dict[str, Any]
Parts = dict[str, bytes]
"""What a file consists of, by names that people understand."""
FIELDS = {"algorithm", "form", "keyId", "parts", "signature"}
_SIGNATURE = re.compile(r"[0-9a-f]{128}")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a file is whole; if not, what is wrong with it. `remarks`: what changes nothing said."""

    faults: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether nothing was changed."""
        return not self.faults


def made(signer: Signer, form: str, parts: Parts) -> Seal:
    """The seal of these parts. `form`: what kind of file it is for."""
    seal: Seal = {
        "algorithm": keys.ALGORITHM,
        "form": form,
        "keyId": signer.key_id,
        "parts": {name: _digest(part) for name, part in parts.items()},
    }
    return {**seal, "signature": signer.sign(canonical.text(seal)).hex()}


def verdict(seal: object, form: str, parts: Parts, known: Mapping[str, Public]) -> Verdict:
    """What the seal says of these parts, by the public keys that one trusts."""
    if not isinstance(seal, dict) or set(seal) != FIELDS or not isinstance(seal["parts"], dict):
        return Verdict((f"the seal does not consist of {', '.join(sorted(FIELDS))}",))
    if (seal["algorithm"], seal["form"]) != (keys.ALGORITHM, form):
        return Verdict((f"the seal is not of {keys.ALGORITHM} for {form}",))
    public = known.get(str(seal["keyId"]))
    if public is None:
        return Verdict((f"its key {seal['keyId']!s:.40} is none of those trusted here: {', '.join(known)}",))
    signature = seal["signature"]
    listed = {name: value for name, value in seal.items() if name != "signature"}
    if not (isinstance(signature, str) and _SIGNATURE.fullmatch(signature)) or not keys.fits(
        public, bytes.fromhex(signature), canonical.text(listed)
    ):
        changes = _changes(seal["parts"], parts)
        return Verdict(("the signature does not fit: the seal itself was changed", *changes))
    return Verdict(tuple(_changes(seal["parts"], parts)))


def _changes(sealed: Mapping[str, object], parts: Parts) -> list[str]:
    found = []
    for name in dict.fromkeys([*sealed, *parts]):
        if name not in parts:
            found.append(f"missing: {name}")
        elif name not in sealed:
            found.append(f"added: {name}")
        elif sealed[name] != _digest(parts[name]):
            found.append(f"changed: {name}")
    return found


def _digest(part: bytes) -> str:
    return hashlib.sha256(part).hexdigest()
