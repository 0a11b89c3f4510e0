"""CPU credits of burstable machines: told and changed.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/
API_DescribeInstanceCreditSpecifications.html and API_ModifyInstanceCreditSpecification.html.
"""

from typing import Any

from emulator import pages
from emulator.context import Context
from emulator.errors import AwsError
from emulator.ids import well_formed
from emulator.matching import chosen
from handlers.ec2 import identifiers
from handlers.ec2.identifiers import INSTANCE
from models import instance_credits, instances

NOUN = "instances"
CREDITS = ("standard", "unlimited")


async def describe_instance_credit_specifications(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """The credits of named burstable machines; without names, of those that are unlimited."""
    asked = params.get("InstanceIds") or None
    identifiers.check(INSTANCE, asked or ())
    if asked:
        rows = await instances.LISTING.page(ctx.db, region=ctx.region, ids=asked)
        identifiers.check_found(INSTANCE, asked, (row["instance_id"] for row in rows))
    page = pages.page(ctx, params)
    rows = await instance_credits.listed(ctx.db, ctx.region, asked, page.after, page.fetch)
    shown, token = page.cut(rows, "instance_id")
    found = [{"InstanceId": row["instance_id"], "CpuCredits": row["credits"]} for row in shown]
    names = {"instance-id": lambda one: (one["InstanceId"],)}
    return {
        "InstanceCreditSpecifications": chosen(found, names, params.get("Filters")),
        "NextToken": token,
    }


async def modify_instance_credit_specification(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Tell machines whether they may go beyond their credits, each for itself."""
    done, failed = [], []
    for one in params["InstanceCreditSpecifications"]:
        if one.get("CpuCredits") not in CREDITS:
            raise AwsError(
                "InvalidParameterValue", f"Invalid value '{one.get('CpuCredits')}' for CpuCredits."
            )
    async with ctx.db.transaction():
        for one in params["InstanceCreditSpecifications"]:
            instance_id, credits = one["InstanceId"], one["CpuCredits"]
            if await instance_credits.put(ctx.db, ctx.region, instance_id, credits):
                done.append({"InstanceId": instance_id})
            else:
                code, message = await _why(ctx, instance_id)
                error = {"Code": code, "Message": message}
                failed.append({"InstanceId": instance_id, "Error": error})
    return {
        "SuccessfulInstanceCreditSpecifications": done,
        "UnsuccessfulInstanceCreditSpecifications": failed,
    }


async def _why(ctx: Context, instance_id: str) -> tuple[str, str]:
    """Code and words for a machine that could not be told."""
    if not well_formed("i", instance_id):
        return "InvalidInstanceID.Malformed", f'Invalid id: "{instance_id}"'
    row = await instances.find_one(ctx.db, ctx.region, instance_id)
    if row is None:
        return "InvalidInstanceID.NotFound", f"The instance ID '{instance_id}' does not exist"
    if row["state"] in ("terminated", "shutting-down"):
        return "IncorrectInstanceState", f"The instance '{instance_id}' is terminated."
    return (
        "InstanceCreditSpecification.NotSupported",
        f"The instance type {row['instance_type']} does not have CPU credits.",
    )
