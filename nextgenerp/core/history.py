"""The append-only history of every record, written by services in the transaction of the change."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import models

from nextgenerp.core.models import HistoryEntry, Record
from nextgenerp.core.names import camel_case
from nextgenerp.core.tenancy import Actor


def record(
    instance: models.Model,
    action: str,
    *,
    actor: Actor,
    changes: dict[str, list[Any]] | None = None,
    import_id: UUID | None = None,
) -> HistoryEntry:
    """Write down what ``actor`` did to a record; ``changes`` maps an attribute to ``[before, after]``."""
    entry = new_entry(instance, action, actor=actor, changes=changes, import_id=import_id)
    entry.save(force_insert=True)
    return entry


def new_entry(
    instance: models.Model,
    action: str,
    *,
    actor: Actor,
    changes: dict[str, list[Any]] | None = None,
    import_id: UUID | None = None,
) -> HistoryEntry:
    """What ``record`` writes, not stored yet, for those who write many at once."""
    return HistoryEntry(
        record_type=instance._meta.label,
        record_id=instance.pk,
        action=action,
        changes={
            camel_case(name): [plain(value) for value in pair] for name, pair in (changes or {}).items()
        },
        seat_id=actor.seat_id,
        user_id=actor.user_id,
        impersonated=actor.impersonated,
        request_id=actor.request_id,
        import_id=import_id,
    )


def changed(instance: models.Model, values: dict[str, Any]) -> dict[str, list[Any]]:
    """Set attributes of a record and return those that differ as ``{name: [before, after]}``."""
    changes = {}
    for name, value in values.items():
        before = getattr(instance, name)
        if before != value:
            changes[name] = [before, value]
            setattr(instance, name, value)
    return changes


def save_changes(
    instance: Record,
    values: dict[str, Any],
    *,
    actor: Actor,
    action: str = "updated",
    also: Iterable[str] = (),
) -> dict[str, list[Any]]:
    """Store the values that differ, raise the version and write the history; nothing happens when none does.

    The caller holds the record's row lock. ``also`` names further columns to save, derived from the changed ones.
    """
    changes = changed(instance, values)
    if changes:
        instance.version += 1
        instance.save(update_fields=[*changes, *also, "version", "updated_at"])
        record(instance, action, actor=actor, changes=changes)
    return changes


def plain(value: Any) -> Any:
    """A value as the API would print it, for JSON."""
    if isinstance(value, models.Model):
        return str(value.pk)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, Decimal | UUID | date):
        return str(value)
    if isinstance(value, list | tuple | set):
        return [plain(item) for item in value]
    return value
