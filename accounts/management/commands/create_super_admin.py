"""manage.py create_super_admin: somebody who runs the platform, and their authenticator."""

import getpass
import sys
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

from accounts.services.super_admins import create_super_admin, enrol_authenticator, promote
from nextgenerp.core.exceptions import DomainError


class Command(BaseCommand):
    help = "Make a super-admin and enrol an authenticator (TOTP); its address is shown once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument(
            "--password-stdin", action="store_true", help="read the password from standard input"
        )
        parser.add_argument(
            "--existing", action="store_true",
            help="promote an existing user, or give a super-admin a new authenticator; the password stays",
        )  # fmt: skip

    def handle(self, *, email: str, password_stdin: bool, existing: bool, **options: Any) -> None:
        try:
            validate_email(email)
            user = promote(email) if existing else create_super_admin(email, self.password(password_stdin))
        except ValidationError:
            raise CommandError("This is not an e-mail address.") from None
        except DomainError as refusal:
            details = " ".join(error["detail"] for error in refusal.errors or [])
            raise CommandError(f"{refusal.detail} {details}".strip()) from None
        self.stdout.write(
            f"{user.email} is a super-admin. Add this to an authenticator now; it is not shown again:"
        )
        self.stdout.write(enrol_authenticator(user))

    def password(self, from_stdin: bool) -> str:
        """The new password, from standard input or asked for twice. Raises CommandError."""
        if from_stdin:
            return sys.stdin.readline().rstrip("\n")
        password = getpass.getpass("Password: ")
        if password != getpass.getpass("Again: "):
            raise CommandError("The two passwords differ.")
        return password
