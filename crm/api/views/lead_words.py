"""What leads are described by, over HTTP."""

from typing import Any

from rest_framework.response import Response

from crm.api.serializers.lead_words import CountedStatusSerializer, LeadSourceSerializer, LeadTagSerializer
from crm.models import LeadSource, LeadTag
from crm.selectors.leads import statuses_with_counts
from crm.services import tags
from nextgenerp.core.api.answers import Answer
from nextgenerp.core.api.resources import unpaged
from nextgenerp.core.api.views import ApiView


class LeadStatusView(ApiView):
    """The columns of the board, with the number of leads the caller sees in each."""

    permission_module = "Leads"
    answers = {"list": Answer(CountedStatusSerializer, many=True)}

    def list(self, request: Any) -> Response:
        return unpaged(statuses_with_counts(self.actor))


class LeadSourceView(ApiView):
    permission_module = "Leads"
    answers = {"list": Answer(LeadSourceSerializer, many=True)}

    def list(self, request: Any) -> Response:
        return unpaged(LeadSourceSerializer(LeadSource.objects.all(), many=True).data)


class LeadTagView(ApiView):
    permission_module = "Leads"
    bodies = {"create": LeadTagSerializer}
    answers = {"list": Answer(LeadTagSerializer, many=True), "create": Answer(LeadTagSerializer, status=201)}

    def list(self, request: Any) -> Response:
        return unpaged(LeadTagSerializer(LeadTag.objects.order_by("name_key"), many=True).data)

    def create(self, request: Any) -> Response:
        """Make a tag; a name that differs only in case is refused with the tag there is, in ``existing``."""
        tag = tags.create_tag(self.validated(LeadTagSerializer), actor=self.actor)
        return Response(LeadTagSerializer(tag).data, status=201, headers={"Location": request.path})
