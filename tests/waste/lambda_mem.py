"""A function with far more memory than its short calls take."""

from tests.waste.calling import Client, datapoints


def reveal(client: Client, resource_id: str) -> bool:
    """A gigabyte or more, and many calls that take moments, by ListFunctions and CloudWatch."""
    functions = client("lambda").get_paginator("list_functions").paginate()
    (function,) = (
        one for page in functions for one in page["Functions"] if one["FunctionArn"] == resource_id
    )
    name = function["FunctionName"]
    durations = datapoints(client, "AWS/Lambda", "Duration", FunctionName=name)
    calls = datapoints(client, "AWS/Lambda", "Invocations", "Sum", FunctionName=name)
    return function["MemorySize"] >= 1024 and max(durations) < 300 and min(calls[1:]) > 1000


def remedy(client: Client, resource_id: str) -> None:
    """Give it 512 MB."""
    client("lambda").update_function_configuration(FunctionName=resource_id, MemorySize=512)
