"""What lists of products and movements can be narrowed by."""

from functools import reduce
from operator import or_

import django_filters
from django.db.models import Q, QuerySet

from inventory.models import Product, StockMovement
from inventory.selectors import LOW, OUT
from nextgenerp.core.api.filters import ApiFilterSet, ChoicesFilter, ConditionsFilter, FlagFilter


class ProductFilter(ApiFilterSet):
    """Filters of products; several values of one filter are alternatives, several filters hold together."""

    category = django_filters.CharFilter(method="of_categories", label="Categories, in any case")
    type = ChoicesFilter(choices=Product.Type.values)
    is_active = FlagFilter()
    stock = ConditionsFilter(
        conditions={
            "low": lambda: LOW,
            "out": lambda: OUT,
        },
        label="Low: there is some, but not more than the reorder level. Out: there is none. Of tracked products.",
    )

    def of_categories(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        names = (Q(category__iexact=part.strip()) for part in value.split(","))
        return queryset.filter(reduce(or_, names))


class MovementFilter(ApiFilterSet):
    """Filters of a product's movements; ``from`` and ``to`` are days in the tenant's zone."""

    type = ChoicesFilter(choices=StockMovement.Type.values)
    from_ = django_filters.DateFilter(method="from_day", label="Moved on this day or later")
    to = django_filters.DateFilter(method="to_day", label="Moved on this day or earlier")
