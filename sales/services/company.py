"""The company as its documents show it: name, GSTIN, state and time zone of the tenant, and the letterhead."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import Tenant
from accounts.services.tenants import locked_tenant, update_tenant
from nextgenerp.core import history
from nextgenerp.core.documents.models import CompanyProfile
from nextgenerp.core.exceptions import Invalid
from nextgenerp.core.files import JPEG, PNG, store_file
from nextgenerp.core.gst import STATES, state_of
from nextgenerp.core.tenancy import Actor

MAX_LOGO_BYTES = 2_000_000
OF_TENANT = {"name", "gstin", "state_code", "time_zone"}


@dataclass(frozen=True, slots=True)
class Company:
    """A tenant and its letterhead."""

    tenant: Tenant
    profile: CompanyProfile

    @property
    def address(self) -> dict[str, str]:
        """Where it is; the state is the tenant's."""
        own = {name: getattr(self.profile, name) for name in ("line1", "line2", "city", "pincode")}
        code = self.tenant.state_code
        country = "India" if self.tenant.country == "IN" else self.tenant.country
        return own | {"state": STATES.get(code, ""), "state_code": code, "country": country}


def read_company(actor: Actor) -> Company:
    """The company of the actor's tenant."""
    return Company(actor.tenant, CompanyProfile.objects.get())


def locked_company(actor: Actor) -> Company:
    """The same under its locks: the tenant, then the letterhead."""
    return Company(locked_tenant(actor.tenant.id), CompanyProfile.objects.select_for_update().get())


@transaction.atomic
def update_company(company: Company, values: dict[str, Any], *, actor: Actor) -> None:
    """Store what differs of a locked company; any change raises the version of its letterhead.

    A GSTIN brings its state; ``logo`` is an upload, or None to have none. Raises Invalid, TooLarge.
    """
    values = with_state(company.tenant, dict(values))
    profile = company.profile
    if "logo" in values:
        values["logo_id"] = replace_logo(profile, values.pop("logo"), actor=actor)
    own = {name: values.pop(name) for name in OF_TENANT & set(values)}
    tenant_changed = update_tenant(company.tenant, own, actor=actor)
    changed = history.save_changes(profile, values, actor=actor)
    if tenant_changed and not changed:
        profile.version += 1
        profile.save(update_fields=["version", "updated_at"])


def with_state(tenant: Tenant, values: dict[str, Any]) -> dict[str, Any]:
    """The values with the state of the GSTIN. Raises Invalid where another one is given."""
    gstin = values.get("gstin", tenant.gstin)
    if not gstin or not {"gstin", "state_code"} & set(values):
        return values
    state = state_of(gstin)
    if values.get("state_code", state) not in {"", state}:
        raise Invalid.field("stateCode", "state_mismatch", "The GSTIN belongs to another state.")
    return values | {"state_code": state}


def replace_logo(profile: CompanyProfile, upload: Any, *, actor: Actor) -> UUID | None:
    """Store the new logo and return its id. The old file stays: documents that have left draft print it still."""
    if upload is None:
        return None
    stored = store_file(
        upload, record_type=CompanyProfile._meta.label, record_id=profile.id, actor=actor,
        allowed=(PNG, JPEG), max_bytes=MAX_LOGO_BYTES, field="logo",
    )  # fmt: skip
    return stored.id
