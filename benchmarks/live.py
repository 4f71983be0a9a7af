"""Seconds from the start of an upload to the moment `batches` says LIVE, by Google's clients.

Every run has the same rows in an order of its own, so that no artifact is found in the cache.
usage: live.py [CSV] [--runs 5] [--warm 2]
"""

import argparse
import json
import os
import pathlib
import random
import statistics
import tempfile
import time

from local_cloud import Cloud
from trips import trips

arguments = argparse.ArgumentParser(prog="sluice bench live", description=__doc__.split("\n")[0])
arguments.add_argument("csv", nargs="?")
arguments.add_argument("--runs", type=int, default=5)
arguments.add_argument("--warm", type=int, default=2, help="runs before those that count")
given = arguments.parse_args()

cloud = Cloud()
(header, *rows), source = trips(given.csv)
print(f"{len(rows)} rows x {header.count(',') + 1} columns ({source}), {os.cpu_count()} processors")
seconds, stages = [], {}
with tempfile.TemporaryDirectory() as folder:
    for run in range(given.warm + given.runs):
        random.Random(run).shuffle(rows)
        path = pathlib.Path(folder) / "trips.csv"
        path.write_text("\n".join([header, *rows]) + "\n")
        span = f"2026-01-{run + 1:02d}"
        started = time.perf_counter()
        cloud.drop(path, "taxi", span)
        batch = cloud.ended("taxi", span, every=0.1)
        took = time.perf_counter() - started
        assert batch["state"] == "LIVE", batch
        counts = run >= given.warm
        told = []
        for row in cloud.rows(
            "stage_runs",
            "pipeline = 'taxi' AND batch = @batch AND state = 'SUCCEEDED' ORDER BY started_at",
            batch=batch["batch"],
        ):
            assert not row["cached"], row
            stage = (row["finished_at"] - row["started_at"]).total_seconds()
            told.append(f"{row['operation']} {stage:.2f}")
            if counts:
                stages.setdefault(row["operation"], []).append(stage)
        if counts:
            seconds.append(took)
        print(f"{'run ' if counts else 'warm'} {took:6.2f} s  {'  '.join(told)}", flush=True)

median = {operation: round(statistics.median(each), 3) for operation, each in stages.items()}
print(
    json.dumps(
        {
            "bench": "live",
            "data": source,
            "rows": len(rows),
            "seconds": round(statistics.median(seconds), 3),
            "runs": [round(s, 3) for s in seconds],
            "stages": median,
        }
    )
)
