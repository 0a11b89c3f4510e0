"""A worker is put into another zone than the store that it reads all day, and every byte is billed."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day, Happening
from drift.flows import symptom
from drift.launches import Launch, launch
from drift.picking import branch, region
from drift.worsening import level

ODDS = 0.01
PATTERN = "xfer_cross_az"
RESOURCE_TYPE = "instance"
REMEDIES = ("ec2:StopInstances", "ec2:TerminateInstances")
REVEALED_BY = ("ec2:DescribeInstances", "cloudwatch:GetMetricStatistics", "ce:GetCostAndUsage")
TRAPS = (
    "Replicas stand in several zones so that one may fail: tags ha and quorum.",
    "A machine that sends much to the internet, or within its zone, pays no such bytes.",
)

# Launched anew in the zone of its peer the worker costs the same without the traffic: that is saved.
SYMPTOM = symptom("cross-az", "instance", 50)

_ZONE = """
UPDATE instances SET availability_zone = region || $3
 WHERE account_id = $1 AND instance_id = $2 AND availability_zone IS NULL"""
_ZONES = """
SELECT count(DISTINCT availability_zone) FROM instances
 WHERE account_id = $1 AND instance_id = ANY ($2::text[])"""
_PEER = """
UPDATE resource_profiles SET params = params || jsonb_build_object('peer', $3::text, 'peer_gb', $4::float8)
 WHERE account_id = $1 AND resource_type = 'instance' AND resource_id = $2"""


async def happen(day: Day) -> Happening | None:
    """A store and its worker, two zones, 250 to 450 GB a day between them."""
    name, developer = branch(day, "chatty_neighbours")
    tags = {"Name": f"store-{name}", "env": "staging", "owner": developer}
    place = await region(day, "chatty_neighbours")
    wanted = Launch("r5.large", "staging", place, tags, profile="steady")
    store, worker = await launch(day, "chatty_neighbours", 2, wanted)
    for zone, identifier in (("a", store), ("b", worker)):
        await day.write("instances", _ZONE, day.account_id, identifier, zone)
    if await day.connection.fetchval(_ZONES, day.account_id, [store, worker]) < 2:
        await day.write("instances", "UPDATE instances SET availability_zone = region || 'f'"
                        " WHERE account_id = $1 AND instance_id = $2", day.account_id, worker)  # fmt: skip
    gb = day.random("chatty_neighbours").randint(250, 450)
    for identifier in (store, worker):
        await day.profile("instance", identifier, "steady", network_mb=gb * 1024.0)
    await day.write("resource_profiles", _PEER, day.account_id, worker, store, float(gb))
    return Happening(
        f"{worker} reads {gb} GB a day from {store} in another zone", (("instance", worker),)
    )


async def heal(day: Day, resource_id: str) -> bool:
    """The worker keeps a copy of what it reads."""
    return bool(
        await day.write(
            "resource_profiles",
            "UPDATE resource_profiles SET params = params - 'peer' - 'peer_gb'"
            " WHERE account_id = $1 AND resource_type = 'instance' AND resource_id = $2",
            day.account_id,
            resource_id,
        )
    )


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """The worker reads more and more."""
    return await level(day, RESOURCE_TYPE, resource_id, "peer_gb", most=2000)
