"""A search domain of a developer with the nodes of production."""

from tests.waste.calling import Client


def reveal(client: Client, resource_id: str) -> bool:
    """More than one node, in dev."""
    search = client("opensearch")
    name = resource_id.rpartition("/")[2]
    domain = search.describe_domain(DomainName=name)["DomainStatus"]
    tags = {tag["Key"]: tag["Value"] for tag in search.list_tags(ARN=resource_id)["TagList"]}
    return bool(domain["ClusterConfig"]["InstanceCount"] > 1 and tags["env"] == "dev")


def remedy(client: Client, resource_id: str) -> None:
    """One node."""
    client("opensearch").update_domain_config(
        DomainName=resource_id.rpartition("/")[2],
        ClusterConfig={"InstanceCount": 1, "ZoneAwarenessEnabled": False},
    )
