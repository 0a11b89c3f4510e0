"""Estates in the database: what refers to what, both sides of tags, history, and resets."""

import uuid
from collections.abc import AsyncIterator
from datetime import date

import asyncpg
import pytest

from drift import engine, scenarios
from models import accounts, estates

NUMBER = "711111111111"


async def startup(owner: asyncpg.Connection, number: str, seed: int = 42) -> estates.Created:
    plan = estates.on_account(estates.named("startup"), number, f"test {number}")
    (made,) = await estates.create(owner, plan, seed=seed)
    return made


async def content(owner: asyncpg.Connection, account_id: uuid.UUID) -> dict[str, str]:
    """A hash of every table's rows of the account."""
    tables = await owner.fetch(
        """select distinct table_name from information_schema.columns
            where table_schema = 'public' and column_name = 'account_id'
              and table_name not in ('virtual_clocks', 'api_clients')"""
    )
    return {
        row[0]: await owner.fetchval(
            f"""select count(*) || ' ' || md5(coalesce(string_agg(line, '' order by line), ''))
                  from (select (to_jsonb(t) - 'updated_at' - 'transaction_id')::text as line
                          from {row[0]} t where account_id = $1) x""",
            account_id,
        )
        for row in tables
    }


@pytest.fixture(scope="module")
async def home(database) -> AsyncIterator[estates.Created]:  # type: ignore[no-untyped-def]
    """A startup with eight days of history."""
    connection = await database.connect_owner()
    plan = estates.on_account(estates.named("startup"), NUMBER, "estate")
    (made,) = await estates.create(connection, plan, seed=42, days=8)
    await engine.history(connection, made.account_id, made.first_day, made.days)
    yield made
    await accounts.delete(connection, made.account_id)
    await connection.close()


