"""Domains that tests begin with."""

from typing import Any


def create(search: Any, name: str = "logs", **more: Any) -> dict[str, Any]:
    """A new domain: three r6g.large.search with 100 GiB of gp3 each, unless told otherwise."""
    asked = {
        "DomainName": name,
        "EngineVersion": "OpenSearch_2.19",
        "ClusterConfig": {"InstanceType": "r6g.large.search", "InstanceCount": 3},
        "EBSOptions": {"EBSEnabled": True, "VolumeType": "gp3", "VolumeSize": 100},
    }
    made: dict[str, Any] = search.create_domain(**asked | more)["DomainStatus"]
    return made


def describe(search: Any, name: str = "logs") -> dict[str, Any]:
    """The domain of that name."""
    return dict(search.describe_domain(DomainName=name)["DomainStatus"])
