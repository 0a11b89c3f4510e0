"""A ledger of writes: what was sent, what was acknowledged, and what must therefore be there."""

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from tests.journeys.wire import Answer, Call, Wire, ec2, text_of

# The tags of every volume of the ledger: by the first it is found, by the second told apart.
MARK = "ledger"


@dataclass(slots=True)
class Volume:
    """A volume as the ledger knows it; `doubtful` holds values that may or may not be there."""

    volume_id: str
    name: str
    tags: dict[str, str] = field(default_factory=dict)
    doubtful: dict[str, str] = field(default_factory=dict)
    deletion: str = ""  # "", "doubtful" or "acknowledged"


@dataclass
class Ledger:
    """Writers over one server, whose life ends in the middle of what they do."""

    volumes: dict[str, Volume] = field(default_factory=dict)
    sent: set[str] = field(default_factory=set)
    states: dict[str, str] = field(default_factory=dict)
    doubted: set[str] = field(default_factory=set)
    ticks: list[str] = field(default_factory=list)
    acknowledged: int = 0
    closed: bool = False
    refused: list[Answer] = field(default_factory=list)

    async def write(self, url: str, worker: int, instances: list[str]) -> None:
        """Write until the server is gone, or the ledger is closed."""
        chance = random.Random(f"{worker}/{len(self.sent)}")
        mine: list[Volume] = []
        with suppress(ConnectionError):
            async with Wire(url) as wire:
                while not self.closed:
                    await self._step(wire, chance, mine, instances)

    async def _step(
        self, wire: Wire, chance: random.Random, mine: list[Volume], instances: list[str]
    ) -> None:
        step = chance.random()
        if step < 0.45 or not mine:
            mine += await self._create(wire, chance)
        elif step < 0.75:
            await self._tag(wire, chance, chance.choice(mine))
        elif step < 0.9:
            await self._delete(wire, mine.pop(chance.randrange(len(mine))))
        else:
            await self._turn(wire, chance.choice(instances))

    async def _send(self, wire: Wire, call: Call) -> Answer | None:
        """The answer of an acknowledged write; None for one refused while the database is away."""
        answer = await wire.call(call)
        if answer.status == 503:
            self.refused.append(answer)
            await asyncio.sleep(0.05)
            return None
        assert answer.status == 200, answer
        self.acknowledged += 1
        return answer

    async def _create(self, wire: Wire, chance: random.Random) -> list[Volume]:
        name = f"n{len(self.sent)}"
        self.sent.add(name)
        tags = {f"TagSpecification.1.Tag.{n}.Key": key for n, key in ((1, MARK), (2, "Name"))}
        call = ec2(
            "CreateVolume",
            **tags,
            **{"TagSpecification.1.Tag.1.Value": "yes", "TagSpecification.1.Tag.2.Value": name},
            **{"TagSpecification.1.ResourceType": "volume", "ClientToken": name},
            AvailabilityZone="us-east-1a",
            Size=str(chance.randint(1, 100)),
            VolumeType="gp3",
        )
        answer = await self._send(wire, call)
        if answer is None:
            return []
        made = Volume(text_of(answer, "volumeId"), name, {MARK: "yes", "Name": name})
        assert made.volume_id not in self.volumes
        self.volumes[made.volume_id] = made
        return [made]

    async def _tag(self, wire: Wire, chance: random.Random, volume: Volume) -> None:
        tags = {f"k{chance.randrange(4)}": str(chance.randrange(1000)) for _ in range(2)}
        volume.doubtful = tags
        numbered = enumerate(tags.items(), 1)
        given = {
            f"Tag.{n}.{part}": text
            for n, (key, value) in numbered
            for part, text in (("Key", key), ("Value", value))
        }
        call = ec2("CreateTags", **{"ResourceId.1": volume.volume_id}, **given)
        if await self._send(wire, call):
            volume.tags.update(tags)
            volume.doubtful = {}

    async def _delete(self, wire: Wire, volume: Volume) -> None:
        volume.deletion = "doubtful"
        if await self._send(wire, ec2("DeleteVolume", VolumeId=volume.volume_id)):
            volume.deletion = "acknowledged"

    async def _turn(self, wire: Wire, instance_id: str) -> None:
        if instance_id in self.doubted:
            return
        stopping = self.states.get(instance_id, "running") == "running"
        self.doubted.add(instance_id)
        action = "StopInstances" if stopping else "StartInstances"
        if await self._send(wire, ec2(action, **{"InstanceId.1": instance_id})):
            self.states[instance_id] = "stopped" if stopping else "running"
            self.doubted.discard(instance_id)

    async def tick(self, url: str, token: str) -> None:
        """Let days go by, until the server is gone or the ledger is closed."""
        call = Call("", path="/_driftcloud/tick")
        with suppress(ConnectionError):
            await self._tick(url, call, token)

    async def _tick(self, url: str, call: Call, token: str) -> None:
        async with Wire(url) as wire:
            headers = {"host": wire.name, "authorization": f"Bearer {token}"}
            while not self.closed:
                answer = await wire.send(call, headers)
                if answer.status == 200:
                    self.ticks.append(answer.body.decode())
                else:
                    await asyncio.sleep(0.05)

    async def check_trail(self, database: Any) -> None:
        """Hold the trail against the ledger: what was answered is told with its answer."""
        told = await database.fetch(
            """select response ->> 'volumeId' as volume_id from trail_events
                where event_name = 'CreateVolume' and response is not null"""
        )
        untold = set(self.volumes) - {row["volume_id"] for row in told}
        assert not untold, f"{len(untold)} of {len(self.volumes)} answers are not told"

    async def check(self, database: Any) -> None:
        """Hold the database against the ledger: nothing lost, doubled, half-applied or phantom."""
        rows = await database.fetch("select * from volumes where tags ? $1", MARK)
        found = {row["volume_id"]: row for row in rows}
        names = [row["tags"]["Name"] for row in rows]
        assert len(set(names)) == len(names), "doubled"
        assert set(names) <= self.sent, "phantom"
        for volume in self.volumes.values():
            if volume.deletion == "acknowledged":
                assert volume.volume_id not in found, f"{volume} came back"
                continue
            if volume.volume_id not in found:
                assert volume.deletion == "doubtful", f"{volume} was lost"
                continue
            tags = found[volume.volume_id]["tags"]
            assert tags in (volume.tags, {**volume.tags, **volume.doubtful}), volume
            volume.tags, volume.doubtful = tags, {}
        states = await database.fetch(
            "select instance_id, state from instances where instance_id = any($1)",
            list(self.states),
        )
        for row in states:
            if row["instance_id"] not in self.doubted:
                assert row["state"] == self.states[row["instance_id"]], row
        self.states |= {row["instance_id"]: row["state"] for row in states}
        self.doubted.clear()
