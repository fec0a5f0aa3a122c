"""Activities of a lead over HTTP: its timeline, what is planned, what came of it."""

from typing import Any
from uuid import UUID

from django.db import transaction
from rest_framework.response import Response

from crm.api.serializers.activities import (
    LeadActivityChangeSerializer,
    LeadActivitySerializer,
    LeadTimelineEntrySerializer,
    NewLeadActivitySerializer,
)
from crm.models import Lead, LeadActivity
from crm.services.activities import change_activity, plan_activity
from nextgenerp.core.api import rows
from nextgenerp.core.api.answers import Answer
from nextgenerp.core.api.etags import check_if_match
from nextgenerp.core.api.resources import ResourceView
from nextgenerp.core.api.timeline import TimelineMixin
from nextgenerp.core.exceptions import NotFound
from nextgenerp.core.timeline import Entry, Source, history_of
from nextgenerp.database.ids import parse_id


class LeadActivityView(TimelineMixin, ResourceView):
    """What is planned for a lead and was done about it, for whoever sees the lead."""

    permission_module = "Leads"
    permission_actions = {"plan": "canEdit", "change": "canEdit"}
    queryset = Lead.objects.all()
    serializer_class = LeadActivitySerializer
    bodies = {"plan": NewLeadActivitySerializer, "change": LeadActivityChangeSerializer}
    answers = {
        "activities": Answer(LeadTimelineEntrySerializer, paged=True),
        "plan": Answer(LeadActivitySerializer, status=201),
        "change": Answer(LeadActivitySerializer),
    }

    def timeline_sources(self, record: Lead) -> list[Source]:
        return [history_of(record.pk), activities_of(record.pk)]

    @transaction.atomic
    def plan(self, request: Any, id: str) -> Response:
        """Plan a follow-up; the earliest one planned is the lead's ``nextFollowUpAt``.

        With ``reminderMinutes`` whoever it is assigned to gets a mail so long before ``scheduledAt``.
        """
        lead = self.get_object(lock=True, if_match=False)
        activity = plan_activity(lead, self.validated(NewLeadActivitySerializer), actor=self.actor)
        return self.answer(activity, status=201, location=f"{request.path}/{activity.pk}")

    @transaction.atomic
    def change(self, request: Any, id: str, activityId: str) -> Response:  # noqa: N803 - as the path says
        """Complete an activity with its outcome, put it off, call it off, or reword it.

        What is completed or cancelled stays so (409); the words of a completed one may still change.
        """
        lead = self.get_object(lock=True, if_match=False)
        rows_of_lead = LeadActivity.objects.select_for_update().filter(lead=lead, pk=parse_id(activityId))
        activity = rows_of_lead.first()
        if activity is None:
            raise NotFound
        check_if_match(request, activity)
        activity.lead = lead
        values = LeadActivityChangeSerializer(
            activity, data=request.data, partial=True, context={"request": request, "view": self}
        )
        values.is_valid(raise_exception=True)
        return self.answer(change_activity(activity, values.validated_data, actor=self.actor))


def activities_of(lead_id: UUID) -> Source:
    """The activities of a lead as entries of its timeline, where they were planned."""

    def newest(before: UUID | None, n: int) -> list[Entry]:
        found = LeadActivity.objects.filter(lead_id=lead_id).order_by("-id")
        found = found.filter(id__lt=before) if before else found
        shown = rows.build(LeadActivitySerializer, rows.fetch(LeadActivitySerializer, found[:n]))
        return [
            Entry(
                one["id"], one["createdAt"], one["status"], one["createdById"], kind="activity", activity=one
            )
            for one in shown
        ]

    return newest
