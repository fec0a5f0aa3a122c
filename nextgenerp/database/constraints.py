"""When PostgreSQL checks foreign keys: at each statement, unless told otherwise here."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def foreign_keys_checked_at_the_end() -> Iterator[None]:
    """Let rows of a transaction come before those they refer to; at the end of the block all must be there.

    Raises IntegrityError at the end of the block.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        yield
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
