"""What an account may have of load balancing.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
and the pages of the other types.
"""

from typing import Any

from emulator.context import Context
from handlers.elbv2 import lists

NOUN = "load_balancers"
_LIMITS = {
    "application-load-balancers": 50,
    "certificates-per-application-load-balancer": 25,
    "certificates-per-network-load-balancer": 25,
    "condition-values-per-alb-rule": 5,
    "condition-wildcards-per-alb-rule": 6,
    "gateway-load-balancers": 100,
    "gateway-load-balancers-per-vpc": 100,
    "geneve-target-groups": 100,
    "listeners-per-application-load-balancer": 50,
    "listeners-per-network-load-balancer": 50,
    "network-load-balancer-enis-per-vpc": 1200,
    "network-load-balancers": 50,
    "rules-per-application-load-balancer": 100,
    "target-groups": 3000,
    "target-groups-per-action-on-application-load-balancer": 5,
    "target-groups-per-action-on-network-load-balancer": 1,
    "target-groups-per-application-load-balancer": 100,
    "target-id-registrations-per-application-load-balancer": 1000,
    "targets-per-application-load-balancer": 1000,
    "targets-per-availability-zone-per-gateway-load-balancer": 300,
    "targets-per-availability-zone-per-network-load-balancer": 500,
    "targets-per-network-load-balancer": 3000,
}


async def describe_account_limits(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The quotas of every account."""
    page = lists.page(ctx, params)
    shown, marker = page.cut_items(list(_LIMITS.items()), lambda one: one[0])
    return {
        "Limits": [{"Name": name, "Max": str(most)} for name, most in shown],
        "NextMarker": marker,
    }
