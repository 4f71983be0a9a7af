"""Writes the Parquet files under src/test/resources/parquet with pyarrow.

Run as: python parquet_golden.py ../resources/parquet (pyarrow 26.0.1; the files are committed).
"""

import datetime as dt
import decimal
import sys
import uuid

import pyarrow as pa
import pyarrow.parquet as pq

folder = sys.argv[1]
utc = dt.timezone.utc
noon = dt.datetime(2026, 11, 1, 12, 0, 0)
half = dt.datetime(1969, 12, 31, 23, 59, 59, 500000)


def write(name, table, **options):
    options.setdefault("compression", "zstd")
    pq.write_table(table, f"{folder}/{name}.parquet", **options)


def types():
    return pa.table(
        {
            "date": pa.array([dt.date(2026, 11, 1), None, dt.date(1899, 12, 31)], pa.date32()),
            "ts_ms_utc": pa.array([noon, None, half], pa.timestamp("ms", "UTC")),
            "ts_us_zone": pa.array([noon, None, half], pa.timestamp("us", "Europe/Paris")),
            "ts_us": pa.array([noon, None, half], pa.timestamp("us")),
            "ts_ns": pa.array([1793534400000000001, None, -1], pa.timestamp("ns")),
            "time_ms": pa.array([dt.time(12), None, dt.time(23, 59, 59, 999000)], pa.time32("ms")),
            "time_us": pa.array([dt.time(0), None, dt.time(1, 2, 3, 4)], pa.time64("us")),
            "time_ns": pa.array([43200000000000, None, 1], pa.time64("ns")),
            "dec_flba": pa.array(
                [decimal.Decimal("1.10"), None, decimal.Decimal("-99999999999999999999.99")],
                pa.decimal128(38, 2),
            ),
            "f16": pa.array([1.5, None, -0.25], pa.float16()),
            "u64": pa.array([1, None, 2**63 - 1], pa.uint64()),
            "u32": pa.array([1, None, 2**32 - 1], pa.uint32()),
            "i8": pa.array([-128, None, 127], pa.int8()),
            "bool": pa.array([True, None, False]),
            "uuid": pa.array(
                [uuid.UUID("00112233-4455-6677-8899-aabbccddeeff").bytes, None, b"\xff" * 16],
                pa.uuid(),
            ),
            "bytes_text": pa.array(["é".encode(), None, b"b"], pa.binary()),
            "bytes": pa.array([b"\xff\xfe", None, b"b"], pa.binary()),
            "flba": pa.array([b"ab", None, b"cd"], pa.binary(2)),
            "text": pa.array(["a", "", None]),
            "s": pa.array(
                [{"a": 1, "in": {"t": "x"}, "l": [1, 2]}, None, {"a": None, "in": None, "l": []}],
                pa.struct(
                    [
                        ("a", pa.int64()),
                        ("in", pa.struct([("t", pa.string())])),
                        ("l", pa.list_(pa.int32())),
                    ]
                ),
            ),
        }
    )


def lists():
    return pa.table(
        {
            "i": pa.array([[1, 2, 3], [], None, [4], [None, 5, None], [None]], pa.list_(pa.int64())),
            "f": pa.array([[0.5], None, [1.5, float("nan")], [], [2.5], [3.5]], pa.list_(pa.float32())),
            "t": pa.array([["a", "b", "a"], ["", "c"], None, [], [""], ["é"]], pa.list_(pa.string())),
            "fixed": pa.array([[1.0, 2.0]] * 5 + [None], pa.list_(pa.float64(), 2)),
            "large": pa.array([["x"]] * 6, pa.large_list(pa.large_string())),
            "dates": pa.array([[dt.date(2026, 11, 1)], None, [], None, None, None], pa.list_(pa.date32())),
            "bin": pa.array([[b"\xff"], None, [], [b"ok"], None, None], pa.list_(pa.binary())),
            "plain": pa.array([1, 2, 3, 4, 5, 6], pa.int64()),
        }
    )


write("types", types())
write("types-v2", types(), data_page_version="2.0", version="2.6", compression="gzip")
write("int96", pa.table({"t": pa.array([noon, None, half], pa.timestamp("us"))}),
      use_deprecated_int96_timestamps=True)
write("decimals", pa.table({
    "d32": pa.array([decimal.Decimal("1.10"), None, decimal.Decimal("-0.01")], pa.decimal128(9, 2)),
    "d64": pa.array([decimal.Decimal("123456789012345.678")] * 3, pa.decimal128(18, 3)),
}), store_decimal_as_integer=True)
write("u64-beyond", pa.table({"ok": [1], "big": pa.array([2**64 - 1], pa.uint64())}))
write("lists", lists())
write("lists-v2", lists(), data_page_version="2.0", compression="none")
write("lists-plain", lists(), use_dictionary=False, row_group_size=2)
write("lists-2-level-names", lists(), use_compliant_nested_type=False)
write("refused", pa.table({
    "fine": [1],
    "map": pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())),
    "structs": pa.array([[{"a": 1}]]),
    "nested": pa.array([[[1]]]),
}))
