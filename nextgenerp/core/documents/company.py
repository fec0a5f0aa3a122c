"""The tenant as a company: its own columns (public) and the letterhead and options in its schema, as one value."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Subquery

from nextgenerp.core.documents.models import BankAccount, CompanyProfile, TermsTemplate
from nextgenerp.core.gst import state_of
from nextgenerp.core.provisioning import provisioner
from nextgenerp.core.tenancy import current_tenant

PRINTED = ("line1", "line2", "city", "pincode", "email", "phone", "website")


@dataclass(frozen=True, slots=True)
class Company:
    """Who makes the documents of a tenant; ``state_code`` is that of the GSTIN where there is one."""

    name: str
    gstin: str
    state_code: str
    country: str
    time_zone: str
    profile: CompanyProfile

    @property
    def charges_gst(self) -> bool:
        return bool(self.gstin)


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a new document of a type begins with."""

    company: Company
    bank_account_id: UUID | None
    terms: str


@provisioner
def provision_company() -> None:
    """Create the one row of a schema that has none."""
    CompanyProfile.objects.bulk_create([CompanyProfile()], ignore_conflicts=True)


def company() -> Company:
    """The current tenant as a company. One query."""
    return company_of(CompanyProfile.objects.first() or CompanyProfile())


def company_of(profile: CompanyProfile) -> Company:
    """The current tenant as a company, of its row in public and its profile."""
    tenant: Any = current_tenant()
    gstin = getattr(tenant, "gstin", "")
    return Company(
        name=getattr(tenant, "name", ""),
        gstin=gstin,
        state_code=state_of(gstin) if gstin else getattr(tenant, "state_code", ""),
        country=getattr(tenant, "country", "IN"),
        time_zone=getattr(tenant, "time_zone", ""),
        profile=profile,
    )


def defaults_for(document_type: str) -> Defaults:
    """What a new document of a type begins with. One query."""
    accounts = BankAccount.objects.filter(is_default=True).values("id")
    terms = TermsTemplate.objects.filter(is_default=True, document_types__contains=[document_type])
    profile = CompanyProfile.objects.annotate(
        default_bank_account_id=Subquery(accounts[:1]),
        default_terms=Subquery(terms.order_by("name", "id").values("content")[:1]),
    ).first()
    return Defaults(
        company_of(profile or CompanyProfile()),
        getattr(profile, "default_bank_account_id", None),
        getattr(profile, "default_terms", None) or "",
    )


def printed_company(company: Company) -> dict[str, Any]:
    """What a document shows of the company, to be copied onto it."""
    profile = company.profile
    return {
        "name": company.name,
        "gstin": company.gstin,
        "stateCode": company.state_code,
        "logoId": str(profile.logo_id) if profile.logo_id else None,
        **{name: getattr(profile, name) for name in PRINTED},
    }
