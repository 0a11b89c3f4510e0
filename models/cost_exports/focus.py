"""FOCUS_1_2_AWS: the bill in the FinOps Open Cost and Usage Specification, version 1.2.

Source: https://focus.finops.org/focus-specification/v1-2/ and, for types and the columns that begin
with x_, https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-focus-1-2-aws.html.

A line of the bill is a row here with two exceptions. What a savings plan negates is left out, and
what it covers is billed 0, which is the same sum. The fee of a commitment is a Purchase that costs
nothing effectively, and what of the commitment nobody used that day is a row of Usage of its own,
billed 0. So BilledCost adds up to what Cost Explorer calls unblended, EffectiveCost to amortised.
"""

# ruff: noqa: E501 - a table

from models import regions
from models.cost_exports import categories
from models.cost_exports.column import Table, moment, number, pairs, text
from models.cost_exports.lines import (
    AMORTIZED,
    ARN,
    END,
    IS_SPOT,
    IS_USE,
    LISTED,
    ORDER,
    PERIOD_END,
    PERIOD_START,
    RATE_CODE,
    SOURCE,
    START,
    TAGS,
    UNBLENDED,
    USAGE,
    given,
)  # fmt: skip
from models.price_list.product import SKU_SQL

FEES = "l.record_type IN ('RIFee', 'SavingsPlanRecurringFee')"
UPFRONT = "l.record_type IN ('Fee', 'SavingsPlanUpfrontFee')"
COVERED = "l.record_type IN ('DiscountedUsage', 'SavingsPlanCoveredUsage')"
# Each line once as what it is, and a fee once more as what was not used of it.
_SOURCE = f"{SOURCE} CROSS JOIN LATERAL (VALUES (false), (true)) u (unused)"
_CONDITION = f"""CASE WHEN u.unused THEN {FEES} AND l.amortized_cost <> 0
            WHEN {FEES} THEN l.unblended_cost <> 0
            ELSE l.record_type <> 'SavingsPlanNegation' END
"""
_SPENT = "l.record_type LIKE 'SavingsPlan%'"
_COMMITTED = f"({COVERED} OR {FEES} OR {UPFRONT})"
_PURCHASE = f"(NOT u.unused AND ({FEES} OR {UPFRONT}))"
_USAGE = f"({IS_USE} OR u.unused)"

_CATEGORY = f"""CASE WHEN {_USAGE} THEN 'Usage' WHEN {_PURCHASE} THEN 'Purchase' WHEN l.record_type = 'Tax' THEN 'Tax'
    WHEN l.record_type IN ('Credit', 'EdpDiscount') THEN 'Credit' ELSE 'Adjustment' END"""
_BILLED = f"CASE WHEN u.unused OR {COVERED} THEN 0 ELSE {UNBLENDED} END"
_EFFECTIVE = f"CASE WHEN {_PURCHASE} THEN 0 ELSE {AMORTIZED} END"
# At the price list: what was used; of fees and credits, which have no list price, what is billed.
_LISTED = f"CASE WHEN u.unused THEN 0 WHEN {IS_USE} THEN {LISTED} ELSE {UNBLENDED} END"
# What costs a fraction of a cent may have used nothing that can be counted: it is one unit then.
_QUANTITY = f"CASE WHEN u.unused THEN {AMORTIZED} WHEN {UPFRONT} THEN 1 WHEN {_USAGE} OR {_PURCHASE} THEN coalesce(nullif({USAGE}, 0), 1) END"
_UNIT = """CASE l.usage_unit WHEN 'Hrs' THEN 'Hours' WHEN 'hours' THEN 'Hours' WHEN 'GB-Mo' THEN 'GB-Months'
    WHEN 'IOPS-Mo' THEN 'IOPS-Months' WHEN 'LCU-Hrs' THEN 'LCU-Hours' WHEN 'ShardHour' THEN 'Shard-Hours'
    WHEN 'Lambda-GB-Second' THEN 'GB-Seconds' ELSE coalesce(l.usage_unit, 'Units') END"""
_PRICED_BY = f"CASE WHEN u.unused THEN 'USD' WHEN {UPFRONT} THEN 'Units' WHEN {_USAGE} OR {_PURCHASE} THEN {_UNIT} END"
_UNIT_PRICE = f"CASE WHEN u.unused THEN 0 WHEN {_USAGE} OR {_PURCHASE} THEN ({_LISTED}) / nullif({_QUANTITY}, 0) END"
# What is used and what is bought have a SKU, though spot's and commitments' are on no list of ours.
_SKU = given(f"{_USAGE} OR {_PURCHASE}", SKU_SQL)
_DISCOUNT_QUANTITY = f"""CASE WHEN u.unused THEN {AMORTIZED} WHEN {FEES} AND NOT u.unused THEN {UNBLENDED} WHEN {UPFRONT} THEN {UNBLENDED}
    WHEN {COVERED} THEN {AMORTIZED} END"""

