"""Search expressions: '{AWS/EC2,InstanceId} MetricName="CPUUtilization" web' → metrics.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
Served: a schema in braces, MetricName, dimensions and plain words, all of which must match;
OR, NOT and parentheses are refused.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.listing import Condition
from models.metrics import catalogue, custom_metrics
from models.metrics.expressions import ExpressionError
from models.metrics.source import Source, listing

# CloudWatch gives the first hundred.
MOST = 100

_SCHEMA = re.compile(r"\s*\{([^{}]*)\}\s*(.*)", re.S)
_TERM = re.compile(r'(?:("?[\w .:-]+?"?)\s*=\s*)?(?:"([^"]*)"|([^\s"=]+))\s*')


@dataclass(frozen=True, slots=True)
class Hit:
    """A metric that a search found."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]


async def find(db: Any, region: str, text: str) -> list[Hit]:
    """Metrics that had data of late and match; ExpressionError for what is not understood."""
    match = _SCHEMA.fullmatch(text)
    if match is None:
        raise ExpressionError("SEARCH needs a schema in braces: {Namespace,Dimension} terms")
    namespace, *dimensions = [part.strip().strip('"') for part in match[1].split(",")]
    terms = _terms(match[2])
    found: list[Hit] = []
    for source in catalogue.listed():
        if source.namespace == namespace and set(source.dimensions) == set(dimensions):
            found += await _of_source(db, region, source, terms)
    for row in await custom_metrics.LISTED.page(
        db, [Condition("namespace", (namespace,))], region=region, limit=1000
    ):
        hit = Hit(namespace, row["name"], dict(custom_metrics.dimensions_of(row["dimensions"])))
        if set(hit.dimensions) == set(dimensions):
            found.append(hit)
    return [hit for hit in found if all(_meets(hit, *term) for term in terms)][:MOST]


async def _of_source(
    db: Any, region: str, source: Source, terms: list[tuple[str, str, bool]]
) -> list[Hit]:
    exact = [Condition(f"dimension:{name}", (value,))
             for name, value, whole in terms if whole and name in source.dimensions]  # fmt: skip
    names = [value for name, value, _ in terms if name == "MetricName"]
    chosen = [name for name in source.metrics if not names or name in names]
    if not chosen:
        return []
    rows = await listing(source, recently=False).page(db, exact, region=region, limit=1000)
    return [
        Hit(source.namespace, name, {dimension: row[f"d{at}"]
                                     for at, dimension in enumerate(source.dimensions)})
        for row in rows
        for name in chosen
    ]  # fmt: skip


def _terms(text: str) -> list[tuple[str, str, bool]]:
    """Name (empty: any), value, and whether it must be the whole value."""
    if re.search(r"(?:^|\s)(?:OR|NOT)\s|[()]", re.sub(r'"[^"]*"', "", text)):
        raise ExpressionError("SEARCH here knows terms that must all match, without OR and NOT")
    found = []
    at = 0
    while at < len(text):
        match = _TERM.match(text, at)
        if match is None or match.end() == at:
            raise ExpressionError(f"SEARCH does not understand '{text[at:]}'")
        at = match.end()
        value = match[2] if match[2] is not None else match[3]
        if value != "AND":
            name = (match[1] or "").strip().strip('"')
            found.append((name, value, match[2] is not None))
    return found


def _meets(hit: Hit, name: str, value: str, whole: bool) -> bool:
    if name in ("MetricName", "Namespace"):
        actual = [hit.name if name == "MetricName" else hit.namespace]
    elif name:
        actual = [hit.dimensions[name]] if name in hit.dimensions else []
    else:
        actual = [hit.namespace, hit.name, *hit.dimensions, *hit.dimensions.values()]
    if whole:
        return value in actual
    words = {word.lower() for one in actual for word in [one, *re.split(r"[^A-Za-z0-9]+", one)]}
    return value.lower() in words
