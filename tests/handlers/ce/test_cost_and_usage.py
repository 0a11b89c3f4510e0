"""Cost and usage: every amount is what SQL says of the lines of the bill."""

# ruff: noqa: E501 - expected values read better whole

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from models.cost_dimensions import DIMENSIONS
from tests.fixtures.server import Cloud
from tests.handlers.ce.bills import EC2, RDS, Bill
from tests.handlers.ec2.answers import refusal

COLUMNS = {
    "UnblendedCost": "unblended_cost",
    "BlendedCost": "unblended_cost",
    "NetUnblendedCost": "unblended_cost",
    "AmortizedCost": "amortized_cost",
    "NetAmortizedCost": "amortized_cost",
    "UsageQuantity": "usage_amount",
}
# What each dimension is in the words of the lines.
PLAIN = {
    "SERVICE": "service",
    "REGION": "region",
    "USAGE_TYPE": "usage_type",
    "AZ": "coalesce(availability_zone, 'NoAZ')",
    "INSTANCE_TYPE": "coalesce(instance_type, 'NoInstanceType')",
    "OPERATION": "coalesce(nullif(operation, ''), 'NoOperation')",
    "PLATFORM": "coalesce(platform, 'NoOperatingSystem')",
    "RESOURCE_ID": "coalesce(resource_id, 'NoResourceId')",
}
SERVICE = {"Type": "DIMENSION", "Key": "SERVICE"}
TEAM = {"Type": "TAG", "Key": "team"}


def ask(bill: Bill, **given: Any) -> list[dict[str, Any]]:
    """ResultsByTime of all pages."""
    asked = {
        "TimePeriod": bill.period(99), "Granularity": "MONTHLY", "Metrics": ["UnblendedCost"],
    } | given  # fmt: skip
    results: list[dict[str, Any]] = bill.ce.get_cost_and_usage(**asked)["ResultsByTime"]
    return results


def amounts(results: list[dict[str, Any]], metric: str = "UnblendedCost") -> dict[Any, Decimal]:
    """Amounts by keys, summed over time; without groups by ()."""
    found: dict[Any, Decimal] = {}
    for one in results:
        if one["Total"]:
            found[()] = found.get((), Decimal(0)) + Decimal(one["Total"][metric]["Amount"])
        for group in one["Groups"]:
            keys = tuple(group["Keys"])
            amount = Decimal(group["Metrics"][metric]["Amount"])
            found[keys] = found.get(keys, Decimal(0)) + amount
    return found


def test_totals_of_every_metric_are_those_of_the_lines(bill: Bill) -> None:
    results = ask(bill, Metrics=list(COLUMNS), Granularity="DAILY")
    assert len(results) == 100
    for metric, column in COLUMNS.items():
        by_day = {row["day"]: row["total"] for row in bill.rows(
            f"day, sum({column}) as total", "group by day")}  # fmt: skip
        for one in results:
            day = date.fromisoformat(one["TimePeriod"]["Start"])
            assert Decimal(one["Total"][metric]["Amount"]) == by_day[day] != 0
            assert one["TimePeriod"]["End"] == str(day + timedelta(days=1))
            assert one["Total"][metric]["Unit"] == ("N/A" if metric == "UsageQuantity" else "USD")
    this_month = str(bill.today.replace(day=1))
    assert [one["Estimated"] for one in results] == [
        one["TimePeriod"]["Start"] >= this_month for one in results
    ]


@pytest.mark.parametrize("key", sorted(set(PLAIN) - {"RESOURCE_ID"}))
def test_groups_are_those_of_the_lines(bill: Bill, key: str) -> None:
    results = ask(bill, GroupBy=[{"Type": "DIMENSION", "Key": key}])
    for one in results:
        start, end = one["TimePeriod"]["Start"], one["TimePeriod"]["End"]
        rows = bill.rows(
            f"{PLAIN[key]} as key, sum(unblended_cost) as total",
            f"where day >= '{start}' and day < '{end}' group by 1 order by 1",
        )
        assert one["Total"] == {}
        assert [(group["Keys"], Decimal(group["Metrics"]["UnblendedCost"]["Amount"]))
                for group in one["Groups"]] == [([row["key"]], row["total"]) for row in rows]  # fmt: skip
    assert results[0]["TimePeriod"]["Start"] == str(bill.day(99))
    assert results[0]["TimePeriod"]["End"] == results[1]["TimePeriod"]["Start"]
    assert results[1]["TimePeriod"]["Start"].endswith("-01")


