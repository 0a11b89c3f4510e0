"""Price list files over HTTP, where the URLs of GetPriceListFileUrl lead; like AWS's, unsigned."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from models.price_list import files

PATH = "/_driftcloud/offers/v1.0/aws/{service}/{version}/{region}/index.{kind}"


async def show(request: Request) -> Response:
    """The file, streamed: it is made while it is read, in a thread of its own."""
    given = request.path_params
    of = files.find(given["service"], given["version"], given["region"])
    if of is None or given["kind"] not in files.FILES:
        return PlainTextResponse("There is no such price list.\n", 404)
    kind, pieces = files.FILES[given["kind"]]
    return StreamingResponse(pieces(of), media_type=kind)
