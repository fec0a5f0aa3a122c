"""Filters of lists: declared per resource in snake_case, spoken in camelCase, unknown ids give an empty list."""

from collections.abc import Callable
from functools import reduce
from operator import or_
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.forms import CharField as FormCharField
from django_filters.filterset import FilterSetMetaclass

from nextgenerp.core.exceptions import Invalid
from nextgenerp.core.names import camel_case
from nextgenerp.core.tenancy import start_of_day
from nextgenerp.database.ids import parse_id


class CamelCaseFilters(FilterSetMetaclass):
    """Renames the declared filters once, when the class is built; days are read as YYYY-MM-DD alone."""

    def __new__(cls, name: str, bases: tuple[type, ...], attrs: dict[str, Any]) -> Any:
        made = super().__new__(cls, name, bases, attrs)
        made.base_filters = type(made.base_filters)(
            (camel_case(key), item) for key, item in made.base_filters.items()
        )
        for item in made.base_filters.values():
            if isinstance(item, django_filters.DateFilter):
                item.extra.setdefault("input_formats", ["%Y-%m-%d"])  # never 05/06 as the sixth of May
        return made


class ApiFilterSet(django_filters.FilterSet, metaclass=CamelCaseFilters):
    """The base of every resource's filters: creation dates in the tenant's zone for all."""

    created_from = django_filters.DateFilter(method="from_day", label="Created on this day or later")
    created_to = django_filters.DateFilter(method="to_day", label="Created on this day or earlier")

    def __init__(self, data: Any, **kwargs: Any) -> None:
        # Every filter of the set is copied for a request: only those it asks for.
        self.base_filters = {name: item for name, item in self.base_filters.items() if name in data}
        super().__init__(data, **kwargs)

    def from_day(self, queryset: QuerySet, name: str, value: Any) -> QuerySet:
        return queryset.filter(created_at__gte=start_of_day(value))

    def to_day(self, queryset: QuerySet, name: str, value: Any) -> QuerySet:
        return queryset.filter(created_at__lt=start_of_day(next_day(value)))


def next_day(day: Any) -> Any:
    """The day after. Raises Invalid at the end of time."""
    try:
        return day.fromordinal(day.toordinal() + 1)
    except ValueError:
        raise Invalid("The date is out of range.") from None


class IdsFilter(django_filters.Filter):
    """One id or several, comma-separated; ids that are not ours or not ids at all match nothing."""

    field_class = FormCharField

    def filter(self, queryset: QuerySet, value: str) -> QuerySet:
        if not value:
            return queryset
        identifiers = [parse_id(part.strip()) for part in value.split(",")]
        return queryset.filter(Q(**{f"{self.field_name}__in": [one for one in identifiers if one]}))


class ChoicesFilter(django_filters.Filter):
    """One value or several of a fixed set, comma-separated. Raises Invalid for any other, naming the set."""

    field_class = FormCharField

    def __init__(self, *args: Any, choices: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choices = choices

    def filter(self, queryset: QuerySet, value: str) -> QuerySet:
        if not value:
            return queryset
        values = [part.strip() for part in value.split(",")]
        for one in values:
            if one not in self.choices:
                raise Invalid.field(
                    camel_case(self.field_name),
                    "invalid_choice",
                    f"One or several of: {', '.join(self.choices)}.",
                )
        return queryset.filter(self.condition(values))

    def condition(self, values: list[Any]) -> Q:
        return Q(**{f"{self.field_name}__in": values})


class FlagFilter(ChoicesFilter):
    """``true`` or ``false``; django-filter's own takes any other value for none and lists everything."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, choices=["true", "false"], **kwargs)

    def condition(self, values: list[str]) -> Q:
        return super().condition([one == "true" for one in values])


class ConditionsFilter(ChoicesFilter):
    """The same where each value stands for a condition, made when asked for: ``{"today": lambda: Q(...)}``."""

    def __init__(self, *args: Any, conditions: dict[str, Callable[[], Q]], **kwargs: Any) -> None:
        super().__init__(*args, choices=list(conditions), **kwargs)
        self.conditions = conditions

    def condition(self, values: list[str]) -> Q:
        return reduce(or_, (self.conditions[one]() for one in values))


def filtered(queryset: QuerySet, filterset_class: type[ApiFilterSet] | None, request: Any) -> QuerySet:
    """Apply a resource's filters to a queryset. Raises Invalid with the errors of each parameter."""
    if filterset_class is None or not any(name in filterset_class.base_filters for name in request.GET):
        return queryset
    filters = filterset_class(request.GET, queryset=queryset, request=request)
    if not filters.form.is_valid():
        raise Invalid(
            "Some parameters are not valid.",
            errors=[
                {"field": name, "code": error["code"] or "invalid", "detail": error["message"]}
                for name, errors in filters.form.errors.get_json_data().items()
                for error in errors
            ],
        )
    return filters.qs
