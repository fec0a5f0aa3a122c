"""Tags put on customers and deals, and taken off."""

from typing import Any

from crm.models import LeadTag


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
