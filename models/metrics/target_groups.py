"""Metrics of target groups behind application and network load balancers.

A day of a load balancer tells how its target groups fared (`groups` of its row); of the present
day, and of days that do not tell, the targets themselves do.
"""

from models.callers import NOW, NUMBER
from models.metrics.metric import Metric, constant, events, level, measured, total
from models.metrics.source import ACCOUNT, Source, day_of, days_of, source

_HOSTS = (
    level("HealthyHostCount", "Count", "healthy", "healthy"),
    level("UnHealthyHostCount", "Count", "unhealthy", "unhealthy"),
)
_APPLICATION = (
    *_HOSTS,
    events("RequestCount", "request_count"),
    measured("TargetResponseTime", "Seconds", "request_count", "target_response_ms", 0.001),
    events("HTTPCode_Target_2XX_Count", "request_count", 0.975),
    events("HTTPCode_Target_3XX_Count", "request_count", 0.003),
    events("HTTPCode_Target_4XX_Count", "request_count", 0.02),
    events("HTTPCode_Target_5XX_Count", "request_count", 0.002),
    constant("TargetConnectionErrorCount", "Count"),
)
_NETWORK = (*_HOSTS, total("TCP_Target_Reset_Count", "Count", "request_count", 0.001))

_BALANCER = (
    f"format('arn:aws:elasticloadbalancing:%s:%s:loadbalancer/%s', $3::text, {NUMBER}, $5::text)"
)
_GROUP = f"format('arn:aws:elasticloadbalancing:%s:%s:%s', $3::text, {NUMBER}, $4::text)"
_NOW = (
    "(select jsonb_build_object('healthy', count(*) filter (where s.state = 'healthy'),"
    " 'unhealthy', count(*) filter (where s.state = 'unhealthy')) from target_groups as g"
    " join load_balancers as b on b.id = g.load_balancer_id"
    " left join driftcloud_target_states() as s on s.target_group_id = g.id"
    f" where g.account_id = {ACCOUNT} and g.arn = {_GROUP} and b.lb_arn = {_BALANCER}"
    " group by g.id)"
)
_THEN = "m.metric_payload -> 'groups' -> $4::text"
_PAYLOAD = (
    f"m.metric_payload || coalesce({_THEN}, '{{}}')"
    f" || case when {_THEN} is null or m.date >= ({NOW})::date"
    f" then coalesce({_NOW}, '{{}}') else '{{}}' end as payload"
)


def _source(namespace: str, kind: str, metrics: tuple[Metric, ...]) -> Source:
    rows = days_of("load_balancer", _BALANCER)
    rows = rows.replace("m.metric_payload as payload", _PAYLOAD).replace(
        " order by",
        f" and coalesce(m.metric_payload ->> 'type', '{kind}') = '{kind}'"
        f" and ({_THEN} is not null or {_NOW} is not null) order by",
    )
    return source(
        namespace,
        ["TargetGroup", "LoadBalancer"],
        metrics,
        rows,
        listed="(select b.*, split_part(g.arn, ':', 6) as target_group from load_balancers as b"
        " join target_groups as g on g.load_balancer_id = b.id) as r"
        f" where r.account_id = {ACCOUNT} and r.type = '{kind}'",
        key="(r.lb_arn || r.target_group)",
        columns="r.target_group|split_part(r.lb_arn, ':loadbalancer/', 2)",
        day=day_of("load_balancer", "r.lb_arn"),
    )


SOURCES: tuple[Source, ...] = (
    _source("AWS/ApplicationELB", "application", _APPLICATION),
    _source("AWS/NetworkELB", "network", _NETWORK),
)
