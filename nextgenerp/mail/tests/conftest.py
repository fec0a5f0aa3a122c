"""What the tests of mails share: an SMTP server, and a database where they commit and clean up after themselves."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django_q.models import OrmQ

from accounts.models import User
from nextgenerp.core.tenancy import leave_tenant
from nextgenerp.database.models import DeferredTask
from nextgenerp.mail.models import EmailTemplate, QueuedEmail
from nextgenerp.mail.tests.smtp_server import SmtpServer
from nextgenerp.testing.factories import make_user

OTP = {"name": "Demo", "code": "482915", "minutes": 10}


@pytest.fixture
def committing(tenants: Any, django_db_blocker: Any) -> Iterator[None]:
    """The database without a transaction around the test, for threads and processes."""
    with django_db_blocker.unblock():
        yield
        leave_tenant()
        DeferredTask.objects.all().delete()
        QueuedEmail.objects.all().delete()
        OrmQ.objects.all().delete()
        EmailTemplate.objects.filter(is_system=False).delete()
        connection.close()


@pytest.fixture
def operator(committing: None) -> Iterator[User]:
    """A super-admin whom threads see too."""
    user = make_user("committed-operator@example.com", is_super_admin=True)
    yield user
    user.delete()


@pytest.fixture
def smtp(settings: Any) -> Iterator[SmtpServer]:
    """Django sends its mails to this server."""
    with SmtpServer() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server