def test_two_groups_and_tags(bill: Bill) -> None:
    found = amounts(ask(bill, GroupBy=[SERVICE, TEAM]))
    rows = bill.rows(
        "service, coalesce(tags ->> 'team', '') as team, sum(unblended_cost) as total",
        "group by 1, 2",
    )
    assert found == {(row["service"], f"team${row['team']}"): row["total"] for row in rows}
    assert {(EC2, "team$"), (EC2, "team$Data_Lake")} <= set(found)
    by_usage = amounts(ask(bill, GroupBy=[TEAM, {"Type": "DIMENSION", "Key": "USAGE_TYPE"}]))
    assert sum(by_usage.values()) == bill.total("unblended_cost")
    unknown = amounts(ask(bill, GroupBy=[{"Type": "TAG", "Key": "nothing"}]))
    assert unknown == {("nothing$",): bill.total("unblended_cost")}


def test_derived_dimensions_say_what_the_lines_are(bill: Bill) -> None:
    def by(key: str) -> dict[Any, Decimal]:
        return amounts(ask(bill, GroupBy=[{"Type": "DIMENSION", "Key": key}]))

    kinds = by("RECORD_TYPE")
    assert kinds["Recurring",] == bill.total("unblended_cost", "record_type = 'RIFee'") > 0
    assert kinds["Enterprise Discount Program Discount",] < 0
    bought = by("PURCHASE_TYPE")
    assert bought["Spot Instances",] == bill.total("unblended_cost", "usage_type like 'Spot%'")
    assert bought["Convertible Reserved Instances",] == kinds["Recurring",]
    assert bought["Savings Plans",] == bill.total(
        "unblended_cost", "record_type like 'SavingsPlan%'"
    )
    assert by("DATABASE_ENGINE")["PostgreSQL",] == bill.total(
        "unblended_cost", "engine = 'PostgreSQL'"
    )
    assert by("CACHE_ENGINE")["Redis",] == bill.total("unblended_cost", "engine = 'Redis'")
    assert by("INSTANCE_TYPE_FAMILY")["m5",] == bill.total(
        "unblended_cost", "instance_type like 'm5.%'"
    )
    assert by("TENANCY")["Shared",] == bill.total(
        "unblended_cost", "usage_type ~ 'BoxUsage|SpotUsage'"
    )
    assert by("DEPLOYMENT_OPTION")["Multi-AZ",] == bill.total(
        "unblended_cost", f"service = '{RDS}'"
    )
    groups = by("USAGE_TYPE_GROUP")
    assert groups["EC2: Running Hours",] == by("TENANCY")["Shared",]
    assert groups["S3: Storage - Standard",] == bill.total(
        "unblended_cost", "product_code = 'AmazonS3'"
    )
    assert by("LINKED_ACCOUNT") == {(bill.cloud.account.number,): bill.total("unblended_cost")}
    plans = by("SAVINGS_PLANS_TYPE")
    assert plans["Compute",] == bought["Savings Plans",]
    assert set(by("BILLING_ENTITY")) == {("AWS",)}


def test_every_product_code_is_that_of_the_lines(bill: Bill) -> None:
    for row in bill.rows("product_code, sum(unblended_cost) as total", "group by 1"):
        code = {"Dimensions": {"Key": "SERVICE_CODE", "Values": [row["product_code"]]}}
        assert amounts(ask(bill, Filter=code)) == {(): row["total"]}


def test_hours_add_up_to_their_day_to_the_last_digit(bill: Bill) -> None:
    day = bill.day(3)
    period = {"Start": f"{day}T00:00:00Z", "End": f"{day + timedelta(days=2)}T00:00:00Z"}
    asked = {"TimePeriod": period, "Granularity": "HOURLY", "GroupBy": [SERVICE]}
    hours = ask(bill, **asked)
    assert [one["TimePeriod"]["Start"] for one in hours][:2] == [
        f"{day}T00:00:00Z", f"{day}T01:00:00Z"]  # fmt: skip
    assert len(hours) == 48
    days = ask(bill, TimePeriod={"Start": str(day), "End": str(day + timedelta(days=2))},
               Granularity="DAILY", GroupBy=[SERVICE])  # fmt: skip
    assert amounts(hours[:24]) == amounts(days[:1])
    assert amounts(hours[24:]) == amounts(days[1:])
    assert len({len(one["Groups"]) for one in hours}) == 1
    part = ask(bill, TimePeriod={"Start": f"{day}T05:00:00Z", "End": f"{day}T07:00:00Z"},
               Granularity="HOURLY", GroupBy=[SERVICE])  # fmt: skip
    assert part == hours[5:7]


