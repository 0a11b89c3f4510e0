"""Price lists: services, their attributes, and their products with prices.

Source: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_pricing_GetProducts.html
and the pages of the operations beside it.
"""

from datetime import datetime
from typing import Any

import orjson

from emulator.context import Context
from emulator.errors import AwsError
from emulator.pages import Page, page
from models import price_list, regions
from models.price_list import files, terms

FORMAT = "aws_v1"
MOST = 100
VALUES_MOST = 10_000
_EMPTY: list[Any] = []


async def describe_services(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The services that have prices, or one of them, with what their products are told by."""
    _check_format(params)
    code = params.get("ServiceCode")
    codes = [_known(code)] if code else price_list.services()
    shown, token = _page(ctx, params, MOST).cut_items(codes, str)
    return _answer(
        token,
        Services=[
            {"ServiceCode": one, "AttributeNames": price_list.attribute_names(one)} for one in shown
        ],
        FormatVersion=FORMAT,
    )


async def get_attribute_values(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Every value that products of a service have of an attribute."""
    code, name = _known(params["ServiceCode"]), params["AttributeName"]
    if name not in price_list.attribute_names(code):
        raise _invalid(f"AttributeName: {name} is not an attribute of {code}")
    values = price_list.attribute_values(code, name)
    shown, token = _page(ctx, params, VALUES_MOST).cut_items(values, str)
    return _answer(token, AttributeValues=[{"Value": value} for value in shown])


async def get_products(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Products that meet every filter, each a JSON document with its terms."""
    _check_format(params)
    code = _known(params["ServiceCode"])
    filters = tuple(
        price_list.Filter(one["Type"], one["Field"], one["Value"])
        for one in params.get("Filters") or _EMPTY
    )
    here = _page(ctx, params, MOST)
    found = price_list.find(code, filters)
    first = int(here.after or 0)
    last = first + (here.limit or MOST)
    return _answer(
        here.token(str(last)) if last < len(found) else None,
        PriceList=[orjson.dumps(one.document()).decode() for one in found[first:last]],
        FormatVersion=FORMAT,
    )


async def list_price_lists(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The price list of a service in each region, as it was on a day."""
    code = _known(params["ServiceCode"])
    if params["CurrencyCode"] != "USD":
        raise _invalid(f"CurrencyCode: {params['CurrencyCode']} is not supported for {code}")
    region = params.get("RegionCode")
    if region and regions.find(region) is None:
        raise _invalid(f"RegionCode: {region} is not a region")
    names = [region] if region else sorted(regions.all_regions())
    if params["EffectiveDate"] + ctx.shift < datetime.fromisoformat(terms.EFFECTIVE):
        names = []  # there was none before
    shown, token = _page(ctx, params, MOST).cut_items(names, str)
    return _answer(
        token,
        PriceLists=[
            {
                "PriceListArn": files.PriceList(code, one).arn,
                "RegionCode": one,
                "CurrencyCode": "USD",
                "FileFormats": list(files.FILES),
            }
            for one in shown
        ],
    )


async def get_price_list_file_url(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Where the file of a price list is to be had; anyone may read it there."""
    arn, kind = params["PriceListArn"], params["FileFormat"].lower()
    of = files.by_arn(arn)
    if of is None:
        raise AwsError("NotFoundException", f"Price list {arn} was not found.")
    if kind not in files.FILES:
        raise _invalid(f"FileFormat: {kind} is not one of {', '.join(files.FILES)}")
    host = ctx.headers.get("host", f"api.pricing.{ctx.region}.amazonaws.com")
    scheme = "https" if ctx.headers.get("x-forwarded-proto") == "https" else "http"
    return {"Url": f"{scheme}://{host}/_driftcloud/{of.path}/index.{kind}"}


def _page(ctx: Context, params: dict[str, Any], default: int) -> Page:
    return page(ctx, params, default=default, invalid=_invalid_token)


def _answer(token: str | None, **members: Any) -> dict[str, Any]:
    return members | {"NextToken": token} if token else members


def _known(code: str) -> str:
    if code not in price_list.services():
        raise _invalid(f"ServiceCode: {code} is not a service that has prices")
    return code


def _check_format(params: dict[str, Any]) -> None:
    if params.get("FormatVersion") not in (None, FORMAT):
        raise _invalid(f"FormatVersion: {params['FormatVersion']} is not supported")


def _invalid(what: str) -> AwsError:
    return AwsError("InvalidParameterException", f"Input Parameters are invalid. {what}")


def _invalid_token() -> AwsError:
    return AwsError("InvalidNextTokenException", "The pagination token is invalid.")