NEVER = {
    "an attachment to no instance": """select v.volume_id from volumes v
        where v.account_id = $1 and v.attached_instance_id is not null and not exists
        (select from instances i where i.instance_id = v.attached_instance_id
            and i.account_id = v.account_id and i.region = v.region
            and i.availability_zone = v.availability_zone)""",
    "a volume in use by nobody": """select volume_id from volumes where account_id = $1
        and (state = 'in-use') <> (attached_instance_id is not null)""",
    "an instance without a root volume that goes with it": """select i.instance_id
        from instances i where i.account_id = $1 and 1 <> (select count(*) from volumes v
        where v.attached_instance_id = i.instance_id and v.attach_device = i.root_device_name
            and v.delete_on_termination)""",
    "two volumes on one device": """select min(volume_id) from volumes where account_id = $1
        and attached_instance_id is not null group by attached_instance_id, attach_device
        having count(*) > 1""",
    "a group with other than its desired members": """select a.name from autoscaling_groups a
        where a.account_id = $1 and (a.desired_capacity <> (select count(*) from instances i
            where i.autoscaling_group_id = a.id and i.instance_type = a.instance_type
                and i.region = a.region and i.tags ->> 'aws:autoscaling:groupName' = a.name)
            or a.desired_capacity not between a.min_size and a.max_size)""",
    "a group without its template's version": """select a.name from autoscaling_groups a
        where a.account_id = $1 and not exists (select from launch_template_versions v
        where v.launch_template_id = a.launch_template_id and v.region = a.region
            and v.version_number = a.launch_template_version::int
            and v.data ->> 'InstanceType' = a.instance_type)""",
    "a node that is no instance": """select n.instance_id from container_nodes n
        join container_clusters c on c.id = n.cluster_id where c.account_id = $1 and not exists
        (select from instances i where i.instance_id = n.instance_id and i.region = c.region
            and i.instance_type = n.instance_type and i.hourly_cost = n.hourly_cost)""",
    "a cluster with other than its desired nodes": """select c.name from container_clusters c
        where c.account_id = $1 and c.desired_nodes <>
        (select count(*) from container_nodes n where n.cluster_id = c.id)""",
    "an address of no instance": """select e.allocation_id from elastic_ips e
        where e.account_id = $1 and e.associated_instance_id is not null and not exists
        (select from instances i where i.instance_id = e.associated_instance_id
            and i.private_ip_address = e.private_ip_address and i.region = e.region)""",
    "a NAT gateway without its address": """select n.nat_gateway_id from nat_gateways n
        where n.account_id = $1 and not exists (select from elastic_ips e
        where e.allocation_id = n.allocation_id and e.public_ip = n.public_ip
            and e.associated_nat_gateway_id = n.nat_gateway_id and e.state = 'associated')""",
    "an own image without its snapshot": """select m.image_id from images m
        where m.account_id = $1 and not exists (select from snapshots s where s.snapshot_id =
            m.block_device_mappings -> 0 -> 'Ebs' ->> 'SnapshotId' and s.region = m.region)""",
    "an instance of an image that is not there": """select i.instance_id from instances i
        where i.account_id = $1 and not exists (select from images m where m.image_id = i.image_id
            and m.region = i.region and m.architecture = i.architecture)""",
    "an instance outside its network": """select i.instance_id from instances i
        where i.account_id = $1 and not exists (select from subnets s join vpcs v using (vpc_id)
        where s.subnet_id = i.subnet_id and s.vpc_id = i.vpc_id and v.region = i.region
            and s.availability_zone = i.availability_zone
            and i.private_ip_address::inet << s.cidr_block::cidr)""",
    "a security group of another network": """select i.instance_id from instances i
        where i.account_id = $1 and not exists (select from security_groups g
        where g.group_id = any(i.security_group_ids) and g.vpc_id = i.vpc_id)""",
    "a key pair that is not there": """select i.instance_id from instances i
        where i.account_id = $1 and not exists (select from key_pairs k
        where k.account_id = i.account_id and k.region = i.region and k.name = i.key_name)""",
    "a load balancer outside its network": """select l.name from load_balancers l
        where l.account_id = $1 and exists (select from unnest(l.subnet_ids) u(id)
        where not exists (select from subnets s where s.subnet_id = u.id
            and s.vpc_id = l.vpc_id))""",
    "a profile of nothing": """select p.resource_id from resource_profiles p
        where p.account_id = $1 and p.resource_type = 'instance' and not exists
        (select from instances i where i.instance_id = p.resource_id)""",
    "a tag in the column alone": """select i.instance_id from instances i,
        jsonb_each_text(i.tags) t where i.account_id = $1 and not exists
        (select from resource_tags g where g.resource_type = 'instance'
            and g.resource_id = i.instance_id and g.key = t.key and g.value = t.value)""",
    "a tag in the rows alone": """select g.resource_id from resource_tags g
        join volumes v on v.volume_id = g.resource_id where g.account_id = $1
        and g.resource_type = 'volume' and (v.tags ->> g.key) is distinct from g.value""",
    "an event that is no change of the past": """select resource_id from resource_change_events
        where account_id = $1 and (change_source <> 'manual' or changed_at > '2026-06-23')""",
    "a metric of a day outside the history": """select resource_id from metrics_daily
        where account_id = $1 and date not between '2026-06-23' and '2026-06-30'""",
}


@pytest.mark.parametrize("what", NEVER)
async def test_the_estate_never_has(
    what: str, home: estates.Created, owner: asyncpg.Connection
) -> None:
    assert await owner.fetch(NEVER[what], home.account_id) == []


async def test_every_foreign_key_holds(home: estates.Created, owner: asyncpg.Connection) -> None:
    """Bulk loading goes without them where it may."""
    keys = await owner.fetch(
        """select c.conrelid::regclass::text as here, a.attname as column,
                  c.confrelid::regclass::text as there, b.attname as key
             from pg_constraint c
             join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
             join pg_attribute b on b.attrelid = c.confrelid and b.attnum = c.confkey[1]
            where c.contype = 'f' and cardinality(c.conkey) = 1"""
    )
    assert len(keys) > 30
    for key in keys:
        here, column, there, target = key
        assert not await owner.fetchval(
            f"""select count(*) from {here} h where h.{column} is not null
                   and not exists (select from {there} t where t.{target} = h.{column})"""
        ), key


