"""Dimensions of costs: what reports tell costs apart by, as SQL over the rows of the ledger.

Source: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetDimensionValues.html.
`l` is the ledger (cost_daily or cost_lines_daily), `a` the account that a row belongs to and `c`
the commitment that it speaks of.
"""

# ruff: noqa: E501 - the lines of SQL read better whole

from dataclasses import dataclass

EC2 = "Amazon Elastic Compute Cloud - Compute"
RDS = "Amazon Relational Database Service"
ELASTICACHE = "Amazon ElastiCache"


@dataclass(frozen=True, slots=True)
class Dimension:
    """One dimension: `sql` is a text that is never null, made of the ledger's `columns`.

    `none` is what stands where a row has no value. `account` and `commitment` say that it needs
    those tables; `grouping` whether results may be grouped by it, `resources` whether only the
    lines with their resources have it.
    """

    sql: str
    columns: frozenset[str]
    none: str = ""
    account: bool = False
    commitment: bool = False
    grouping: bool = True
    resources: bool = False


def _column(name: str, none: str = "") -> Dimension:
    sql = f"coalesce(l.{name}, '{none}')" if none else f"l.{name}"
    return Dimension(sql, frozenset({name}), none)


def _case(sql: str, *columns: str, none: str = "") -> Dimension:
    return Dimension(sql, frozenset(columns), none)


def _commitment(sql: str, none: str, *columns: str) -> Dimension:
    return Dimension(
        f"coalesce({sql}, '{none}')", frozenset({"commitment_id", *columns}), none, commitment=True
    )


def _constant(text: str) -> Dimension:
    return Dimension(f"'{text}'::text", frozenset())


# What the record types of a bill are called where they are not called as its lines are.
RECORD_TYPES = {
    "RIFee": "Recurring",
    "Fee": "Upfront",
    "EdpDiscount": "Enterprise Discount Program Discount",
}
_RECORD = "CASE l.record_type {} ELSE l.record_type END".format(
    " ".join(f"WHEN '{line}' THEN '{name}'" for line, name in RECORD_TYPES.items())
)

RESERVED = "l.record_type IN ('DiscountedUsage', 'RIFee', 'Fee')"
PLANNED = "l.record_type IN ('SavingsPlanCoveredUsage', 'SavingsPlanNegation', 'SavingsPlanRecurringFee', 'SavingsPlanUpfrontFee')"
_PURCHASE = f"""CASE WHEN {RESERVED} THEN CASE c.offering_class WHEN 'convertible' THEN 'Convertible Reserved Instances' ELSE 'Standard Reserved Instances' END
 WHEN {PLANNED} THEN 'Savings Plans' WHEN l.usage_type LIKE '%SpotUsage:%' THEN 'Spot Instances' ELSE 'On Demand Instances' END"""

_TENANCY = """CASE WHEN l.usage_type LIKE '%DedicatedUsage:%' THEN 'Dedicated' WHEN l.usage_type LIKE '%HostBoxUsage:%' THEN 'Host'
 WHEN l.usage_type LIKE '%BoxUsage:%' OR l.usage_type LIKE '%SpotUsage:%' OR l.usage_type LIKE '%UnusedBox:%' THEN 'Shared' ELSE 'NoTenancy' END"""

_DEPLOYMENT = """CASE WHEN l.usage_type LIKE '%Multi-AZUsage:%' THEN 'Multi-AZ' WHEN l.usage_type LIKE '%InstanceUsage:db.%' THEN 'Single-AZ'
 ELSE 'NoDeploymentOption' END"""

