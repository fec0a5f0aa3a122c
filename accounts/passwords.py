"""Passwords: hashed by Argon2id a few at a time, so that a burst of log-ins cannot take all memory and time."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher, check_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts.models import User
from nextgenerp.core.exceptions import Invalid, Unavailable

MAX_LENGTH = 128
NO_PASSWORD = "!"  # noqa: S105 - matches nothing, and takes as long as a real hash to do so
PATIENCE = 10  # seconds a request waits for its turn
_turns = BoundedSemaphore(settings.PASSWORD_HASHES_AT_ONCE)


@contextmanager
def turn() -> Iterator[None]:
    """Wait for one of the places where a hash is computed. Raises Unavailable."""
    if not _turns.acquire(timeout=PATIENCE):
        raise Unavailable("Too many people are signing in at this moment.", retry_after=PATIENCE)
    try:
        yield
    finally:
        _turns.release()


class BoundedArgon2(Argon2PasswordHasher):
    """Argon2id, PASSWORD_HASHES_AT_ONCE at a time in one process; the costs are OWASP's first choice."""

    time_cost = 1
    memory_cost = 47104  # KiB
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        with turn():
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        with turn():
            return super().verify(password, encoded)


def is_password_of(user: User | None, password: str) -> bool:
    """Whether a password is the user's; takes as long when there is no user or no password."""
    return user.check_password(password) if user else check_password(password, NO_PASSWORD)


def refuse_weak(field: str, password: str, **about: Any) -> None:
    """Hold a new password to the rules; ``about`` is what the person is called (email, first_name, last_name).

    Raises Invalid.
    """
    person = User(email=about.pop("email", ""))
    for name, value in about.items():
        setattr(person, name, value)
    try:
        validate_password(password, person)
    except ValidationError as error:
        errors = [
            {"field": field, "code": one.code or "invalid", "detail": " ".join(one.messages)}
            for one in error.error_list
        ]
        raise Invalid("The password is not strong enough.", errors=errors) from None