_SERVICES = {
    "AmazonEC2": ("Amazon Elastic Compute Cloud", "Compute", "Virtual Machines"),
    "AmazonECS": ("Amazon Elastic Container Service", "Compute", "Containers"),
    "AmazonEKS": ("Amazon Elastic Kubernetes Service", "Compute", "Containers"),
    "AWSLambda": ("AWS Lambda", "Compute", "Serverless Compute"),
    "AmazonRDS": ("Amazon Relational Database Service", "Databases", "Relational Databases"),
    "AmazonElastiCache": ("Amazon ElastiCache", "Databases", "Caching"),
    "AmazonDynamoDB": ("Amazon DynamoDB", "Databases", "NoSQL Databases"),
    "AmazonES": ("Amazon OpenSearch Service", "Analytics", "Search"),
    "AmazonRedshift": ("Amazon Redshift", "Analytics", "Data Warehouses"),
    "AmazonKinesis": ("Amazon Kinesis", "Analytics", "Streaming Analytics"),
    "AmazonMSK": ("Amazon Managed Streaming for Apache Kafka", "Integration", "Messaging"),
    "AmazonS3": ("Amazon Simple Storage Service", "Storage", "Object Storage"),
    "AWSELB": ("Elastic Load Balancing", "Networking", "Application Networking"),
    "AmazonVPC": ("Amazon Virtual Private Cloud", "Networking", "Network Infrastructure"),
    "AWSDataTransfer": ("AWS Data Transfer", "Networking", "Network Connectivity"),
    "AmazonCloudWatch": ("Amazon CloudWatch", "Management and Governance", "Observability"),
    "AmazonSageMaker": ("Amazon SageMaker", "AI and Machine Learning", "Machine Learning"),
    "ComputeSavingsPlans": ("Savings Plans for AWS Compute usage", "Compute", "Other (Compute)"),
}


def _of_service(at: int, otherwise: str) -> str:
    whens = " ".join(f"WHEN '{code}' THEN '{said[at]}'" for code, said in _SERVICES.items())
    return f"CASE l.product_code {whens} ELSE {otherwise} END"


def _by_usage(storage: str, network: str, otherwise: str) -> str:
    """Of EC2's lines, some are no machines: disks and gateways."""
    return (
        f"CASE WHEN l.product_code = 'AmazonEC2' AND l.usage_type LIKE '%EBS:%' THEN '{storage}'"
        f" WHEN l.product_code = 'AmazonEC2' AND l.usage_type LIKE '%NatGateway%' THEN '{network}' ELSE {otherwise} END"
    )


_REGIONS = "CASE l.region {} ELSE l.region END".format(
    " ".join(f"WHEN '{name}' THEN '{one.place}'" for name, one in regions.all_regions().items())
)
_DISCOUNT_NAME = f"CASE WHEN {_SPENT} THEN coalesce(c.plan_type, 'Compute') || ' Savings Plan' ELSE 'Reserved Instance ' || coalesce(c.instance_type, c.scope, '') END"
_DESCRIPTION = f"""CASE WHEN u.unused THEN 'Unused part of ' || l.usage_type WHEN {UPFRONT} THEN 'Upfront fee of ' || l.usage_type
    WHEN {FEES} THEN 'Recurring fee of ' || l.usage_type WHEN l.record_type = 'EdpDiscount' THEN 'Enterprise discount on ' || l.service
    ELSE l.usage_type || ' (' || l.operation || ')' END"""
_DETAILS = f"""CASE WHEN {IS_USE} THEN nullif(jsonb_strip_nulls(jsonb_build_object('InstanceType', l.instance_type,
    'OperatingSystem', l.platform, 'DatabaseEngine', l.engine)), '{{}}') END"""

