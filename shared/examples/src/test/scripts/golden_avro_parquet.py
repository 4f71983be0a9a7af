"""Writes the golden Avro and Parquet files, with writers that are not ours.

    python -m venv v && v/bin/pip install fastavro==1.13.1 pyarrow==26.0.1 cramjam==2.14.0 \
        backports.zstd==1.8.0
    v/bin/python golden_avro_parquet.py ../resources/golden

`table` is one table in every format; `types` has a column of each type, in the order of the values
that the tests name; `bigquery` is what an export of BigQuery, or its Storage Read API, declares.
"""

import csv
import datetime as dt
import decimal
import pathlib
import sys
import uuid

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq

UTC = dt.timezone.utc
SYNC = b"sluice-golden-16"
out = pathlib.Path(sys.argv[1])

ROWS = [
    {
        "id": 1000 + i,
        "price": i * 1.25 - 3.5,
        "name": [None, "Ahoj světe", "plain", 'with "quotes", and a comma'][i % 4],
        "active": None if i % 7 == 3 else i % 2 == 0,
        "sold": dt.date(2026, 11, 1) + dt.timedelta(days=i),
        "at": None if i % 5 == 4 else dt.datetime(2026, 11, 1, 12, i % 60, 5, 250000 * (i % 2), UTC),
    }
    for i in range(60)
]


def text(value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.datetime):
        fraction = f".{value.microsecond:06d}".rstrip("0") if value.microsecond else ""
        return value.strftime("%Y-%m-%dT%H:%M:%S") + fraction + "Z"
    return str(value)


with open(out / "table.csv", "w", newline="", encoding="utf-8") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(ROWS[0])
    writer.writerows([text(v) for v in row.values()] for row in ROWS)

TABLE = {
    "type": "record",
    "name": "Listing",
    "namespace": "shop",
    "fields": [
        {"name": "id", "type": "long"},
        {"name": "price", "type": "double"},
        {"name": "name", "type": ["null", "string"], "default": None},
        {"name": "active", "type": ["boolean", "null"]},
        {"name": "sold", "type": {"type": "int", "logicalType": "date"}},
        {"name": "at", "type": ["null", {"type": "long", "logicalType": "timestamp-micros"}]},
    ],
}


def avro(name, schema, rows, codec="null", interval=400):
    with open(out / "avro" / name, "wb") as file:
        fastavro.writer(
            file, schema, rows, codec=codec, sync_interval=interval, sync_marker=SYNC
        )


for codec in ["null", "deflate", "zstandard", "snappy"]:
    avro(f"table-{codec}.avro", TABLE, ROWS, codec)
avro("table-bzip2.avro", TABLE, ROWS[:2], "bzip2")

EVERY = {
    "type": "record",
    "name": "Every",
    "namespace": "a.b",
    "fields": [
        {"name": "i", "type": "int"},
        {"name": "f", "type": "float"},
        {"name": "b", "type": "bytes"},
        {"name": "e", "type": {"type": "enum", "name": "Colour", "symbols": ["RED", "GREEN"]}},
        {"name": "again", "type": ["null", "a.b.Colour"]},
        {"name": "x", "type": {"type": "fixed", "name": "Four", "size": 4}},
        {"name": "dec", "type": {"type": "bytes", "logicalType": "decimal", "precision": 38, "scale": 9}},
        {
            "name": "fdec",
            "type": {"type": "fixed", "name": "D", "size": 16, "logicalType": "decimal", "precision": 30, "scale": 2},
        },
        {"name": "date", "type": {"type": "int", "logicalType": "date"}},
        {"name": "tms", "type": {"type": "int", "logicalType": "time-millis"}},
        {"name": "tus", "type": {"type": "long", "logicalType": "time-micros"}},
        {"name": "ms", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "us", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "lms", "type": {"type": "long", "logicalType": "local-timestamp-millis"}},
        {"name": "lus", "type": {"type": "long", "logicalType": "local-timestamp-micros"}},
        {"name": "id", "type": {"type": "string", "logicalType": "uuid"}},
        {"name": "mixed", "type": ["null", "long", "double", "string"]},
        {"name": "number", "type": ["int", "float"]},
        {"name": "tags", "type": {"type": "array", "items": "string"}},
        {"name": "sizes", "type": ["null", {"type": "array", "items": ["null", "int"]}]},
        {
            "name": "seller",
            "type": [
                "null",
                {
                    "type": "record",
                    "name": "Seller",
                    "fields": [
                        {"name": "name", "type": "string"},
                        {"name": "rating", "type": ["null", "double"]},
                    ],
                },
            ],
        },
        {"name": "nothing", "type": "null"},
    ],
}
at = dt.datetime(2026, 11, 1, 23, 59, 58, 123456)
rows = [
    {
        "i": -2**31,
        "f": 0.1,
        "b": b"text",
        "e": "GREEN",
        "again": "RED",
        "x": b"abcd",
        "dec": decimal.Decimal("12345678901234567890.123456789"),
        "fdec": decimal.Decimal("-0.01"),
        "date": dt.date(1969, 12, 31),
        "tms": dt.time(12, 0, 0, 500000),
        "tus": dt.time(23, 59, 59, 999999),
        "ms": at.replace(microsecond=0, tzinfo=UTC),
        "us": at.replace(tzinfo=UTC),
        "lms": at.replace(microsecond=120000),
        "lus": at,
        "id": uuid.UUID(int=0x0123456789ABCDEF0123456789ABCDEF),
        "mixed": 5,
        "number": 3,
        "tags": ["a", "", "b"],
        "sizes": [1, None, 3],
        "seller": {"name": "Ana", "rating": 4.5},
        "nothing": None,
    },
    {
        "i": 2**31 - 1,
        "f": float("nan"),
        "b": b"\xff\x00",
        "e": "RED",
        "again": None,
        "x": b"wxyz",
        "dec": decimal.Decimal(0),
        "fdec": decimal.Decimal("1234567.89"),
        "date": dt.date(2024, 2, 29),
        "tms": dt.time(0),
        "tus": dt.time(0, 0, 1),
        "ms": dt.datetime(1900, 3, 1, tzinfo=UTC),
        "us": dt.datetime(2000, 1, 1, tzinfo=UTC),
        "lms": dt.datetime(2000, 1, 1),
        "lus": dt.datetime(1, 1, 1),
        "id": uuid.UUID(int=0),
        "mixed": "five",
        "number": 2.5,
        "tags": [],
        "sizes": None,
        "seller": None,
        "nothing": None,
    },
]
avro("types.avro", EVERY, rows)

