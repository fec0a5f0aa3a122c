"""Quotations of leads that are merged into another lead."""

from collections.abc import Sequence

from django.db.models import F
from django.utils import timezone

from crm.models import Lead
from crm.services.merging import on_merge
from sales.models import Quotation


@on_merge
def move_quotations(lead: Lead, others: Sequence[Lead]) -> None:
    """Let the quotations of the leads that go be those of the lead that stays; locks them by id."""
    rows = Quotation.objects.filter(lead__in=others).order_by("id").select_for_update(of=("self",))
    ids = list(rows.values_list("id", flat=True))
    Quotation.objects.filter(id__in=ids).update(
        lead=lead, version=F("version") + 1, updated_at=timezone.now()
    )
