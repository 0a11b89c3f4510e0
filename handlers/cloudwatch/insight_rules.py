"""Contributor Insights rules: there are none, and they are listed, switched and deleted as such."""

from typing import Any

from emulator.context import Context

NOUN = "metrics"


async def describe_insight_rules(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """None."""
    return {"InsightRules": []}


async def disable_insight_rules(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Each of the rules fails: it does not exist."""
    return {"Failures": [_failure(name) for name in params["RuleNames"]]}


async def delete_insight_rules(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Each of the rules fails: it does not exist."""
    return {"Failures": [_failure(name) for name in params["RuleNames"]]}


def _failure(name: str) -> dict[str, str]:
    return {
        "FailureResource": name,
        "ExceptionType": "ResourceNotFoundException",
        "FailureCode": "404",
        "FailureDescription": f"Rule {name} does not exist",
    }
