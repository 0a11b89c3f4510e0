"""The rotation of a user's access keys, while clients call with whichever is the newest."""

import asyncio

import orjson

from tests.journeys.wire import Answer, Call, Wire, ec2, form, text_of

CLIENTS = 4
USER = "rotated"


class Rotation:
    """A user's keys, the newest last, and what clients were refused meanwhile."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.keys: list[dict[str, str]] = []
        self.refused: list[Answer] = []
        self._last_used: dict[int, str] = {}

    async def run(self) -> None:
        """Make a second key, wait until everybody uses it, and delete the first one."""
        allowed = {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}
        policy = orjson.dumps({"Version": "2012-10-17", "Statement": allowed}).decode()
        await self._iam("CreateUser")
        await self._iam("PutUserPolicy", PolicyName="p", PolicyDocument=policy)
        await self._new_key()
        clients = [asyncio.create_task(self._call(number)) for number in range(CLIENTS)]
        try:
            await self._new_key()
            await self._all_use(self.keys[1]["access_key_id"])
            old = self.keys[0]["access_key_id"]
            await self._iam("UpdateAccessKey", AccessKeyId=old, Status="Inactive")
            await self._iam("DeleteAccessKey", AccessKeyId=old)
            await asyncio.sleep(0.2)
        finally:
            for client in clients:
                client.cancel()
            await asyncio.gather(*clients, return_exceptions=True)

    async def _call(self, number: int) -> None:
        """A client that reads its credentials anew for every connection."""
        while True:
            key = self.keys[-1]
            async with Wire(self.url, key["access_key_id"], key["secret_access_key"]) as wire:
                answer = await wire.call(ec2("DescribeRegions"))
            self._last_used[number] = key["access_key_id"]
            if answer.status != 200:
                self.refused.append(answer)

    async def _all_use(self, access_key_id: str) -> None:
        async with asyncio.timeout(30):
            while list(self._last_used.values()) != [access_key_id] * CLIENTS:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def _new_key(self) -> None:
        made = await self._iam("CreateAccessKey")
        self.keys.append(
            {
                "access_key_id": text_of(made, "AccessKeyId"),
                "secret_access_key": text_of(made, "SecretAccessKey"),
            }
        )

    async def _iam(self, action: str, **values: str) -> Answer:
        head = {"content-type": "application/x-www-form-urlencoded"}
        body = form(Action=action, Version="2010-05-08", UserName=USER, **values)
        async with Wire(self.url) as wire:
            answer = await wire.call(Call("iam", headers=head, body=body))
        assert answer.status == 200, answer
        return answer
