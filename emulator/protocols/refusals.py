"""What an error becomes on the wire: modelled shape, codes, status, sender or receiver."""

from dataclasses import dataclass
from typing import Any

from emulator.api import Operation, Service, Shape
from emulator.errors import AwsError, Fault


@dataclass(slots=True, frozen=True)
class Refusal:
    """An error with all that its protocol's writer needs."""

    code: str
    """The code that query and XML protocols answer."""
    name: str
    """The shape's name, which JSON, REST-JSON and CBOR answer."""
    message: str
    status: int
    fields: dict[str, Any]
    shape: Shape | None
    common: bool
    """Whether it is a fault of the front door rather than of the service."""

    @property
    def kind(self) -> str:
        """Whose fault it is, in the words of query."""
        return "Receiver" if self.status >= 500 else "Sender"

    def members(self) -> dict[str, Any]:
        """The modelled members, the message under its own name."""
        if self.shape is None:
            return {"message": self.message}
        known = self.shape.members
        found = {name: value for name, value in self.fields.items() if name in known}
        name = next((each for each in known if each.lower() == "message"), None)
        if name is None or name not in found:
            found = {name or "message": self.message, **found}
        return found


def resolve(
    service: Service, operation: Operation | None, error: AwsError, protocol: str
) -> Refusal:
    """An error in a protocol's own spelling, joined with the error shape of the model."""
    common = isinstance(error, Fault)
    if isinstance(error, Fault):
        from emulator.protocols import faults

        error = faults.spell(error, service.name, protocol)
    shape = _shape(service, operation, error.code)
    modelled = shape.error if shape else {}
    status = error.status or modelled.get("httpStatusCode")
    if status is None:
        status = 500 if shape is not None and shape.traits.get("fault") else 400
    return Refusal(
        code=modelled.get("code", error.code) if shape else error.code,
        name=shape.name if shape else error.code,
        message=error.message,
        status=status,
        fields=error.fields,
        shape=shape,
        common=common,
    )


def _shape(service: Service, operation: Operation | None, code: str) -> Shape | None:
    """The modelled error of this name or wire code, the operation's own before the service's."""
    for shape in operation.errors if operation else ():
        if code in (shape.name, shape.error.get("code")):
            return shape
    return service.errors.get(code)
