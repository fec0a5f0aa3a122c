"""PostgreSQL without an installation: the server under a folder, for script/server and script/test.

Its home holds ``data`` (the server user's own), ``socket``, the configuration, the log, the password of the
application's role and three locks: ``start.lock`` (one launcher at a time), ``alive.lock`` (held by every
process of the server, however its parents ended) and ``users.lock`` (shared by whoever uses the server: the
last one stops it).
"""

import argparse
import fcntl
import hashlib
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO
from urllib.parse import quote

from nextgenerp.database.locks import locked, take_lock
from nextgenerp.database.postgres_programs import (
    PostgresError,
    ServerUser,
    folder_of_root,
    has_statement_statistics,
)

ROLE = DATABASE = "nextgenerp"
PATIENCE = (
    60  # seconds for a start, which may recover from a crash, and for a stop, which writes a checkpoint
)
SOCKET_NAME = ".s.PGSQL.5432"
SOCKET_BYTES = 103  # of the path of a socket: Linux takes 107, macOS 103

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "max_locks_per_transaction": "512",  # dropping or dumping a tenant's schema locks every relation in it
    "shared_buffers": "256MB",
    "jit": "off",
    "log_checkpoints": "off",
    "log_timezone": "UTC",
    "timezone": "UTC",
}
# A crash of the machine may destroy data kept like this; a crash of the server alone does not.
VOLATILE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "checkpoint_timeout": "30min",
}


