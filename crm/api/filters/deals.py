"""What lists of deals can be narrowed by."""

import django_filters

from crm.api.filters.tags import TagsFilter
from crm.models import Deal, DealTagging
from nextgenerp.core.api.filters import ApiFilterSet, ChoicesFilter, IdsFilter


class DealFilter(ApiFilterSet):
    """Filters of deals; several values of one filter are alternatives, several filters hold together."""

    stage = ChoicesFilter(choices=Deal.Stage.values)
    owner_id = IdsFilter(field_name="owner_id")
    customer_id = IdsFilter(field_name="customer_id")
    lead_id = IdsFilter(field_name="lead_id")
    tag_ids = TagsFilter(DealTagging)
    value_from = django_filters.NumberFilter(field_name="value", lookup_expr="gte")
    value_to = django_filters.NumberFilter(field_name="value", lookup_expr="lte")
    closing_from = django_filters.DateFilter(
        field_name="expected_close_date", lookup_expr="gte", label="Expected to close on this day or later"
    )
    closing_to = django_filters.DateFilter(
        field_name="expected_close_date", lookup_expr="lte", label="Expected to close on this day or earlier"
    )
