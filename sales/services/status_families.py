"""The statuses of a family made, changed, moved out of and removed."""

from typing import Any
from uuid import UUID

import orjson
from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from nextgenerp.core import history, records
from nextgenerp.core.exceptions import Conflict, InUse
from nextgenerp.core.imports.tables import copy_history
from nextgenerp.core.tenancy import Actor
from sales.models import DocumentStatus
from sales.services.settings import create_setting, hold_settings, update_setting

MOST_ORDER = 32767


@transaction.atomic
def create_status(model: type[DocumentStatus], values: dict[str, Any], *, actor: Actor) -> DocumentStatus:
    """Store a new status, at the end of its family unless its order is given. Locks the settings."""
    hold_settings()
    if "order" not in values:
        last = model._default_manager.aggregate(last=Max("order"))["last"] or 0
        values = {**values, "order": min(last + 1, MOST_ORDER)}
    return create_setting(model, values, actor=actor)


@transaction.atomic
def update_status(status: Any, values: dict[str, Any], *, actor: Actor) -> DocumentStatus:
    """Store what differs; the caller holds the settings and the row, against which no document takes the status.

    Raises Conflict for the category of a system status and for leaving the family without a default, InUse for the
    category of a used one.
    """
    if values.get("category", status.category) != status.category:
        if status.is_system:
            raise Conflict("The system needs this status for its category, which cannot change.")
        refuse_used(status, "its category cannot change")
    if status.is_default and not values.get("is_default", True):
        raise Conflict("A family has a default status: make another one the default.")
    return update_setting(status, values, actor=actor)


@transaction.atomic
def delete_status(status: Any, *, actor: Actor) -> None:
    """Delete a status no document has; the caller holds the settings and the row. Raises Conflict, InUse."""
    if status.is_system:
        raise Conflict("The system needs this status for its category.")
    if status.is_default:
        raise Conflict("This is the default status: make another one the default first.")
    refuse_used(status, "move them with moveTo, or choose another status")
    records.delete_record(status, actor=actor)


def refuse_used(status: Any, consequence: str) -> None:
    """Raises InUse with the ``count`` of documents that have a status."""
    count = status.documents.count()
    if count:
        raise InUse(f"{count} documents have this status: {consequence}.", count=count)


@transaction.atomic
def move_documents(status: Any, target: Any, *, actor: Actor) -> int:
    """Give every document of a status another one of the same category; returns how many. Locks them by id."""
    documents = status.documents.model._default_manager
    ids: list[UUID] = list(
        documents.filter(status=status).order_by("id").select_for_update().values_list("id", flat=True)
    )
    if ids:
        now = timezone.now()
        documents.filter(id__in=ids).update(status=target, version=F("version") + 1, updated_at=now)
        change = orjson.dumps({"statusId": history.plain([status.id, target.id])}).decode()
        moved = ((one, change) for one in ids)
        copy_history(documents.model, "updated", moved, actor=actor, import_id=None, now=now)
    return len(ids)
