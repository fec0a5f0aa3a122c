"""What lists of products can be narrowed by."""

from functools import reduce
from operator import or_

import django_filters
from django.db.models import F, Q, QuerySet

from inventory.models import Product
from nextgenerp.core.api.filters import ApiFilterSet, ChoicesFilter, ConditionsFilter, FlagFilter


class ProductFilter(ApiFilterSet):
    """Filters of products; several values of one filter are alternatives, several filters hold together."""

    category = django_filters.CharFilter(method="of_categories", label="Categories, in any case")
    type = ChoicesFilter(choices=Product.Type.values)
    is_active = FlagFilter()
    stock = ConditionsFilter(
        conditions={
            "low": lambda: Q(track_stock=True, on_hand__gt=0, on_hand__lte=F("reorder_level")),
            "out": lambda: Q(track_stock=True, on_hand=0),
        },
        label="Low: there is some, but not more than the reorder level. Out: there is none. Of tracked products.",
    )

    def of_categories(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        names = (Q(category__iexact=part.strip()) for part in value.split(","))
        return queryset.filter(reduce(or_, names))
