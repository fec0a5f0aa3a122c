"""The embedded PostgreSQL against what a developer's machine does to it: crashes, neighbours, odd paths."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from nextgenerp.database.embedded import EmbeddedPostgres
from nextgenerp.database.postgres_programs import PostgresError

pytestmark = pytest.mark.xdist_group("embedded_postgres")

# Uses the server until it is killed or its input ends.
NEIGHBOUR = """
import sys
import tempfile
from pathlib import Path
from nextgenerp.database.embedded import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
server.start()
print(server.pid, flush=True)
sys.stdin.read()
server.stop()
"""


@pytest.fixture(scope="module")
def make_server() -> Iterator[Callable[..., EmbeddedPostgres]]:
    """``make_server("name")``: a server of a new folder, not started; all are removed at the end.

    The folder is one the server's user can enter, unless ``mode`` says otherwise.
    """
    made = []
    base = Path(tempfile.mkdtemp(prefix="embedded-postgres-"))
    base.chmod(0o755)

    def make(name: str, *, durable: bool = True, mode: int = 0o755) -> EmbeddedPostgres:
        around = base / str(len(made))
        around.mkdir()
        around.chmod(mode)
        server = EmbeddedPostgres(around / name, durable=durable)
        made.append(server)
        return server

    yield make
    for server in made:
        server.stop(even_if_used=True)
        short = server.home / "socket-folder"
        if short.exists():
            shutil.rmtree(short.read_text())
        shutil.rmtree(server.home)
    shutil.rmtree(base)


@pytest.fixture(scope="module")
def prepared(make_server: Callable[..., EmbeddedPostgres]) -> EmbeddedPostgres:
    server = make_server("shared")
    server.start()
    return server


@pytest.fixture
def server(prepared: EmbeddedPostgres) -> EmbeddedPostgres:
    """A running server whose only user is this process."""
    prepared.start()
    return prepared


@pytest.fixture
def neighbour() -> Iterator[Callable[[EmbeddedPostgres], subprocess.Popen[str]]]:
    """``neighbour(server)``: another process that uses it and prints the postmaster's id once it does."""
    started = []

    def start(server: EmbeddedPostgres) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", NEIGHBOUR, str(server.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def ask(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchone()[0]


def test_the_role_is_no_superuser_and_owns_its_database(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.url) as connection:
        row = connection.execute(
            "SELECT rolname, rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = user"
        ).fetchone()
        assert row == ("nextgenerp", False, True, False)
        owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
        assert connection.execute(owner).fetchone() == ("nextgenerp",)


def test_the_settings_are_those_of_a_database_to_be_kept(server: EmbeddedPostgres) -> None:
    expected = {
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "listen_addresses": "",
        "max_connections": "200",
        "max_locks_per_transaction": "512",
        "server_encoding": "UTF8",
        "TimeZone": "UTC",
    }
    assert {name: ask(server.url, f"SHOW {name}") for name in expected} == expected


def test_only_the_test_server_may_lose_data(make_server: Callable[..., EmbeddedPostgres]) -> None:
    volatile = make_server("volatile", durable=False)
    assert ask(volatile.start(), "SHOW fsync") == "off"
    assert volatile.stop() is True


def test_letters_of_every_script_are_letters(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        query = "SELECT 'ÄRGER' ILIKE 'ärg%', cardinality(show_trgm('नमस्ते')) > 3"
        assert connection.execute(query).fetchone() == (True, True)


def test_the_password_is_private_and_needed(server: EmbeddedPostgres) -> None:
    password = server.home / "password"
    assert stat.S_IMODE(password.stat().st_mode) == 0o600
    assert password.read_text() in server.url
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.url.replace(password.read_text(), "guessed"))


def test_nobody_logs_in_as_superuser(server: EmbeddedPostgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.url.replace("//nextgenerp:", "//postgres:"))


def test_first_starts_at_the_same_time_make_one_server(make_server, neighbour) -> None:
    server = make_server("crowded")
    processes = [neighbour(server) for _ in range(3)]
    assert {int(process.stdout.readline()) for process in processes} == {server.pid}
    assert [process.communicate("") and process.returncode for process in processes] == [0, 0, 0]
    assert not server.is_running()


def test_the_last_user_stops_the_server(server, neighbour) -> None:
    other = neighbour(server)
    assert int(other.stdout.readline()) == server.pid
    assert server.stop() is False
    assert server.is_running()
    other.communicate("")
    assert not server.is_running()


def test_a_killed_user_does_not_keep_the_server(server, neighbour) -> None:
    other = neighbour(server)
    other.stdout.readline()
    other.kill()
    other.wait()
    assert server.stop() is True
    assert server.pid is None


