"""Domains in the words of the Elasticsearch API.

Source: https://docs.aws.amazon.com/opensearch-service/latest/developerguide/rename.html: an
instance type ends in .elasticsearch, and a version of Elasticsearch has no prefix.
"""

from collections.abc import Mapping
from typing import Any

from handlers.opensearch import domain_view

_TYPES = ("InstanceType", "DedicatedMasterType", "WarmType")
# Members that only the newer API has.
_NEWER = ("IPAddressType", "OffPeakWindowOptions", "SoftwareUpdateOptions")


def status(row: Mapping[str, Any]) -> dict[str, Any]:
    """An ElasticsearchDomainStatus."""
    found = _older(domain_view.status(row))
    found["ElasticsearchClusterConfig"] = cluster(found["ElasticsearchClusterConfig"])
    found["ElasticsearchVersion"] = version(found["ElasticsearchVersion"])
    found["AutoTuneOptions"] = _tuned(found["AutoTuneOptions"])
    return found


def config(row: Mapping[str, Any]) -> dict[str, Any]:
    """An ElasticsearchDomainConfig."""
    found = _older(domain_view.config(row))
    for name, spell in (("ElasticsearchClusterConfig", cluster), ("ElasticsearchVersion", version),
                        ("AutoTuneOptions", _tuned)):  # fmt: skip
        found[name] = {**found[name], "Options": spell(found[name]["Options"])}
    return found


def cluster(newer: Mapping[str, Any]) -> dict[str, Any]:
    """An ElasticsearchClusterConfig."""
    return {
        name: value.replace(".search", ".elasticsearch") if name in _TYPES else value
        for name, value in newer.items()
        if name != "MultiAZWithStandbyEnabled"
    }


def version(newer: str) -> str:
    """A version: 7.10, or OpenSearch_2.19."""
    return newer.removeprefix("Elasticsearch_")


def newer(params: Mapping[str, Any]) -> dict[str, Any]:
    """A request in the words of the OpenSearch API."""
    found = dict(params)
    asked = found.pop("ElasticsearchClusterConfig", None)
    if asked is not None:
        found["ClusterConfig"] = {
            name: value.replace(".elasticsearch", ".search") if name in _TYPES else value
            for name, value in asked.items()
        }
    wanted = found.pop("ElasticsearchVersion", None)
    if wanted:
        found["EngineVersion"] = wanted if "_" in wanted else f"Elasticsearch_{wanted}"
    return found


def _older(found: dict[str, Any]) -> dict[str, Any]:
    names = {"ClusterConfig": "ElasticsearchClusterConfig", "EngineVersion": "ElasticsearchVersion"}
    return {names.get(name, name): value for name, value in found.items() if name not in _NEWER}


def _tuned(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name != "UseOffPeakWindow"}
