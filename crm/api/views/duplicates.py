"""Likely duplicates of leads, and merging them."""

import base64
import json
from typing import Any

from django.db import transaction
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.response import Response

from crm.api.serializers.lead_words import LeadStatusSerializer
from crm.api.serializers.leads import LeadSerializer
from crm.models import Lead
from crm.selectors.duplicates import Place, count_groups, duplicate_groups
from crm.services.merging import merge_leads
from nextgenerp.core.api.answers import Answer
from nextgenerp.core.api.etags import check_if_match
from nextgenerp.core.api.fields import RecordIdField
from nextgenerp.core.api.pagination import DEFAULT_LIMIT, MAX_LIMIT, MAX_OFFSET, whole_number
from nextgenerp.core.api.permissions import require
from nextgenerp.core.api.renderers import dump
from nextgenerp.core.api.resources import ResourceView
from nextgenerp.core.api.serializers import ApiSerializer
from nextgenerp.core.api.views import ApiView
from nextgenerp.core.exceptions import Invalid, NotFound
from nextgenerp.database.ids import parse_id

MOST_MERGED = 50


class GroupedLeadSerializer(ApiSerializer):
    id = serializers.UUIDField()
    lead_number = serializers.CharField()
    name = serializers.CharField()
    company = serializers.CharField(source="company.name", default="", allow_blank=True)
    email = serializers.CharField(allow_blank=True)
    phone = serializers.CharField(allow_blank=True)
    status = LeadStatusSerializer()
    assigned_to_id = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()


class DuplicateGroupSerializer(ApiSerializer):
    """Leads with one e-mail address or phone number; ``outOfScope`` counts those the caller may not see."""

    matched_on = serializers.ChoiceField(["email", "phone"])
    value = serializers.CharField()
    count = serializers.IntegerField()
    out_of_scope = serializers.IntegerField()
    leads = GroupedLeadSerializer(many=True)


class LeadDuplicatesView(ApiView):
    """GET /leads/duplicates."""

    permission_module = "Leads"
    query_parameters = {"list": ("page", "limit", "cursor")}
    answers = {"list": Answer(DuplicateGroupSerializer, paged=True)}

    def list(self, request: Any) -> Response:
        """Groups of likely duplicates, by e-mail address and then by phone number."""
        limit = whole_number(request.GET, "limit", DEFAULT_LIMIT, MAX_LIMIT)
        cursor = request.GET.get("cursor")
        if cursor and request.GET.get("page"):
            raise Invalid.field("cursor", "invalid", "Give a page or a cursor, not both.")
        page = total = None
        if cursor:
            groups = duplicate_groups(self.actor, limit + 1, after=read_place(cursor))
        else:
            page = whole_number(request.GET, "page", 1, MAX_OFFSET // limit)
            groups = duplicate_groups(self.actor, limit + 1, skip=(page - 1) * limit)
            total = len(groups) if page == 1 and len(groups) <= limit else count_groups(self.actor)
        more, groups = len(groups) > limit, groups[:limit]
        pagination = {
            "page": page,
            "limit": limit,
            "total": total,
            "totalPages": None if total is None else -(-total // limit),
            "nextCursor": write_place(groups[-1]["matched_on"], groups[-1]["value"]) if more else None,
        }
        return Response({"data": DuplicateGroupSerializer(groups, many=True).data, "pagination": pagination})


def write_place(kind: str, value: str) -> str:
    return base64.urlsafe_b64encode(dump([kind, value])).decode().rstrip("=")


def read_place(cursor: str) -> Place:
    """Where the next page begins. Raises Invalid."""
    try:
        kind, value = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError, RecursionError):
        kind = value = None
    if kind not in {"email", "phone"} or not isinstance(value, str) or "\0" in value:
        raise Invalid.field("cursor", "invalid", "Not a cursor of this list.")
    return kind, value


class MergeSerializer(ApiSerializer):
    """The leads that go into the one of the path."""

    lead_ids = serializers.ListField(
        child=serializers.CharField(max_length=64), allow_empty=False, max_length=MOST_MERGED
    )


class LeadMergeView(ResourceView):
    """POST /leads/:id/merge."""

    permission_module = "Leads"
    permission_actions = {"merge": "canEdit"}
    queryset = Lead.objects.select_related("status", "company")
    serializer_class = LeadSerializer
    listing_actions = ()
    bodies = {"merge": MergeSerializer}
    answers = {"merge": LeadSerializer}

    @transaction.atomic
    def merge(self, request: Any, id: str) -> Response:
        """Merge other leads into this one, which takes over what it lacks. It needs *Leads: canDelete* too."""
        lead = self.get_object()
        require(self.actor, Lead.scope.module, "canDelete")
        given = [parse_id(one) for one in self.validated(MergeSerializer)["lead_ids"]]
        rows = self.get_queryset().filter(pk__in={lead.pk, *filter(None, given)}).order_by("id")
        # Locked by themselves, then read: a row that was waited for is joined to what it referred to before.
        list(rows.select_related(None).select_for_update().values_list("pk", flat=True))
        found = {one.pk: one for one in rows}
        if lead.pk not in found:
            raise NotFound
        check_if_match(request, found[lead.pk])
        missing = ErrorDetail(RecordIdField.default_error_messages["does_not_exist"], "does_not_exist")
        errors = {index: [missing] for index, one in enumerate(given) if one not in found or one == lead.pk}
        if errors:
            raise serializers.ValidationError({"leadIds": errors})
        others = [found[one] for one in dict.fromkeys(given)]
        return self.answer(merge_leads(found[lead.pk], others, actor=self.actor))