TABLE = Table(
    "FOCUS_1_2_AWS",
    "FOCUS 1.2 with AWS columns",
    (
        text("AvailabilityZone", "l.availability_zone", "Zone of the resource."),
        number("BilledCost", _BILLED, "What is invoiced, without amortisation.", nullable=False),
        text("BillingAccountId", "p.account_number", "The account that pays.", nullable=False),
        text("BillingAccountName", "p.name", "Its name."),
        text("BillingAccountType", "'Management Account'", "Its kind.", nullable=False),
        text("BillingCurrency", "'USD'", "Currency of the bill.", nullable=False),
        moment("BillingPeriodEnd", PERIOD_END, "End of the billing period, exclusive.", nullable=False),
        moment("BillingPeriodStart", PERIOD_START, "Start of the billing period.", nullable=False),
        text("CapacityReservationId", given("l.resource_type = 'capacity_reservation'", "l.resource_id"), "The capacity reservation."),
        text("CapacityReservationStatus", given("l.resource_type = 'capacity_reservation'", "'Unused'"), "Whether its capacity was used."),
        text("ChargeCategory", _CATEGORY, "Usage, Purchase, Tax, Credit or Adjustment.", nullable=False),
        text("ChargeClass", "NULL::text", "Correction, or null."),
        text("ChargeDescription", _DESCRIPTION, "The charge in words."),
        text("ChargeFrequency", f"CASE WHEN {UPFRONT} THEN 'One-Time' WHEN {_PURCHASE} THEN 'Recurring' ELSE 'Usage-Based' END", "How often it is charged.", nullable=False),
        moment("ChargePeriodEnd", END, "End of the charge's period, exclusive.", nullable=False),
        moment("ChargePeriodStart", START, "Start of the charge's period.", nullable=False),
        text("CommitmentDiscountCategory", given(_COMMITTED, f"CASE WHEN {_SPENT} THEN 'Spend' ELSE 'Usage' END"), "Whether spend or usage is committed."),
        text("CommitmentDiscountId", given(_COMMITTED, ARN), "The commitment."),
        text("CommitmentDiscountName", given(_COMMITTED, _DISCOUNT_NAME), "Its name."),
        number("CommitmentDiscountQuantity", _DISCOUNT_QUANTITY, "How much of the commitment was bought, used or left."),
        text("CommitmentDiscountStatus", f"CASE WHEN u.unused THEN 'Unused' WHEN {COVERED} THEN 'Used' END", "Used or Unused."),
        text("CommitmentDiscountType", given(_COMMITTED, f"CASE WHEN {_SPENT} THEN 'Savings Plan' ELSE 'Reserved' END"), "AWS's name of it."),
        text("CommitmentDiscountUnit", given(_COMMITTED, "'USD'"), "Unit of its quantity."),
        number("ConsumedQuantity", given(IS_USE, USAGE), "How much was consumed."),
        text("ConsumedUnit", given(IS_USE, _UNIT), "Unit of what was consumed."),
        number("ContractedCost", _LISTED, "Contracted unit price times quantity.", nullable=False),
        number("ContractedUnitPrice", _UNIT_PRICE, "Price by contract."),
        number("EffectiveCost", _EFFECTIVE, "Cost with fees spread over what they are for.", nullable=False),
        text("InvoiceId", "NULL::text", "Null until the bill is final."),
        text("InvoiceIssuerName", "'Amazon Web Services, Inc.'", "Who invoices.", nullable=False),
        number("ListCost", _LISTED, "List unit price times quantity.", nullable=False),
        number("ListUnitPrice", _UNIT_PRICE, "Price by the public list."),
        text("PricingCategory", f"CASE WHEN u.unused OR {COVERED} THEN 'Committed' WHEN {IS_SPOT} THEN 'Dynamic' WHEN {_USAGE} OR {_PURCHASE} THEN 'Standard' END", "How it is priced."),
        number("PricingQuantity", _QUANTITY, "How much is priced."),
        text("PricingUnit", _PRICED_BY, "Unit that is priced."),
        text("ProviderName", "'AWS'", "Who provides.", nullable=False),
        text("PublisherName", "'AWS'", "Who publishes.", nullable=False),
        text("RegionId", "l.region", "Region."),
        text("RegionName", _REGIONS, "Its name."),
        text("ResourceId", given("NOT u.unused", "l.resource_id") , "The resource."),
        text("ResourceName", "NULL::text", "Its name, where that is no tag."),
        text("ResourceType", given("NOT u.unused AND l.resource_id IS NOT NULL", "l.resource_type"), "Its kind."),
        text("ServiceCategory", _by_usage("Storage", "Networking", _of_service(1, "'Other'")), "Category of the service.", nullable=False),
        text("ServiceName", _of_service(0, "l.service"), "The service.", nullable=False),
        text("ServiceSubcategory", _by_usage("Block Storage", "Network Infrastructure", _of_service(2, "'Other (Other)'")), "Category within the category."),
        text("SkuId", _SKU, "What was used or bought; of use on demand, its SKU in the price list."),
        text("SkuMeter", given(f"{_USAGE} OR {_PURCHASE}", "l.usage_type"), "What is metered."),
        pairs("SkuPriceDetails", _DETAILS, "What the price depends on."),
        text("SkuPriceId", f"coalesce({RATE_CODE}, {_SKU})", "Rate in the price list; what has none there is known by its SKU."),
        text("SubAccountId", "a.account_number", "The account that used it."),
        text("SubAccountName", "a.name", "Its name."),
        text("SubAccountType", "'Linked Account'", "Its kind."),
        pairs("Tags", f"coalesce({TAGS}, '{{}}'::jsonb)", "Active tags of the resource."),
        pairs("x_CostCategories", categories.COLUMN, "Cost categories of the charge."),
        pairs("x_Discounts", given("l.record_type = 'EdpDiscount'", f"jsonb_build_object('edp_discount', trim_scale({UNBLENDED})::text)"), "Discounts of the charge."),
        text("x_Operation", "l.operation", "AWS's operation."),
        text("x_ServiceCode", "l.product_code", "AWS's code of the service."),
        text("x_UsageType", "l.usage_type", "AWS's usage type."),
    ),
    _SOURCE,
    f"{ORDER}, u.unused",
    condition=_CONDITION,
)  # fmt: skip