def test_units_follow_what_is_asked_for(bill: Bill) -> None:
    hours = {"Dimensions": {"Key": "SERVICE", "Values": [EC2]}}
    metrics = ["UsageQuantity", "NormalizedUsageAmount"]
    [*_, last] = ask(bill, Metrics=metrics, Filter=hours)
    assert last["Total"]["UsageQuantity"]["Unit"] == "Hrs"
    size = "case instance_type when 'm5.xlarge' then 8 else 4 end"
    month = f"service = '{EC2}' and day >= '{bill.today.replace(day=1)}'"
    assert Decimal(last["Total"]["NormalizedUsageAmount"]["Amount"]) == bill.total(
        f"usage_amount * {size}", month
    )


@pytest.mark.parametrize(
    ("option", "value", "where"),
    [
        ("CONTAINS", "a_L", "tags ->> 'team' = 'Data_Lake'"),
        ("CONTAINS", "aaL", "false"),
        ("STARTS_WITH", "%", "false"),
        ("EQUALS", "DATA_LAKE", "false"),
    ],
)
def test_values_are_no_patterns(bill: Bill, option: str, value: str, where: str) -> None:
    named = {"Tags": {"Key": "team", "Values": [value], "MatchOptions": [option]}}
    assert amounts(ask(bill, Filter=named)) == {(): bill.total("unblended_cost", where)}


def test_the_words_of_the_bill_are_understood_too(bill: Bill) -> None:
    for word in ("RIFee", "Recurring"):
        named = {"Dimensions": {"Key": "RECORD_TYPE", "Values": [word]}}
        assert amounts(ask(bill, Filter=named, Metrics=["UNBLENDED_COST"])) == {
            (): bill.total("unblended_cost", "record_type = 'RIFee'")
        }


def leaf(rng: random.Random) -> tuple[dict[str, Any], str]:
    """A condition, and the same in SQL over the lines."""
    kind = rng.choice([*PLAIN, "team", "env", "absent"])
    if kind == "absent":
        return {"Tags": {"Key": "team", "MatchOptions": ["ABSENT"]}}, "not tags ? 'team'"
    values = {
        "SERVICE": [EC2, RDS, "EC2 - Other", "None"], "REGION": ["us-east-1", "eu-west-2"],
        "USAGE_TYPE": ["BoxUsage:m5.xlarge", "EBS:VolumeUsage.gp3", "SpotUsage:m5.large"],
        "AZ": ["us-east-1a", "NoAZ"], "INSTANCE_TYPE": ["m5.large", "NoInstanceType", "c5.large"],
        "OPERATION": ["RunInstances", "NatGateway"], "PLATFORM": ["Windows", "NoOperatingSystem"],
        "RESOURCE_ID": ["i-1", "i-2", "db-1"], "team": ["shop", "Data_Lake"], "env": ["prod", ""],
    }[kind]  # fmt: skip
    chosen = rng.sample(values, rng.randint(1, len(values)))
    text = PLAIN.get(kind, f"coalesce(tags ->> '{kind}', '')")
    quoted = ", ".join(f"'{value}'" for value in chosen)
    option = rng.choice(["EQUALS", "EQUALS", "STARTS_WITH", "CONTAINS", "ENDS_WITH", "lower"])
    root = "Dimensions" if kind in PLAIN else "Tags"
    if option == "EQUALS":
        return {root: {"Key": kind, "Values": chosen}}, f"{text} in ({quoted})"
    if option == "lower":
        found = {"Key": kind, "Values": [value.upper() for value in chosen],
                 "MatchOptions": ["EQUALS", "CASE_INSENSITIVE"]}  # fmt: skip
        return {root: found}, f"lower({text}) in ({quoted.lower()})"
    part = chosen[0][1:4]
    places = {"STARTS_WITH": "= 1", "CONTAINS": "> 0"}
    sql = f"strpos({text}, '{part}') {places.get(option)}"
    if option == "ENDS_WITH":
        sql = f"right({text}, {len(part)}) = '{part}'"
    if not part:
        sql = "true"
    return {root: {"Key": kind, "Values": [part], "MatchOptions": [option]}}, f"({sql})"


