"""Waste through a client's eyes: one module per scenario, named as the scenario is.

tests/waste/<scenario>.py says how AWS's own API shows and ends the waste of the scenario of that
name. test_contract.py asks each of them, over real HTTP with unmodified boto3:

    def reveal(client: Client, resource_id: str) -> bool:
        "Whether the answers to the calls in REVEALED_BY say that this resource is waste."

    def remedy(client: Client, resource_id: str) -> None:
        "What ends it: one of REMEDIES, and what AWS wants done before or after."

`client("ec2")` is a boto3 client in the region of the resource; `client("ec2", "eu-west-1")` in
another. `resource_id` is what SYMPTOM gives (an ARN, a name, an id). calling.py has Client,
its type, and `datapoints(client, ...)` for the daily values of a metric.

It may also have

    DAYS = 9                # days from the happening until the symptom shows; 9 unless given
    COST_FALLS = False      # where the remedy saves nothing that the next day's bill shows
    EXACT = True            # where the next day's bill falls by the very saving, to 2 % (its month
                            # has 30 days, that of a saving 730 hours)
    DAYS_AFTER = 1          # days until the symptom is gone; more where a 7-day mean has to follow
    TOO_FAR = True          # where the remedy goes further than is safe: the score calls it a risk
    async def prepare(connection, account_id) -> None   # what an estate lacks for it to happen;
                            # an asyncpg connection of the owner, before the day on which it happens

What the contract asks of each: it happens, and truth.labels has one open label for each culprit of
RESOURCE_TYPE, of that day; SYMPTOM finds it and the label says since when and what it saves; the
resource costs something (or saves 0); reveal says True; after remedy and DAYS_AFTER the symptom is
gone, the label is over by an `agent`, and what it cost has fallen. Where REMEDIES is only advice
there is no remedy to call.

Then the score, against a copy of the account in which nothing is done: the label is a deed there,
at the rate that it promises, and what it has saved is what the ledger says (EXACT). What only
advice ends, and what counts with its whole, is no deed. A decoy of the scenario is ended by the
same remedy, and the score calls that harm, as dear as the label says.

A scenario may need an occasion that a startup estate does not have: `prepare` makes it, as cheaply
as it can. All scenarios happen in a few accounts at once, so a module touches nothing but its own
resource.
"""
