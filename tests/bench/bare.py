"""The bare baseline: uvicorn with uvloop and httptools, answering fixed bytes to anything."""

import sys
from pathlib import Path
from typing import Any

import uvicorn


class Bare:
    """Reads a request's body and answers the same as always."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._head = {
            "type": "http.response.start",
            "status": 200,
            "headers": [
                (b"content-type", b"text/xml;charset=UTF-8"),
                (b"content-length", b"%d" % len(body)),
            ],
        }

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request."""
        while (await receive()).get("more_body"):
            pass
        await send(self._head)
        await send({"type": "http.response.body", "body": self._body})


if __name__ == "__main__":
    uvicorn.run(
        Bare(Path(sys.argv[2]).read_bytes()),
        port=int(sys.argv[1]),
        http="httptools",
        loop="uvloop",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=True,
    )