def expression(rng: random.Random, depth: int = 0) -> tuple[dict[str, Any], str]:
    """A random expression, and the same in SQL."""
    root = rng.choice(["leaf", "And", "Or", "Not"]) if depth < 3 else "leaf"
    if root == "leaf":
        return leaf(rng)
    if root == "Not":
        inner, sql = expression(rng, depth + 1)
        return {"Not": inner}, f"(not {sql})"
    parts = [expression(rng, depth + 1) for _ in range(rng.randint(2, 3))]
    joined = f" {root.lower()} ".join(sql for _, sql in parts)
    return {root: [one for one, _ in parts]}, f"({joined})"


@pytest.mark.parametrize("seed", range(40))
def test_groups_sum_to_the_total_and_both_are_what_sql_says(bill: Bill, seed: int) -> None:
    rng = random.Random(seed)
    filter_, sql = expression(rng)
    metric = rng.choice(list(COLUMNS))
    keys = rng.sample([*(key for key, one in DIMENSIONS.items() if one.grouping), "#team", "#env"],
                      rng.randint(1, 2))  # fmt: skip
    groups = [{"Type": "TAG", "Key": key[1:]} if key[0] == "#" else {"Type": "DIMENSION", "Key": key}
              for key in keys]  # fmt: skip
    resources = "RESOURCE_ID" in str(filter_) + str(groups)
    first, last = rng.randint(7, 13) if resources else rng.randint(10, 99), rng.randint(-1, 5)
    given = {
        "TimePeriod": bill.period(first, last), "Metrics": [metric], "Filter": filter_,
        "Granularity": rng.choice(["DAILY", "MONTHLY"]),
    }  # fmt: skip
    call = bill.ce.get_cost_and_usage
    if resources:
        call = bill.ce.get_cost_and_usage_with_resources
        if "RESOURCE_ID" not in str(filter_):
            anything = {"Not": {"Dimensions": {"Key": "RESOURCE_ID", "Values": ["-"]}}}
            given["Filter"] = {"And": [filter_, anything]}
    days = f"day >= '{bill.day(first)}' and day < '{bill.day(last)}'"
    expected = bill.total(COLUMNS[metric], f"{days} and {sql}")
    total = amounts(call(**given)["ResultsByTime"], metric)[()]
    grouped = amounts(call(**given, GroupBy=groups)["ResultsByTime"], metric)
    assert total == expected
    assert sum(grouped.values()) == expected


def test_resources_are_those_of_the_lines(bill: Bill) -> None:
    answer = bill.ce.get_cost_and_usage_with_resources(
        TimePeriod=bill.period(6), Granularity="DAILY", Metrics=["UnblendedCost"],
        Filter={"Dimensions": {"Key": "SERVICE", "Values": [EC2]}},
        GroupBy=[{"Type": "DIMENSION", "Key": "RESOURCE_ID"}],
    )  # fmt: skip
    rows = bill.rows(
        "resource_id, sum(unblended_cost) as total",
        f"where day >= '{bill.day(6)}' and service = '{EC2}' group by 1",
    )
    assert amounts(answer["ResultsByTime"]) == {(row["resource_id"],): row["total"] for row in rows}
    code, message = refusal(
        bill.ce.get_cost_and_usage_with_resources, TimePeriod=bill.period(15), Granularity="DAILY",
        Filter={"Dimensions": {"Key": "RESOURCE_ID", "Values": ["i-1"]}},
    )  # fmt: skip
    assert (code, message) == (
        "ValidationException",
        "start date is too old for hourly, the max supported days for hourly granularity is 14 days.",
    )
    code, _ = refusal(
        bill.ce.get_cost_and_usage_with_resources, TimePeriod=bill.period(3), Granularity="DAILY",
        Filter={"Dimensions": {"Key": "SERVICE", "Values": [EC2]}},
    )  # fmt: skip
    assert code == "ValidationException"