# https://docs.aws.amazon.com/cost-management/latest/userguide/ce-filtering.html: usage types that
# are the same use in different regions and sizes.
GROUPS = (
    ("%HeavyUsage:%", "NoUsageTypeGroup"),
    ("%BoxUsage:%", "EC2: Running Hours"),
    ("%SpotUsage:%", "EC2: Running Hours"),
    ("%DedicatedUsage:%", "EC2: Running Hours"),
    ("%UnusedBox:%", "EC2: Running Hours"),
    ("%EBS:VolumeP-IOPS%", "EC2: EBS - Provisioned IOPS"),
    ("%EBS:VolumeIOUsage", "EC2: EBS - I/O Requests"),
    ("%EBS:VolumeUsage.gp2", "EC2: EBS - SSD(gp2)"),
    ("%EBS:VolumeUsage.gp3", "EC2: EBS - SSD(gp3)"),
    ("%EBS:VolumeUsage.piops", "EC2: EBS - SSD(io1)"),
    ("%EBS:VolumeUsage.io2", "EC2: EBS - SSD(io2)"),
    ("%EBS:VolumeUsage.st1", "EC2: EBS - HDD(st1)"),
    ("%EBS:VolumeUsage.sc1", "EC2: EBS - HDD(sc1)"),
    ("%EBS:VolumeUsage", "EC2: EBS - Magnetic"),
    ("%EBS:Snapshot%", "EC2: EBS - Snapshots"),
    ("%NatGateway-Hours", "EC2: NAT Gateway - Running Hours"),
    ("%NatGateway-Bytes", "EC2: NAT Gateway - Data Processed"),
    ("%LoadBalancerUsage", "EC2: ELB - Running Hours"),
    ("%DataTransfer-Out-Bytes", "EC2: Data Transfer - Internet (Out)"),
    ("%DataTransfer-In-Bytes", "EC2: Data Transfer - Internet (In)"),
    ("%DataTransfer-Regional-Bytes", "EC2: Data Transfer - Inter AZ"),
    ("%-AWS-Out-Bytes", "EC2: Data Transfer - Region to Region (Out)"),
    ("%PublicIPv4:IdleAddress", "EC2: Elastic IP - Idle Address"),
    ("%PublicIPv4:InUseAddress", "EC2: Elastic IP - In Use Address"),
    ("%Multi-AZUsage:db.%", "RDS: Running Hours"),
    ("%InstanceUsage:db.%", "RDS: Running Hours"),
    ("%RDS:ChargedBackupUsage", "RDS: Backup Storage"),
    ("%RDS:%PIOPS", "RDS: Provisioned IOPS"),
    ("%RDS:%PIOPS-IO2", "RDS: Provisioned IOPS"),
    ("%RDS:%-Throughput", "NoUsageTypeGroup"),
    ("%RDS:%", "RDS: Storage"),
    ("%Aurora:StorageUsage", "RDS: Storage"),
    ("%NodeUsage:cache.%", "ElastiCache: Running Hours"),
    ("%ElastiCache:CachedData-%", "ElastiCache: Storage"),
    ("%Node:dc2.%", "Redshift: Running Hours"),
    ("%Node:ds2.%", "Redshift: Running Hours"),
    ("%Node:ra3.%", "Redshift: Running Hours"),
    ("%TimedStorage-SIA-ByteHrs", "S3: Storage - Standard Infrequent Access"),
    ("%Requests-Tier1", "S3: API Requests - Standard"),
    ("%Requests-Tier2", "S3: API Requests - Standard"),
)  # fmt: skip
_GROUP = (
    "CASE "
    + " ".join(f"WHEN l.usage_type LIKE '{like}' THEN '{name}'" for like, name in GROUPS)
    + " WHEN l.service = 'Amazon Simple Storage Service' AND l.usage_type LIKE '%TimedStorage-ByteHrs' THEN 'S3: Storage - Standard'"
    " ELSE 'NoUsageTypeGroup' END"
)

PRODUCT_CODES = {
    EC2: "AmazonEC2",
    RDS: "AmazonRDS",
    ELASTICACHE: "AmazonElastiCache",
    "Amazon Simple Storage Service": "AmazonS3",
    "Amazon Elastic Load Balancing": "AWSELB",
    "Amazon OpenSearch Service": "AmazonES",
    "AmazonCloudWatch": "AmazonCloudWatch",
    "AWS Lambda": "AWSLambda",
    "Amazon Kinesis": "AmazonKinesis",
    "Amazon Managed Streaming for Apache Kafka": "AmazonMSK",
    "Amazon Elastic Container Service": "AmazonECS",
    "Amazon Elastic Container Service for Kubernetes": "AmazonEKS",
    "Amazon SageMaker": "AmazonSageMaker",
    "Amazon Redshift": "AmazonRedshift",
    "Amazon Virtual Private Cloud": "AmazonVPC",
    "Savings Plans for AWS Compute usage": "ComputeSavingsPlans",
    "Savings Plans for AWS Machine Learning": "ComputeSavingsPlans",
    "Savings Plans for AWS Database usage": "ComputeSavingsPlans",
}
_CODE = (
    "CASE WHEN l.service = 'EC2 - Other' THEN CASE WHEN l.usage_type LIKE '%DataTransfer-%' OR l.usage_type LIKE '%-AWS-Out-Bytes'"
    " THEN 'AWSDataTransfer' ELSE 'AmazonEC2' END"
    + "".join(f" WHEN l.service = '{name}' THEN '{code}'" for name, code in PRODUCT_CODES.items())
    + " ELSE l.service END"
)

_PLATFORM = _column("platform", "NoOperatingSystem")
_ENTITY = _constant("Amazon Web Services, Inc.")

