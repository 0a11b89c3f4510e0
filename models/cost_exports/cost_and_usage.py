"""COST_AND_USAGE_REPORT: CUR 2.0, one row for each line of the bill.

Source: https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2.html. The schema is
fixed: what the world has no data for is null, and the column is there.
"""

# ruff: noqa: E501 - a table

from models.cost_exports import categories
from models.cost_exports.column import Column, Property, Table, moment, number, pairs, text
from models.cost_exports.lines import (
    AMORTIZED,
    ARN,
    END,
    IDENTITY,
    IS_PLAN,
    IS_RESERVED,
    IS_SPOT,
    LISTED,
    ORDER,
    PERIOD_END,
    PERIOD_START,
    RATE_CODE,
    SKU,
    SOURCE,
    START,
    TAGS,
    UNBLENDED,
    USAGE,
    given,
    iso,
    per_unit,
)  # fmt: skip

NONE_TEXT, NONE_NUMBER, NONE_TIME = "NULL::text", "NULL::numeric", "NULL::timestamp"
COVERED, NEGATED = (
    "l.record_type = 'SavingsPlanCoveredUsage'",
    "l.record_type = 'SavingsPlanNegation'",
)
DISCOUNTED, FEE = "l.record_type = 'DiscountedUsage'", "l.record_type = 'RIFee'"
RECURRING = "l.record_type = 'SavingsPlanRecurringFee'"
DAY_COMMITTED = "c.hourly_commitment_amount * 24 / k.n"
_TAGS = f"""(SELECT jsonb_object_agg(CASE WHEN starts_with(e.key, 'aws:') THEN '' ELSE 'user_' END
    || lower(regexp_replace(e.key, '[^a-zA-Z0-9]', '_', 'g')), e.value) FROM jsonb_each_text({TAGS}) e)"""
_PRODUCT = """jsonb_strip_nulls(jsonb_build_object('product_name', l.service, 'region', l.region,
    'instance_type', l.instance_type, 'database_engine', l.engine, 'operating_system', l.platform))"""
_TERM = f"CASE WHEN {IS_SPOT} THEN 'Spot' WHEN {IS_RESERVED} THEN 'Reserved' WHEN l.record_type = 'Usage' THEN 'OnDemand' END"
_DESCRIPTION = """CASE l.record_type
    WHEN 'Usage' THEN '$' || trim_scale(round(l.on_demand_cost / nullif(l.usage_amount, 0), 10)) || ' per ' || coalesce(l.usage_unit, 'unit') || ' of ' || l.usage_type
    WHEN 'DiscountedUsage' THEN l.usage_type || ', reserved instance applied'
    WHEN 'SavingsPlanCoveredUsage' THEN l.usage_type || ' covered by a savings plan'
    WHEN 'SavingsPlanNegation' THEN 'SavingsPlanNegation used by ' || coalesce(c.arn, '')
    WHEN 'RIFee' THEN 'USD ' || trim_scale(l.unblended_cost) || ' monthly fee of ' || l.usage_type
    WHEN 'SavingsPlanRecurringFee' THEN 'Recurring fee of ' || l.usage_type
    WHEN 'EdpDiscount' THEN 'Enterprise discount on ' || l.service
    ELSE l.record_type || ' of ' || l.usage_type END"""


def _null(*names: str) -> tuple[Column, ...]:
    """Columns that nothing here fills."""
    return tuple(text(name, NONE_TEXT, "Not used by anything in this account.") for name in names)


def _no_numbers(*names: str) -> tuple[Column, ...]:
    return tuple(
        number(name, NONE_NUMBER, "Not used by anything in this account.") for name in names
    )


