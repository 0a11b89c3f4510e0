"""A preview that nobody looks at any more."""

from tests.waste.calling import Client
from tests.waste.machines import end, is_running, tags


def reveal(client: Client, resource_id: str) -> bool:
    """Running with the tag env=preview, and no demo."""
    found = tags(client, resource_id)
    return is_running(client, resource_id) and found.get("env") == "preview" and "demo" not in found


def remedy(client: Client, resource_id: str) -> None:
    """Terminate it."""
    end(client, resource_id)
