"""Storage Lens dashboards: configurations of what is measured of an account's storage.

Every account has a default dashboard, which can be changed and turned off but not deleted. The
figures themselves are read from CloudWatch (AWS/S3): no export is written.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage_lens_basics_metrics_recommendations.html.
"""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.pages import page
from models import s3_storage_lenses

NOUN = "s3_buckets"
DEFAULT = "default-account-dashboard"
HOME = "us-east-1"
# https://docs.aws.amazon.com/general/latest/gr/s3.html: dashboards of an account and region.
MOST = 50
_PAGE = 100


async def list_storage_lens_configurations(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The dashboards of the account, the default one among them, by name."""
    _check_account(ctx, params)
    rows = {row["name"]: row for row in await s3_storage_lenses.listed(ctx.db)}
    rows.setdefault(DEFAULT, _default())
    asked = page(ctx, params, default=_PAGE, invalid=_bad_token)
    shown, token = asked.cut_items(sorted(rows.values(), key=_name), _name)
    return {
        "NextToken": token,
        "StorageLensConfigurationList": [
            {
                "Id": row["name"],
                "StorageLensArn": _arn(ctx, row),
                "HomeRegion": row["region"],
                "IsEnabled": row["configuration"]["IsEnabled"],
            }
            for row in shown
        ],
    }


async def get_storage_lens_configuration(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One dashboard."""
    _check_account(ctx, params)
    row = await s3_storage_lenses.find_one(ctx.db, params["ConfigId"])
    if row is None and params["ConfigId"] == DEFAULT:
        row = _default()
    if row is None:
        raise _no_such()
    shown = {**row["configuration"], "StorageLensArn": _arn(ctx, row)}
    return {"StorageLensConfiguration": shown}


async def put_storage_lens_configuration(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Make a dashboard in the caller's region, or change one."""
    _check_account(ctx, params)
    name, given = params["ConfigId"], params["StorageLensConfiguration"]
    if params.get("Tags"):
        raise AwsError("NotImplemented", "Tags of a dashboard are not emulated", 501)
    if given["Id"] != name:
        raise AwsError("InvalidRequest", "The dashboard's id differs from the request's.", 400)
    if given.get("Include") and given.get("Exclude"):
        raise AwsError("InvalidRequest", "Include and Exclude cannot be given together.", 400)
    region = HOME if name == DEFAULT else ctx.region
    if not await s3_storage_lenses.put(ctx.db, name, region, given, ctx.now, MOST):
        raise AwsError(
            "TooManyConfigurations", f"An account can have {MOST} dashboards at most.", 400
        )
    return {}


async def delete_storage_lens_configuration(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a dashboard; the default one stays."""
    _check_account(ctx, params)
    if params["ConfigId"] == DEFAULT:
        raise AwsError("InvalidRequest", "The default dashboard cannot be deleted.", 400)
    if not await s3_storage_lenses.delete(ctx.db, params["ConfigId"]):
        raise _no_such()
    return {}


def _check_account(ctx: Context, params: dict[str, Any]) -> None:
    if params.get("AccountId") not in (None, ctx.principal.account_number):
        raise AwsError("AccessDenied", "Access Denied", 403)


def _default() -> dict[str, Any]:
    level: dict[str, Any] = {"BucketLevel": {}}
    return {
        "name": DEFAULT,
        "region": HOME,
        "configuration": {"Id": DEFAULT, "AccountLevel": level, "IsEnabled": True},
    }


def _arn(ctx: Context, row: Any) -> str:
    account = ctx.principal.account_number
    return f"arn:aws:s3:{row['region']}:{account}:storage-lens/{row['name']}"


def _name(row: Any) -> str:
    return str(row["name"])


def _no_such() -> AwsError:
    return AwsError("NoSuchConfiguration", "The specified configuration does not exist.", 404)


def _bad_token() -> AwsError:
    return AwsError("InvalidRequest", "The token is not valid.", 400)
