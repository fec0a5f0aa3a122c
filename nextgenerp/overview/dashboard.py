"""GET /dashboard/stats: what happened in a period, block by block, as far as the caller may see it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from rest_framework.response import Response

from crm.selectors.figures import deal_figures, lead_figures
from finance.selectors.summary import finance_figures
from inventory.selectors import inventory_figures
from nextgenerp.core import entitlements
from nextgenerp.core.api.periods import PERIOD_PARAMETERS, PERIOD_SCHEMAS, read_period
from nextgenerp.core.api.views import ApiView
from nextgenerp.core.periods import Period, current_month
from nextgenerp.core.tenancy import Actor
from nextgenerp.overview.dashboard_shape import DashboardSerializer
from nextgenerp.overview.recent import recent_activities
from sales.selectors.figures import proforma_invoice_figures, quotation_figures, sales_order_figures

MOST_DAYS = 366
# Figures of a period for an actor, and how many records each day brought (None for what has no trend).
Figures = Callable[[Period, Actor], tuple[dict[str, Any], dict[date, int] | None]]


@dataclass(frozen=True, slots=True)
class Block:
    """A block of the dashboard: who may see it (a grant to view, and a feature of the plan), and its figures."""

    module: str
    figures: Figures
    feature: str = ""

    def is_open_to(self, actor: Actor) -> bool:
        missing = entitlements.entitlements().disabled_features
        return actor.can(self.module, "canView") and self.feature not in missing


# In the order they are answered; apps add a line for each block of theirs, and its shape to dashboard_shape.
BLOCKS = {
    "leads": Block("Leads", lead_figures),
    "deals": Block("Leads", deal_figures),
    "quotations": Block("Quotations", quotation_figures),
    "proformaInvoices": Block("Proforma Invoices", proforma_invoice_figures),
    "salesOrders": Block("Sales Orders", sales_order_figures),
    "finance": Block("Finance", finance_figures),
    "inventory": Block("Inventory", inventory_figures, "inventory"),
}


class DashboardView(ApiView):
    permission_module = "Dashboard"
    permission_actions = {"stats": "canView"}
    query_parameters = {"stats": PERIOD_PARAMETERS}
    parameter_schemas = PERIOD_SCHEMAS
    answers = {"stats": DashboardSerializer}

    def stats(self, request: Any) -> Response:
        """Figures of the records made from ``from`` to ``to`` (the current month unless given; 366 days at most).

        Each block holds what the caller's grants and record scope reach; blocks they may not view are named in
        ``hidden``. ``recentActivities`` are the latest changes, whatever the period.
        """
        return Response(dashboard(read_period(request.GET, current_month(), MOST_DAYS), self.actor))


def dashboard(period: Period, actor: Actor) -> dict[str, Any]:
    """The blocks an actor may view, the latest activities, and the trend by day without gaps."""
    shown = {name: block for name, block in BLOCKS.items() if block.is_open_to(actor)}
    made = {name: block.figures(period, actor) for name, block in shown.items()}
    trends = {name: daily for name, (_, daily) in made.items() if daily is not None}
    return {
        "from": period.first,
        "to": period.last,
        **{name: figures for name, (figures, _) in made.items()},
        "recentActivities": recent_activities(actor),
        "trend": [
            {"date": day, **{name: daily.get(day, 0) for name, daily in trends.items()}}
            for day in period.days
        ],
        "hidden": [name for name in BLOCKS if name not in shown],
    }
