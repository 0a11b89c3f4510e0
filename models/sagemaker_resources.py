"""What SageMaker keeps beside its machines: models, configurations, jobs, studios."""

from collections.abc import Mapping
from typing import Any

from models import single_rows, tags
from models.managed_services import MODIFIED, STATUS, THERE
from models.sagemaker_lists import SortedListing

TABLE = "sagemaker_resources"
JOBS = ("training-job", "processing-job", "transform-job", "compilation-job",
        "hyper-parameter-tuning-job", "automl-job")  # fmt: skip

_COLUMNS = (
    "r.id, r.kind, r.name, r.arn, r.parent, r.region, r.env, r.settings, r.hourly_cost,"
    f" case {STATUS} when 'available' then 'InService' else {STATUS} end as status,"
    " case when r.settings -> 'OfflineStoreConfig' is not null then 'Active' end as offline_store,"
    f" r.created_at, {MODIFIED} as modified_at, r.started_at,"
    " case when r.settled_state is null or r.state_transition = 'Deleting' then r.ended_at"
    " when {now} >= r.settles_at then coalesce(r.ended_at, r.settles_at) end as ended_at"
).replace("{now}", "(select driftcloud_now((select driftcloud_account())))")


def listing(kind: str) -> SortedListing:
    """The list of one kind of resource."""
    return SortedListing(
        f"select {_COLUMNS} from sagemaker_resources as r where r.kind = '{kind}' and {THERE}"
    )


async def insert(db: Any, row: Mapping[str, Any], given: Mapping[str, str]) -> bool:
    """Store a new resource with its tags; False when its ARN is taken."""
    if not await single_rows.insert(db, TABLE, row):
        return False
    if given:
        await tags.merge(db, "sagemaker_resource", row["arn"], given)
    return True
