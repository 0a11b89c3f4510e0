"""Files of an export: rows as compressed CSV, or as Parquet where pyarrow is installed."""

import csv
import gzip
import io
import zipfile
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from models.cost_exports.column import BOOLEAN, DOUBLE, INTEGER, MAP, TIMESTAMP
from models.cost_exports.query import Chosen

Rows = Sequence[Sequence[Any]]
EXTENSIONS = {"GZIP": "csv.gz", "ZIP": "csv.zip", "PARQUET": "snappy.parquet"}
CONTENT_TYPES = {"GZIP": "text/csv", "ZIP": "text/csv", "PARQUET": "application/vnd.apache.parquet"}
# The same rows are the same bytes, whenever they are written.
_ZIP_DATE = (2024, 1, 1, 0, 0, 0)


class MissingParquetError(Exception):
    """pyarrow is not installed."""


def can_write_parquet() -> bool:
    """Whether pyarrow is there."""
    return find_spec("pyarrow") is not None


def encode(columns: Sequence[Chosen], rows: Rows, compression: str, name: str) -> bytes:
    """A file of rows: GZIP and ZIP are CSV of text, PARQUET has the columns' own types."""
    if compression == "PARQUET":
        return _parquet(columns, rows)
    text = _csv(columns, rows)
    if compression == "GZIP":
        return gzip.compress(text, mtime=0)
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        info = zipfile.ZipInfo(name.removesuffix(".zip"), _ZIP_DATE)
        info.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(info, text)
    return sink.getvalue()


def _csv(columns: Sequence[Chosen], rows: Rows) -> bytes:
    sink = io.StringIO(newline="")
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow([one.name for one in columns])
    writer.writerows(rows)
    return sink.getvalue().encode()


def _parquet(columns: Sequence[Chosen], rows: Rows) -> bytes:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise MissingParquetError("Parquet needs pyarrow: install driftcloud[export]") from error
    types = {
        DOUBLE: pa.float64(),
        INTEGER: pa.int32(),
        BOOLEAN: pa.bool_(),
        TIMESTAMP: pa.timestamp("ms"),
        MAP: pa.map_(pa.string(), pa.string()),
    }
    arrays, fields = [], []
    for at, column in enumerate(columns):
        kind = types.get(column.type, pa.string())
        values = [row[at] for row in rows]
        if column.type == MAP:
            values = [None if one is None else list(one.items()) for one in values]
        arrays.append(pa.array(values, type=kind))
        fields.append(pa.field(column.name, kind))
    sink = io.BytesIO()
    parquet.write_table(
        pa.Table.from_arrays(arrays, schema=pa.schema(fields)), sink, compression="snappy"
    )
    return sink.getvalue()
