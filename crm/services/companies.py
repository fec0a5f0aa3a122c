"""Companies leads work for."""

from django.db import IntegrityError, transaction

from crm.models import LeadCompany
from crm.normal import name_key
from nextgenerp.core import history
from nextgenerp.core.exceptions import Duplicate
from nextgenerp.core.tenancy import Actor


@transaction.atomic
def create_company(name: str, *, actor: Actor) -> LeadCompany:
    """Store a new company. Raises Duplicate, with the one there is, for a name that differs only in case."""
    company, made = get_or_create(name)
    if not made:
        existing = {"id": company.id, "name": company.name}
        raise Duplicate("There is a company of this name.", existing=existing)
    history.record(company, "created", actor=actor)
    return company


def company_named(name: str) -> LeadCompany | None:
    """Find or create the company of a name, however it is spelt; None for no name."""
    return get_or_create(name)[0] if name_key(name) else None


def get_or_create(name: str) -> tuple[LeadCompany, bool]:
    """The company of a name, and whether it was made just now."""
    key = name_key(name)
    found = LeadCompany.objects.filter(name_key=key).first()
    if found is not None:
        return found, False
    try:
        with transaction.atomic():
            return LeadCompany.objects.create(name=name, name_key=key), True
    except IntegrityError:  # somebody else was first
        return LeadCompany.objects.get(name_key=key), False