_BILL = (
    text("bill_bill_type", "CASE WHEN l.record_type IN ('Fee', 'SavingsPlanUpfrontFee') THEN 'Purchase' ELSE 'Anniversary' END", "Anniversary for a month's bill, Purchase for what is paid upfront.", nullable=False),
    text("bill_billing_entity", "'AWS'", "Who bills.", nullable=False),
    moment("bill_billing_period_end_date", PERIOD_END, "End of the billing period, UTC.", nullable=False),
    moment("bill_billing_period_start_date", PERIOD_START, "Start of the billing period, UTC.", nullable=False),
    text("bill_invoice_id", NONE_TEXT, "Blank until the bill is final."),
    text("bill_invoicing_entity", "'Amazon Web Services, Inc.'", "Who invoices.", nullable=False),
    text("bill_payer_account_id", "p.account_number", "The account that pays.", nullable=False),
    text("bill_payer_account_name", "p.name", "Its name.", nullable=False),
)  # fmt: skip
_LINE = (
    text("line_item_availability_zone", "l.availability_zone", "The zone that hosts the resource."),
    number("line_item_blended_cost", UNBLENDED, "Blended rate times usage; one account's is the unblended cost.", nullable=False),
    text("line_item_blended_rate", f"trim_scale({per_unit(UNBLENDED)})::text", "Average rate of the organization."),
    text("line_item_currency_code", "'USD'", "Currency of the line.", nullable=False),
    text("line_item_legal_entity", "'Amazon Web Services, Inc.'", "Seller of record.", nullable=False),
    text("line_item_line_item_description", _DESCRIPTION, "The line in words."),
    text("line_item_line_item_type", "l.record_type", "Kind of charge.", nullable=False),
    number("line_item_net_unblended_cost", UNBLENDED, "Cost after discounts, which are lines of their own here."),
    text("line_item_net_unblended_rate", f"trim_scale({per_unit(UNBLENDED)})::text", "Rate after discounts."),
    number("line_item_normalization_factor", NONE_NUMBER, "Size of the instance for size-flexible reservations."),
    number("line_item_normalized_usage_amount", NONE_NUMBER, "Usage in normalised units."),
    text("line_item_operation", "l.operation", "The operation that the line is for."),
    text("line_item_product_code", "l.product_code", "Code of the product.", nullable=False),
    text("line_item_resource_id", "l.resource_id", "The resource."),
    text("line_item_tax_type", NONE_TEXT, "Kind of tax."),
    number("line_item_unblended_cost", UNBLENDED, "Unblended rate times usage.", nullable=False),
    text("line_item_unblended_rate", f"trim_scale({per_unit(UNBLENDED)})::text", "Rate of the account itself."),
    text("line_item_usage_account_id", "a.account_number", "The account that used it.", nullable=False),
    text("line_item_usage_account_name", "a.name", "Its name.", nullable=False),
    number("line_item_usage_amount", USAGE, "How much was used.", nullable=False),
    moment("line_item_usage_end_date", END, "End of the period, exclusive, UTC.", nullable=False),
    moment("line_item_usage_start_date", START, "Start of the period, UTC.", nullable=False),
    text("line_item_usage_type", "l.usage_type", "Usage details of the line.", nullable=False),
)  # fmt: skip
_PRICING = (
    text("pricing_currency", "'USD'", "Currency of the price."),
    text("pricing_lease_contract_length", given(IS_RESERVED, "c.term_months / 12 || 'yr'"), "Length of a reservation."),
    text("pricing_offering_class", given(IS_RESERVED, "coalesce(c.offering_class, 'standard')"), "Class of a reservation."),
    number("pricing_public_on_demand_cost", LISTED, "What the use costs by the public price list."),
    text("pricing_public_on_demand_rate", f"trim_scale({per_unit(LISTED)})::text", "The public rate."),
    text("pricing_purchase_option", given(IS_RESERVED, "c.payment_option"), "How a reservation is paid."),
    text("pricing_rate_code", RATE_CODE, "The rate in the price list."),
    text("pricing_rate_id", NONE_TEXT, "Id of the rate."),
    text("pricing_term", _TERM, "OnDemand, Reserved or Spot."),
    text("pricing_unit", "l.usage_unit", "Unit that usage is priced by."),
)  # fmt: skip
_PRODUCTS = (
    pairs("product", _PRODUCT, "Attributes of the product."),
    *_null("product_comment", "product_fee_code", "product_fee_description"),
    text("product_from_location", NONE_TEXT, "Where data comes from."),
    *_null("product_from_location_type"),
    text("product_from_region_code", given("l.product_code = 'AWSDataTransfer'", "l.region"), "Region that data comes from."),
    *_null("product_instance_family"),
    text("product_instance_type", "l.instance_type", "Type of the instance or node."),
    *_null("product_instancesku", "product_location"),
    text("product_location_type", "'AWS Region'", "Kind of location."),
    text("product_operation", "l.operation", "The operation in the price list."),
    text("product_pricing_unit", "l.usage_unit", "Smallest unit that is priced."),
    *_null("product_product_family"),
    text("product_region_code", "l.region", "Region."),
    text("product_servicecode", "l.product_code", "Code of the service in the price list."),
    text("product_sku", SKU, "SKU in the price list."),
    *_null("product_to_location", "product_to_location_type", "product_to_region_code"),
    text("product_usagetype", "l.usage_type", "Usage type in the price list."),
)  # fmt: skip
_RESERVATIONS = (
    *_no_numbers("reservation_amortized_upfront_cost_for_usage", "reservation_amortized_upfront_fee_for_billing_period"),
    *_null("reservation_availability_zone"),
    number("reservation_effective_cost", given(DISCOUNTED, AMORTIZED), "What the reservation costs for this use."),
    text("reservation_end_time", given(IS_RESERVED, iso("(c.end_date + $3::int)::timestamp")), "When the reservation ends."),
    *_null("reservation_modification_status"),
    *_no_numbers("reservation_net_amortized_upfront_cost_for_usage", "reservation_net_amortized_upfront_fee_for_billing_period"),
    number("reservation_net_effective_cost", given(DISCOUNTED, AMORTIZED), "The same after discounts."),
    *_no_numbers("reservation_net_recurring_fee_for_usage", "reservation_net_unused_amortized_upfront_fee_for_billing_period"),
    number("reservation_net_unused_recurring_fee", given(FEE, AMORTIZED), "What of the reservation was not used, after discounts."),
    *_no_numbers("reservation_net_upfront_value"),
    *_null("reservation_normalized_units_per_reservation"),
    text("reservation_number_of_reservations", given(IS_RESERVED, "coalesce(c.instance_count, 1)::text"), "How many are reserved."),
    number("reservation_recurring_fee_for_usage", given(DISCOUNTED, AMORTIZED), "The recurring part for this use."),
    text("reservation_reservation_a_r_n", given(IS_RESERVED, ARN), "The reservation."),
    text("reservation_start_time", given(IS_RESERVED, iso("(c.start_date + $3::int)::timestamp")), "When the reservation began."),
    text("reservation_subscription_id", given(IS_RESERVED, "substr(('x' || md5(c.id::text))::bit(40)::bigint::text, 1, 10)"), "Number of the subscription."),
    *_null("reservation_total_reserved_normalized_units"),
    text("reservation_total_reserved_units", given(FEE, "trim_scale(l.usage_amount)::text"), "Units of the fee."),
    *_null("reservation_units_per_reservation"),
    *_no_numbers("reservation_unused_amortized_upfront_fee_for_billing_period", "reservation_unused_normalized_unit_quantity", "reservation_unused_quantity"),
    number("reservation_unused_recurring_fee", given(FEE, AMORTIZED), "What of the reservation was not used."),
    number("reservation_upfront_value", given("l.record_type = 'Fee'", UNBLENDED), "What was paid upfront."),
)  # fmt: skip
_PLANS = (
    *_no_numbers("savings_plan_amortized_upfront_commitment_for_billing_period"),
    text("savings_plan_end_time", given(IS_PLAN, iso("(c.end_date + $3::int)::timestamp")), "When the plan ends."),
    text("savings_plan_instance_type_family", given(IS_PLAN, "c.instance_family"), "Family that the plan is for."),
    *_no_numbers("savings_plan_net_amortized_upfront_commitment_for_billing_period"),
    *_no_numbers("savings_plan_net_recurring_commitment_for_billing_period"),
    number("savings_plan_net_savings_plan_effective_cost", given(COVERED, AMORTIZED), "What the plan pays for this use, after discounts."),
    text("savings_plan_offering_type", given(IS_PLAN, "coalesce(c.plan_type, 'Compute') || 'SavingsPlans'"), "Kind of plan."),
    text("savings_plan_payment_option", given(IS_PLAN, "coalesce(c.payment_option, 'No Upfront')"), "How the plan is paid."),
    text("savings_plan_purchase_term", given(IS_PLAN, "c.term_months / 12 || 'yr'"), "Length of the plan."),
    number("savings_plan_recurring_commitment_for_billing_period", given(RECURRING, UNBLENDED), "Recurring fee of the period."),
    text("savings_plan_region", given(IS_PLAN, "c.region"), "Region of the plan."),
    text("savings_plan_savings_plan_a_r_n", given(IS_PLAN, ARN), "The plan."),
    number("savings_plan_savings_plan_effective_cost", given(COVERED, AMORTIZED), "What the plan pays for this use."),
    number("savings_plan_savings_plan_rate", given(COVERED, per_unit(AMORTIZED)), "The plan's rate."),
    text("savings_plan_start_time", given(IS_PLAN, iso("(c.start_date + $3::int)::timestamp")), "When the plan began."),
    number("savings_plan_total_commitment_to_date", given(RECURRING, DAY_COMMITTED), "What is committed in the period."),
    number("savings_plan_used_commitment", given(RECURRING, f"{DAY_COMMITTED} - {AMORTIZED}"), "What of it was used."),
)  # fmt: skip

