"""The address of an MLflow server or database: what is taken for one, and what it stands for in a project."""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from timeshare.core.config.errors import UserError

if TYPE_CHECKING:
    from timeshare.tracking.settings import TrackingSettings

VARIABLE = "MLFLOW_TRACKING_URI"
# Kinds of database that MLflow has a store for, and the ports of those that are servers.
DATABASE_PORTS = {"postgresql": 5432, "mysql": 3306, "mssql": 1433}
# What MLflow has a client or a store for. Its own folders of files are not among them: MLflow refuses these by now.
_MLFLOW = re.compile(r"(?i:https?)://.*|(sqlite|postgresql|mysql|mssql)(\+\w+)?://.*|databricks(://.*)?", re.DOTALL)
_FORMS = (
    "give http://, https://, sqlite:///FILE, postgresql://, mysql://, mssql:// or databricks "
    "(a database also with its driver, as in mysql+pymysql://)"
)


def checked(address: str) -> str:
    """The address itself, if it can be one: nothing is asked for it.

    Raises:
        ValueError: it cannot; the message does not quote it, since it may hold a password.
    """
    if re.fullmatch(r"[\w.-]+:\d+(/[^@]*)?", address):
        raise ValueError(f"lacks its scheme; give http://{address}")
    if not _MLFLOW.fullmatch(address):
        given = f"is of the scheme '{address.partition(':')[0]:.20}'" if ":" in address else "is no address"
        raise ValueError(f"{given}; {_FORMS}")
    if kind(address) == "sqlite":
        file = database_file(address)
        if file is None or str(file) == ":memory:" or address.endswith("/"):
            raise ValueError("names no file; give sqlite:///FILE, or sqlite:////FOLDER/FILE from the root on")
        return address
    try:
        parts = urlsplit(address)
        unusable = parts.port == 0
    except ValueError:
        unusable = True
    if unusable or re.search(r"\s", address.partition("?")[0]):
        raise ValueError("has no valid host and port; write what is special in a password as %XX")
    if kind(address).startswith("http") and not parts.hostname:
        raise ValueError("names no host; give http://HOST:PORT")
    return address


def configured_address(settings: "TrackingSettings") -> str:
    """The address as the settings say it or, before them, MLFLOW_TRACKING_URI.

    Raises:
        UserError: that of the environment cannot be one.
    """
    address = os.environ.get(VARIABLE)
    if not address:
        return settings.uri
    try:
        return checked(address)
    except ValueError as error:
        raise UserError(f"{VARIABLE}: {error}") from None


def resolved(address: str, project: Path) -> str:
    """The address as MLflow understands it: the path of a SQLite file starts at the project's folder."""
    file = database_file(address)
    if file is None or file.is_absolute():
        return address
    scheme, (_, mark, query) = address.partition(":")[0], address.partition("?")
    return scheme + sqlite_address(project / file).removeprefix("sqlite") + mark + query


def sqlite_address(file: Path) -> str:
    """MLflow's address of a SQLite file.

    Where the path holds what an address quotes, it starts at the present folder, from which the project's file is
    reached without: MLflow makes the folders of an address as they are spelled in it, quotes and all.
    """
    path = str(file)
    if set(path) & set("%?"):
        path = os.path.relpath(path).replace("%", "%25").replace("?", "%3F")
    return f"sqlite:///{path}"


def kind(address: str) -> str:
    """What an address leads to, such as http or sqlite."""
    return address.partition(":")[0].partition("+")[0].lower()


def database_file(address: str) -> Path | None:
    """The file of an address of SQLite's; None: it is another's."""
    path = address.partition(":///")[2].partition("?")[0]
    return Path(unquote(path)) if kind(address) == "sqlite" and path else None


def without_credentials(address: str) -> str:
    """The address as it may be shown."""
    netloc = urlsplit(address).netloc
    return address.replace(netloc, netloc.rpartition("@")[2], 1) if "@" in netloc else address
