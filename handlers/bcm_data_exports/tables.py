"""Tables: what can be exported, and their columns."""

from typing import Any

from emulator.context import Context
from emulator.pages import page
from handlers.bcm_data_exports.data_exports import check_properties
from handlers.bcm_data_exports.refusals import bad_token, invalid
from models import cost_exports

NOUN = "data_exports"
MOST = 100


async def list_tables(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Every table, with what it can be told."""
    here = page(ctx, params, default=MOST, invalid=bad_token)
    shown, token = here.cut_items(cost_exports.TABLES, lambda one: one.name)
    answer: dict[str, Any] = {
        "Tables": [
            {
                "TableName": one.name,
                "Description": one.description,
                "TableProperties": [
                    {
                        "Name": told.name,
                        "ValidValues": list(told.values),
                        "DefaultValue": _default(told),
                        "Description": told.description,
                    }
                    for told in one.properties
                ],
            }
            for one in shown
        ]
    }
    return answer | {"NextToken": token} if token else answer


async def get_table(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The columns that a table has when it is told this."""
    table = cost_exports.table(params["TableName"])
    if table is None:
        raise invalid(f"Table {params['TableName']} does not exist.", "TableName")
    chosen = params.get("TableProperties") or {}
    check_properties(table, chosen)
    properties = {one.name: _default(one) for one in table.properties} | chosen
    hidden = {"line_item_resource_id"} if properties.get("INCLUDE_RESOURCES") == "FALSE" else set()
    return {
        "TableName": table.name,
        "Description": table.description,
        "TableProperties": properties,
        "Schema": [
            {"Name": one.name, "Type": one.type, "Description": one.description}
            for one in table.columns
            if one.name not in hidden
        ],
    }


def _default(told: cost_exports.Property) -> str:
    """What holds where nothing is chosen."""
    return told.values[0] if told.values else "{}"
