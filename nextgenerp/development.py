"""What script/server and script/test run: the environment, the database and the processes, ended in order."""

import argparse
import contextlib
import ctypes
import functools
import http.client
import itertools
import json
import os
import re
import secrets
import shlex
import signal
import socket
import subprocess
import sys
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path

from nextgenerp.database.embedded import EmbeddedPostgres, write_private
from nextgenerp.database.locks import locked, take_lock
from nextgenerp.database.postgres_programs import PostgresError

ROOT = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("VAR_DIR", ROOT / "var")).resolve()
WEB_WORKERS, WEB_THREADS, WEB_BACKLOG, WEB_WAITING = 2, 2, 1024, 64
PATIENCE = 15  # seconds a program has to end by itself
HEALTH_PATIENCE = 60
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class Refused(Exception):
    """Why the work cannot go on; shown without a traceback."""


def say(text: str) -> None:
    """Tell the developer something at once."""
    print(text, flush=True)


# --- processes


def watch_for_stop() -> threading.Event:
    """Return an event that Ctrl-C, SIGTERM or a closed terminal sets instead of ending this process."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _end_with_parent(libc: ctypes.CDLL, parent: int) -> None:
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it ended before the line above
        os._exit(1)


def start_program(*command: str | Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own; on Linux it is told to end when this process dies, however."""
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        start_new_session=True,
        preexec_fn=functools.partial(_end_with_parent, LIBC, os.getpid()) if LIBC else None,
    )


