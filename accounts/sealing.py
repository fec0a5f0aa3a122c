"""Short secrets at rest: encrypted by AES-GCM under FIELD_ENCRYPTION_KEYS and bound to their owner.

Fernet's tokens would not fit the column of django-otp's key; these take 64 characters for 20 bytes.
"""

import hashlib
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

NONCE = 12


def seal(secret: bytes, owner: str) -> str:
    """Encrypt a secret of an owner with the first key."""
    nonce = os.urandom(NONCE)
    return urlsafe_b64encode(nonce + ciphers()[0].encrypt(nonce, secret, owner.encode())).decode()


def unseal(sealed: str, owner: str) -> bytes:
    """Decrypt a secret with whichever key it was encrypted with. Raises ValueError."""
    content = urlsafe_b64decode(sealed)
    for cipher in ciphers():
        try:
            return cipher.decrypt(content[:NONCE], content[NONCE:], owner.encode())
        except InvalidTag:
            continue
    raise ValueError("No key of FIELD_ENCRYPTION_KEYS opens this secret.")


def ciphers() -> list[AESGCM]:
    return [
        AESGCM(hashlib.sha256(b"accounts.sealing:" + key.encode()).digest())
        for key in settings.FIELD_ENCRYPTION_KEYS
    ]
