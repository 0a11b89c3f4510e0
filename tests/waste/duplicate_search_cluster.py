"""A search domain beside another one that has room."""

from typing import Any

from tests.waste.calling import Client, datapoints


def _domains(client: Client) -> Any:
    es = client("es")
    names = [one["DomainName"] for one in es.list_domain_names()["DomainNames"]]
    found = [
        domain
        for at in range(0, len(names), 5)
        for domain in es.describe_elasticsearch_domains(DomainNames=names[at : at + 5])[
            "DomainStatusList"
        ]
    ]
    return {domain["ARN"]: domain for domain in found}


def reveal(client: Client, resource_id: str) -> bool:
    """It is one of several, and its processors are hardly used."""
    domains = _domains(client)
    name, account = domains[resource_id]["DomainName"], resource_id.split(":")[4]
    cpu = datapoints(client, "AWS/ES", "CPUUtilization", DomainName=name, ClientId=account)
    return len(domains) > 1 and sum(cpu) / len(cpu) < 25


def remedy(client: Client, resource_id: str) -> None:
    """Delete it, what it held being in the other."""
    name = _domains(client)[resource_id]["DomainName"]
    client("opensearch").delete_domain(DomainName=name)
