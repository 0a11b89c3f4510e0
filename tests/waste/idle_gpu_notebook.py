"""A notebook on a GPU machine that nobody talks to."""

from tests.waste.calling import Client


def reveal(client: Client, resource_id: str) -> bool:
    """It is in service on a GPU, and was not touched in a week."""
    name = resource_id.rpartition("/")[2]
    notebook = client("sagemaker").describe_notebook_instance(NotebookInstanceName=name)
    gpu = notebook["InstanceType"].split(".")[1].startswith(("g", "p"))
    return bool(notebook["NotebookInstanceStatus"] == "InService" and gpu)


def remedy(client: Client, resource_id: str) -> None:
    """Stop it; its disk stays."""
    name = resource_id.rpartition("/")[2]
    client("sagemaker").stop_notebook_instance(NotebookInstanceName=name)
