"""What lists of leads can be narrowed by."""

from datetime import timedelta

import django_filters
from django.db.models import Q, QuerySet
from django.utils import timezone

from crm.api.filters.tags import TagsFilter
from crm.models import Lead, LeadTagging
from crm.normal import name_key
from crm.selectors.lead_search import leads_of_company
from nextgenerp.core.api.filters import ApiFilterSet, ChoicesFilter, ConditionsFilter, IdsFilter
from nextgenerp.core.tenancy import start_of_day, tenant_today
from nextgenerp.database.ids import parse_id


def follow_up_within(days: int) -> Q:
    """Follow-ups of today (in the tenant's zone) and the days after it, ``days`` in all."""
    today = tenant_today()
    return Q(
        next_follow_up_at__gte=start_of_day(today),
        next_follow_up_at__lt=start_of_day(today + timedelta(days=days)),
    )


class LeadFilter(ApiFilterSet):
    """Filters of leads; several values of one filter are alternatives, several filters hold together."""

    status_id = IdsFilter(field_name="status_id")
    source_id = IdsFilter(field_name="source_id")
    assigned_to = django_filters.CharFilter(method="of_seats", label="me, unassigned, ids of seats")
    tag_ids = TagsFilter(LeadTagging)
    priority = ChoicesFilter(choices=Lead.Priority.values)
    rating = ChoicesFilter(choices=Lead.Rating.values)
    company = django_filters.CharFilter(method="of_company", label="The company's name, in any case")
    city = django_filters.CharFilter(lookup_expr="iexact", label="The city's name, in any case")
    follow_up = ConditionsFilter(
        conditions={
            "overdue": lambda: Q(next_follow_up_at__lt=timezone.now()),
            "today": lambda: follow_up_within(1),
            "week": lambda: follow_up_within(7),
            "none": lambda: Q(next_follow_up_at=None),
        },
        label="Overdue: its instant has passed. Week: today and the six days after it.",
    )
    converted = ConditionsFilter(
        conditions={"true": lambda: ~Q(converted_at=None), "false": lambda: Q(converted_at=None)}
    )

    def of_seats(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        condition, seats = Q(), {"me": self.request.actor.seat_id}
        for one in (part.strip() for part in value.split(",")):
            if one == "unassigned":
                condition |= Q(assigned_to_id=None)
            else:
                seat = seats.get(one) or parse_id(one)
                condition |= Q(assigned_to_id__in=[seat] if seat else [])
        return queryset.filter(condition)

    def of_company(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return leads_of_company(queryset, name_key(value))
