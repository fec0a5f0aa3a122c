"""What leads are described by, over HTTP."""

from typing import Any

from django.db import transaction
from rest_framework.response import Response

from crm.api.serializers.lead_words import (
    AssigneeSerializer,
    CountedCompanySerializer,
    CountedStatusSerializer,
    LeadCompanySerializer,
    LeadSourceSerializer,
    LeadTagSerializer,
    TaggingSerializer,
)
from crm.api.serializers.leads import LeadSerializer
from crm.models import Lead, LeadCompany, LeadSource, LeadTag
from crm.selectors.leads import lead_counts_of, search_companies, statuses_with_counts
from crm.selectors.members import assignees
from crm.services import tags
from crm.services.companies import create_company
from nextgenerp.core.api.answers import Answer
from nextgenerp.core.api.resources import ListMixin, ResourceView, unpaged
from nextgenerp.core.api.views import ApiView
from nextgenerp.database.ids import parse_id


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


class LeadCompanyView(ListMixin, ResourceView):
    """Companies, with the number of leads of each that the caller sees."""

    permission_module = "Leads"
    queryset = LeadCompany.objects.all()
    serializer_class = CountedCompanySerializer
    search = search_companies
    sort_fields = {"name": "name_key", "createdAt": "created_at"}
    default_sort = "name"
    bodies = {"create": LeadCompanySerializer}

    def list(self, request: Any) -> Response:
        page = self.page(self.filtered_queryset(), LeadCompanySerializer)
        counts = lead_counts_of((one["id"] for one in page["data"]), actor=self.actor)
        page["data"] = [one | {"leadCount": counts.get(one["id"], 0)} for one in page["data"]]
        return Response(page)

    def create(self, request: Any) -> Response:
        """Make a company; a name that differs only in case is refused with the one there is, in ``existing``."""
        company = create_company(self.validated(LeadCompanySerializer)["name"], actor=self.actor)
        content = {"id": company.id, "name": company.name, "leadCount": 0}
        return Response(content, status=201, headers={"Location": request.path})


class LeadAssigneeView(ApiView):
    """The active members who may view leads, as far as the caller's scope reaches."""

    permission_module = "Leads"
    answers = {"list": Answer(AssigneeSerializer, many=True)}

    def list(self, request: Any) -> Response:
        return unpaged(assignees(self.actor))


class LeadTaggingView(ResourceView):
    """The tags of one lead."""

    permission_module = "Leads"
    permission_actions = {"add": "canEdit", "remove": "canEdit"}
    queryset = Lead.objects.select_related("status", "company")
    serializer_class = LeadSerializer
    bodies = {"add": TaggingSerializer}
    answers = {"remove": Answer(None, 204)}

    @transaction.atomic
    def add(self, request: Any, id: str) -> Response:
        """Put a tag on the lead, by its id or its name; one that is there stays."""
        lead = self.get_object(lock=True)
        [tag] = self.validated(TaggingSerializer).values()
        return self.answer(tags.add_tag(lead, tag, actor=self.actor))

    @transaction.atomic
    def remove(self, request: Any, id: str, tagId: str) -> Response:  # noqa: N803 - as the path says
        """Take a tag off the lead."""
        tags.remove_tag(self.get_object(lock=True), parse_id(tagId), actor=self.actor)
        return Response(status=204)
