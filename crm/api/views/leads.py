"""Leads over HTTP."""

from functools import partial
from typing import Any

from rest_framework.response import Response

from crm.api.filters.leads import LeadFilter
from crm.api.serializers.leads import CreatedLeadSerializer, LeadSerializer, NewLeadSerializer
from crm.imports import LeadImport
from crm.models import Lead
from crm.selectors.lead_search import search_leads
from crm.selectors.tags import tag_names_of
from crm.services import leads
from nextgenerp.core import seats
from nextgenerp.core.api.answers import Answer
from nextgenerp.core.api.csv_export import ExportColumn
from nextgenerp.core.api.imports import IMPORT_ANSWERS, IMPORT_BODIES, ImportMixin
from nextgenerp.core.api.resources import ExportMixin, ResourceViewSet

DUPLICATES = {
    "type": "string",
    "enum": ["create", "reject"],
    "description": "The same as onDuplicate in the body.",
}


class LeadViewSet(ImportMixin, ExportMixin, ResourceViewSet):
    """Leads within the caller's scope."""

    permission_module = "Leads"
    limits = {"create": leads.LIMIT, "import_file": leads.LIMIT, "import_rows": leads.LIMIT}
    import_resource = LeadImport
    queryset = Lead.objects.select_related("status", "company")
    serializer_class = LeadSerializer
    filterset_class = LeadFilter
    search = search_leads
    counted = leads.LIMIT
    sort_fields = {
        "createdAt": "created_at",
        "updatedAt": "updated_at",
        "name": "name_key",
        "estimatedValue": "estimated_value",
        "nextFollowUpAt": "next_follow_up_at",
        "lastActivityAt": "last_activity_at",
    }
    query_parameters = {"create": ("onDuplicate",)}
    parameter_schemas = {"onDuplicate": DUPLICATES}
    bodies = {"create": NewLeadSerializer, **IMPORT_BODIES}
    answers = {"create": Answer(CreatedLeadSerializer, status=201), **IMPORT_ANSWERS}
    export_name = "leads"
    export_columns = (
        ExportColumn("leadNumber", "lead_number"),
        ExportColumn("firstName", "first_name"),
        ExportColumn("lastName", "last_name"),
        ExportColumn("company", "company__name"),
        ExportColumn("designation", "designation"),
        ExportColumn("email", "email"),
        ExportColumn("phone", "phone"),
        ExportColumn("alternatePhone", "alternate_phone"),
        ExportColumn("website", "website"),
        ExportColumn("source", "source__name"),
        ExportColumn("status", "status__name"),
        ExportColumn("priority", "priority"),
        ExportColumn("rating", "rating"),
        ExportColumn("estimatedValue", "estimated_value"),
        ExportColumn("expectedCloseDate", "expected_close_date"),
        ExportColumn("requirement", "requirement"),
        ExportColumn("address", "address"),
        ExportColumn("city", "city"),
        ExportColumn("state", "state"),
        ExportColumn("pincode", "pincode"),
        ExportColumn("country", "country"),
        ExportColumn("tags", "id", partial(tag_names_of, Lead)),
        ExportColumn("assignedTo", "assigned_to_id", seats.emails),
        ExportColumn("nextFollowUpAt", "next_follow_up_at"),
        ExportColumn("lastActivityAt", "last_activity_at"),
        ExportColumn("convertedAt", "converted_at"),
        ExportColumn("lostReason", "lost_reason"),
        ExportColumn("createdAt", "created_at"),
        ExportColumn("updatedAt", "updated_at"),
    )

    def create(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Make a lead: in the default status and assigned to the caller unless the body says otherwise.

        Leads with the same e-mail or phone come back in ``duplicates``; ``onDuplicate=reject`` (in the body or
        the query) refuses instead. Those out of the caller's scope are only counted.
        """
        body = request.data
        if isinstance(body, dict) and "onDuplicate" in request.GET:
            body = body | {"onDuplicate": request.GET["onDuplicate"]}
        values = self.validated(NewLeadSerializer, body)
        reject = values.pop("on_duplicate") == "reject"
        lead, duplicates = leads.create_lead(values, actor=self.actor, reject_duplicates=reject)
        response = self.answer(lead, status=201, location=f"{request.path}/{lead.pk}")
        response.data = {**response.data, **duplicates.members}
        return response

    def update_record(self, instance: Lead, values: dict[str, Any]) -> Lead:
        return leads.update_lead(instance, values, actor=self.actor)

    def delete_record(self, instance: Lead) -> None:
        leads.delete_lead(instance, actor=self.actor)
