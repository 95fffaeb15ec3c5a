"""Whether MLflow can use the database of an address, found out within seconds, and a database that was moved.

MLflow itself tries for minutes, makes tables in any database that it is given, and keeps absolute paths.
"""

import logging
import socket
import sqlite3
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote, urlsplit

import mlflow
import sqlalchemy
from alembic.script import ScriptDirectory
from mlflow import MlflowClient
from mlflow.store.db import utils as mlflow_database
from sqlalchemy.exc import NoSuchModuleError, SQLAlchemyError

from timeshare.core.artifacts import whole_file
from timeshare.core.config.errors import quoted
from timeshare.tracking.address import DATABASE_PORTS, database_file, kind, sqlite_address, without_credentials

# The folder of the artifacts, beside the file of a database.
ARTIFACTS = "mlartifacts"
_CONNECT_SECONDS = 5
# What drivers call it.
_TIMEOUTS = {
    **dict.fromkeys(("psycopg", "psycopg2", "pymysql", "mysqldb"), "connect_timeout"),
    **dict.fromkeys(("pg8000", "pyodbc"), "timeout"),
}
# Where MLflow 3.17 keeps where artifacts are: as an address (file:///...) or a path.
_PLACES = {
    "experiments": ("artifact_location",),
    "runs": ("artifact_uri",),
    "logged_models": ("artifact_location",),
    "model_versions": ("source", "storage_location"),
}

# Errors are raised too: what the logs add are their tracebacks, and word of each table that is made.
for _noisy in ("mlflow.store.db.utils", "alembic.runtime.migration"):
    logging.getLogger(_noisy).setLevel(logging.CRITICAL)


class UnusableStoreError(Exception):
    """What keeps MLflow from using a store until somebody mends it; the message says how, but not which store."""


def prepare(address: str, project: Path, create: bool) -> None:
    """Make sure that MLflow can use the database of an address; of another server nothing is asked.

    Args:
        address: as `resolved` gives it.
        project: its folder; what a database in it says of former places of the project is put right.
        create: whether to make a database that is not there.
    Raises:
        UnusableStoreError: there is none, or somebody has to mend something.
        OSError: the server cannot be reached for now.
    """
    if kind(address) in DATABASE_PORTS:
        _check_schema(address, create)
    file = database_file(address)
    if file is None:
        return
    if not file.parent.is_dir():
        raise UnusableStoreError(f"{file.parent} is no folder; make it, or correct the address")
    if not file.exists() or (create and file.is_file() and file.stat().st_size == 0):
        if not create:
            raise UnusableStoreError(
                "is not there; train with tracking.enabled, which makes it, or correct the address"
            )
        _create(file)
        return
    _check_schema(address, create)
    _follow(file, project)


def artifacts_of(address: str, project: Path) -> str | None:
    """Where the artifacts of new experiments go, as an address; None: the server has a place of its own for them."""
    file = database_file(address)
    if file is not None:
        return (file.resolve().parent / ARTIFACTS).as_uri()
    return (project.resolve() / ARTIFACTS).as_uri() if kind(address) in DATABASE_PORTS else None


def problem(error: BaseException) -> str:
    """What an error of MLflow's or of a store's comes to, in one line that follows the store's address."""
    if isinstance(error, UnusableStoreError):
        return str(error)
    root = root_cause(error)
    said = " ".join(str(getattr(root, "strerror", None) or root).split())[:300] or type(root).__name__
    if not isinstance(root, OSError):
        return said
    if root.filename:
        return f"{root.filename} cannot be used: {said}; give access to it"
    return f"cannot be reached: {said}; start it, or correct the address"


def root_cause(error: BaseException) -> BaseException:
    """What an error comes from in the end."""
    while cause := error.__cause__ or error.__context__:
        error = cause
    return error


def _create(database: Path) -> None:
    """Create MLflow's SQLite database, whole or not at all.

    MLflow makes its tables one by one, and can neither use nor complete what a kill in between leaves.
    """
    with whole_file(database) as scratch:
        MlflowClient(sqlite_address(scratch)).search_experiments(max_results=1)


