"""What an account may have of classic load balancers.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-limits.html.
"""

from typing import Any

from emulator.context import Context
from handlers.elb.errors import page

NOUN = "load_balancers"
_LIMITS = {
    "classic-listeners": "100",
    "classic-load-balancers": "20",
    "classic-registered-instances": "1000",
}


async def describe_account_limits(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The quotas of every account."""
    shown, marker = page(ctx, params).cut_items(list(_LIMITS.items()), lambda one: one[0])
    return {"Limits": [{"Name": name, "Max": most} for name, most in shown], "NextMarker": marker}
