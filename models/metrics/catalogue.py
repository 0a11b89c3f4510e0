"""The catalogue: which metrics there are, by namespace, name and dimensions."""

from collections.abc import Iterable
from functools import cache

from models.metrics import compute, containers, databases, machine_learning, network, storage
from models.metrics.metric import Metric
from models.metrics.source import Source

SOURCES: tuple[Source, ...] = (
    *compute.SOURCES,
    *containers.SOURCES,
    *databases.SOURCES,
    *machine_learning.SOURCES,
    *network.SOURCES,
    *storage.SOURCES,
)
NAMESPACES = frozenset(found.namespace for found in SOURCES)


def find(namespace: str, name: str, dimensions: Iterable[str]) -> tuple[Source, Metric] | None:
    """The source and the metric of a name with exactly these dimensions; None: there is none."""
    return _index().get((namespace, name, frozenset(dimensions)))


@cache
def _index() -> dict[tuple[str, str, frozenset[str]], tuple[Source, Metric]]:
    return {
        (found.namespace, name, frozenset(found.dimensions)): (found, metric)
        for found in SOURCES
        for name, metric in found.metrics.items()
    }


@cache
def listed() -> tuple[Source, ...]:
    """The sources that a list of metrics shows, in its order."""
    return tuple(
        sorted(
            (found for found in SOURCES if found.listed),
            key=lambda found: (found.namespace, found.dimensions),
        )
    )
