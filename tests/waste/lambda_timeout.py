"""A function that may hang for fifteen minutes and answers within moments."""

from tests.waste.calling import Client, datapoints

COST_FALLS = False


def reveal(client: Client, resource_id: str) -> bool:
    """The longest timeout there is, and short calls."""
    function = client("lambda").get_function_configuration(FunctionName=resource_id)
    durations = datapoints(
        client, "AWS/Lambda", "Duration", "Maximum", FunctionName=function["FunctionName"]
    )
    return function["Timeout"] == 900 and max(durations) < 30_000


def remedy(client: Client, resource_id: str) -> None:
    """A minute is long enough."""
    client("lambda").update_function_configuration(FunctionName=resource_id, Timeout=60)
