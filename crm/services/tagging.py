"""Tags put on leads, customers and deals, and taken off: of one record, and of thousands."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Model

from crm.models import LeadTag
from nextgenerp.core.imports.tables import copy_rows
from nextgenerp.database.ids import new_id


def tag(record: Any, tags: list[LeadTag]) -> None:
    """Put tags on a new record."""
    record.taggings.bulk_create(tagging(record, one) for one in tags)
    record.known_tags = tags


def replace_tags(record: Any, tags: list[LeadTag] | None) -> dict[str, list[list[str]]]:
    """Give a record exactly these tags; returns the change of their names for the history."""
    if tags is None:
        return {}
    before = {there.tag_id: there.tag for there in record.taggings.select_related("tag")}
    after = {one.id: one for one in tags}
    record.known_tags = tags
    if before.keys() == after.keys():
        return {}
    record.taggings.filter(tag_id__in=before.keys() - after.keys()).delete()
    record.taggings.bulk_create(tagging(record, after[one]) for one in after.keys() - before.keys())
    return {"tags": [sorted(one.name for one in some.values()) for some in (before, after)]}


def tagging(record: Any, one: LeadTag) -> Any:
    return record.taggings.model(**{record._meta.model_name: record, "tag": one})


def tag_many(model: type[Model], tagged: Iterable[tuple[UUID, Iterable[UUID]]]) -> None:
    """Put tags on records of a model, given by their ids, that have none of these."""
    rows = [(new_id(), record, one) for record, tags in tagged for one in tags]
    if rows:
        copy_rows(tagging_of(model), ("id", model._meta.model_name or "", "tag"), rows)


def retag_many(model: type[Model], wanted: Mapping[UUID, Collection[UUID]]) -> dict[UUID, dict[str, Any]]:
    """Give records of a model exactly these tags, by ids; returns the changes of their names."""
    if not wanted:
        return {}
    owner = f"{model._meta.model_name}_id"
    there = model._default_manager.filter(pk__in=wanted).values_list("pk", flat=True)
    before: dict[UUID, dict[UUID, str]] = {one: {} for one in there}
    taggings = tagging_of(model)._default_manager.filter(**{f"{owner}__in": list(wanted)})
    for record, one, name in taggings.values_list(owner, "tag_id", "tag__name"):
        before[record][one] = name
    changed = {record: tags for record, tags in before.items() if tags.keys() != set(wanted[record])}
    taggings.filter(**{f"{owner}__in": list(changed)}).delete()
    tag_many(model, ((record, wanted[record]) for record in changed))
    names = dict(LeadTag.objects.filter(id__in=set().union(*wanted.values())).values_list("id", "name"))
    return {
        record: {"tags": [sorted(tags.values()), sorted(names[one] for one in wanted[record])]}
        for record, tags in changed.items()
    }


def tagging_of(model: type[Model]) -> Any:
    """The model that joins a model's records with their tags."""
    return model._meta.get_field("tags").remote_field.through  # type: ignore[union-attr]
