"""What lists of customers can be narrowed by."""

import django_filters
from django.db.models import QuerySet

from crm.api.filters.tags import TagsFilter
from crm.models import Customer, CustomerTagging
from crm.normal import name_key
from nextgenerp.core.api.filters import ApiFilterSet, ChoicesFilter, FlagFilter, IdsFilter
from nextgenerp.core.gst import STATES


class CustomerFilter(ApiFilterSet):
    """Filters of customers; several values of one filter are alternatives, several filters hold together."""

    type = ChoicesFilter(choices=Customer.Type.values)
    gst_category = ChoicesFilter(choices=Customer.GstCategory.values)
    owner_id = IdsFilter(field_name="owner_id")
    city = django_filters.CharFilter(method="in_city", label="The billing city's name, in any case")
    state_code = ChoicesFilter(choices=list(STATES))
    tag_ids = TagsFilter(CustomerTagging)
    is_active = FlagFilter()

    def in_city(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(city_key=name_key(value))