async def test_both_sides_of_tags_agree_for_every_type(
    home: estates.Created, owner: asyncpg.Connection
) -> None:
    types = await owner.fetch("select * from driftcloud_resource_types where tags_column")
    assert len(types) > 10
    for one in types:
        table, key = one["table_name"], one["id_column"]
        assert not await owner.fetch(
            f"""select r.{key} from {table} r left join (
                    select resource_id, jsonb_object_agg(key, value) as tags from resource_tags
                     where resource_type = $2 and account_id = $1 group by 1) g
                    on g.resource_id = r.{key}::text
                 where r.account_id = $1
                   and coalesce(r.tags, '{{}}') <> coalesce(g.tags, '{{}}')""",
            home.account_id, one["resource_type"],
        ), table  # fmt: skip


async def test_every_table_is_filled(home: estates.Created, owner: asyncpg.Connection) -> None:
    """All of the first schema but the access keys, which are the operator's."""
    direct = ("autoscaling_groups", "cache_clusters", "commitments", "container_clusters",
              "data_transfer_daily", "elastic_ips", "instances", "lambda_functions",
              "load_balancers", "log_groups", "managed_services", "metrics_daily",
              "rds_instances", "resource_change_events", "resource_tags", "s3_buckets",
              "snapshots", "streaming_clusters", "volumes", "vpcs", "subnets", "security_groups",
              "images", "launch_templates", "launch_template_versions", "nat_gateways",
              "vpc_endpoints", "key_pairs", "volume_modifications",
              "resource_profiles")  # fmt: skip
    for table in direct:
        assert await owner.fetchval(
            f"select exists (select from {table} where account_id = $1)", home.account_id
        ), table
    for table in ("container_nodes", "container_services", "s3_bucket_usage_daily",
                  "log_group_usage_daily", "commitment_utilization_daily"):  # fmt: skip
        assert await owner.fetchval(f"select count(*) from {table}") > 0, table


async def test_every_region_has_its_default_network(
    home: estates.Created, owner: asyncpg.Connection
) -> None:
    rows = await owner.fetch(
        """select v.region, count(s.*) as subnets, min(s.cidr_block) as first,
                  (select count(*) from security_groups g where g.vpc_id = v.vpc_id) as groups
             from vpcs v join subnets s using (vpc_id)
            where v.account_id = $1 and v.is_default group by v.region, v.vpc_id""",
        home.account_id,
    )
    by_region = {row["region"]: row for row in rows}
    assert len(by_region) == 17
    assert by_region["us-east-1"]["subnets"] == 6
    assert {row["first"] for row in rows} == {"172.31.0.0/20"}
    assert {row["groups"] for row in rows} == {1}


async def test_one_commitment_is_used_to_sixty_percent(
    home: estates.Created, owner: asyncpg.Connection
) -> None:
    used = await owner.fetch(
        """select avg(u.utilization_percent)::float8 from commitments c
             join commitment_utilization_daily u on u.commitment_id = c.id
            where c.account_id = $1 group by c.id order by 1""",
        home.account_id,
    )
    assert 55 <= used[0][0] <= 65
    assert all(row[0] > 90 for row in used[1:])


async def test_the_day_costs_what_a_startup_of_fifty_thousand_a_month_pays(
    home: estates.Created, owner: asyncpg.Connection
) -> None:
    daily = await owner.fetchval(
        """select sum(estimated_daily_cost)::float8 from metrics_daily
            where account_id = $1 and date = '2026-06-30'""",
        home.account_id,
    )
    buckets = await owner.fetchval(
        """select sum(estimated_storage_cost + estimated_request_cost)::float8
             from s3_bucket_usage_daily u join s3_buckets b on b.id = u.bucket_id
            where b.account_id = $1 and date = '2026-06-30'""",
        home.account_id,
    )
    assert 45_000 < (daily + buckets) * 30.4 < 60_000


STORED = ("lambda_pc_unused", "lambda_mem", "lambda_timeout", "lambda_dead", "ebs_unattached",
          "ebs_gp2", "ebs_piops", "ebs_on_stopped", "ebs_stale", "ec2_stopped_ebs", "snap_orphan",
          "snap_expired", "snap_duplicate", "s3_no_lifecycle", "s3_cold_standard",
          "s3_dead_bucket", "rds_idle", "rds_oversized", "rds_stopped", "rds_storage_over",
          "rds_ha_nonprod", "cache_oversized", "cache_ha_dev", "cache_idle")  # fmt: skip


