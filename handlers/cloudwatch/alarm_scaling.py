"""Scaling that alarms call for: policies of Auto Scaling groups, done for whoever looks.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html.
"""

from emulator.context import Context
from handlers.autoscaling.acting import actor
from models import alarms, scaling_calls


def scaling(ctx: Context) -> alarms.Scale:
    """What answers a call of an alarm inside the caller's account."""

    async def answer(call: scaling_calls.Call) -> None:
        await scaling_calls.answer(actor(ctx), call)

    return answer
