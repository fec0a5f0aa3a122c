"""script/bench: a database of its own and production's environment, then ``manage.py bench``."""

import hashlib
import os
import re
import secrets
import socket
import sys
from base64 import urlsafe_b64encode
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from nextgenerp.database.postgres_programs import PostgresError
from nextgenerp.development import ROOT, VAR, Refused, database, run_program, watch_for_stop

NAME = "nextgenerp_bench_"
SEEDING = ("seeding.py", "books.py")
NOT_OURS = {".git", ".venv", "var"}


def main() -> int:
    """Run the command with a database of the present migrations; it and the seeding in it stay for the next run."""
    stop = watch_for_stop()
    folder = VAR / "bench"
    (folder / "static").mkdir(parents=True, exist_ok=True)
    with database(VAR / "postgres-bench", durable=True) as (url, _):
        own = own_database(url)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        environment = production_environment(own, folder, port)
        command = [sys.executable, "manage.py", "bench", *sys.argv[1:]]
        return run_program(stop, *command, environment=environment)


def own_database(url: str) -> str:
    """Make the database for the present migrations unless it is there, drop those for earlier ones; its address."""
    name = NAME + fingerprint()
    with psycopg.connect(url, autocommit=True) as link:
        found = {row[0] for row in link.execute("SELECT datname FROM pg_database").fetchall()}
        for old in found:
            if re.fullmatch(f"{NAME}[0-9a-f]{{12}}", old) and old != name:
                link.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(old)))
        if name not in found:
            link.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def fingerprint() -> str:
    """A digest of every migration and of the seeding."""
    digest = hashlib.sha256()
    for name in SEEDING:
        digest.update((ROOT / "bench" / name).read_bytes())
    apps = [path for path in ROOT.iterdir() if path.is_dir() and path.name not in NOT_OURS]
    for path in sorted(path for app in apps for path in app.rglob("migrations/*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def production_environment(url: str, folder: Path, port: int) -> dict[str, str]:
    """The caller's environment under what a production server is given, the limits of requests lifted."""
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "bench.settings",
        "ENVIRONMENT": "production",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "JWT_SIGNING_KEY": secrets.token_urlsafe(48),
        "FIELD_ENCRYPTION_KEYS": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "DATABASE_URL": url,
        "BASE_URL": f"http://127.0.0.1:{port}",
        "ALLOWED_HOSTS": "127.0.0.1",
        "VAR_DIR": str(folder),
        "SPARE_SCHEMAS": "0",
        "EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend",
        "RATE_LIMIT_ADDRESS": "100000000",
        "RATE_LIMIT_SEAT": "100000000",
    }


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Refused, PostgresError) as error:
        sys.exit(str(error))
