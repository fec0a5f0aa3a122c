"""What a new tenant's CRM begins with; the provisioning of its schema comes through here."""

from crm.models import LeadSource, LeadStatus
from nextgenerp.core.provisioning import provisioner

STATUSES = (
    ("New", "open", "#3B82F6"),
    ("Contacted", "open", "#06B6D4"),
    ("Qualified", "open", "#8B5CF6"),
    ("Proposal Sent", "open", "#F59E0B"),
    ("Negotiation", "open", "#F97316"),
    ("Won", "won", "#22C55E"),
    ("Lost", "lost", "#EF4444"),
)
SOURCES = (
    "Website", "Referral", "IndiaMART", "JustDial", "Cold Call", "Walk-in", "Social Media", "Exhibition",
    "E-mail", "Other",
)  # fmt: skip


@provisioner
def provision_crm() -> None:
    """Create the default statuses and sources of a schema that has none."""
    if not LeadStatus.objects.exists():
        LeadStatus.objects.bulk_create(
            LeadStatus(name=name, type=kind, color=color, order=order, is_default=order == 1)
            for order, (name, kind, color) in enumerate(STATUSES, 1)
        )
    if not LeadSource.objects.exists():
        LeadSource.objects.bulk_create(
            LeadSource(name=name, order=order) for order, name in enumerate(SOURCES, 1)
        )
