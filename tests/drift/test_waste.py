"""Waste: the answer key says what is wasted, what only looks so, and what would be saved."""

from decimal import Decimal

from drift import scenarios, waste
from drift.waste import Waste
from tests.drift.conftest import World


async def found(world: World) -> dict[tuple[str, str], Waste]:
    """What shows a symptom, by pattern and id."""
    every = await waste.found(world.owner, world.account)
    return {(one.pattern, one.resource_id): one for one in every}


async def test_waste_is_there_while_it_lasts(world: World) -> None:
    await world.begin(8)
    address = f"eipalloc-{world.number}"
    one = (await found(world))["eip_unassociated", address]
    assert (one.resource_type, one.monthly_saving) == ("elastic_ip", Decimal("3.65"))
    assert one.remedies == ("ec2:ReleaseAddress",)
    before = waste.total(list((await found(world)).values()))
    await world.owner.execute("DELETE FROM elastic_ips WHERE allocation_id = $1", address)
    after = await found(world)
    assert ("eip_unassociated", address) not in after
    assert waste.total(list(after.values())) == before - Decimal("3.65")


async def test_a_decoy_is_no_waste(world: World) -> None:
    await world.begin(8)
    address = f"eipalloc-{world.number}"
    before = waste.total(list((await found(world)).values()))
    await world.owner.execute(
        """INSERT INTO resource_profiles (account_id, resource_type, resource_id, profile, params)
           VALUES ($1, 'elastic_ip', $2, 'steady', '{"decoy": "allow_listed"}')
           ON CONFLICT (account_id, resource_type, resource_id) DO UPDATE SET params = excluded.params""",
        world.account,
        address,
    )
    after = await found(world)
    assert after["eip_unassociated", address].decoy == "allow_listed"
    assert waste.total(list(after.values())) == before - Decimal("3.65")


async def test_what_two_patterns_find_is_saved_once(world: World) -> None:
    def one(pattern: str, saving: str) -> Waste:
        return Waste(pattern, "log_group", "arn", Decimal(saving), None, None, None, ())

    assert waste.total([one("logs_infinite", "5"), one("logs_verbose", "7")]) == 7


async def test_a_scenario_tells_when_it_happened(world: World) -> None:
    await world.begin(8)
    await world.owner.execute(
        """INSERT INTO drift_happenings (account_id, date, scenario, resource_type, resource_id, story)
           SELECT $1, '2026-06-05', 'unassociated_address', 'elastic_ip', $2, 'left behind'""",
        world.account,
        f"eipalloc-{world.number}",
    )
    one = (await found(world))["eip_unassociated", f"eipalloc-{world.number}"]
    assert str(one.since) == "2026-06-05"


async def test_every_scenario_says_whose_waste_it_is(world: World) -> None:
    kinds = {row[0] for row in await world.rows(
        "SELECT resource_type FROM driftcloud_resource_types WHERE $1::uuid IS NOT NULL")}  # fmt: skip
    patterns = [module.PATTERN for module in scenarios.by_name().values()]
    assert len(set(patterns)) == len(patterns)
    for module in scenarios.by_name().values():
        assert module.RESOURCE_TYPE in kinds
        assert module.REMEDIES
        assert all(remedy.count(":") == 1 for remedy in module.REMEDIES)
