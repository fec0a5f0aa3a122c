"""Keyed requests happen once: the first answer is stored with its effect and replayed for 24 hours."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from rest_framework.response import Response

from nextgenerp.core.api.problems import CONTENT_TYPE, REPEATABLE, sqlstate
from nextgenerp.core.api.renderers import dump
from nextgenerp.core.exceptions import Conflict, IdempotencyKeyReused, Invalid
from nextgenerp.core.models import IdempotencyRecord
from nextgenerp.core.tenancy import current_schema

KEEP = timedelta(hours=24)
NEVER_STORED = {401, 403, 429}
STORED_HEADERS = ("Location", "ETag")
# One statement: take the lock and say whether there is an answer already.
LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))"


class InFlight(Conflict):
    code, title = "idempotency_in_flight", "Still running"
    detail = "The first request with this Idempotency-Key is still running."
    retry_after = 1


def key_of(request: Any) -> str:
    """The request's Idempotency-Key, empty when it has none. Raises Invalid."""
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > 255 or not key.isascii() or not key.isprintable():
        raise Invalid("An Idempotency-Key has at most 255 printable ASCII characters.")
    return key


def once(
    request: Any, key: str, handle: Callable[[], Response], answer: Callable[[Exception], Response]
) -> Response:
    """Run ``handle`` under the key, or replay what it answered before.

    The answer is stored in the transaction of the effect; a refusal on its own, after the rollback. Raises InFlight,
    IdempotencyKeyReused, and the DatabaseError of a transaction that may be run again.
    """
    fingerprint = hashlib.sha256(
        b"\0".join([request.method.encode(), request.get_full_path().encode(), dump(request.data)])
    ).hexdigest()
    try:
        with transaction.atomic():
            stored = locked_answer(request, key)
            if stored is not None:
                return replay(stored, fingerprint)
            response = handle()
            store(request, key, fingerprint, response)
            return response
    except (InFlight, IdempotencyKeyReused):
        raise
    except Exception as exc:
        if isinstance(exc, DatabaseError) and sqlstate(exc) in REPEATABLE:
            raise
        response = answer(exc)
        if response.status_code < 500 and response.status_code not in NEVER_STORED:
            store_refusal(request, key, fingerprint, response)
        return response


def locked_answer(request: Any, key: str) -> IdempotencyRecord | None:
    """Lock the key until the transaction ends and return what is stored under it. Raises InFlight."""
    actor = request.actor
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [f"{current_schema()}:{actor.user_id}:{key}"])
        if not cursor.fetchone()[0]:
            raise InFlight
    oldest = timezone.now() - KEEP
    return IdempotencyRecord.objects.filter(user_id=actor.user_id, key=key, created_at__gt=oldest).first()


def store(request: Any, key: str, fingerprint: str, response: Response) -> None:
    """Write an answer down; one older than 24 hours under the same key gives way."""
    values = {
        "fingerprint": fingerprint,
        "status": response.status_code,
        "headers": {name: response[name] for name in STORED_HEADERS if response.has_header(name)},
        "body": b"" if response.data is None else dump(response.data),
        "created_at": timezone.now(),
    }
    record = IdempotencyRecord(user_id=request.actor.user_id, key=key, **values)
    IdempotencyRecord.objects.bulk_create(
        [record], update_conflicts=True, unique_fields=["user_id", "key"], update_fields=list(values)
    )


def store_refusal(request: Any, key: str, fingerprint: str, response: Response) -> None:
    """Write a refusal down, unless the same key has another answer by now or is about to get one."""
    with suppress(InFlight), transaction.atomic():
        if locked_answer(request, key) is None:
            store(request, key, fingerprint, response)


def replay(record: IdempotencyRecord, fingerprint: str) -> Response:
    """The stored answer. Raises IdempotencyKeyReused when the request was another one."""
    if record.fingerprint != fingerprint:
        raise IdempotencyKeyReused
    response = StoredResponse(bytes(record.body), record.status)
    for name, value in record.headers.items():
        response[name] = value
    response["Idempotency-Replayed"] = "true"
    return response


class StoredResponse(Response):
    """An answer whose bytes are already there."""

    def __init__(self, body: bytes, status: int) -> None:
        content_type = CONTENT_TYPE if status >= 400 else "application/json"
        super().__init__(None, status=status, content_type=content_type)
        self.stored = body

    @property
    def rendered_content(self) -> bytes:
        if self.stored:
            self["Content-Type"] = self.content_type
        else:
            del self["Content-Type"]
        return self.stored