TABLE = Table(
    "COST_AND_USAGE_REPORT",
    "Cost and Usage Report (CUR) 2.0",
    (
        *_BILL,
        pairs("cost_category", categories.COLUMN, "Cost categories of the line."),
        pairs("discount", given("l.record_type = 'EdpDiscount'", f"jsonb_build_object('edp_discount', trim_scale({UNBLENDED})::text)"), "Discounts of the line."),
        *_no_numbers("discount_bundled_discount"),
        number("discount_total_discount", given("l.record_type = 'EdpDiscount'", AMORTIZED), "All discounts, on costs with fees spread over what they are for."),
        text("identity_line_item_id", IDENTITY, "Id of the line in this partition.", nullable=False),
        text("identity_time_interval", f"{iso(START)} || '/' || {iso(END)}", "The period of the line.", nullable=False),
        *_LINE,
        *_PRICING,
        *_PRODUCTS,
        *_RESERVATIONS,
        pairs("resource_tags", _TAGS, "Active tags of the resource."),
        *_PLANS,
    ),
    SOURCE,
    ORDER,
    (
        Property("TIME_GRANULARITY", ("HOURLY", "DAILY"), "The period of a line. Hours of a day are alike: the world counts in days."),
        Property("INCLUDE_RESOURCES", ("FALSE", "TRUE"), "Whether lines tell their resources."),
        Property("INCLUDE_SPLIT_COST_ALLOCATION_DATA", ("FALSE",), "Whether containers' shares are told apart; not served."),
        Property("INCLUDE_MANUAL_DISCOUNT_COMPATIBILITY", ("FALSE",), "Whether discounts of marketplaces are told apart; not served."),
    ),
)  # fmt: skip
