"""Orphans only: what nothing uses any more, and nobody would miss.

Volumes, snapshots and addresses left behind, balancers and gateways without traffic, machines that
were stopped and kept. Deleting is enough; the art is to leave alone what only looks abandoned.
"""

from typing import Any, Final

ESTATE: Final = "30"
DAYS: Final = 30
HORIZON: Final = 14
PATTERNS: Final = frozenset({
    "ami_unused", "capacity_unused", "cluster_abandoned", "ebs_on_stopped", "ebs_stale",
    "ebs_unattached", "ec2_stopped_ebs", "eip_on_stopped", "eip_unassociated", "lambda_dead",
    "lb_idle", "nat_idle", "node_orphan", "rds_stopped", "s3_dead_bucket", "snap_duplicate",
    "snap_expired", "snap_orphan", "stream_idle",
})  # fmt: skip
# The odds that the scenarios of orphans have by themselves, times three.
KNOBS: Final[dict[str, Any]] = {"mess": 3.0}
MODE: Final = "observe"
