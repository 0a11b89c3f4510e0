"""Kafka as MSK sells it: versions, brokers, and the version of a cluster's description.

Source: https://docs.aws.amazon.com/msk/latest/developerguide/supported-kafka-versions.html and
https://docs.aws.amazon.com/msk/latest/developerguide/broker-instance-types.html.
"""

from functools import cache
from hashlib import blake2b
from string import ascii_uppercase, digits

from models.prices import table

DEFAULT_VERSION = "3.6.0"
# From the oldest; the deprecated ones cannot be chosen any more.
DEPRECATED = ("1.1.1", "2.2.1", "2.3.1", "2.4.1.1", "2.5.1")
ACTIVE = (
    "2.6.2", "2.7.1", "2.7.2", "2.8.1", "3.3.1", "3.3.2", "3.4.0", "3.5.1", "3.6.0", "3.7.x",
    "3.7.x.kraft", "3.8.x", "3.8.x.kraft", "3.9.x", "3.9.x.kraft",
)  # fmt: skip
LEAST_GIB, MOST_GIB = 1, 16_384
USUAL_GIB = 100
MOST_BROKERS = 30
_LETTERS = digits + ascii_uppercase


@cache
def instance_types() -> tuple[str, ...]:
    """The broker types that are sold."""
    return tuple(f"kafka.{name}" for name in table("msk"))


def upgrades(version: str) -> list[str]:
    """The versions that brokers of a version can be brought to."""
    known = [*DEPRECATED, *ACTIVE]
    if version not in known:
        return []
    kraft = version.endswith(".kraft")
    later = known[known.index(version) + 1 :]
    return [one for one in later if one in ACTIVE and one.endswith(".kraft") == kraft]


def has_zookeeper(version: str) -> bool:
    """Whether ZooKeeper keeps the cluster together."""
    return not version.endswith(".kraft")


def current_version(arn: str, revision: int) -> str:
    """What an update has to name: another one after each."""
    number = int.from_bytes(blake2b(f"{arn}/{revision}".encode(), digest_size=9).digest(), "big")
    text = ""
    while len(text) < 13:
        number, rest = divmod(number, len(_LETTERS))
        text += _LETTERS[rest]
    return f"K{text}"


def derived(*parts: str, digits: int = 6) -> str:
    """Letters that always belong to `parts`, as addresses have them."""
    return blake2b("/".join(parts).encode(), digest_size=16).hexdigest()[:digits]
