"""The parameters of cache engines: what each can be set to, and is unless told otherwise.

Source: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/ParameterGroups.Engine.html. Those
that owners set most; a family has those of its engine.
"""

from typing import NamedTuple

from models.cache_engines import ENGINES


class Parameter(NamedTuple):
    """One setting: `allowed` is a list or a range, as AWS writes it."""

    name: str
    value: str
    kind: str
    allowed: str
    text: str
    modifiable: bool = True
    needs_reboot: bool = False


_POLICIES = (
    "volatile-lru,allkeys-lru,volatile-lfu,allkeys-lfu,volatile-random,allkeys-random,"
    "volatile-ttl,noeviction"
)
_REDIS = (
    Parameter("activedefrag", "no", "string", "yes,no", "Enabled active memory defragmentation."),
    Parameter("activerehashing", "yes", "string", "yes,no", "Apply rehashing or not.", True, True),
    Parameter("appendonly", "no", "string", "yes,no", "Enable persistence.", False),
    Parameter("close-on-replica-write", "yes", "string", "yes,no",
              "If enabled, clients who attempt to write to a read-only replica will be"
              " disconnected."),
    Parameter("cluster-enabled", "no", "string", "yes,no", "Enable cluster mode.", False, True),
    Parameter("databases", "16", "integer", "1-1200000", "Number of databases.", True, True),
    Parameter("hash-max-listpack-entries", "512", "integer", "0-",
              "The maximum number of hash entries for the dataset to be compressed."),
    Parameter("lazyfree-lazy-eviction", "no", "string", "yes,no",
              "Perform an asynchronous delete on evictions."),
    Parameter("maxmemory-policy", "volatile-lru", "string", _POLICIES,
              "How the node selects what to remove when maxmemory is reached."),
    Parameter("maxmemory-samples", "3", "integer", "1-", "Sample size of the eviction."),
    Parameter("notify-keyspace-events", "", "string", "",
              "The keyspace events to notify subscribers about."),
    Parameter("reserved-memory-percent", "25", "integer", "0-100",
              "The percent of memory reserved for non-cache memory usage."),
    Parameter("slowlog-log-slower-than", "10000", "integer", "-",
              "The execution time, in microseconds, to exceed in order for the command to get"
              " logged."),
    Parameter("slowlog-max-len", "128", "integer", "0-", "The length of the slow log."),
    Parameter("tcp-keepalive", "300", "integer", "0-", "If non-zero, send ACKs every given number"
              " of seconds."),
    Parameter("timeout", "0", "integer", "0,20-", "Close connection if client is idle for a given"
              " number of seconds, or never if 0."),
)  # fmt: skip
_MEMCACHED = (
    Parameter("backlog_queue_limit", "1024", "integer", "1-10000", "The backlog queue limit.",
              False),
    Parameter("binding_protocol", "auto", "string", "auto,ascii", "The binding protocol.", True,
              True),
    Parameter("cas_disabled", "0", "boolean", "0,1", "If 1, check and set is disabled.", True,
              True),
    Parameter("chunk_size", "48", "integer", "1-1024", "The minimum amount of space to allocate"
              " for the smallest item.", True, True),
    Parameter("chunk_size_growth_factor", "1.25", "float", "1-100", "The growth factor of slabs.",
              True, True),
    Parameter("error_on_memory_exhausted", "0", "boolean", "0,1", "If 1, an error is returned"
              " instead of evicting.", True, True),
    Parameter("idle_timeout", "0", "integer", "0-86400", "Seconds that an idle client keeps its"
              " connection.", True, True),
    Parameter("max_item_size", "1048576", "integer", "1024-1073741824", "The largest item.", True,
              True),
    Parameter("memcached_connections_overhead", "100", "integer", "0-400", "Memory reserved for"
              " connections, MB.", True, True),
)  # fmt: skip


def families() -> dict[str, str]:
    """Every family of parameter groups with its engine."""
    return {family: engine.name for engine in ENGINES.values() for _, family in engine.versions}


def of(family: str) -> tuple[Parameter, ...]:
    """The parameters of a family, by name; none where there is no such family."""
    engine = families().get(family)
    if engine is None:
        return ()
    return _MEMCACHED if engine == "memcached" else _REDIS


def defaults() -> dict[str, str]:
    """Every default parameter group with its family; one with shards for what can have them."""
    found = {}
    for family, engine in families().items():
        found[f"default.{family}"] = family
        if engine != "memcached":
            found[f"default.{family}.cluster.on"] = family
    return found


def is_allowed(parameter: Parameter, value: str) -> bool:
    """Whether a parameter can be set to a value."""
    if not parameter.allowed or (parameter.kind == "string" and "," not in parameter.allowed):
        return True
    parts = parameter.allowed.split(",")
    if parameter.kind in ("string", "boolean"):
        return value in parts
    try:
        number = float(value)
    except ValueError:
        return False
    for part in parts:
        low, dash, high = part.partition("-")
        if number == float(low or "-inf") and not dash:
            return True
        if dash and float(low or "-inf") <= number <= float(high or "inf"):
            return True
    return False
