"""What goes wrong, in the server's own words."""


class DriftcloudError(Exception):
    """A wish that the server did not grant, or a server that does not answer.

    `status` is the HTTP status of its answer, 0 where there was none.
    """

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status