def _check_schema(address: str, create: bool) -> None:
    """Make sure that a database opens and has the tables of the installed MLflow, or none if it may make them."""
    try:
        patience = _TIMEOUTS.get(sqlalchemy.make_url(address).get_driver_name())
        # Not with MLflow's engine: that would try for two minutes to reach a server, and hold up the others' runs.
        engine = sqlalchemy.create_engine(
            address,
            poolclass=sqlalchemy.NullPool,
            connect_args={patience: _CONNECT_SECONDS} if patience else {},
        )
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        remedy = "pip install it (for postgresql: pip install -e '.[postgres]'), or correct the address"
        raise UnusableStoreError(f"its driver is not installed ({error}); {remedy}") from None
    server = urlsplit(address)
    if server.hostname:
        port = server.port or DATABASE_PORTS[kind(address)]
        socket.create_connection((server.hostname, port), _CONNECT_SECONDS).close()
    try:
        with engine.connect() as connection:
            tables = set(sqlalchemy.inspect(connection).get_table_names())
            asked = sqlalchemy.text("SELECT version_num FROM alembic_version")
            versions = connection.execute(asked).scalars().all() if "alembic_version" in tables else []
    except SQLAlchemyError as error:
        raise UnusableStoreError(
            f"cannot be opened: {problem(error)}; give access to it, or correct the address"
        ) from None
    if not tables:
        if not create:
            raise UnusableStoreError("holds no runs; train with tracking.enabled, or correct the address")
    elif not versions or "experiments" not in tables:
        raise UnusableStoreError("is the database of another program; correct the address")
    elif versions != [mlflow_database._get_latest_schema_revision()]:
        raise UnusableStoreError(_other_schema(address, versions[0]))


def _other_schema(address: str, version: str) -> str:
    history = ScriptDirectory.from_config(mlflow_database._get_alembic_config(""))
    if version in {revision.revision for revision in history.walk_revisions()}:
        upgrade = f"mlflow db upgrade '{without_credentials(address)}'"
        return (
            f"has the tables of an older MLflow than the installed {mlflow.__version__}; keep a copy, and `{upgrade}`"
        )
    return (
        f"has the tables of a newer MLflow than the installed {mlflow.__version__} (schema {version:.20}); "
        "install that one, or correct the address"
    )


def _follow(file: Path, project: Path) -> None:
    """Let a database that was moved or copied with its project find its artifacts beside it, in one transaction.

    The experiments of this package tell where the database was: their artifacts lie beside it. A place that is still
    there is let be, unless it has a database too: then the project is a copy of that one, and must not write to it.
    """
    here = file.resolve().parent
    with closing(sqlite3.connect(file, timeout=20.0)) as database:
        named = "SELECT DISTINCT artifact_location FROM experiments WHERE name LIKE 'timeshare/%'"
        locations = {location for (location,) in database.execute(named) if location.startswith("file:///")}
        folders = {Path(unquote(location.removeprefix("file://"))) for location in locations}
        former = {
            folder.parent
            for folder in folders
            if folder.name == ARTIFACTS
            and folder.parent != here
            and (
                not folder.is_dir() or (here.is_relative_to(project.resolve()) and (folder.parent / file.name).exists())
            )
        }
        try:
            _rewrite(database, {(old, here) for old in former})
        except sqlite3.Error as error:
            places = quoted([str(old) for old in sorted(former)])
            raise UnusableStoreError(
                f"was in {places}, and cannot be told of its new place: {error}; give write access to it"
            ) from None
    for old in sorted(former):
        print(f"tracking: {file.name} was in {old}; its artifacts are those of {here / ARTIFACTS} now", file=sys.stderr)


def _rewrite(database: sqlite3.Connection, moves: Iterable[tuple[Path, Path]]) -> None:
    """Change where artifacts are, from under one folder to under another, all or nothing."""
    with database:
        for old, new in moves:
            for table, columns in _PLACES.items():
                for column in columns:
                    for before, after in ((old.as_uri(), new.as_uri()), (str(old), str(new))):
                        database.execute(
                            f"UPDATE {table} SET {column} = ? || substr({column}, ?) WHERE substr({column}, 1, ?) = ?",
                            (f"{after}/", len(before) + 2, len(before) + 1, f"{before}/"),
                        )
