"""Names, ARNs and errors of load balancers, listeners, rules and target groups.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/CommonErrors.html and
the errors of the operations.
"""

import re
from dataclasses import dataclass

from emulator import ids
from emulator.arns import arn
from emulator.context import Context
from emulator.errors import AwsError

LONGEST_NAME = 32
_NAME = re.compile(r"[A-Za-z0-9-]+")
_KINDS = {"application": "app", "network": "net", "gateway": "gwy"}


@dataclass(frozen=True, slots=True)
class Noun:
    """What a resource is called, how its ARN's last part begins, and its error of absence."""

    name: str
    segment: str
    code: str


BALANCER = Noun("load balancer", "loadbalancer/", "LoadBalancerNotFound")
TARGET_GROUP = Noun("target group", "targetgroup/", "TargetGroupNotFound")
LISTENER = Noun("listener", "listener/", "ListenerNotFound")
RULE = Noun("listener rule", "listener-rule/", "RuleNotFound")
NOUNS = (BALANCER, TARGET_GROUP, LISTENER, RULE)


def invalid(message: str) -> AwsError:
    """The refusal of a value."""
    return AwsError("ValidationError", message)


def not_found(noun: Noun, *named: str) -> AwsError:
    """The refusal of a name or ARN that belongs to nothing."""
    if noun is BALANCER and named:
        one, listed = len(named) == 1, ", ".join(named)
        text = (
            f"Load balancer '{listed}' not found"
            if one
            else f"Load balancers '[{listed}]' not found"
        )
        return AwsError(noun.code, text)
    plural = "rules" if noun is RULE else f"{noun.name}s"
    return AwsError(noun.code, f"One or more {plural} not found")


def checked(noun: Noun, text: str) -> str:
    """An ARN of this noun as a request gives it; AwsError for anything else."""
    parts = text.split(":", 5)
    if (
        len(parts) != 6
        or parts[2] != "elasticloadbalancing"
        or not parts[5].startswith(noun.segment)
    ):
        raise invalid(f"'{text}' is not a valid {noun.name} ARN")
    return text


def noun_of(text: str) -> Noun:
    """What an ARN of this service names."""
    parts = text.split(":", 5)
    if len(parts) == 6 and parts[2] == "elasticloadbalancing":
        for noun in NOUNS:
            if parts[5].startswith(noun.segment):
                return noun
    raise invalid(f"'{text}' is not a valid ARN")


def check_name(kind: str, name: str) -> None:
    """Refuse a name that a load balancer or target group cannot have."""
    head = f"{kind} name '{name}' cannot"
    if len(name) > LONGEST_NAME:
        raise invalid(f"The {head} be longer than '{LONGEST_NAME}' characters")
    if not _NAME.fullmatch(name):
        raise invalid(
            f"The {kind} name '{name}' can only contain characters that are alphanumeric"
            " characters and hyphens(-)"
        )
    if name.startswith("-") or name.endswith("-"):
        raise invalid(f"The {head} begin or end with '-'")
    if kind == "load balancer" and name.startswith("internal-"):
        raise invalid(f"The {head} begin with 'internal-'")


def digits() -> str:
    """Sixteen hexadecimal digits, as the last part of an ARN has them."""
    return ids.new("e")[2:18]


def balancer_arn(ctx: Context, kind: str, name: str, number: str) -> str:
    """The ARN of a new load balancer."""
    return arn(ctx, "elasticloadbalancing", f"loadbalancer/{_KINDS[kind]}/{name}/{number}")


def below(parent: str, noun: Noun) -> str:
    """The ARN of a new listener of a load balancer, or of a new rule of a listener."""
    old = BALANCER if noun is LISTENER else LISTENER
    return f"{parent.replace(f':{old.segment}', f':{noun.segment}', 1)}/{digits()}"
