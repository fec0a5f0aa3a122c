"""script/server as a developer meets it: it answers, it ends in order, and nothing stays behind."""

import http.client
import json
import os
import select
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nextgenerp.database.embedded import EmbeddedPostgres

pytestmark = [
    pytest.mark.xdist_group("development"),
    pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc"),
]

GREETING = "NextGenERP is at"
PATIENCE = 120  # seconds, for a machine that does much else


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """The var folder of these tests, which the user of an embedded server can enter."""
    made = Path(tempfile.mkdtemp(prefix="development-"))
    made.chmod(0o755)
    yield made
    postgres = EmbeddedPostgres(made / "postgres")
    postgres.stop(even_if_used=True)
    shutil.rmtree(postgres.home)
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def start(folder: Path, port: int) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """``start()``: what script/server runs after its bootstrap, on an empty database of its own."""
    environment = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "PG_BIN")}
    started = []

    def make() -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "nextgenerp.development", "server", "--empty"],
            env=environment | {"VAR_DIR": str(folder), "PORT": str(port)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        started.append(process)
        return process

    yield make
    for process in started:
        process.kill()
    for pid in programs_of(folder):  # what a failed test left
        os.kill(pid, signal.SIGKILL)
    for process in started:
        process.wait()
        process.stdout.close()


def read_until(process: subprocess.Popen[bytes], text: str) -> None:
    seen = b""
    while text.encode() not in seen:
        assert select.select([process.stdout], [], [], PATIENCE)[0], f"No {text!r} in:\n{seen.decode()}"
        more = os.read(process.stdout.fileno(), 65536)
        assert more, f"It ended without {text!r}:\n{seen.decode()}"
        seen += more


def wait_for_worker(folder: Path) -> None:
    """Wait until the worker has started its processes; one that finds no database before that gives up."""
    for _ in range(PATIENCE * 10):
        if sum("qcluster" in command for command in programs_of(folder).values()) >= 4:
            return
        select.select([], [], [], 0.1)
    pytest.fail("The worker did not start.")


def programs_of(folder: Path) -> dict[int, str]:
    """The living processes that were given ``folder``, with their command lines."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"VAR_DIR={folder}\0".encode() in (process / "environ").read_bytes():
                found[int(process.name)] = (process / "cmdline").read_text()
        except OSError:
            continue  # ended meanwhile, or another user's
    return found


def wait_for_end(pids: dict[int, str]) -> None:
    for pid in pids:
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        try:
            assert select.select([handle], [], [], PATIENCE)[0], f"{pid} goes on: {pids[pid]}"
        finally:
            os.close(handle)


def health(port: int) -> tuple[int, object]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/health")
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def settings_of(folder: Path) -> dict[str, str]:
    lines = (folder / "development.env").read_text()
    return dict(word.split("=", 1) for word in shlex.split(lines))


def test_it_answers_and_nothing_stays_behind_whether_it_is_killed_or_stopped(
    start, folder: Path, port: int
) -> None:
    server = start()
    read_until(server, GREETING)
    assert health(port) == (200, {"status": "ok"})
    assert stat.S_IMODE((folder / "development.env").stat().st_mode) == 0o600
    settings = settings_of(folder)
    assert settings["BASE_URL"] == f"http://127.0.0.1:{port}"
    assert settings["SECRET_KEY"] != settings["JWT_SIGNING_KEY"]
    programs = programs_of(folder)
    assert any("granian" in command for command in programs.values())
    assert any("qcluster" in command for command in programs.values())
    postgres = EmbeddedPostgres(folder / "postgres")
    postmaster = postgres.pid

    server.kill()
    server.wait()
    wait_for_end(programs)
    server.communicate()
    assert programs_of(folder) == {}
    assert postgres.pid == postmaster  # for the next one to take over

    server = start()
    read_until(server, GREETING)
    assert postgres.pid == postmaster
    assert settings_of(folder) == settings
    server.send_signal(signal.SIGINT)
    server.communicate()
    assert server.returncode == 0
    assert programs_of(folder) == {}
    assert not postgres.is_running()


def test_a_killed_database_comes_back_and_a_killed_worker_ends_all(start, folder: Path, port: int) -> None:
    server = start()
    read_until(server, GREETING)
    wait_for_worker(folder)
    EmbeddedPostgres(folder / "postgres").kill()
    read_until(server, "PostgreSQL runs again.")
    assert health(port) == (200, {"status": "ok"})

    parent = str(server.pid)
    workers = [
        pid
        for pid, command in programs_of(folder).items()
        if "qcluster" in command and f"\nPPid:\t{parent}\n" in Path(f"/proc/{pid}/status").read_text()
    ]
    assert len(workers) == 1
    os.kill(workers[0], signal.SIGKILL)
    read_until(server, "The worker ended with code -9; stopping everything.")
    server.communicate()
    assert server.returncode == 1
    assert programs_of(folder) == {}


def test_a_taken_port_is_said_and_nothing_is_started(start, folder: Path, port: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        server = start()
        said, _ = server.communicate()
    assert server.returncode == 1
    assert said.decode().startswith(f"Cannot listen on 127.0.0.1, port {port} (Address already in use).")
    assert programs_of(folder) == {}
    assert not EmbeddedPostgres(folder / "postgres").is_running()
