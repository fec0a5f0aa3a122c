"""The figures of leads over a period, over HTTP."""

from typing import Any

from rest_framework.response import Response

from crm.api.filters.leads import LeadFilter
from crm.api.serializers.analytics import LeadAnalyticsSerializer
from crm.models import Lead
from crm.selectors.analytics import lead_analytics
from crm.selectors.lead_search import search_leads
from nextgenerp.core.api.answers import Answer
from nextgenerp.core.api.periods import PERIOD_PARAMETERS, PERIOD_SCHEMAS, read_period
from nextgenerp.core.api.resources import ResourceView
from nextgenerp.core.exceptions import Invalid
from nextgenerp.core.periods import current_month

SIZES = ("day", "week", "month")
MOST_DAYS = 3660  # of a period
MOST_PARTS = 1000  # of a trend
# What a lead is, not when something happened to it: that is what the period is for.
FILTERS = ("sourceId", "assignedTo", "tagIds", "priority", "rating", "company", "city", "search")
SIZE = {"type": "string", "enum": list(SIZES), "default": "day", "description": "The parts of the trend."}


class LeadAnalyticsView(ResourceView):
    """Figures of the leads within the caller's scope."""

    permission_module = "Leads"
    permission_actions = {"analytics": "canView"}
    queryset = Lead.objects.all()
    filterset_class = LeadFilter
    search = search_leads
    listing_actions = ()
    query_parameters = {"analytics": (*PERIOD_PARAMETERS, "groupBy", *FILTERS)}
    parameter_schemas = {**PERIOD_SCHEMAS, "groupBy": SIZE}
    answers = {"analytics": Answer(LeadAnalyticsSerializer)}

    def analytics(self, request: Any) -> Response:
        """What came in from one day to another, what became of it, and what is open now; the current month unless
        given.

        ``contacted``: the first call, e-mail, meeting or WhatsApp message was completed in the period.
        ``conversionRate``: converted of a hundred created. ``funnel``: the leads made in the period by the status
        they have now. Filters of the list narrow all of it.
        """
        size = request.GET.get("groupBy") or SIZES[0]
        if size not in SIZES:
            raise Invalid.field("groupBy", "invalid_choice", f"One of: {', '.join(SIZES)}.")
        period = read_period(request.GET, current_month(), MOST_DAYS)
        if len(period.parts(size)) > MOST_PARTS:
            raise Invalid.field("groupBy", "out_of_range", f"A trend has at most {MOST_PARTS} parts.")
        return Response(lead_analytics(self.filtered_queryset(), period, size))
