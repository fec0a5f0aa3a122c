"""Where uploaded files wait for their import: a folder that the web server and the worker share.

``VAR_DIR/imports/<schema>/<import id>``; a file is removed when its import has ended.
"""

import shutil
from collections.abc import Container
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from nextgenerp.core.imports.problems import FileProblem
from nextgenerp.core.tenancy import current_schema

KEPT_FOR = timedelta(days=30)  # the rows that failed
ORPHANED_AFTER = timedelta(days=1)


def folder(schema: str = "") -> Path:
    """The folder of a tenant, by default the current one."""
    return settings.VAR_DIR / "imports" / (schema or current_schema())


def receive(upload: Any, import_id: UUID) -> Path:
    """Move an uploaded temporary file into the folder. Raises FileProblem above the size an import may have."""
    if upload.size > settings.MAX_IMPORT_BYTES:
        raise FileProblem("too_large", f"A file has at most {settings.MAX_IMPORT_BYTES // 1_000_000} MB.")
    path = folder() / str(import_id)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.move(upload.temporary_file_path(), path)
    return path


def remove(import_id: UUID, schema: str = "") -> None:
    """Remove an import's file and its converted copy."""
    for path in folder(schema).glob(f"{import_id}*"):
        path.unlink(missing_ok=True)


def remove_orphans(waiting: Container[str]) -> None:
    """Remove files of a day and more that belong to none of the ``waiting`` imports."""
    oldest = (timezone.now() - ORPHANED_AFTER).timestamp()
    for path in folder().glob("*"):
        if path.name.partition(".")[0] not in waiting and path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
