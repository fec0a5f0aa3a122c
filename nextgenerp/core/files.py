"""Private files of records: checked by content, stored under their tenant, served at /files/:id."""

import hashlib
from typing import Any, BinaryIO
from uuid import UUID

from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from nextgenerp.core.exceptions import Invalid, TooLarge
from nextgenerp.core.models import StoredFile
from nextgenerp.core.tenancy import Actor, current_schema
from nextgenerp.database.ids import new_id

PNG, JPEG, WEBP, PDF = "image/png", "image/jpeg", "image/webp", "application/pdf"
IMAGES = (PNG, JPEG, WEBP)
MAX_NAME = 200


def content_type_of(start: bytes) -> str | None:
    """What a file is by its first 12 bytes; None for anything we do not store."""
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if start.startswith(b"\xff\xd8\xff"):
        return JPEG
    if start.startswith(b"RIFF") and start[8:12] == b"WEBP":
        return WEBP
    return PDF if start.startswith(b"%PDF-") else None


def store_file(
    upload: Any,
    *,
    record_type: str,
    record_id: UUID,
    actor: Actor,
    allowed: tuple[str, ...] = IMAGES,
    max_bytes: int = 5_000_000,
    field: str = "file",
) -> StoredFile:
    """Store an upload as a file of a record; its name and declared type are not believed.

    ``record_type`` is a model's ``app_label.ModelName`` with a ``scope``, or ``seat``. A rolled-back transaction
    takes the row back and leaves the bytes, which nobody can reach. Raises TooLarge, Invalid on ``field``.
    """
    if upload.size > max_bytes:
        raise TooLarge(f"The file has more than {max_bytes} bytes.")
    content_type = content_type_of(upload.read(12))
    if content_type not in allowed:
        kinds = ", ".join(one.split("/")[1] for one in allowed)
        raise Invalid.field(field, "invalid_file", f"The content is not one of: {kinds}.")
    identifier = new_id()
    path = f"{current_schema()}/{timezone.now().year}/{identifier}"
    digest = digest_of(upload)
    upload.seek(0)
    return StoredFile.objects.create(
        id=identifier, record_type=record_type, record_id=record_id, name=(upload.name or "file")[-MAX_NAME:],
        path=default_storage.save(path, upload), content_type=content_type, size=upload.size, sha256=digest,
        seat_id=actor.seat_id,
    )  # fmt: skip


def digest_of(file: BinaryIO) -> str:
    """The SHA-256 of a whole file, as hexadecimal digits."""
    file.seek(0)
    digest = hashlib.sha256()
    while block := file.read(65536):
        digest.update(block)
    return digest.hexdigest()


def delete_file(stored: StoredFile) -> None:
    """Remove a file: its row with the transaction, its bytes once that commits."""
    path = stored.path
    stored.delete()
    transaction.on_commit(lambda: default_storage.delete(path))
