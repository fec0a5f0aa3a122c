"""What the tests of accounts share: the mails of the worker, people who sign up, a database that commits."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core import mail
from django.utils.module_loading import import_string

from accounts.models import OneTimeCode, PendingRegistration, SignInFailures, Tenant, User
from nextgenerp.core import entitlements
from nextgenerp.core.entitlements import Entitlements
from nextgenerp.core.tenancy import leave_tenant
from nextgenerp.database.models import DeferredTask
from nextgenerp.testing.factories import PASSWORD, remove_tenant

REGISTRATION = {
    "firstName": "Demo",
    "email": "demo.owner@example.com",
    "password": PASSWORD,
    "companyName": "Demo Works",
}


def work() -> None:
    """Do what the worker would do now; accounts and mail have work in public alone."""
    leave_tenant()
    while task := DeferredTask.objects.order_by("id").first():
        task.delete()
        import_string(task.function)(*task.arguments)


class Mailbox:
    """The mails sent to an address, the worker having done its work."""

    def to(self, address: str) -> list[Any]:
        work()
        return [message for message in mail.outbox if message.to == [address]]

    def code(self, address: str) -> str:
        """The code in the last mail to an address."""
        return re.search(r"\b(\d{6})\b", self.to(address)[-1].body)[1]


@pytest.fixture
def mailbox(db: None) -> Mailbox:
    return Mailbox()


@pytest.fixture
def registered(anonymous: Any, mailbox: Mailbox) -> Callable[..., str]:
    """``registered()`` registers somebody and returns the mailed code; keywords change the registration."""

    def register(**fields: Any) -> str:
        body = {**REGISTRATION, **fields}
        assert anonymous.post("/auth/register", body).status_code == 201
        return mailbox.code(body["email"])

    return register


@pytest.fixture
def committing(committing: None) -> Iterator[None]:
    """The same without the tenants, users and codes a test made."""
    before = set(Tenant.objects.values_list("id", flat=True))
    yield
    leave_tenant()
    for tenant in Tenant.objects.exclude(id__in=before):
        remove_tenant(tenant)
    User.objects.filter(seats=None).delete()
    for model in (OneTimeCode, PendingRegistration, SignInFailures):
        model.objects.all().delete()


@pytest.fixture
def hashes(monkeypatch: Any) -> list[str]:
    """Every Argon2 computation, in order: ``encode`` or ``verify``."""
    seen: list[str] = []

    def counted(name: str) -> Any:
        original = getattr(Argon2PasswordHasher, name)

        def compute(self: Any, *args: Any) -> Any:
            seen.append(name)
            return original(self, *args)

        return compute

    for name in ("encode", "verify"):
        monkeypatch.setattr(Argon2PasswordHasher, name, counted(name))
    return seen


@pytest.fixture
def limited() -> Iterator[Callable[[int | None], None]]:
    """``limited(3)``: the plan allows so many users."""
    provider = entitlements._provider
    yield lambda users: entitlements.answer_with(lambda tenant: Entitlements({"users": users}))
    entitlements.answer_with(provider)
