"""manage.py check_invariants: every tenant's books, or one tenant's."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django_tenants.utils import get_tenant_model

from nextgenerp.core.invariants import find_problems, invariants
from nextgenerp.core.purging import ready_tenants
from nextgenerp.core.tenancy import tenant_context


class Command(BaseCommand):
    help = "Check what must hold of the tenants' books; prints what does not and ends with 1 then."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", metavar="SLUG", help="check this tenant alone")

    def handle(self, *args: Any, **options: Any) -> None:
        tenants = wanted_tenants(options["tenant"])
        found = 0
        for tenant in tenants:
            with tenant_context(tenant):
                problems = find_problems()
            for problem in problems:
                self.stdout.write(f"{tenant.slug}: {problem}")
            found += bool(problems)
        checked = f"{len(invariants())} invariants in {len(tenants)} tenants"
        if found:
            raise CommandError(f"{checked}: {found} tenants are not in order.")
        self.stdout.write(f"{checked}: all hold.")


def wanted_tenants(slug: str | None) -> list[Any]:
    """The tenants whose schemas are in order, or the one of a slug. Raises CommandError."""
    if slug is None:
        return ready_tenants()
    found = list(get_tenant_model().objects.filter(slug=slug))
    if not found:
        raise CommandError(f"There is no tenant {slug}.")
    return found
