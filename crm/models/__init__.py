"""The tables of the CRM, by noun."""

from crm.models.activities import CONTACTS, LeadActivity
from crm.models.customers import Customer, CustomerTagging
from crm.models.deals import Deal, DealTagging
from crm.models.lead_words import (
    COLOR,
    COLOR_NEEDED,
    GREY,
    TAG_NAME,
    TAG_NAME_NEEDED,
    LeadCompany,
    LeadSource,
    LeadStatus,
    LeadTag,
)
from crm.models.leads import MOST, WEBSITE, WEBSITE_NEEDED, Lead, LeadTagging

__all__ = [
    "COLOR",
    "COLOR_NEEDED",
    "CONTACTS",
    "GREY",
    "MOST",
    "TAG_NAME",
    "TAG_NAME_NEEDED",
    "WEBSITE",
    "WEBSITE_NEEDED",
    "Customer",
    "CustomerTagging",
    "Deal",
    "DealTagging",
    "Lead",
    "LeadActivity",
    "LeadCompany",
    "LeadSource",
    "LeadStatus",
    "LeadTag",
    "LeadTagging",
]