def test_pages(bill: Bill, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handlers.ce.cost_and_usage.PAGE", 50)
    monkeypatch.setattr("handlers.ce.cost_and_usage.FIRST_DAYS", 3)
    asked = {
        "TimePeriod": bill.period(9), "Granularity": "DAILY", "Metrics": ["UnblendedCost"],
        "GroupBy": [{"Type": "DIMENSION", "Key": "USAGE_TYPE"}],
    }  # fmt: skip
    pages = [bill.ce.get_cost_and_usage(**asked)]
    while "NextPageToken" in pages[-1]:
        token = pages[-1]["NextPageToken"]
        pages.append(bill.ce.get_cost_and_usage(**asked, NextPageToken=token))
    assert len(pages) == 3
    monkeypatch.undo()
    whole = bill.ce.get_cost_and_usage(**asked)["ResultsByTime"]
    cut = [group for page in pages for one in page["ResultsByTime"] for group in one["Groups"]]
    assert cut == [group for one in whole for group in one["Groups"]]
    assert refusal(bill.ce.get_cost_and_usage, **asked, NextPageToken="nonsense")[0] == (
        "InvalidNextTokenException"
    )
    changed = asked | {"Granularity": "MONTHLY"}
    assert refusal(bill.ce.get_cost_and_usage, **changed, NextPageToken=token)[0] == (
        "RequestChangedException"
    )


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"Filter": {"And": [{"Tags": {"Key": "team", "Values": ["shop"]}}]}},
     "And expression must have at least 2 operands"),
    ({"Filter": {"Dimensions": {"Key": "RESOURCE_ID", "Values": ["i-1"]}}},
     "Dimension RESOURCE_ID is not allowed."),
    ({"Filter": {"Tags": {"Key": "team", "Values": ["x"], "MatchOptions": ["ABSENT"]}}},
     "Tags expression must not have values set when ABSENT is provided"),
    ({"Filter": {"Tags": {"Key": "a", "Values": ["b"]}, "Not": {"Tags": {"Key": "a", "Values": ["b"]}}}},
     "Expression has zero or more than one roots."),
    ({"GroupBy": [{"Type": "DIMENSION", "Key": "TAGS"}]}, "Group Definition dimension is invalid. Valid values are AZ, "),
    ({"GroupBy": [{"Type": "DIMENSION", "Key": "RESOURCE_ID"}]}, "Group Definition dimension is invalid."),
    ({"GroupBy": [{"Type": "DIMENSION", "Key": ""}]},
     "Group Definition is invalid. Both type and key need to be set to a non-empty value."),
    ({"GroupBy": [SERVICE, TEAM, {"Type": "TAG", "Key": "env"}]}, "Number of Group Definitions exceeds"),
    ({"Metrics": ["Money"]}, "Invalid metric: Money."),
]  # fmt: skip


@pytest.mark.parametrize(("given", "message"), WRONG, ids=[message for _, message in WRONG])
def test_what_cannot_be_asked_is_refused(bill: Bill, given: dict[str, Any], message: str) -> None:
    asked = {
        "TimePeriod": bill.period(9), "Granularity": "DAILY", "Metrics": ["UnblendedCost"],
    } | given  # fmt: skip
    code, told = refusal(bill.ce.get_cost_and_usage, **asked)
    assert code == "ValidationException"
    assert told.startswith(message)


def test_periods_that_cannot_be_asked_for(bill: Bill) -> None:
    def refused(granularity: str, start: str, end: str) -> str:
        code, message = refusal(
            bill.ce.get_cost_and_usage, TimePeriod={"Start": start, "End": end},
            Granularity=granularity, Metrics=["UnblendedCost"],
        )  # fmt: skip
        assert code == "ValidationException"
        return message

    today = bill.today
    assert refused("DAILY", str(today), str(today)) == (
        "Start date (and hour) should be before end date (and hour)"
    )
    assert refused("DAILY", str(today), str(today + timedelta(days=63))) == (
        "end date past the beginning of next month"
    )
    assert refused("MONTHLY", str(today - timedelta(days=470)), str(today)) == (
        "You haven't enabled historical data beyond 14 months"
    )
    assert "too old for hourly" in refused(
        "HOURLY", f"{bill.day(15)}T00:00:00Z", f"{bill.day(14)}T00:00:00Z"
    )
    assert "yyyy-MM-dd" in refused("DAILY", "2026-02-31", str(today))
    assert refused("DAILY", f"{bill.day(2)}T00:00:00Z", f"{bill.day(1)}T00:00:00Z") == (
        "Hourly timePeriod is not supported for this request"
    )


def test_what_is_not_there_yet_is_zero_and_no_ledger_is_no_data(
    bill: Bill, other_cloud: Cloud
) -> None:
    # 400 days at most are asked for, of which the ledger has 100
    results = ask(bill, TimePeriod=bill.period(200, 150), GroupBy=[SERVICE])
    assert len(results) >= 2
    assert not any(one["Groups"] for one in results)
    [*_, total] = ask(bill, TimePeriod=bill.period(200, 150))
    assert total["Total"]["UnblendedCost"] == {"Amount": "0", "Unit": "USD"}
    code, _ = refusal(
        other_cloud.client("ce").get_cost_and_usage, TimePeriod=bill.period(9),
        Granularity="DAILY", Metrics=["UnblendedCost"],
    )  # fmt: skip
    assert code == "DataUnavailableException"
