"""What the embedded PostgreSQL is told: its settings, who may log in, its roles."""

import sys
from pathlib import Path

ADMIN = "driftcloud_admin"
OWNER = "driftcloud_owner"
API = "driftcloud_api"
DATABASE = "driftcloud"
PORT = 5432  # only names the socket: nothing listens on the network

INITDB_OPTIONS = (
    f"--username={ADMIN}",
    "--auth-local=peer",
    "--auth-host=reject",
    "--data-checksums",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--wal-segsize=4",
    "--no-sync",
)

# One small machine, few connections, little memory. What keeps data safe (fsync,
# full_page_writes, checksums) is left as PostgreSQL has it. Statements never reach the log: they
# may carry secrets.
SETTINGS: dict[str, str] = {
    "listen_addresses": "''",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    # episodes have connections of their own; a slot that nobody uses costs a few KB
    "max_connections": "400",
    "superuser_reserved_connections": "3",
    "shared_buffers": "96MB",
    "huge_pages": "off",
    "work_mem": "16MB",
    "maintenance_work_mem": "64MB",
    "effective_cache_size": "1GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "io_method": "sync",
    "max_worker_processes": "0",
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    "max_logical_replication_workers": "0",
    "wal_writer_delay": "10ms",  # what a kill of PostgreSQL itself may lose, thrice at most
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "min_wal_size": "32MB",
    "max_wal_size": "512MB",
    "checkpoint_timeout": "15min",
    "autovacuum": "on",
    "autovacuum_max_workers": "2",
    "autovacuum_worker_slots": "3",
    "client_connection_check_interval": "2s",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "lc_messages": "'C'",
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_checkpoints": "off",
    "log_statement": "none",
    "log_line_prefix": "'%m [%p] '",
}

if sys.platform == "linux":
    # One call for all files before recovery, where fsync file by file takes seconds.
    SETTINGS["recovery_init_sync_method"] = "syncfs"

HBA = """\
# Only the operating system's user that owns the server, over the private socket.
local all all peer map=driftcloud
host all all all reject
"""

ROLES = f"""\
create role {OWNER} login createrole;
create role {API} login;
grant {API} to {OWNER} with admin option;
grant set on parameter session_replication_role to {OWNER};
"""


def ident(names: tuple[str, ...]) -> str:
    """The map of peer authentication: these users of the system may be any of our roles."""
    lines = (
        f'driftcloud "{name}" {role}\n' for name in names for role in (ADMIN, OWNER, API)
    )  # fmt: skip
    return "".join(lines)


def files(*, durable: bool, names: tuple[str, ...], laid: bool = True) -> dict[str, str]:
    """The configuration files by name; `durable` and `names` as in `write`.

    Not `laid`: for a first start, that does not wait for the disk. What was laid out before it
    is not there either.
    """
    lines = {**SETTINGS, "synchronous_commit": "on" if durable else "off"}
    if not laid:
        lines["fsync"] = "off"
    return {
        "postgresql.conf": "".join(f"{name} = {value}\n" for name, value in lines.items()),
        "pg_hba.conf": HBA,
        "pg_ident.conf": ident(names),
    }


def write(data: Path, *, durable: bool, names: tuple[str, ...]) -> None:
    """Write the configuration files of a data directory, in place of whatever was there.

    `durable` makes a commit wait for the disk. Without it a crash of the machine may lose the
    last moments (never the order of things); a killed server loses nothing either way.
    """
    for name, text in files(durable=durable, names=names).items():
        (data / name).write_text(text)
    _forget_fsync(data / "postgresql.auto.conf")


def _forget_fsync(file: Path) -> None:
    """Take out what a copy of a database that was killed in its first moment may have left."""
    if file.exists():
        lines = file.read_text().splitlines(keepends=True)
        kept = [line for line in lines if not line.startswith("fsync")]
        if kept != lines:
            file.write_text("".join(kept))
