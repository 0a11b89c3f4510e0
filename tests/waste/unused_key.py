"""An access key that nobody signs with."""

from datetime import UTC, datetime, timedelta

from tests.waste.calling import Client

COST_FALLS = False


def _user(client: Client, key_id: str) -> str:
    name: str = client("iam").get_access_key_last_used(AccessKeyId=key_id)["UserName"]
    return name


def reveal(client: Client, resource_id: str) -> bool:
    """It is active, and was last used a quarter of a year ago."""
    iam = client("iam")
    used = iam.get_access_key_last_used(AccessKeyId=resource_id)["AccessKeyLastUsed"]
    keys = iam.list_access_keys(UserName=_user(client, resource_id))["AccessKeyMetadata"]
    (key,) = (one for one in keys if one["AccessKeyId"] == resource_id)
    tags = iam.list_user_tags(UserName=_user(client, resource_id))["Tags"]
    old = datetime.now(UTC) - timedelta(days=90)
    return key["Status"] == "Active" and used["LastUsedDate"] < old and not tags


def remedy(client: Client, resource_id: str) -> None:
    """Disable it."""
    client("iam").update_access_key(
        UserName=_user(client, resource_id), AccessKeyId=resource_id, Status="Inactive"
    )
