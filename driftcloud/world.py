"""A world: accounts of its own to play in, its days, its score."""

from datetime import date
from types import TracebackType
from typing import TYPE_CHECKING, Any

from driftcloud.answers import Difference, Score, Waste
from driftcloud.errors import DriftcloudError

if TYPE_CHECKING:
    from driftcloud.server import Server


class World:
    """An episode; as a context manager it is deleted at the end.

    name, pack, seed   what it is called, and what it was made from
    horizon_days       virtual days that its pack is played for; None of a fork
    account, accounts  the account that clients work in, and all of them: numbers of 12 digits
    today              its newest virtual day; to AWS clients that day is the present one
    """

    def __init__(self, server: "Server", told: dict[str, Any]) -> None:
        self.server = server
        self.name: str = told["episode"]
        self.pack: str | None = told["pack"]
        self.seed: int | None = told["seed"]
        self.horizon_days: int | None = told.get("horizon_days")
        self.account: str = told["account"]
        self.accounts: tuple[str, ...] = tuple(told["accounts"])
        self.region: str = told["region"]
        self.today = date.fromisoformat(told["virtual_date"])
        self._keys: dict[str, tuple[str, str]] = {}
        for one in told["keys"]:
            pair = (one["access_key_id"], one["secret_access_key"])
            self._keys.setdefault(one["account"], pair)

    def client(self, service: str, *, region: str = "", account: str = "", **options: Any) -> Any:
        """A boto3 client of this world. `options` go to boto3, such as `config`."""
        return self.server.client(service, **self._options(region, account), **options)

    def resource(self, service: str, *, region: str = "", account: str = "", **options: Any) -> Any:
        """A boto3 resource of this world, of the services that boto3 has some for."""
        return self.server.resource(service, **self._options(region, account), **options)

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which the AWS CLI and other programs play in this world."""
        return self.environment_of(self.account)

    def environment_of(self, account: str) -> dict[str, str]:
        """The same for another of its accounts."""
        access_key_id, secret_access_key = self._keys_of(account)
        return {
            "AWS_ENDPOINT_URL": self.server.url,
            "AWS_ACCESS_KEY_ID": access_key_id,
            "AWS_SECRET_ACCESS_KEY": secret_access_key,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
        }

    def advance(self, days: int = 1) -> date:
        """Let days go by; the newest virtual day then. It stands still otherwise."""
        told = self.server.call("episode/advance", episode=self.name, days=days)
        self.today = date.fromisoformat(told["virtual_date"])
        return self.today

    def score(self) -> Score:
        """The score so far, against what would have become of this world if nobody did anything."""
        return Score.of(self.server.call("score", episode=self.name))

    def quick_score(self) -> float:
        """The points so far as the answer key alone tells them, in a fraction of the time.

        Waste that was ended counts, decoys that were, and breaches; what else was broken, what
        cost less than it would have, and the pack's goals only count in the full `score`.
        """
        return float(self.server.call("score", episode=self.name, quick=True)["score"])

    def waste(self, pattern: str = "", *, decoys: bool = False, ended: bool = False) -> list[Waste]:
        """The answer key, the dearest first; for tests: no AWS client can read it.

        pattern   only this kind of waste, such as "ebs_unattached"
        decoys    also what only looks like waste; ended: also what is over
        """
        told = self.server.call(
            "waste", episode=self.name, pattern=pattern, decoys=decoys, ended=ended
        )
        return [Waste.of(one) for one in (*told["waste"], *told.get("ended", ()))]

    def fork(self, name: str = "") -> "World":
        """A copy of this world as it is now, which goes on by itself from here."""
        return self.server.fork(self.name, name=name)

    def diff(self, other: "World | str") -> Difference:
        """By what another world, or "main", differs from this one."""
        name = other if isinstance(other, str) else other.name
        return Difference.of(self.server.call("episode/diff", read=True, one=self.name, other=name))

    def reset(self) -> None:
        """Let this world be again what it began as; its clients stay good."""
        told = self.server.call("episode/reset", episode=self.name)
        self.today = date.fromisoformat(told["virtual_date"])

    def finish(self) -> Score:
        """End it with its score: it can still be looked at, and changes are refused."""
        self.server.call("episode/finish", episode=self.name)
        return self.score()

    def delete(self) -> None:
        """Delete it with all that happened in it; one that is gone already is no error."""
        try:
            self.server.call("episode/delete", episode=self.name)
        except DriftcloudError as error:
            if not str(error).startswith("there is no episode"):
                raise

    def __enter__(self) -> "World":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.delete()

    def __repr__(self) -> str:
        """Its name and day."""
        return f"<driftcloud.World {self.name} on {self.today}>"

    def _keys_of(self, account: str) -> tuple[str, str]:
        if account not in self._keys:
            raise DriftcloudError(
                f"{self.name} has no account {account}; there are {', '.join(self.accounts)}"
            )
        return self._keys[account]

    def _options(self, region: str, account: str) -> dict[str, str]:
        access_key_id, secret_access_key = self._keys_of(account or self.account)
        return {
            "region_name": region or self.region,
            "aws_access_key_id": access_key_id,
            "aws_secret_access_key": secret_access_key,
        }
