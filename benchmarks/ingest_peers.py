"""pyarrow on the CSV of `./sluice bench ingest`: its reader and its Parquet writer, one thread.

usage: ingest_peers.py CSV ROUNDS
"""

import json
import os
import statistics
import sys
import time

import pyarrow
import pyarrow.csv
import pyarrow.parquet

csv, rounds = sys.argv[1], int(sys.argv[2])
pyarrow.set_cpu_count(1)


def convert():
    table = pyarrow.csv.read_csv(csv, read_options=pyarrow.csv.ReadOptions(use_threads=False))
    pyarrow.parquet.write_table(table, csv + ".parquet", compression="zstd")
    return table.num_rows


rows = convert()
seconds = []
for _ in range(rounds):
    start = time.perf_counter()
    convert()
    seconds.append(time.perf_counter() - start)
median = statistics.median(seconds)
print(
    f"{'pyarrow ' + pyarrow.__version__ + ', CSV to one Parquet file (zstd)':<52} {median:.2f} s"
    f" ({min(seconds):.2f} to {max(seconds):.2f}), {rows / median:,.0f} rows/s,"
    f" {os.path.getsize(csv) / median / 1e6:.0f} MB/s"
)
print(json.dumps({"pyarrow_seconds": median}))
