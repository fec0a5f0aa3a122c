"""manage.py bench: what script/bench runs once it has a database and an environment."""

import logging
import signal
import sys
import traceback
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from bench.bench import Bench
from bench.cases.crm import analytics, dashboard, kanban, move
from bench.cases.documents import convert, create_documents, export_documents, list_documents, pdf
from bench.cases.finance import invoices, summary
from bench.cases.machine import memory, start
from bench.cases.reading import auth, list_leads, search, tenants
from bench.cases.schemas import migrate, provisioning
from bench.cases.stock import stock
from bench.cases.transfer import export, import_file
from bench.cases.writing import create
from bench.report import Report
from bench.servers import Web

# In the order they run: writes after reads, memory after everything that was served.
CASES = {
    "auth": auth, "list": list_leads, "search": search, "tenants": tenants, "kanban": kanban,
    "analytics": analytics, "dashboard": dashboard, "documents": list_documents, "pdf": pdf, "summary": summary,
    "create": create, "move": move, "quotations": create_documents, "convert": convert, "invoices": invoices,
    "stock": stock, "export": export, "export-documents": export_documents, "import": import_file,
    "memory": memory, "provisioning": provisioning, "migrate": migrate, "start": start,
}  # fmt: skip


class Command(BaseCommand):
    help = "Measure the product on this machine; docs/performance.md says what each case is."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "cases", nargs="*", metavar="case", help=f"of: {', '.join(CASES)}; all by default"
        )
        parser.add_argument("--leads", type=int, default=1_000_000, help="in the large tenant (1,000,000)")
        parser.add_argument("--others", type=int, default=1, help="tenants of 100,000 leads (1)")
        parser.add_argument("--tenants", type=int, default=1000, help="small tenants (1,000)")
        parser.add_argument(
            "--documents", type=int, default=200_000, help="quotations, and invoices (200,000)"
        )
        parser.add_argument("--seconds", type=float, default=0.7, help="of a round (0.7)")
        parser.add_argument("--rounds", type=int, default=3, help="of each measurement (3)")
        parser.add_argument("--web-workers", type=int, default=2, help="processes of the web server (2)")
        parser.add_argument("--web-threads", type=int, default=2, help="threads of each (2)")
        parser.add_argument("--plans", action="store_true", help="write query plans to var/bench/plans.txt")

    def handle(self, *, cases: list[str], **options: Any) -> None:
        if unknown := set(cases) - set(CASES):
            raise CommandError(f"There is no case {', '.join(sorted(unknown))}.")
        if settings.DEVELOPMENT or settings.ROOT_URLCONF != "bench.urls":
            raise CommandError("Run script/bench: it brings a database and production's environment.")
        logging.getLogger("nextgenerp.requests").setLevel(logging.WARNING)  # of requests in this process
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is stopped
        call_command("migrate_tenants", no_spares=True, verbosity=0, stdout=self.stdout)
        chosen = {
            key: options[key]
            for key in (
                "leads",
                "others",
                "tenants",
                "documents",
                "seconds",
                "rounds",
                "web_workers",
                "web_threads",
            )
        }
        web = Web(chosen["web_workers"], chosen["web_threads"])
        report = Report(chosen)
        sizes = {key: chosen[key] for key in ("leads", "others", "tenants", "documents", "seconds", "rounds")}
        bench = Bench(web, report, plans=options["plans"], **sizes)
        failed = []
        try:
            web.start()
            for name in [name for name in CASES if name in cases or not cases]:
                try:
                    CASES[name](bench)
                except Exception:
                    traceback.print_exc()
                    failed.append(name)
                report.keep()
        finally:
            web.stop()
        if failed:
            raise CommandError(f"These cases did not come to their end: {', '.join(failed)}.")
