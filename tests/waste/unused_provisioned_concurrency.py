"""Environments kept warm for a function that needs none of them."""

from tests.waste.calling import Client


def reveal(client: Client, resource_id: str) -> bool:
    """ListProvisionedConcurrencyConfigs: there are some, and the function is hardly called."""
    found = client("lambda").list_provisioned_concurrency_configs(FunctionName=resource_id)
    return bool(found["ProvisionedConcurrencyConfigs"])


def remedy(client: Client, resource_id: str) -> None:
    """Keep none warm."""
    lambda_ = client("lambda")
    found = lambda_.list_provisioned_concurrency_configs(FunctionName=resource_id)
    for config in found["ProvisionedConcurrencyConfigs"]:
        lambda_.delete_provisioned_concurrency_config(
            FunctionName=resource_id, Qualifier=config["FunctionArn"].rpartition(":")[2]
        )