def test_a_server_left_by_a_killed_user_is_taken_over(server, neighbour) -> None:
    server.stop()
    other = neighbour(server)
    pid = int(other.stdout.readline())
    other.kill()
    other.wait()
    assert server.is_running()
    server.start()
    assert server.pid == pid
    assert server.stop() is True


def test_a_server_to_be_kept_outlives_its_users(server: EmbeddedPostgres) -> None:
    server.keep()
    assert server.stop() is False
    assert server.is_running()
    assert server.stop(even_if_used=True) is True
    assert not server.is_running()


def test_a_killed_server_comes_back_with_what_was_committed(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (number int)")
        connection.execute("INSERT INTO kept SELECT generate_series(1, 1000)")
    before = server.pid
    server.kill()
    assert server.pid is None
    assert not server.is_running()
    assert ask(server.start(), "SELECT count(*) FROM kept") == 1000
    assert server.pid != before


def test_a_pid_file_left_by_a_crash_does_not_block(server: EmbeddedPostgres) -> None:
    server.kill()
    # A living process that may be signalled: PostgreSQL by itself would refuse to start beside it.
    with subprocess.Popen(["sleep", "600"], **server.user.process_options()) as living:
        try:
            for left in (server.data / "postmaster.pid", server.home / "socket" / ".s.PGSQL.5432.lock"):
                if left.exists():
                    lines = left.read_text().splitlines()
                    left.write_text("\n".join([str(living.pid), *lines[1:]]) + "\n")
            server.start()
            assert server.pid != living.pid
            assert ask(server.url, "SELECT 1") == 1
        finally:
            living.kill()


def test_a_server_somebody_else_started_on_the_data_is_not_run_over(server: EmbeddedPostgres) -> None:
    server.stop()
    programs, _ = server.user.runnable_programs()
    options = [
        "-D",
        str(server.data),
        "-c",
        "listen_addresses=",
        "-c",
        f"unix_socket_directories={server.data}",
    ]
    with subprocess.Popen(
        [programs / "postgres", *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        **server.user.process_options(),
    ) as other:
        try:
            while "ready to accept connections" not in other.stderr.readline():
                assert other.poll() is None
            with pytest.raises(PostgresError, match="did not start"):
                server.start()
            assert other.poll() is None
        finally:
            other.send_signal(signal.SIGINT)
            other.stderr.read()
    assert ask(server.start(), "SELECT 1") == 1


def test_an_interrupted_first_start_is_begun_anew(make_server: Callable[..., EmbeddedPostgres]) -> None:
    server = make_server("interrupted")
    half = server.home / "data.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    assert ask(server.start(), "SELECT 1") == 1
    assert not half.exists()


@pytest.mark.parametrize("name", ["a" * 120, "Größe, 'mit' \"Zeichen\" %2F $HOME"])
def test_any_path_will_do(make_server: Callable[..., EmbeddedPostgres], name: str) -> None:
    server = make_server(name)
    assert ask(server.start(), "SELECT current_user") == "nextgenerp"
    assert server.stop() is True


def test_data_of_another_version_is_left_alone(server: EmbeddedPostgres) -> None:
    server.stop()
    noted = server.data / "PG_VERSION"
    made_by = noted.read_text()
    noted.write_text("14\n")
    try:
        with pytest.raises(PostgresError, match="was made by PostgreSQL 14, but"):
            server.start()
    finally:
        noted.write_text(made_by)
    assert ask(server.start(), "SELECT 1") == 1


def test_pg_bin_must_hold_postgresql(
    make_server: Callable[..., EmbeddedPostgres], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PG_BIN", str(tmp_path))
    server = make_server("nowhere")
    with pytest.raises(PostgresError, match=r"cannot run|There is no postgres in"):
        server.start()
    assert not server.data.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user's server runs as that user")
def test_as_root_a_closed_folder_has_its_home_elsewhere(make_server: Callable[..., EmbeddedPostgres]) -> None:
    server = make_server("closed", mode=0o700)
    assert ask(server.start(), "SELECT 1") == 1
    assert server.home.parent == Path("/var/lib/nextgenerp")
    assert EmbeddedPostgres(server.folder).pid == server.pid
    assert server.stop() is True


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user's server runs as that user")
def test_as_root_the_server_runs_as_another_user(server: EmbeddedPostgres) -> None:
    assert server.user.uid != 0
    assert server.data.stat().st_uid == server.user.uid
    assert server.home.stat().st_uid == 0
    assert stat.S_IMODE(server.home.stat().st_mode) & 0o022 == 0
    assert Path(f"/proc/{server.pid}").stat().st_uid == server.user.uid
