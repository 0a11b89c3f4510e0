"""A search domain with nodes for ten times its load."""

from tests.waste.calling import Client, datapoints


def reveal(client: Client, resource_id: str) -> bool:
    """Large nodes, little CPU and little memory."""
    name, number = resource_id.rpartition("/")[2], resource_id.split(":")[4]
    domain = client("opensearch").describe_domain(DomainName=name)["DomainStatus"]
    means = []
    for metric in ("CPUUtilization", "JVMMemoryPressure"):
        values = datapoints(client, "AWS/ES", metric, DomainName=name, ClientId=number)
        means.append(sum(values) / len(values))
    large = domain["ClusterConfig"]["InstanceType"].endswith("xlarge.search")
    return large and means[0] < 20 and means[1] < 75


def remedy(client: Client, resource_id: str) -> None:
    """Nodes of a quarter of the size."""
    name = resource_id.rpartition("/")[2]
    client("opensearch").update_domain_config(
        DomainName=name, ClusterConfig={"InstanceType": "m5.large.search"}
    )
