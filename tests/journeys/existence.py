"""Existence: pairs of calls, about a thing of an account's and about one that is called alike."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote

from emulator.api import snake_case
from emulator.policies.actions import PREFIXES
from tests.emulator.protocols.values import request_of
from tests.fixtures.server import RunningServer
from tests.journeys.hostile import model
from tests.journeys.plausible import Plausible
from tests.journeys.wire import Answer, Call

SEEDS = 2
# An operation made to tell whose anybody's access key is.
TELLING = ("sts", "GetAccessKeyInfo")
# What every account sees, beside public images and offerings: a policy of AWS's own, and what a VPC
# says that was told of no DHCP options.
AWSS_OWN = frozenset({"p-FullAWSAccess", "default"})
# What differs between two answers to the same question.
_PASSING = re.compile(
    rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[A-Z0-9]{16,}|"
    rb"\d{4}-\d\d-\d\d[T ][\d:.]+Z?|\d{9,}(?:\.\d+)?|[A-Za-z0-9_-]{60,}=*"
)


@dataclass(frozen=True, slots=True)
class Thing:
    """Something of the victim's: the column that names it, its name, and one of nothing."""

    column: str
    name: str
    nothing: str


@cache
def things(running: RunningServer, account_id: Any) -> tuple[Thing, ...]:
    """Names of the victim's things that are the world's: ARNs, and ids that EC2 and others give."""
    columns = running.rows(
        """select c.table_name, c.column_name from information_schema.columns as c
             join information_schema.columns as a using (table_schema, table_name)
            where table_schema = 'public' and a.column_name = 'account_id'
              and c.data_type in ('text', 'uuid') and c.table_name <> 'trail_events'
              and (c.column_name = 'arn' or c.column_name like '%\\_id')
              and c.column_name not in ('account_id', 'image_id')
              and c.column_name not like '%offering\\_id' order by 1, 2"""
    )
    found: dict[str, Thing] = {}
    for column in columns:
        table, name = column["table_name"], column["column_name"]
        rows = running.rows(
            f"select min({name}::text) as one, max({name}::text) as other from {table}"
            " where account_id = $1 and"
            rf" coalesce(split_part({name}::text, ':', 4), '') in ('', 'us-east-1')",
            account_id,
        )
        for value in {rows[0]["one"], rows[0]["other"]} - {None, *AWSS_OWN}:
            found[value] = Thing(table if name == "arn" else name, value, _nothing(value))
    return tuple(sorted(found.values(), key=lambda one: one.name))


def _nothing(name: str) -> str:
    """The name of nothing: the same with other letters and digits at its end."""
    turned = {a: b for x in ("0123456789", "abcdef", "ghijklmnopqrstuvwxyz")
              for a, b in zip(x, x[1:] + x[0], strict=True)}  # fmt: skip
    return name[:-5] + "".join(turned.get(letter, letter) for letter in name[-5:])


class Aimed(Plausible):
    """Parameters that name things wherever they can, and say else no more than they must."""

    def __init__(self, seed: int, arns: dict[str, list[str]], ids: dict[str, str]) -> None:
        super().__init__(seed, [b"web"])
        self._arns, self._ids = arns, ids
        self.hits = 0

    def structure(self, shape: Any, depth: int = 0) -> dict[str, Any]:
        """What is required, and what can name a thing."""
        found = {}
        for name, member in shape.members.items():
            text = member.member if member.type_name == "list" else member
            names = text.type_name == "string" and not text.enum and self._thing(name)
            if name in shape.required_members or (depth == 0 and names):
                value = self._member(name, member, depth + 1)
                if value is not None:
                    found[name] = value
        return found

    def _thing(self, name: str) -> str:
        own = snake_case(name)
        own = own if own.endswith("ss") else own.removesuffix("s")
        bare = own.removesuffix("_arn").replace("_", "")
        for kind, arns in self._arns.items():
            if bare and (kind == bare or kind.endswith(bare) or bare.endswith(kind)):
                return self.random.choice(arns)
        if own.endswith("arn") or bare in ("resource", "resourcename", "source"):
            return self.random.choice([one for arns in self._arns.values() for one in arns])
        if own.endswith("_id"):
            for column, value in self._ids.items():
                if own.endswith(column) or column.endswith(own):
                    return value
        return ""

    def _text(self, name: str, shape: Any) -> str:
        thing = "" if shape.enum else self._thing(name)
        self.hits += bool(thing)
        return thing or super()._text(name, shape)

    def _word(self) -> str:
        return "web"


def pairs(service: str, name: str, found: tuple[Thing, ...]) -> Iterator[tuple[Call, Call, Any]]:
    """Calls that name the victim's things, each with one that names nothing."""
    operation = model(service).operation_model(name)
    if operation.input_shape is None or (service, name) == TELLING:
        return
    signing = operation.service_model.signing_name
    own = f":{PREFIXES.get(signing, signing)}:"
    arns = [one for one in found if one.name.startswith("arn:")]
    arns = [one for one in arns if own in one.name] or arns
    ids = [one for one in found if not one.name.startswith("arn:")]
    for seed in range(SEEDS):
        made = []
        for real in (True, False):
            kinds: dict[str, list[str]] = {}
            for one in arns:
                kind = re.split("[:/]", one.name.split(":", 5)[5])[0].replace("-", "").lower()
                kinds.setdefault(kind, []).append(one.name if real else one.nothing)
            named = {one.column: one.name if real else one.nothing for one in ids}
            aimed = Aimed(seed, kinds, named)
            params = aimed.structure(operation.input_shape)
            made.append(request_of(operation, operation.service_model.protocol, params))
        if aimed.hits:
            real_call, nothing_call = (_call(one, signing) for one in made)
            yield real_call, nothing_call, [*arns, *ids]


def _call(made: Any, signing: str) -> Call:
    headers = {k: v for k, v in made.headers.items() if k not in ("host", "content-length")}
    return Call(signing, made.method, made.path, made.query, headers, made.body)


def told(answer: Answer, named: list[Thing]) -> tuple[int, bytes]:
    """What an answer says, whatever the thing is called and whenever it was given."""
    body = answer.body
    for one in named:
        # of a short ARN, answers may say the last word alone
        words = re.split("[:/]", one.nothing)[-1], re.split("[:/]", one.name)[-1]
        ends = (one.nothing[-12:], one.name[-12:])
        for nothing, name in (ends, words) if 6 <= len(words[0]) < 12 else (ends,):
            for spell in (str, lambda text: quote(text, safe="")):
                body = body.replace(spell(nothing).encode(), spell(name).encode())
    return answer.status, _PASSING.sub(b"#", body)
