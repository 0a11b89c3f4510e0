"""An environment to learn in, shaped as Gymnasium's: reset, step, and a day goes by.

It needs no Gymnasium. An action is a list of AWS calls; after them a day goes by. The reward is
what the day changed in the score, in points (a score is -100 to 100, and who does nothing has 0).
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any

from driftcloud.server import Server
from driftcloud.world import World

Call = tuple[str, str, Mapping[str, Any]]
"""Service and operation as boto3 calls them ("ec2", "delete_volume" or "DeleteVolume"), and what
the call is given, in boto3's names. `Region`, in capitals or not of the operation, is none of it:
calls go to the world's region, or to the one of a fourth member."""

Observation = dict[str, Any]
BILL_DAYS = 7


class Environment:
    """A pack as an environment: `reset`, `step` until `truncated`, `close`.

    pack, seed   what is played; `reset(seed=…)` plays another seed
    horizon      days after which an episode is over; default: the pack's own
    server       where it is played; default: one that is started here, and stopped by `close`
    exact        ask for the full score after every day, not for the quick one (see `step`)

    An observation is a dict:

    day         the world's newest virtual day, "2026-07-03"
    days_left   how many steps are left
    bill        USD by service, one number a day, the last seven days, the oldest first:
                {"Amazon Elastic Compute Cloud - Compute": [31.2, …], …}
    results     one a call of the action, in order: {"service", "operation", "result": what boto3
                answered, or None, "error": None, or {"Code": …, "Message": …}}; empty after `reset`
    """

    metadata: Mapping[str, Any] = {"render_modes": []}
    render_mode: str | None = None

    def __init__(
        self,
        pack: str,
        *,
        seed: int = 1,
        horizon: int | None = None,
        server: Server | None = None,
        exact: bool = False,
    ) -> None:
        self.pack, self.seed, self.horizon, self.exact = pack, seed, horizon, exact
        self._own = server is None
        self._server = server
        self._world: World | None = None
        self._clients: dict[tuple[str, str], Any] = {}
        self._days = 0
        self._points = 0.0

    @property
    def world(self) -> World:
        """The world that is played in; there is one after `reset`."""
        if self._world is None:
            raise RuntimeError("call reset() first")
        return self._world

    def reset(
        self, *, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Begin anew; the first observation, and info. The same seed again takes a moment only.

        `options` are Gymnasium's, and there are none here.
        """
        if options:
            raise ValueError(f"there are no options, not {', '.join(options)}")
        if self._world is not None and seed in (None, self.seed):
            self._world.reset()
        else:
            self.seed = self.seed if seed is None else seed
            self._forget()
            if self._server is None:
                self._server = Server()
            self._world = self._server.episode(self.pack, seed=self.seed)
        self._days, self._points = 0, 0.0
        return self._observation([]), self._info()

    def step(
        self, action: Sequence[Call | tuple[str, str] | tuple[str, str, Mapping[str, Any], str]]
    ) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Make calls, let a day go by: observation, reward, terminated, truncated, info.

        A call that AWS refuses ends nothing: its error is in the observation. `terminated` is
        always False; `truncated` is True on the last day of the horizon.

        The reward is the change of the points: of the quick score on all days but the last, of the
        full score on the last. So the rewards of an episode add up to its full score. `info` has
        the points so far as "points" and, where it was asked for, the full score as "score".
        """
        if self._days >= self._horizon:
            raise RuntimeError("the episode is over: call reset()")
        results = [self._called(*call) for call in action]
        self.world.advance()
        self._days += 1
        over = self._days >= self._horizon
        info = self._info()
        if over or self.exact:
            score = self.world.score()
            info["score"], points = score, score.total
        else:
            points = self.world.quick_score()
        reward, self._points = points - self._points, points
        info["points"] = points
        return self._observation(results), reward, False, over, info

    def close(self) -> None:
        """Delete the world, and stop the server if it is the environment's own."""
        self._forget()
        if self._own and self._server is not None:
            self._server.close()
            self._server = None

    def __enter__(self) -> "Environment":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def _horizon(self) -> int:
        return self.horizon or self.world.horizon_days or 14

    def _forget(self) -> None:
        self._clients.clear()
        world, self._world = self._world, None
        if world is not None:
            world.delete()

    def _client(self, service: str, region: str) -> Any:
        key = (service, region)
        if key not in self._clients:
            self._clients[key] = self.world.client(service, region=region)
        return self._clients[key]

    def _called(
        self,
        service: str,
        operation: str,
        parameters: Mapping[str, Any] | None = None,
        region: str = "",
    ) -> dict[str, Any]:
        from botocore import xform_name
        from botocore.exceptions import BotoCoreError, ClientError

        told: dict[str, Any] = {"service": service, "operation": operation}
        told |= {"result": None, "error": None}
        try:
            method = getattr(self._client(service, region), xform_name(operation), None)
            if method is None:
                told["error"] = {
                    "Code": "UnknownOperation",
                    "Message": f"{service} has no operation {operation}",
                }
            else:
                told["result"] = method(**(parameters or {}))
        except ClientError as error:
            told["error"] = {
                name: error.response["Error"].get(name, "") for name in ("Code", "Message")
            }
        except BotoCoreError as error:
            told["error"] = {"Code": type(error).__name__, "Message": str(error)}
        return told

    def _info(self) -> dict[str, Any]:
        return {"world": self.world.name, "seed": self.seed, "points": self._points}

    def _observation(self, results: list[dict[str, Any]]) -> Observation:
        return {
            "day": self.world.today.isoformat(),
            "days_left": self._horizon - self._days,
            "bill": self._bill(),
            "results": results,
        }

    def _bill(self) -> dict[str, list[float]]:
        """USD by service of the last days, as Cost Explorer tells them."""
        tomorrow = datetime.now(UTC).date() + timedelta(days=1)
        found = self._client("ce", "").get_cost_and_usage(
            TimePeriod={
                "Start": (tomorrow - timedelta(days=BILL_DAYS)).isoformat(),
                "End": tomorrow.isoformat(),
            },
            Granularity="DAILY",
            Metrics=["UnblendedCost"],
            GroupBy=[{"Type": "DIMENSION", "Key": "SERVICE"}],
        )["ResultsByTime"]
        bill: dict[str, list[float]] = {}
        for number, day in enumerate(found):
            for group in day["Groups"]:
                row = bill.setdefault(group["Keys"][0], [0.0] * len(found))
                row[number] = round(float(group["Metrics"]["UnblendedCost"]["Amount"]), 4)
        return bill
