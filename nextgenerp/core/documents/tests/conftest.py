"""The kernel's tests of documents speak to a kind of their own."""

import pytest

from nextgenerp.core.documents.tests import probe
from nextgenerp.core.documents.tests.estimates import GRANTS, register
from nextgenerp.core.tenancy import tenant_context


@pytest.fixture
def estimates(settings, tenant):
    """The probe's tables in the tenant's schema, and its addresses."""
    settings.ROOT_URLCONF = probe.__name__
    register(tenant)
    with tenant_context(tenant):
        probe.make_tables()


@pytest.fixture
def client(estimates, member):
    """Somebody who may do anything with estimates."""
    return member(**GRANTS)
