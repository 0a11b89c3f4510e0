"""What stands around the load balancers of an estate: listeners, rules, target groups, targets."""

import uuid
from typing import Any

from models.estates.chance import Chance
from models.estates.estate import Estate, Row
from models.ssl_policies import DEFAULT

# Of the load balancers that nobody uses, so many have lost their listeners too.
_BARE_SHARE = 0.25
_RULED_SHARE = 0.4
_PORT = 8080


def surround(
    estate: Estate, balancer: Row, tags: dict[str, str], target_group_arn: str | None,
    members: list[Row], group_id: Any, *, idle: bool,
) -> None:  # fmt: skip
    """Give a load balancer listeners, and its members a place behind them.

    `target_group_arn` is the ARN that an Auto Scaling group knows already, `group_id` that group.
    """
    chance = estate.chance("balancer listeners", balancer["lb_arn"])
    bare = idle and chance.happens(_BARE_SHARE)
    if balancer["type"] == "classic":
        balancer["classic_listeners"] = [] if bare else _classic(estate, balancer, chance)
        _register(estate, chance, balancer, None, members, group_id)
        return
    if bare:
        return
    group = _target_group(estate, chance, balancer, tags, target_group_arn)
    forward = _forward(group["arn"])
    public = balancer["scheme"] == "internet-facing"
    if balancer["type"] == "network":
        _listener(estate, chance, balancer, "TCP", 443 if public else _PORT, forward)
    elif public:
        _listener(estate, chance, balancer, "HTTP", 80, _to_https())
        secure = _listener(estate, chance, balancer, "HTTPS", 443, forward)
        if chance.happens(_RULED_SHARE):
            _rules(estate, chance, secure, forward)
    else:
        _listener(estate, chance, balancer, "HTTP", 80, forward)
    _register(estate, chance, balancer, group, members, group_id)


def _classic(estate: Estate, balancer: Row, chance: Chance) -> list[dict[str, Any]]:
    plain = {"LoadBalancerPort": 80, "Protocol": "HTTP"}
    inside = {"InstanceProtocol": "HTTP", "InstancePort": _PORT}
    found: list[dict[str, Any]] = [{"Listener": plain | inside, "PolicyNames": []}]
    if balancer["scheme"] == "internet-facing":
        secure = {
            "LoadBalancerPort": 443,
            "Protocol": "HTTPS",
            "SSLCertificateId": _certificate(estate, balancer, chance),
        }
        found.append({"Listener": secure | inside, "PolicyNames": [DEFAULT]})
    return found


def _target_group(
    estate: Estate, chance: Chance, balancer: Row, tags: dict[str, str], known: str | None
) -> Row:
    web = balancer["type"] == "application"
    arn = known or estate.arn(
        "elasticloadbalancing",
        balancer["region"],
        f"targetgroup/{balancer['name']}/{chance.digits(16)}",
    )
    row = estate.add(
        "target_groups",
        {
            "id": chance.key(),
            **_beside(balancer),
            "arn": arn,
            "name": balancer["name"],
            "load_balancer_id": balancer["id"],
            "protocol": "HTTP" if web else "TCP",
            "protocol_version": "HTTP1" if web else None,
            "port": _PORT,
            "vpc_id": balancer["vpc_id"],
            "health_check_protocol": "HTTP" if web else "TCP",
            "health_check_port": "traffic-port",
            "health_check_path": "/health" if web else None,
            "health_check_timeout_seconds": 5 if web else 10,
            "matcher": "200" if web else None,
            "tags": tags,
        },
    )
    estate.tag("target_group", arn, tags, balancer["created_at"])
    return row


def _listener(
    estate: Estate, chance: Chance, balancer: Row, protocol: str, port: int, action: dict[str, Any]
) -> Row:
    secure = protocol == "HTTPS"
    arn = balancer["lb_arn"].replace(":loadbalancer/", ":listener/") + f"/{chance.digits(16)}"
    row = estate.add(
        "listeners",
        {
            "id": chance.key(),
            **_beside(balancer),
            "load_balancer_id": balancer["id"],
            "arn": arn,
            "protocol": protocol,
            "port": port,
            "ssl_policy": DEFAULT if secure else None,
            "certificates": [_certificate(estate, balancer, chance)] if secure else [],
        },
    )
    _rule(estate, chance, row, None, [], action)
    return row


def _rules(estate: Estate, chance: Chance, listener: Row, forward: dict[str, Any]) -> None:
    """Rules as services grow them: a path of its own, and one that nobody is to see."""
    paths = [("/api/*", forward), ("/internal/*", _forbidden())]
    for at, (path, action) in enumerate(paths):
        condition = {
            "Field": "path-pattern",
            "Values": [path],
            "PathPatternConfig": {"Values": [path]},
        }
        _rule(estate, chance, listener, 10 * (at + 1), [condition], action)


def _rule(
    estate: Estate, chance: Chance, listener: Row, priority: int | None,
    conditions: list[dict[str, Any]], action: dict[str, Any],
) -> None:  # fmt: skip
    arn = listener["arn"].replace(":listener/", ":listener-rule/") + f"/{chance.digits(16)}"
    groups = (action.get("ForwardConfig") or {}).get("TargetGroups") or []
    estate.add(
        "listener_rules",
        {
            "id": chance.key(),
            **{
                name: listener[name]
                for name in ("account_id", "region", "created_at", "updated_at")
            },
            "listener_id": listener["id"],
            "arn": arn,
            "priority": priority,
            "conditions": conditions,
            "actions": [action],
            "target_group_arns": [one["TargetGroupArn"] for one in groups],
        },
    )


def _register(
    estate: Estate, chance: Chance, balancer: Row, group: Row | None, members: list[Row],
    group_id: Any,
) -> None:  # fmt: skip
    for member in members:
        estate.add(
            "targets",
            {
                "id": chance.key(),
                "account_id": estate.account_id,
                "target_group_id": group["id"] if group else None,
                "load_balancer_id": None if group else balancer["id"],
                "target_id": member["instance_id"],
                "port": group["port"] if group else None,
                "availability_zone": member["availability_zone"],
                "autoscaling_group_id": group_id,
                "created_at": max(balancer["created_at"], member["created_at"]),
            },
        )


def _beside(balancer: Row) -> Row:
    """What everything around a load balancer has from it."""
    return {name: balancer[name] for name in ("account_id", "region", "created_at", "updated_at")}


def _certificate(estate: Estate, balancer: Row, chance: Chance) -> str:
    return estate.arn("acm", balancer["region"], f"certificate/{uuid.UUID(str(chance.key()))}")


def _forward(arn: str) -> dict[str, Any]:
    return {
        "Type": "forward",
        "TargetGroupArn": arn,
        "ForwardConfig": {
            "TargetGroups": [{"TargetGroupArn": arn, "Weight": 1}],
            "TargetGroupStickinessConfig": {"Enabled": False},
        },
    }


def _to_https() -> dict[str, Any]:
    config = {"Protocol": "HTTPS", "Port": "443", "Host": "#{host}", "Path": "/#{path}",
              "Query": "#{query}", "StatusCode": "HTTP_301"}  # fmt: skip
    return {"Type": "redirect", "RedirectConfig": config}


def _forbidden() -> dict[str, Any]:
    config = {"StatusCode": "403", "ContentType": "text/plain", "MessageBody": "Forbidden"}
    return {"Type": "fixed-response", "FixedResponseConfig": config}