def stop_program(process: subprocess.Popen[bytes], number: int = signal.SIGTERM) -> None:
    """Ask a program to end, wait for it, and kill what is left of its session."""
    # django-q loses a SIGTERM that comes while it starts; a second SIGINT would cut pytest's own end short.
    pause = 3 if number == signal.SIGTERM else PATIENCE
    for _ in range(PATIENCE // pause):
        if process.poll() is None:
            process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(pause)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def run_program(
    stop: threading.Event, *command: str | Path, environment: Mapping[str, str], number: int = signal.SIGTERM
) -> int:
    """Run a program to its end, or until it has to stop (by signal ``number``); return its exit code."""
    process = start_program(*command, environment=environment)
    try:
        while process.poll() is None and not stop.wait(0.05):
            pass
    finally:
        stop_program(process, number)
    return process.returncode


# --- environment


@contextlib.contextmanager
def database(folder: Path, *, durable: bool) -> Iterator[tuple[str, EmbeddedPostgres | None]]:
    """Give the address of DATABASE_URL, or that of an embedded PostgreSQL for as long as it is used."""
    if url := os.environ.get("DATABASE_URL"):
        yield url, None
        return
    for name in [name for name in os.environ if re.fullmatch("PG[A-Z]+", name)]:
        del os.environ[name]  # PGPORT and the like are about another server
    server = EmbeddedPostgres(folder, durable=durable)
    try:
        yield server.start(), server
    finally:
        server.stop()


def development_environment(database_url: str, base_url: str) -> dict[str, str]:
    """Return the environment of the product's processes, kept in var/development.env for the next time.

    What the caller's environment sets wins; lines a developer adds to the file are kept.
    """
    path = VAR / "development.env"
    with locked(VAR / "development.lock"):
        before = path.read_text() if path.exists() else ""
        kept = dict(word.split("=", 1) for word in shlex.split(before, comments=True))
        values = _secrets() | kept | {"DATABASE_URL": database_url, "BASE_URL": base_url}
        after = "".join(f"{name}={shlex.quote(value)}\n" for name, value in values.items())
        if after != before:
            write_private(path, after)
    return {**values, "VAR_DIR": str(VAR), **os.environ}


def _secrets() -> dict[str, str]:
    return {
        "ENVIRONMENT": "development",
        "SECRET_KEY": f"development-{secrets.token_urlsafe(48)}",  # production refuses this beginning
        "JWT_SIGNING_KEY": f"development-{secrets.token_urlsafe(48)}",
        "FIELD_ENCRYPTION_KEYS": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    }


# --- script/server


def serve(*, empty: bool) -> int:
    """Run database, web server and worker until told to stop.

    A web server or worker that ends by itself ends everything, with exit code 1. An embedded database that
    was killed is started again.
    """
    host, port = os.environ.get("HOST", "127.0.0.1"), _port()
    _refuse_taken(host, port)
    local = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - read, not bound
    address = f"http://{f'[{local}]' if ':' in local else local}:{port}"
    stop = watch_for_stop()
    (VAR / "static").mkdir(parents=True, exist_ok=True)
    with database(VAR / "postgres", durable=True) as (url, postgres):
        environment = development_environment(url, address)
        prepare = ["manage.py", "prepare_development", *(["--empty"] if empty else [])]
        code = run_program(stop, sys.executable, *prepare, environment=environment)
        if stop.is_set():
            return 0
        if code:
            raise Refused("The database could not be prepared.")
        programs: dict[str, subprocess.Popen[bytes]] = {}
        try:
            programs["web server"] = start_program(*_web_command(host, port), environment=environment)
            _wait_for_health(local, port, programs["web server"], stop)
            programs["worker"] = start_program(
                sys.executable, "manage.py", "qcluster", environment=environment
            )
            if not stop.is_set():
                _greet(address, empty=empty)
            return _watch(programs, postgres, stop)
        finally:
            for process in programs.values():
                stop_program(process)


def _port() -> int:
    text = os.environ.get("PORT", "8000")
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
        raise Refused(f"PORT must be a number from 1 to 65535, not {text!r}.")
    return int(text)


def _refuse_taken(host: str, port: int) -> None:
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
    except OSError as error:
        raise Refused(
            f"Cannot listen on {host}, port {port} ({error.strerror}). Another: PORT=8001 script/server"
        ) from None


def _web_command(host: str, port: int) -> list[str]:
    options = {
        "--interface": "wsgi",
        "--host": host,
        "--port": port,
        "--workers": WEB_WORKERS,
        "--blocking-threads": WEB_THREADS,
        "--backlog": WEB_BACKLOG,
        "--backpressure": WEB_WAITING,
        "--log-level": "warning",
        "--workers-kill-timeout": 5,
    }
    flat = [str(word) for option in options.items() for word in option]
    return [sys.executable, "-m", "granian", *flat, "--respawn-failed-workers", "nextgenerp.wsgi:application"]


def _wait_for_health(host: str, port: int, web: subprocess.Popen[bytes], stop: threading.Event) -> None:
    for _ in range(HEALTH_PATIENCE * 20):
        if web.poll() is not None:
            raise Refused(f"The web server ended with code {web.returncode}.")
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection(host, port, timeout=5)
            connection.request("GET", "/health")
            if connection.getresponse().status == 200:
                return
        if stop.wait(0.05):
            return
    raise Refused(f"The web server did not answer /health with 200 within {HEALTH_PATIENCE} seconds.")


def _greet(address: str, *, empty: bool) -> None:
    say(f"\nNextGenERP is at {address}  (Ctrl-C stops it)")
    demo = VAR / "demo.json"
    if not empty and demo.exists():
        roles = json.loads(demo.read_text())
        del roles["baseUrl"]
        for role, login in roles.items():
            say(f"  {role:<24} {login['email']:<40} {login['password']}")


def _watch(
    programs: Mapping[str, subprocess.Popen[bytes]], postgres: EmbeddedPostgres | None, stop: threading.Event
) -> int:
    while not stop.wait(0.2):
        for name, process in programs.items():
            if process.poll() is not None:
                say(f"The {name} ended with code {process.returncode}; stopping everything.")
                return 1
        if postgres and not postgres.is_running():
            say("PostgreSQL ended; starting it again.")
            postgres.start()
            say("PostgreSQL runs again.")
    say("Stopping.")
    return 0


# --- script/test


def test(arguments: list[str]) -> int:
    """Run script/lint when there are no arguments, then pytest in parallel unless the arguments say how."""
    stop = watch_for_stop()
    VAR.mkdir(parents=True, exist_ok=True)
    with database(VAR / "postgres-test", durable=False) as (url, _), _slot() as slot:
        (VAR / f"test-{slot}" / "static").mkdir(parents=True, exist_ok=True)
        environment = {
            **_secrets(),
            **os.environ,
            "DATABASE_URL": url,
            "VAR_DIR": str(VAR / f"test-{slot}"),
            "TEST_DATABASE_SUFFIX": os.environ.get("TEST_DATABASE_SUFFIX", f"_{slot}" if slot else ""),
            "PYTHONPYCACHEPREFIX": str(VAR / "bytecode"),
        }
        # Compiling the tests and pytest's plugins takes longer than most runs: the bytecode is kept, in var alone.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        lint = 0 if arguments else run_program(stop, "script/lint", environment=environment)
        if stop.is_set():
            return 1
        decided = any(word.startswith(("-n", "--numprocesses", "--pdb", "-s")) for word in arguments)
        cores = min(max(2, os.cpu_count() or 2), 8)  # more would want more connections than the server has
        parallel = [] if decided else ["-n", str(cores), "--dist", "loadgroup"]
        command = [sys.executable, "-m", "pytest", *parallel, *arguments]
        # On SIGINT pytest drops its databases.
        return run_program(stop, *command, environment=environment, number=signal.SIGINT) or lint


@contextlib.contextmanager
def _slot() -> Iterator[int]:
    """Give the lowest number no other run of this checkout has, for databases and folders of its own."""
    for number in itertools.count():
        with (VAR / f"test-{number}.lock").open("a") as file:
            if take_lock(file):
                yield number
                return


def main() -> int:
    """Read the command line of script/server or script/test and do what it says."""
    parser = argparse.ArgumentParser(prog="script/server", description=serve.__doc__)
    if sys.argv[1:2] == ["test"]:
        return test(sys.argv[2:])
    parser.add_argument("command", choices=["server"], help=argparse.SUPPRESS)
    parser.add_argument("--empty", action="store_true", help="without the demo tenant")
    return serve(empty=parser.parse_args().empty)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Refused, PostgresError) as error:
        sys.exit(str(error))
