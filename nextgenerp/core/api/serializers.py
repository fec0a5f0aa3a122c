"""The base of every serializer: camelCase names, nothing unknown accepted, read-only fields sent back ignored."""

from collections.abc import Mapping
from copy import copy, deepcopy
from functools import cache
from typing import Any

from django.db import models
from rest_framework import serializers
from rest_framework.validators import UniqueValidator

from nextgenerp.core.api.fields import DecimalField, RecordIdField, TextField
from nextgenerp.core.names import camel_case


class ApiSerializer(serializers.Serializer):
    """A serializer whose fields are declared in snake_case and spoken in camelCase; validated values keep the
    snake_case names, as services take them."""

    default_error_messages = {"invalid": "Not an object.", "unknown_field": "There is no field {name}."}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # DRF looks for validate_<name as spoken>; people write validate_<name as declared>.
        for name in [name for name in vars(cls) if name.startswith("validate_")]:
            setattr(cls, "validate_" + camel_case(name.removeprefix("validate_")), vars(cls)[name])

    def get_fields(self) -> dict[str, serializers.Field]:
        return {name: fresh(field) for name, field in templates(type(self)).items()}

    def renamed_fields(self) -> dict[str, serializers.Field]:
        """The fields under the names they are spoken by, as DRF builds them from declarations and model."""
        renamed = {}
        for name, field in super().get_fields().items():
            spoken = camel_case(name)
            if spoken != name and field.source is None:
                field.source = name
            renamed[spoken] = field
        return renamed

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = [str(name) for name in data if name not in self.fields]
            if unknown:
                message = self.error_messages["unknown_field"]
                raise serializers.ValidationError(
                    {
                        name: [serializers.ErrorDetail(message.format(name=name[:100]), "unknown_field")]
                        for name in unknown[:20]
                    }
                )
        return super().to_internal_value(data)


@cache
def templates(serializer_class: type[ApiSerializer]) -> dict[str, serializers.Field]:
    """The fields of a class, built once: DRF would inspect the model anew for every serializer."""
    return serializer_class().renamed_fields()


def fresh(template: serializers.Field) -> serializers.Field:
    """An unbound field like a template; one with fields of its own gets its own of those too."""
    if not isinstance(template, serializers.BaseSerializer) and not hasattr(template, "child"):
        return copy(template)
    field = deepcopy(template)  # DRF makes it anew from its arguments, which do not hold the renamed source
    field.source = template.source
    return field


class ApiModelSerializer(ApiSerializer, serializers.ModelSerializer):
    """The same for a model: explicit fields, the kernel's field classes, foreign keys as ``<name>_id``."""

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.CharField: TextField,
        models.TextField: TextField,
        models.DecimalField: DecimalField,
    }
    serializer_related_field = RecordIdField

    def get_unique_together_validators(self) -> list[Any]:
        return []  # the database answers, whatever happens at the same time

    def build_standard_field(self, field_name: str, model_field: Any) -> Any:
        field_class, kwargs = super().build_standard_field(field_name, model_field)
        validators = [one for one in kwargs.pop("validators", []) if not isinstance(one, UniqueValidator)]
        return field_class, kwargs | ({"validators": validators} if validators else {})
