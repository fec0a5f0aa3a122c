"""What the tests of mails share: an SMTP server, and a database where they commit and clean up after themselves."""

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.models import User
from nextgenerp.mail.models import EmailTemplate
from nextgenerp.mail.tests.smtp_server import SmtpServer
from nextgenerp.testing.factories import make_user

OTP = {"name": "Demo", "code": "482915", "minutes": 10}


@pytest.fixture
def committing(committing: None) -> Iterator[None]:
    """The same without the templates a test made."""
    yield
    EmailTemplate.objects.filter(is_system=False).delete()


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