@pytest.mark.parametrize("pattern", STORED)
async def test_what_the_estate_calls_waste_shows_its_symptom(
    pattern: str, home: estates.Created, owner: asyncpg.Connection
) -> None:
    (scenario,) = (one for one in scenarios.by_name().values() if pattern == one.PATTERN)
    planned = await owner.fetch(
        """select resource_id from resource_profiles where account_id = $1
              and resource_type = $2 and params ->> 'pattern' = $3""",
        home.account_id, scenario.RESOURCE_TYPE, pattern,
    )  # fmt: skip
    now = await owner.fetchval("select driftcloud_now($1)", home.account_id)
    found = {
        row[0]: row["saving"] for row in await owner.fetch(scenario.SYMPTOM, home.account_id, now)
    }
    assert planned
    assert {row[0] for row in planned} <= found.keys()
    assert all(saving >= 0 for saving in found.values())


async def test_some_keys_are_unused_and_one_is_for_emergencies(
    home: estates.Created, owner: asyncpg.Connection
) -> None:
    keys = await owner.fetch(
        """select k.user_name, u.tags, l.decoy, l.pattern is not null as flagged,
                  coalesce(k.last_used_at, k.created_at) < now() - interval '90 days' as old
             from api_clients k
             join users u on u.account_id = k.account_id and u.name = k.user_name
             left join truth.labels l on l.account_id = k.account_id
                  and l.resource_type = 'access_key' and l.resource_id = k.access_key_id
            where k.account_id = $1 and k.status = 'active' and k.secret_key_hash = ''""",
        home.account_id,
    )
    assert [key["flagged"] for key in keys] == [key["old"] for key in keys]
    innocent = [key["user_name"] for key in keys if key["decoy"] is not None]
    assert innocent == ["break-glass"]
    assert 1 <= sum(key["old"] for key in keys) - 1 < len(keys) / 2


async def test_the_same_seed_writes_the_same_rows(owner: asyncpg.Connection) -> None:
    made = await startup(owner, "721111111111", seed=9)
    first = await content(owner, made.account_id)
    await accounts.reset(owner, made.account_id)
    assert await accounts.is_empty(owner, made.account_id)
    again = await startup(owner, "721111111111", seed=9)
    assert again == made
    assert await content(owner, made.account_id) == first
    await accounts.delete(owner, made.account_id)


async def test_a_reset_leaves_other_accounts_and_keys_alone(
    home: estates.Created, owner: asyncpg.Connection
) -> None:
    before = await content(owner, home.account_id)
    made = await startup(owner, "722222222222")
    await owner.execute(
        """insert into api_clients (account_id, name, access_key_id, secret_key_hash)
           values ($1, 'kept', 'AKIAKEPT', 'x')""",
        made.account_id,
    )
    await accounts.reset(owner, made.account_id)
    assert (
        await owner.fetchval(
            "select count(*) from resource_tags where account_id = $1", made.account_id
        )
        == 0
    )
    assert await owner.fetchval("select name from api_clients where access_key_id = 'AKIAKEPT'")
    assert await content(owner, home.account_id) == before
    await accounts.delete(owner, made.account_id)
    assert await accounts.find(owner, "722222222222") is None
    assert not await owner.fetchval("select 1 from api_clients where access_key_id = 'AKIAKEPT'")
    assert await owner.fetchval("select count(*) from images where account_id is null") > 1000


async def test_an_estate_is_not_put_on_top_of_another(
    home: estates.Created, owner: asyncpg.Connection
) -> None:
    with pytest.raises(estates.EstateError, match="711111111111 has an estate already"):
        await startup(owner, NUMBER)


async def test_progress_is_told_to_the_end(owner: asyncpg.Connection) -> None:
    told: list[tuple[int, int, str]] = []
    plan = estates.on_account(estates.named("small"), "724444444444", "small")
    (made,) = await estates.create(
        owner, plan, end=date(2026, 3, 31), days=10, progress=lambda *step: told.append(step)
    )
    assert [step[0] for step in told] == list(range(1, told[-1][1] + 1))
    assert made.first_day == date(2026, 3, 22)
    await accounts.delete(owner, made.account_id)
