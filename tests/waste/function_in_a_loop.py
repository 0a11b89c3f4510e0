"""A function that is called many times as often as ever before."""

from tests.waste.calling import Client, datapoints


def reveal(client: Client, resource_id: str) -> bool:
    """Its calls of the last days are ten times those of the days before."""
    name = resource_id.rpartition(":")[2]
    calls = datapoints(client, "AWS/Lambda", "Invocations", "Sum", days=14, FunctionName=name)
    return calls[-2] > 10 * min(calls)


def remedy(client: Client, resource_id: str) -> None:
    """Let nobody call it."""
    client("lambda").put_function_concurrency(
        FunctionName=resource_id.rpartition(":")[2], ReservedConcurrentExecutions=0
    )
