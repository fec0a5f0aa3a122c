"""The kernel's tests speak to views of their own."""

from collections.abc import Iterator

import pytest

from nextgenerp.core import entitlements
from nextgenerp.core.tests import probes


@pytest.fixture(autouse=True)
def probe_urls(settings) -> Iterator[None]:
    """Serve the probes alone, with a clean record of what they did, and any plan put back at the end."""
    settings.ROOT_URLCONF = "nextgenerp.core.tests.probes"
    probes.happened.clear()
    provider = entitlements._provider
    yield
    entitlements.answer_with(provider)


@pytest.fixture
def full(member):
    """A client with every grant of the module the probes belong to."""
    return member(leads=["view", "create", "edit", "delete", "export"])
