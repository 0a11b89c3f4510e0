"""A function that is kept warm and never called."""

from tests.waste.calling import Client, datapoints

EXACT = True


def reveal(client: Client, resource_id: str) -> bool:
    """Environments are provisioned, and there is no invocation in a week."""
    name = resource_id.rpartition(":")[2]
    kept = client("lambda").list_provisioned_concurrency_configs(FunctionName=name)
    calls = datapoints(client, "AWS/Lambda", "Invocations", "Sum", FunctionName=name)
    return bool(kept["ProvisionedConcurrencyConfigs"]) and not any(calls)


def remedy(client: Client, resource_id: str) -> None:
    """Keep none of it warm."""
    functions = client("lambda")
    name = resource_id.rpartition(":")[2]
    kept = functions.list_provisioned_concurrency_configs(FunctionName=name)
    for one in kept["ProvisionedConcurrencyConfigs"]:
        functions.delete_provisioned_concurrency_config(
            FunctionName=name, Qualifier=one["FunctionArn"].rpartition(":")[2]
        )
