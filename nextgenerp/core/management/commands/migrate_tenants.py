"""manage.py migrate_tenants: public, the template, spares and tenants."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from nextgenerp.core.migrating import migrate_everything
from nextgenerp.core.provisioning import fill_spares


class Command(BaseCommand):
    help = (
        "Migrate public, the template and every tenant; goes on past a failing tenant and can be run again."
    )
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--workers", type=int, default=4, help="schemas migrated at a time")
        parser.add_argument("--no-spares", action="store_true", help="do not fill up the spare schemas")

    def handle(self, *args: Any, **options: Any) -> None:
        report = migrate_everything(options["workers"], self.stdout.write)
        made = 0 if options["no_spares"] else fill_spares()
        self.stdout.write(f"{len(report.migrated)} schemas migrated, {made} spare schemas made.")
        if report.failed:
            failures = "\n".join(f"  {schema}: {error}" for schema, error in report.failed.items())
            raise CommandError(
                f"{len(report.failed)} schemas failed and take no requests until they are mended:\n{failures}"
            )
