"""The caller as SQL knows it: expressions that a statement works out once, not once a row."""

NUMBER = (
    "(select caller.account_number from cloud_accounts as caller"
    " where caller.id = (select driftcloud_account()))"
)
NOW = "(select driftcloud_now((select driftcloud_account())))"
