"""POST /sales/calculate: a document's figures without a document."""

from typing import Any

from rest_framework.response import Response

from nextgenerp.core.api.permissions import MEMBER
from nextgenerp.core.api.views import ApiView
from sales.api.serializers.calculation import CalculationRequestSerializer, CalculationSerializer
from sales.services.calculation import calculate

# What says whose a document is, where it stands and when it is due has no part in its figures.
ASIDE = ("lead", "status", "valid_until", "due_date", "expected_delivery_date", "owner_id")


class CalculationView(ApiView):
    """The GST engine for every member."""

    permission_actions = {"calculate": MEMBER}
    bodies = {"calculate": CalculationRequestSerializer}
    answers = {"calculate": CalculationSerializer}

    def calculate(self, request: Any) -> Response:
        """Compute the lines and totals of a document's body, and tell every rounding step; nothing is stored."""
        values = self.validated(CalculationRequestSerializer)
        for name in ASIDE:
            values.pop(name, None)
        calculation = calculate(
            values,
            values.pop("lines"),
            given_supply=values.pop("supply_type", ""),
            gst_category=values.pop("customer_gst_category", ""),
            tax_rounding=values.pop("tax_rounding", ""),
        )
        return Response(CalculationSerializer(calculation, context={"request": request, "view": self}).data)
