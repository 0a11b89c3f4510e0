"""Event rules of an estate and the queues that they feed."""

import orjson

from models.estates.estate import Estate

# Name, schedule or pattern, whether it is still in use.
_RULES = (
    ("nightly-stop-dev", "cron(0 19 ? * MON-FRI *)", None, True),
    ("hourly-cleanup", "rate(1 hour)", None, False),
    ("instance-state-changes", None,
     {"source": ["aws.ec2"], "detail-type": ["EC2 Instance State-change Notification"]}, True),
)  # fmt: skip
_QUEUE, _DEAD = "platform-events", "platform-events-dlq"


def create(estate: Estate) -> None:
    """Rules of the default bus, and a queue with another for its dead letters."""
    own = estate.chance("event-rules")
    region = estate.regions("events", 1)[0]
    dead_arn, arn = (estate.arn("sqs", region, name) for name in (_DEAD, _QUEUE))
    owner = estate.company.owner(own)
    tags = estate.tags(own, owner, "prod", "", bare=False)
    born = estate.before(own, 40, 420)
    redrive = orjson.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 5}).decode()
    for name, queue_arn, attributes, dead in (
        (_DEAD, dead_arn, {"MessageRetentionPeriod": "1209600"}, None),
        (_QUEUE, arn, {"RedrivePolicy": redrive}, dead_arn),
    ):
        estate.add(
            "queues",
            {
                "id": own.key(),
                "account_id": estate.account_id,
                "region": region,
                "name": name,
                "arn": queue_arn,
                "attributes": attributes,
                "dead_letter_arn": dead,
                "modified_at": born,
                "tags": tags,
                "created_at": born,
            },
        )
        estate.tag("queue", queue_arn, tags, born)
    for rule, schedule, pattern, enabled in _RULES:
        rule_arn = estate.arn("events", region, f"rule/{rule}")
        row = estate.add(
            "event_rules",
            {
                "id": own.key(),
                "account_id": estate.account_id,
                "region": region,
                "name": rule,
                "arn": rule_arn,
                "schedule": schedule,
                "pattern": orjson.dumps(pattern).decode() if pattern else None,
                "status": "ENABLED" if enabled else "DISABLED",
                "tags": tags,
                "created_at": born,
            },
        )
        estate.tag("event_rule", rule_arn, tags, born)
        estate.add(
            "event_targets",
            {
                "id": own.key(),
                "account_id": estate.account_id,
                "rule_id": row["id"],
                "target_id": "queue",
                "arn": arn,
                "definition": {"Id": "queue", "Arn": arn},
            },
        )
