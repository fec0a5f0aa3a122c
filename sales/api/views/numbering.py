"""/sales-settings/numbering-series: how documents are numbered, and the register of their numbers."""

from typing import Any

import django_filters
from django.db import transaction
from django.db.models import QuerySet
from rest_framework.response import Response

from nextgenerp.core.api.answers import Answer
from nextgenerp.core.api.filters import ApiFilterSet, ChoicesFilter
from nextgenerp.core.api.resources import ListMixin, ResourceView
from nextgenerp.core.documents.models import IssuedNumber, NumberingSeries
from nextgenerp.core.documents.numbering import update_series
from nextgenerp.core.exceptions import NotFound
from nextgenerp.database.ids import parse_id
from sales.api.serializers import numbering as shapes


class NumberingSeriesViewSet(ListMixin, ResourceView):
    """How the numbers of each document type look, one series a type."""

    permission_module = "Setup"
    queryset = NumberingSeries.objects.all()
    serializer_class = shapes.NumberingSeriesSerializer
    sort_fields = {"documentType": "document_type", "createdAt": "created_at"}
    default_sort = "documentType"
    bodies = {"partial_update": shapes.NumberingSeriesChangeSerializer}
    answers = {"partial_update": shapes.NumberingSeriesSerializer}

    @transaction.atomic
    def partial_update(self, request: Any, id: str) -> Response:
        """Change how numbers look or when they begin again, or let the current period go on at a higher number."""
        series = self.get_object(lock=True)
        serializer = shapes.NumberingSeriesChangeSerializer(
            series, data=request.data, partial=True, context={"request": request, "view": self}
        )
        serializer.is_valid(raise_exception=True)
        return self.answer(update_series(series, serializer.validated_data, actor=self.actor))


class RegisterFilter(ApiFilterSet):
    created_from = created_to = None  # a register has no other instants than those of its numbers
    status = ChoicesFilter(choices=IssuedNumber.Status.values)
    period = django_filters.CharFilter(label="2026-27, 2026 or 2026-11, as the series begins again")


class NumberRegisterView(ResourceView):
    """Every number a series has given out, voids included; newest first."""

    permission_module = "Setup"
    permission_actions = {"register": "canView"}
    listing_actions = ("register",)
    queryset = IssuedNumber.objects.all()
    serializer_class = shapes.IssuedNumberSerializer
    filterset_class = RegisterFilter
    sort_fields = {"issuedAt": "id"}  # ids are made in the order of the numbers
    default_sort = "-issuedAt"
    answers = {"register": Answer(shapes.IssuedNumberSerializer, paged=True)}

    def get_queryset(self) -> QuerySet:
        identifier = parse_id(self.kwargs["id"])
        if identifier is None or not NumberingSeries.objects.filter(pk=identifier).exists():
            raise NotFound
        return IssuedNumber.objects.filter(series_id=identifier)

    def register(self, request: Any, id: str) -> Response:
        return Response(self.page(self.filtered_queryset()))
