"""The kanban board over HTTP: its columns, and a card's move."""

from collections import defaultdict
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from rest_framework.response import Response

from crm.api.filters.leads import LeadFilter
from crm.api.serializers.board import BoardSerializer, LeadMoveSerializer
from crm.api.serializers.lead_words import LeadStatusSerializer
from crm.api.serializers.leads import LeadSerializer
from crm.models import Lead, LeadStatus
from crm.selectors.board import cards_of, figures_of
from crm.selectors.lead_search import search_leads
from crm.services.board import lock_column, move_lead
from nextgenerp.core.api import rows
from nextgenerp.core.api.answers import Answer
from nextgenerp.core.api.etags import check_if_match
from nextgenerp.core.api.pagination import MAX_LIMIT, Order, read_cursor, whole_number, write_cursor
from nextgenerp.core.api.resources import ResourceView
from nextgenerp.core.exceptions import Conflict, Invalid
from nextgenerp.database.ids import parse_id

IN_COLUMN = Order("position", "position", descending=False)
COLUMNS = rows.plan_of(LeadSerializer).columns
CARDS = 20
LIMIT = {
    "type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": CARDS, "description": "Cards a column.",
}  # fmt: skip
CURSOR = {"type": "string", "description": "nextCursor of a column, with its statusId: the cards below."}


class LeadBoardView(ResourceView):
    """The board of the leads within the caller's scope."""

    permission_module = "Leads"
    permission_actions = {"kanban": "canView", "move": "canEdit"}
    queryset = Lead.objects.select_related("status", "company")
    serializer_class = LeadSerializer
    filterset_class = LeadFilter
    search = search_leads
    listing_actions = ()
    parameter_schemas = {"limit": LIMIT, "cursor": CURSOR}
    bodies = {"move": LeadMoveSerializer}
    answers = {"kanban": Answer(BoardSerializer), "move": Answer(LeadSerializer)}

    def parameters(self) -> set[str]:
        if self.action != "kanban":
            return super().parameters()
        return {*self.filterset_class.base_filters, "search", "limit", "cursor"}

    def kanban(self, request: Any) -> Response:
        """The columns of the board: count and value of each are exact, its cards the first ``limit``.

        All filters of the list apply; ``statusId`` leaves the other columns out. With one ``statusId``, ``cursor``
        fetches the cards below those of the answer before; count and value are null then, as in lists.
        """
        limit = whole_number(request.GET, "limit", CARDS, MAX_LIMIT)
        statuses, leads = self.statuses(), self.filtered_queryset()
        ids, place = [status.id for status in statuses], self.place(statuses, leads)
        cards = cards_of(leads, ids, COLUMNS, limit + 1, place)
        figures = figures_of(leads) if place is None else defaultdict(lambda: (None, None))
        shown = iter(rows.build(LeadSerializer, [row for key in ids for row in cards[key][:limit]]))
        columns = [
            {
                "status": status,
                "count": figures[key][0],
                "totalValue": figures[key][1],
                "leads": list(islice(shown, min(limit, len(cards[key])))),
                "nextCursor": write_cursor(IN_COLUMN, *cards[key][limit - 1][-2:])
                if len(cards[key]) > limit
                else None,
            }
            for key, status in zip(ids, LeadStatusSerializer(statuses, many=True).data, strict=True)
        ]
        return Response({"columns": columns})

    def statuses(self) -> list[LeadStatus]:
        """The statuses whose columns are asked for."""
        wanted = self.request.GET.get("statusId")
        if wanted is None:
            return list(LeadStatus.objects.all())
        return list(LeadStatus.objects.filter(id__in=filter(None, map(parse_id, wanted.split(",")))))

    def place(self, statuses: list[LeadStatus], leads: QuerySet) -> tuple[str, UUID] | None:
        """The place in a column that ``cursor`` stands for. Raises Invalid."""
        cursor = self.request.GET.get("cursor")
        if not cursor:
            return None
        if len(statuses) != 1 or "statusId" not in self.request.GET:
            raise Invalid.field("cursor", "invalid", "A cursor goes with the statusId of its column.")
        return read_cursor(cursor, IN_COLUMN, leads)

    def move(self, request: Any, id: str) -> Response:
        """Put a card into a column, or elsewhere in its own: below ``afterId``, above ``beforeId``, or on top.

        What cannot be done any more, because somebody else moved a card meanwhile, is a 409 with the lead as it is.
        """
        check_if_match(request, self.get_object())
        values = self.validated(LeadMoveSerializer)
        try:
            lead = self.moved(values)
        except Conflict as conflict:
            conflict.members["lead"] = self.serialize(self.get_object())
            raise
        return self.answer(lead)

    @transaction.atomic
    def moved(self, values: dict[str, Any]) -> Lead:
        """The lead of the path once it is moved; others wait for the column no longer than this takes."""
        lock_column(values["status"])
        return move_lead(self.get_object(lock=True), **values, actor=self.actor)
