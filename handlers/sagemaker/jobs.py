"""What all jobs have in common: named, listed, shown and stopped alike.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTrainingJob.html and
the pages of the other kinds of job.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from emulator.context import Context
from handlers.sagemaker import lists
from handlers.sagemaker.faults import invalid, takes
from handlers.sagemaker.sagemaker_resources import find
from models import managed_services, sagemaker_resources
from models.sagemaker_resources import TABLE

Row = Mapping[str, Any]
# Members that say nothing of a job but how it was asked for.
_RUNNING = ("InProgress", "INPROGRESS", "STARTING")


@dataclass(frozen=True, slots=True)
class Jobs:
    """A kind of job. `word` begins its members; `start` and `end` are those of its times;
    `more` gives the members that only this kind has, in summaries too if `summary`."""

    kind: str
    word: str
    start: str
    end: str
    more: Callable[[Row], dict[str, Any]] = lambda row: {}
    summary: Callable[[Row], dict[str, Any]] = lambda row: {}

    def shown(self, row: Row) -> dict[str, Any]:
        """The members that a description and a summary have in common."""
        times = {self.start: row["started_at"], self.end: row["ended_at"]}
        return {
            f"{self.word}Name": row["name"],
            f"{self.word}Arn": row["arn"],
            f"{self.word}Status": row["status"],
            "CreationTime": row["created_at"],
            "LastModifiedTime": row["ended_at"] or row["modified_at"],
            **{name: value for name, value in times.items() if name and value is not None},
        }


async def listed(ctx: Context, params: Mapping[str, Any], jobs: Jobs) -> dict[str, Any]:
    """Jobs of one kind, by name, time and status."""
    rows, token = await lists.page(ctx, params, sagemaker_resources.listing(jobs.kind))
    found = [_without_start(jobs, jobs.shown(row)) | jobs.summary(row) for row in rows]
    return {f"{jobs.word}Summaries": found, "NextToken": token}


async def described(ctx: Context, jobs: Jobs, name: str) -> dict[str, Any]:
    """One job, as it was asked for and as it went."""
    row = await _need(ctx, jobs, name)
    answer: dict[str, Any] = row["settings"] | jobs.shown(row) | jobs.more(row)
    if jobs.kind == "transform-job":
        # what is told of all others when they last changed is not told of these
        answer.pop("LastModifiedTime")
    return answer


async def stopped(ctx: Context, jobs: Jobs, name: str) -> dict[str, Any]:
    """Stop a job that runs; one that is over stays as it is and cannot be stopped."""
    async with ctx.db.transaction():
        row = await _need(ctx, jobs, name)
        await managed_services.lock(ctx.db, row["arn"], TABLE)
        row = await _need(ctx, jobs, name)
        if row["status"] not in _RUNNING:
            raise invalid(f"The request was rejected because the {_plain(jobs)} job is in status"
                          f" {row['status']}.")  # fmt: skip
        upper = row["status"].isupper()
        shown, settled = ("STOPPING", "STOPPED") if upper else ("Stopping", "Stopped")
        changes = managed_services.transition(shown, settled, ctx.now, takes(ctx))
        changes |= {"ended_at": ctx.now, "modified_at": ctx.now}
        await managed_services.update(ctx.db, ctx.region, row["arn"], changes, TABLE)
    return {}


async def _need(ctx: Context, jobs: Jobs, name: str) -> dict[str, Any]:
    row = await find(ctx, jobs.kind, name)
    if row is None:
        if jobs.kind == "training-job":
            raise invalid("Requested resource not found.")
        raise invalid(f"Could not find requested job with name: {name}")
    return row


def _plain(jobs: Jobs) -> str:
    return jobs.kind.removesuffix("-job").replace("-", " ")


def _without_start(jobs: Jobs, shown: dict[str, Any]) -> dict[str, Any]:
    """A summary tells when a job ended, but of compilations alone when it began."""
    if jobs.kind != "compilation-job":
        shown.pop(jobs.start, None)
    return shown