def write_private(path: Path, text: str) -> None:
    """Replace a file by one that only its owner can read."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # made with mode 0600
    with open(handle, "w") as file:
        file.write(text)
    Path(temporary).replace(path)


class EmbeddedPostgres:
    """One PostgreSQL server with its data under ``folder``; ``durable=False`` is for tests.

    For root the server runs as another user; where that user cannot enter the folder, all is under /var/lib.
    """

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.folder = folder.resolve()
        self.durable = durable
        self.user = ServerUser()
        self.home = self._make_home()
        self.data = self.home / "data"
        self._process: subprocess.Popen[bytes] | None = None
        self._use: IO[str] | None = None

    @property
    def url(self) -> str:
        """The address for the application's role, which is no superuser."""
        password = (self.home / "password").read_text()
        return f"postgresql://{ROLE}:{password}@{quote(str(self._socket_folder()), safe='')}/{DATABASE}"

    @property
    def pid(self) -> int | None:
        """The process id of the postmaster, or None when no process of the server lives."""
        lines = self._pid_file() if self.is_running() else []
        return int(lines[0]) if lines else None

    def is_running(self) -> bool:
        """Whether any process of the server lives, the orphans of a killed one included."""
        with (self.home / "alive.lock").open("a") as file:
            return not take_lock(file)

    def start(self) -> str:
        """Start the server unless it runs, making its data the first time, and return its address.

        Nobody else's stop() ends it before this object's stop() or the end of this process.
        """
        with locked(self.home / "start.lock"):
            if self._process and self._process.poll() is not None:
                self._process = None  # killed since
            deadline = time.monotonic() + PATIENCE
            while not self._answers():
                if self._process and self._process.poll() is not None:
                    self._process = None
                    raise PostgresError(f"PostgreSQL did not start:\n{self._end_of_log()}")
                if not self.is_running():
                    self._launch()
                self._wait_before(deadline, "PostgreSQL does not answer")
            if self._use is None:
                self._use = (self.home / "users.lock").open("a")
                fcntl.flock(self._use, fcntl.LOCK_SH)
        return self.url

    def stop(self, *, even_if_used: bool = False) -> bool:
        """Give the server up and stop it, unless somebody else uses it or it is to be kept.

        Returns whether it is stopped.
        """
        with locked(self.home / "start.lock"):
            with self._use or (self.home / "users.lock").open("a") as users:
                wanted = not take_lock(users) or (self.home / "keep").exists()
            self._use = None
            if wanted and not even_if_used:
                return False
            (self.home / "keep").unlink(missing_ok=True)
            self._end("INT")  # PostgreSQL's fast shutdown
            return True

    def kill(self) -> None:
        """End the server as a crash would, with SIGKILL to the postmaster; start() brings it back."""
        with locked(self.home / "start.lock"):
            self._end("KILL")

    def keep(self) -> None:
        """Leave the server running when its last user goes."""
        (self.home / "keep").touch()

    def _end(self, signal_name: str) -> None:
        if self.is_running() and (lines := self._pid_file()):
            # Sent as the server's user: a file that user writes must not choose whom root kills.
            self.user.run("sh", "-c", 'kill -s "$1" "$2"', "sh", signal_name, lines[0])
        deadline = time.monotonic() + PATIENCE
        while self.is_running():
            self._wait_before(deadline, "PostgreSQL does not stop")
        if self._process:
            self._process.wait()
            self._process = None

    def _wait_before(self, deadline: float, complaint: str) -> None:
        if time.monotonic() > deadline:
            raise PostgresError(f"{complaint}:\n{self._end_of_log()}")
        time.sleep(0.01)

    def _answers(self) -> bool:
        lines = self._pid_file()
        if len(lines) < 8 or lines[7].strip() != "ready":
            return False
        with socket.socket(socket.AF_UNIX) as client:
            return client.connect_ex(str(self._socket_folder() / SOCKET_NAME)) == 0

    def _pid_file(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _end_of_log(self) -> str:
        log = self.home / "server.log"
        return log.read_text(errors="replace")[-2000:] if log.exists() else ""

    def _launch(self) -> None:
        programs, major = self.user.runnable_programs()
        if not self.data.exists():
            self._make_data(programs, major)
        self._check_data(programs, major)
        configuration = self._write_configuration(programs)
        # The alive lock is free, so the server that left these is gone; PostgreSQL itself would take a zombie
        # for it, or any process that was given the same id since.
        for left in (self.data / "postmaster.pid", self._socket_folder() / f"{SOCKET_NAME}.lock"):
            left.unlink(missing_ok=True)
        with (self.home / "alive.lock").open("a") as alive, (self.home / "server.log").open("ab") as log:
            os.fchmod(log.fileno(), 0o600)
            fcntl.flock(alive, fcntl.LOCK_EX)
            self._process = subprocess.Popen(
                [programs / "postgres", "-D", self.data, "-c", f"config_file={configuration}"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[alive.fileno()],
                start_new_session=True,  # Ctrl-C is for whoever stops the server in order
                **self.user.process_options(),
            )

    def _check_data(self, programs: Path, major: int) -> None:
        if self.data.stat().st_uid != self.user.uid:
            raise PostgresError(
                f"{self.data} does not belong to the user {self.user.name}: start as its owner."
            )
        made_by = (self.data / "PG_VERSION").read_text().strip()
        if made_by != str(major):
            raise PostgresError(
                f"{self.data} was made by PostgreSQL {made_by}, but {programs} is PostgreSQL {major}: "
                f"let PG_BIN name PostgreSQL {made_by}, or move that folder away to begin empty."
            )

    def _write_configuration(self, programs: Path) -> Path:
        hba = self.home / "pg_hba.conf"
        hba.write_text("local all all scram-sha-256\n")  # the superuser has no password: it cannot log in
        settings = SETTINGS | ({} if self.durable else VOLATILE)
        settings |= {"hba_file": str(hba), "unix_socket_directories": str(self._socket_folder())}
        if has_statement_statistics(programs):
            settings["shared_preload_libraries"] = "pg_stat_statements"
        configuration = self.home / "postgresql.conf"
        configuration.write_text("".join(f"{name} = '{_escaped(text)}'\n" for name, text in settings.items()))
        for path in (hba, configuration):
            path.chmod(0o644)
        return configuration

    def _make_data(self, programs: Path, major: int) -> None:
        """Make the data under another name first, so that an interrupted start leaves nothing half made."""
        fresh = self.home / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        self.user.make_private_folder(fresh)
        options = ["-U", "postgres", "-A", "reject", "-E", "UTF8", "--locale=C.UTF-8"]
        if major >= 17:  # the same order and letters whatever the C library
            options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if not self.durable:
            options += ["--no-sync"]
        self.user.run_checked(programs / "initdb", "-D", fresh, *options)
        password = secrets.token_urlsafe(32)
        write_private(self.home / "password", password)
        statements = (
            f"CREATE ROLE {ROLE} LOGIN NOSUPERUSER CREATEDB PASSWORD '{password}'",
            f"CREATE DATABASE {DATABASE} OWNER {ROLE}",
        )
        self.user.run_as_superuser(programs, fresh, "postgres", *statements)
        if has_statement_statistics(programs):
            self.user.run_as_superuser(programs, fresh, DATABASE, "CREATE EXTENSION pg_stat_statements")
        fresh.rename(self.data)

    def _make_home(self) -> Path:
        folder = self.folder
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PostgresError(f"{folder} belongs to another user: start as that user, or remove it.")
        if not self.user.is_other or self.user.can_enter(folder):
            return folder
        home = folder_of_root(hashlib.sha256(os.fsencode(folder)).hexdigest()[:16])
        (home / "folder").write_text(f"{folder}\n")  # for whoever cleans up
        return home

    def _socket_folder(self) -> Path:
        """Return the folder of the socket, a short one where the home's path is no good for an address."""
        folder = self.home / "socket"
        fits = len(os.fsencode(folder / SOCKET_NAME)) <= SOCKET_BYTES
        # A comma parts the hosts of an address, and not every reader decodes more than the slashes.
        if fits and re.fullmatch(r"[A-Za-z0-9/._-]+", str(folder)):
            if not self.user.owns_privately(folder):
                self.user.make_private_folder(folder)
            return folder
        noted = self.home / "socket-folder"
        if noted.exists() and self.user.owns_privately(Path(noted.read_text())):
            return Path(noted.read_text())
        folder = Path(tempfile.mkdtemp(prefix="nextgenerp-", dir="/tmp"))
        self.user.make_private_folder(folder)
        write_private(noted, str(folder))
        return folder


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "''")


def main() -> None:
    """Start, stop, kill or show the server of a folder; one started here runs until it is stopped here."""
    parser = argparse.ArgumentParser(prog="python -m nextgenerp.database.embedded", description=main.__doc__)
    parser.add_argument("action", choices=["start", "stop", "kill", "status"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--volatile", action="store_true", help="start without fsync, for tests")
    arguments = parser.parse_args()
    server = EmbeddedPostgres(arguments.folder, durable=not arguments.volatile)
    if arguments.action == "start":
        server.start()
        server.keep()
    elif arguments.action == "stop":
        server.stop(even_if_used=True)
    elif arguments.action == "kill":
        server.kill()
    pid = server.pid
    print(f"PostgreSQL {pid} at {server.url}" if pid else "PostgreSQL is not running.")


if __name__ == "__main__":
    try:
        main()
    except PostgresError as error:
        sys.exit(str(error))
