"""What tests of money, numbers and stock end with: the tenant's books are in order."""

from accounts.models import Tenant
from nextgenerp.core.invariants import find_problems
from nextgenerp.core.tenancy import tenant_context


def problems_of(tenant: Tenant) -> list[str]:
    """What does not hold in a tenant, each as ``invariant: sentence``."""
    with tenant_context(tenant):
        return [str(problem) for problem in find_problems()]


def assert_books_are_clean(tenant: Tenant) -> None:
    """Hold a tenant to every registered invariant; for the end of concurrency and fault tests above all."""
    problems = problems_of(tenant)
    assert not problems, problems