DIMENSIONS = {
    "AZ": _column("availability_zone", "NoAZ"),
    "INSTANCE_TYPE": _column("instance_type", "NoInstanceType"),
    "LINKED_ACCOUNT": Dimension("a.account_number", frozenset({"account_id"}), account=True),
    "LINKED_ACCOUNT_NAME": Dimension("a.name", frozenset({"account_id"}), account=True, grouping=False),
    "OPERATION": _case("coalesce(nullif(l.operation, ''), 'NoOperation')", "operation", none="NoOperation"),
    "PURCHASE_TYPE": Dimension(_PURCHASE, frozenset({"record_type", "usage_type", "commitment_id"}), commitment=True),
    "SERVICE": _column("service"),
    "SERVICE_CODE": Dimension(_CODE, frozenset({"service", "usage_type"}), grouping=False),
    "USAGE_TYPE": _column("usage_type"),
    "PLATFORM": _PLATFORM,
    "OPERATING_SYSTEM": _PLATFORM,
    "TENANCY": _case(_TENANCY, "usage_type", none="NoTenancy"),
    "RECORD_TYPE": _case(_RECORD, "record_type"),
    "LEGAL_ENTITY_NAME": _ENTITY,
    "INVOICING_ENTITY": _ENTITY,
    "BILLING_ENTITY": _constant("AWS"),
    "DEPLOYMENT_OPTION": _case(_DEPLOYMENT, "usage_type", none="NoDeploymentOption"),
    "DATABASE_ENGINE": _case(f"CASE WHEN l.service = '{RDS}' THEN coalesce(l.engine, 'NoDatabaseEngine') ELSE 'NoDatabaseEngine' END",
                             "service", "engine", none="NoDatabaseEngine"),
    "CACHE_ENGINE": _case(f"CASE WHEN l.service = '{ELASTICACHE}' THEN coalesce(l.engine, 'NoCacheEngine') ELSE 'NoCacheEngine' END",
                          "service", "engine", none="NoCacheEngine"),
    "INSTANCE_TYPE_FAMILY": _case("coalesce(regexp_replace(l.instance_type, '\\.[^.]+$', ''), 'NoInstanceTypeFamily')",
                                  "instance_type", none="NoInstanceTypeFamily"),
    "REGION": _column("region", "global"),
    "USAGE_TYPE_GROUP": _case(_GROUP, "usage_type", "service", none="NoUsageTypeGroup"),
    "RESERVATION_ID": _commitment(f"CASE WHEN {RESERVED} THEN c.arn END", "NoReservationId", "record_type"),
    "SAVINGS_PLAN_ARN": _commitment(f"CASE WHEN {PLANNED} THEN c.arn END", "NoSavingsPlanArn", "record_type"),
    "SAVINGS_PLANS_TYPE": _commitment(f"CASE WHEN {PLANNED} THEN c.plan_type END", "NoSavingsPlansType", "record_type"),
    "PAYMENT_OPTION": _commitment("c.payment_option", "NoPaymentOption"),
    "RESOURCE_ID": Dimension("coalesce(l.resource_id, 'NoResourceId')", frozenset({"resource_id"}), "NoResourceId", resources=True),
}  # fmt: skip

# What no request names: how often something is charged, what makes costs change, a set of tags.
_CHARGE = """CASE l.record_type WHEN 'RIFee' THEN 'monthly' WHEN 'Fee' THEN 'once' WHEN 'SavingsPlanUpfrontFee' THEN 'once' ELSE 'daily' END"""
_DRIVERS = {
    "DiscountedUsage": "RESERVATION_USAGE",
    "RIFee": "RECURRING_RESERVATION_FEE",
    "Fee": "UPFRONT_RESERVATION_FEE",
    "SavingsPlanCoveredUsage": "SAVINGS_PLAN_USAGE",
    "SavingsPlanNegation": "SAVINGS_PLAN_USAGE",
    "SavingsPlanRecurringFee": "SAVINGS_PLAN_RECURRING_FEE",
    "SavingsPlanUpfrontFee": "COMMITMENT",
    "EdpDiscount": "BUNDLED_DISCOUNT",
    "Tax": "TAX",
    "Credit": "CREDIT",
    "Refund": "REFUND",
}
_DRIVER = "CASE l.record_type {} ELSE 'USAGE_CHANGE' END".format(
    " ".join(f"WHEN '{line}' THEN '{name}'" for line, name in _DRIVERS.items())
)
INTERNAL = {
    "CHARGE": _case(_CHARGE, "record_type"),
    "DRIVER": _case(_DRIVER, "record_type"),
    "TAG_SET": _case("coalesce(l.tag_set::text, '')", "tag_set"),
}

# The size of an instance in units of a small one:
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/apply_ri.html.
_SIZE = "regexp_replace(l.instance_type, '^.*\\.', '')"
NORMALIZED = f"""CASE WHEN l.usage_unit <> 'Hrs' OR l.instance_type IS NULL THEN 0
 ELSE CASE {_SIZE} WHEN 'nano' THEN 0.25 WHEN 'micro' THEN 0.5 WHEN 'small' THEN 1 WHEN 'medium' THEN 2 WHEN 'large' THEN 4 WHEN 'xlarge' THEN 8
 ELSE coalesce(8 * substring({_SIZE} from '^([0-9]+)xlarge$')::numeric, 0) END END"""
NORMALIZED_COLUMNS = frozenset({"instance_type", "usage_unit"})
