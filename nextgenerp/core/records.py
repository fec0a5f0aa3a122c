"""Create, change and delete a record that touches nothing else: one transaction, history, version."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import PROTECT, RESTRICT, Model, QuerySet

from nextgenerp.core import history
from nextgenerp.core.names import camel_case
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


def count_references(instance: Model) -> dict[str, int]:
    """How many records keep this one from being deleted, by their kind (``{"deals": 2}``); one query a kind.

    Whoever has a foreign key that restricts or protects counts, in whatever app.
    """
    counts: dict[str, int] = {}
    relations: Iterable[Any] = instance._meta.get_fields(include_hidden=True)
    for relation in relations:
        if relation.auto_created and getattr(relation, "on_delete", None) in {PROTECT, RESTRICT}:
            model = relation.related_model
            there = model._base_manager.filter(**{relation.field.name: instance}).count()
            if there:
                kind = camel_case(str(model._meta.verbose_name_plural).replace(" ", "_"))
                counts[kind] = counts.get(kind, 0) + there
    return counts


def locked(queryset: QuerySet) -> Any:
    """The first record of a queryset, locked, with what it refers to; None where there is none.

    A row that was waited for is joined to what it referred to before it was changed: PostgreSQL then leaves it out, or
    leaves the joined row empty. Locked as it is by now, it is read again.
    """
    locking = queryset.select_for_update(of=("self",))
    found = locking.first()
    return found if found is not None and in_step(found) else locking.first()


def in_step(instance: Any) -> bool:
    """Whether the records that came along with one are those its foreign keys name."""
    joined = instance._state.fields_cache
    keys = [field for field in instance._meta.concrete_fields if field.is_relation and field.name in joined]
    return all(getattr(instance, key.attname) == getattr(joined[key.name], "pk", None) for key in keys)
