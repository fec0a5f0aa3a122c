"""Takes an import back: removes the records it created that nobody has touched since."""

import time
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import Error, IntegrityError, transaction
from django.db.models import ProtectedError, QuerySet, RestrictedError
from django.utils import timezone
from django.utils.module_loading import import_string

from nextgenerp.core import entitlements
from nextgenerp.core.exceptions import DomainError, InvalidTransition
from nextgenerp.core.imports.actors import load_actor, who
from nextgenerp.core.imports.tables import copy_history
from nextgenerp.core.models import HistoryEntry, Import
from nextgenerp.core.scope import visible
from nextgenerp.core.tasks import GiveUp, after_commit
from nextgenerp.core.tenancy import Actor

INLINE_RECORDS = 2000
BATCH = 1000
SLICE_SECONDS = 10
FIRST = UUID(int=0)
FINISHED = (Import.Status.COMPLETED, Import.Status.FAILED)
PROGRESS = ("status", "position", "removed", "kept")


@transaction.atomic
def undo(batch: Import, *, actor: Actor) -> Import:
    """Undo an import at once, or leave a large one to the worker; the answer's status tells.

    Whatever has any history beyond the import stays, and so does what the actor's scope does not reach or other
    records use. Records it updated stay as they are. The caller holds the import's row lock. Raises
    InvalidTransition for an import that runs, was undone, or was a dry run.
    """
    if batch.status not in FINISHED or batch.options["dry_run"]:
        raise InvalidTransition("Only a finished import can be undone, once.", status=batch.status)
    batch.status = Import.Status.UNDOING
    batch.position = {"by": who(actor)}
    batch.kept = 0
    if batch.created > INLINE_RECORDS:
        run_later(batch.id)
    else:
        while batch.status == Import.Status.UNDOING:
            step(batch, actor)
    batch.save(update_fields=PROGRESS)
    return batch


def run_later(import_id: UUID | str) -> None:
    after_commit(
        "nextgenerp.core.imports.undo.run_slice", str(import_id),
        on_failure="nextgenerp.core.imports.undo.give_up",
    )  # fmt: skip


def run_slice(import_id: str) -> None:
    """Undo batch after batch for SLICE_SECONDS; the worker's entry. Safe to run again and beside itself."""
    deadline = time.monotonic() + SLICE_SECONDS
    try:
        while time.monotonic() < deadline:
            if not run_batch(import_id):
                return
        with transaction.atomic():
            run_later(import_id)
    except DomainError:
        give_up(import_id)
    except Error:
        raise
    except Exception as error:
        raise GiveUp from error


@transaction.atomic
def run_batch(import_id: str) -> bool:
    """Undo one batch; False when there is nothing more to do."""
    batch = Import.objects.filter(id=import_id, status=Import.Status.UNDOING).select_for_update().first()
    if batch is None:
        return False
    actor = load_actor(batch.position["by"], import_string(batch.resource).module, ["canDelete"])
    step(batch, actor)
    batch.save(update_fields=PROGRESS)
    return batch.status == Import.Status.UNDOING


def step(batch: Import, actor: Actor) -> None:
    """Go through the next records the import created, in its order."""
    created = HistoryEntry.objects.filter(import_id=batch.id, action="created")
    rest = created.filter(id__gt=batch.position.get("next", FIRST)).order_by("id")
    entries = list(rest.values_list("id", "record_id")[:BATCH])
    if entries:
        batch.position["next"] = str(entries[-1][0])
        removed, kept = remove_untouched(batch, {record_id for _, record_id in entries}, actor)
        batch.removed += removed
        batch.kept += kept
    if len(entries) < BATCH:
        batch.status = Import.Status.UNDONE


def remove_untouched(batch: Import, ids: Collection[UUID], actor: Actor) -> tuple[int, int]:
    """Remove what nobody has touched; returns how many went and how many stayed."""
    resource = import_string(batch.resource)
    records = resource.model._default_manager.filter(id__in=ids)
    there = set(records.order_by("id").select_for_update().values_list("id", flat=True))
    others = HistoryEntry.objects.filter(record_id__in=there).exclude(import_id=batch.id)
    touched = set(others.values_list("record_id", flat=True))
    within_reach = set(visible(records, actor).values_list("id", flat=True))
    gone = remove(records, sorted((there - touched) & within_reach))
    if gone:
        changes = ((record_id, "{}") for record_id in gone)
        copy_history(resource.model, "deleted", changes, actor=actor, import_id=batch.id, now=timezone.now())
        entitlements.release(resource.limit, len(gone))
    return len(gone), len(there) - len(gone)


def remove(records: QuerySet[Any], ids: list[UUID]) -> list[UUID]:
    """Delete records, all but those that others refer to; returns the ids that went."""
    if not ids:
        return []
    try:
        with transaction.atomic():
            records.filter(id__in=ids).delete()
    except (IntegrityError, ProtectedError, RestrictedError):
        middle = len(ids) // 2
        return [*remove(records, ids[:middle]), *remove(records, ids[middle:])] if middle else []
    return ids


def give_up(import_id: str, error: str = "") -> None:
    """Leave an import finished that could not be undone to the end: it can be undone again."""
    Import.objects.filter(id=import_id, status=Import.Status.UNDOING).update(status=Import.Status.COMPLETED)
