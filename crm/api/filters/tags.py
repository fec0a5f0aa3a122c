"""The filter by tags of leads, customers and deals."""

from typing import Any

import django_filters
from django.db.models import Exists, Model, OuterRef, QuerySet
from django.forms import CharField

from nextgenerp.database.ids import parse_id


class TagsFilter(django_filters.Filter):
    """Records that have any of the tags whose ids are given, comma-separated; ``tagging`` joins the two."""

    field_class = CharField

    def __init__(self, tagging: type[Model], **kwargs: Any) -> None:
        super().__init__(label="Any of these tags", **kwargs)
        self.tagging = tagging

    def filter(self, queryset: QuerySet, value: str) -> QuerySet:
        if not value:
            return queryset
        tags = [parse_id(part.strip()) for part in value.split(",")]
        mine = {queryset.model._meta.model_name: OuterRef("pk")}
        taggings = self.tagging._default_manager.filter(**mine, tag_id__in=[tag for tag in tags if tag])
        return queryset.filter(Exists(taggings))