BIGQUERY = {
    "type": "record",
    "name": "__root__",
    "fields": [
        {"name": "id", "type": ["null", "long"]},
        {
            "name": "amount",
            "type": ["null", {"type": "bytes", "logicalType": "decimal", "precision": 38, "scale": 9}],
        },
        {"name": "day", "type": ["null", {"type": "int", "logicalType": "date"}]},
        {"name": "at", "type": ["null", {"type": "long", "logicalType": "timestamp-micros"}]},
        {"name": "time", "type": ["null", {"type": "long", "logicalType": "time-micros"}]},
        {"name": "local", "type": ["null", {"type": "string", "sqlType": "DATETIME"}]},
        {"name": "read", "type": ["null", {"type": "string", "logicalType": "datetime"}]},
        {"name": "place", "type": ["null", {"type": "string", "sqlType": "GEOGRAPHY"}]},
        {"name": "doc", "type": ["null", {"type": "string", "sqlType": "JSON"}]},
        {"name": "flag", "type": ["null", "boolean"]},
        {"name": "tags", "type": {"type": "array", "items": "string"}},
        {
            "name": "shop",
            "type": [
                "null",
                {
                    "type": "record",
                    "name": "Shop",
                    "namespace": "root",
                    "fields": [{"name": "city", "type": ["null", "string"]}],
                },
            ],
        },
    ],
}
avro(
    "bigquery.avro",
    BIGQUERY,
    [
        {
            "id": 1,
            "amount": decimal.Decimal("19.99"),
            "day": dt.date(2026, 11, 1),
            "at": dt.datetime(2026, 11, 1, 12, tzinfo=UTC),
            "time": dt.time(7, 30),
            "local": "2026-11-01T12:00:00",
            "read": "2026-11-01 12:00:00.500000",
            "place": "POINT(14.4 50.1)",
            "doc": '{"a":1}',
            "flag": True,
            "tags": ["new", "sale"],
            "shop": {"city": "Brno"},
        },
        {name["name"]: [] if name["name"] == "tags" else None for name in BIGQUERY["fields"]},
    ],
    "deflate",
)

arrow = pa.table(
    {
        "id": pa.array([r["id"] for r in ROWS], pa.int64()),
        "price": pa.array([r["price"] for r in ROWS], pa.float64()),
        "name": pa.array([r["name"] for r in ROWS], pa.string()),
        "active": pa.array([r["active"] for r in ROWS], pa.bool_()),
        "sold": pa.array([r["sold"] for r in ROWS], pa.date32()),
        "at": pa.array([r["at"] for r in ROWS], pa.timestamp("us", "UTC")),
    }
)
required = pa.schema(
    [pa.field(f.name, f.type, nullable=f.name not in ("id", "price", "sold")) for f in arrow.schema]
)
for codec, page, dictionary in [
    ("snappy", "1.0", True),
    ("zstd", "2.0", True),
    ("gzip", "1.0", False),
    ("none", "2.0", False),
    ("lz4", "1.0", True),
    ("brotli", "1.0", True),
]:
    pq.write_table(
        arrow,
        out / "parquet" / f"table-{codec}.parquet",
        compression=codec,
        data_page_version=page,
        use_dictionary=dictionary,
        row_group_size=16,
        write_page_checksum=codec in ("snappy", "zstd"),
    )
pq.write_table(
    arrow.cast(required),
    out / "parquet" / "table-required.parquet",
    compression="snappy",
    row_group_size=25,
)
pq.write_table(
    arrow,
    out / "parquet" / "table-indexed.parquet",
    compression="snappy",
    row_group_size=25,
    data_page_size=64,
    write_page_index=True,
)
