"""Identifiers: UUIDv7, made in Python, rising within a process."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Make a new UUIDv7."""
    return uuid7()


def parse_id(text: object) -> UUID | None:
    """Read an id of the API, or None for anything that is not a hyphenated UUID."""
    if not isinstance(text, str) or len(text) != 36:
        return None
    try:
        return UUID(text)
    except ValueError:
        return None
