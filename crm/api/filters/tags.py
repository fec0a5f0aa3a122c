"""The filter by tags of customers and deals."""

from django.db.models import Exists, Model, OuterRef, QuerySet

from nextgenerp.database.ids import parse_id


def with_tags(queryset: QuerySet, tagging: type[Model], value: str) -> QuerySet:
    """Records that have any of the tags whose ids a text lists."""
    tags = [parse_id(part.strip()) for part in value.split(",")]
    owner = queryset.model._meta.model_name
    taggings = tagging._default_manager.filter(
        **{owner: OuterRef("pk")}, tag_id__in=[tag for tag in tags if tag]
    )
    return queryset.filter(Exists(taggings))
