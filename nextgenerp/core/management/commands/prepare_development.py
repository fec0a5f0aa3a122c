"""manage.py prepare_development: what script/server does to the database, in one process."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    help = "Migrate every schema and make the demo tenant."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--empty", action="store_true", help="without the demo tenant")

    def handle(self, *, empty: bool, **options: Any) -> None:
        call_command("migrate_tenants", stdout=self.stdout)
        if not empty:
            call_command("seed_demo", stdout=self.stdout)
