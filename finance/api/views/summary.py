"""GET /finance/summary: what a period brought in and cost."""

from typing import Any

from rest_framework.response import Response

from finance.selectors.summary import current_financial_year, summary
from finance.shapes import SUMMARY
from nextgenerp.core.api.answers import Answer
from nextgenerp.core.api.periods import PERIOD_PARAMETERS, PERIOD_SCHEMAS, read_period
from nextgenerp.core.api.views import ApiView

MOST_DAYS = 3660


class SummaryView(ApiView):
    permission_module = "Finance"
    permission_actions = {"show": "canView"}
    query_parameters = {"show": PERIOD_PARAMETERS}
    parameter_schemas = PERIOD_SCHEMAS
    answers = {"show": Answer(SUMMARY)}

    def show(self, request: Any) -> Response:
        """The finances from ``from`` to ``to`` (the current financial year unless given; ten years at most).

        ``revenue`` is the value of issued invoices without tax, ``grossRevenue`` what they are payable with,
        ``collected`` the money received less reversals (without TDS), ``expenses`` the approved and paid ones net of
        GST, ``taxCollected`` the tax of issued invoices that are not under reverse charge. ``outstanding`` and
        ``overdue`` are the balances of open invoices now, whatever the period. Within the caller's record scope.
        """
        return Response(summary(read_period(request.GET, current_financial_year(), MOST_DAYS), self.actor))
