"""Recommendations for volumes: what is attached to nothing, and what would do as another type."""

from decimal import Decimal

from tests.handlers.compute_optimizer.advised import Advised, monthly
from tests.handlers.ec2.answers import refusal


def test_volumes_attached_to_nothing_are_paid_for_in_vain(advised: Advised) -> None:
    old = advised.volume(Size=500, VolumeType="io1", Iops=1000, TagSpecifications=[
        {"ResourceType": "volume", "Tags": [{"Key": "team", "Value": "data"}]}])  # fmt: skip
    young = advised.volume()
    advised.sql("update volumes set created_at = created_at - interval '40 days'"
                " where account_id = $1 and volume_id = $2", old)  # fmt: skip
    advised.days(2)
    [one] = advised.optimizer.get_idle_recommendations()["idleRecommendations"]
    assert one["resourceArn"] == advised.arn("volume", old)
    assert (one["resourceId"], one["resourceType"], one["finding"]) == (
        old, "EBSVolume", "Unattached",
    )  # fmt: skip
    assert one["lookBackPeriodInDays"] == 32
    assert one["tags"] == [{"key": "team", "value": "data"}]
    # 500 GiB of io1, and 1,000 IOPS
    promised = monthly(one["savingsOpportunity"])
    assert promised == Decimal("127.5")
    before = advised.cost(old)
    advised.ec2.delete_volume(VolumeId=old)
    advised.days()
    assert (before - advised.cost(old)) * 30 == promised
    assert advised.cost(young) > 0
    assert advised.optimizer.get_idle_recommendations()["idleRecommendations"] == []


def test_what_was_detached_today_is_not_yet_idle(advised: Advised) -> None:
    instance = advised.instance("m5.xlarge", "steady")
    volume = advised.volume()
    advised.ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device="/dev/sdf")
    advised.days(2)
    advised.sql("update volumes set created_at = created_at - interval '90 days',"
                " last_used_at = null where account_id = $1", )  # fmt: skip
    advised.ec2.detach_volume(VolumeId=volume)
    assert advised.optimizer.get_idle_recommendations()["idleRecommendations"] == []


def test_another_type_saves_what_was_promised(advised: Advised) -> None:
    instance = advised.instance("m5.xlarge", "steady")
    made = {
        kind: advised.volume(VolumeType=kind, **more)
        for kind, more in (
            ("gp2", {}),
            ("io1", {"Iops": 4000}),
            ("gp3", {}),
            ("st1", {"Size": 500}),
        )
    }
    for at, volume in enumerate(made.values()):
        advised.ec2.attach_volume(
            VolumeId=volume, InstanceId=instance, Device=f"/dev/sd{'fghi'[at]}"
        )
        advised.profile("volume", volume, "steady", iops=100.0)
    advised.days(3)
    found = {
        one["volumeArn"].rpartition("/")[2]: one
        for one in advised.optimizer.get_ebs_volume_recommendations()["volumeRecommendations"]
    }
    roots = [one for one in found.values() if one["currentConfiguration"]["rootVolume"]]
    assert len(found) == 5
    assert len(roots) == 1
    assert [found[made[kind]]["finding"] for kind in made] == [
        "NotOptimized", "NotOptimized", "Optimized", "Optimized",
    ]  # fmt: skip
    for kind, usd in (("gp2", Decimal(2)), ("io1", Decimal("12.5") + 260 - 8)):
        one = found[made[kind]]
        [option] = one["volumeRecommendationOptions"]
        configuration = option["configuration"]
        assert (configuration["volumeType"], configuration["volumeSize"]) == ("gp3", 100)
        assert configuration["volumeBaselineIOPS"] == 3000
        promised = monthly(option["savingsOpportunity"])
        assert promised == usd
        before = advised.cost(made[kind])
        advised.ec2.modify_volume(
            VolumeId=made[kind], VolumeType="gp3", Iops=configuration["volumeBaselineIOPS"],
            Throughput=configuration["volumeBaselineThroughput"],
        )  # fmt: skip
        advised.days()
        # a day is billed in hundredths of a cent
        assert abs((before - advised.cost(made[kind])) * 30 - promised) <= Decimal("0.003")
    only = advised.optimizer.get_ebs_volume_recommendations(
        filters=[{"name": "Finding", "values": ["NotOptimized"]}]
    )["volumeRecommendations"]
    # the root volume is of the type that its image says
    assert [one["currentConfiguration"]["rootVolume"] for one in only] == [True]
    assert refusal(
        advised.optimizer.get_ebs_volume_recommendations,
        filters=[{"name": "Finding", "values": ["Optimized"]}], nextToken="y",
    )[0] == "InvalidParameterValueException"  # fmt: skip
