"""How the tags of leads, customers and deals are spoken; they share them."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Model
from drf_spectacular.utils import extend_schema_field

from crm.api.serializers.lead_words import LeadTagSerializer
from crm.selectors.tags import tags_of
from nextgenerp.core.api.fields import LookupField


@extend_schema_field(LeadTagSerializer(many=True))
class TagsField(LookupField):
    """The tags of a model's records."""

    missing: list[Any] = []

    def __init__(self, model: type[Model], **kwargs: Any) -> None:
        super().__init__("id", **kwargs)
        self.model = model

    def load(self, keys: Iterable[UUID]) -> dict[UUID, Any]:
        return tags_of(self.model, keys)

    def to_representation(self, instance: Any) -> Any:
        if instance.known_tags is None:
            return super().to_representation(instance)
        tags = sorted(instance.known_tags, key=lambda tag: tag.name_key)
        return [{"id": tag.id, "name": tag.name, "color": tag.color} for tag in tags]
