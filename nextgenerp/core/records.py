"""Create, change and delete a record that touches nothing else: one transaction, history, version."""

from typing import Any

from django.db import transaction
from django.db.models import Model

from nextgenerp.core import history
from nextgenerp.core.tenancy import Actor


@transaction.atomic
def create_record(model: type[Model], values: dict[str, Any], *, actor: Actor) -> Model:
    """Store a new record and write its history."""
    instance = model._default_manager.create(**values)
    history.record(instance, "created", actor=actor)
    return instance


@transaction.atomic
def update_record(instance: Any, values: dict[str, Any], *, actor: Actor) -> Any:
    """Store what differs; the caller holds the row lock."""
    history.save_changes(instance, values, actor=actor)
    return instance


@transaction.atomic
def delete_record(instance: Model, *, actor: Actor) -> None:
    """Delete a record for good; its history stays. Raises IntegrityError when others refer to it (409 in_use)."""
    history.record(instance, "deleted", actor=actor)
    instance.delete()
