"""The ledger's sources: what a day of each resource type is on the bill, as tables of parts."""

from drift.ledger import applications, compute, databases, network, storage
from drift.ledger.source import Source

SOURCES: tuple[Source, ...] = (
    *compute.SOURCES,
    *applications.SOURCES,
    *databases.SOURCES,
    *network.SOURCES,
    *storage.SOURCES,
)
