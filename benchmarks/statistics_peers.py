"""A peer's statistics of the CSV of `./sluice bench statistics`, reading included, on one thread.

usage: statistics_peers.py tfdv|pandas CSV ROUNDS FIGURES

FIGURES is the line of JSON that the bench of Sluice ends with.
"""

import json
import os
import statistics
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

tool, csv, rounds, figures = sys.argv[1], sys.argv[2], int(sys.argv[3]), json.loads(sys.argv[4])


def tfdv():
    import tensorflow_data_validation

    def run():
        rows = tensorflow_data_validation.generate_statistics_from_csv(csv).datasets[0].num_examples
        assert rows == figures["rows"], rows

    return f"TFDV {tensorflow_data_validation.__version__}, generate_statistics_from_csv", run


def pandas():
    import pandas

    def run():
        table = pandas.read_csv(csv)
        assert len(table) == figures["rows"], len(table)
        table.describe(include="all")

    return f"pandas {pandas.__version__}, read_csv and describe", run


name, work = {"tfdv": tfdv, "pandas": pandas}[tool]()
seconds = []
for _ in range(rounds):
    start = time.perf_counter()
    processor = time.process_time()
    work()
    seconds.append((time.perf_counter() - start, time.process_time() - processor))
median = statistics.median(wall for wall, _ in seconds)
cpu = statistics.median(processor for _, processor in seconds)
walls = [wall for wall, _ in seconds]
print(
    f"{name:<72} {median:.2f} s ({min(walls):.2f} to {max(walls):.2f}), processor {cpu:.2f} s,"
    f" {median / figures['sluice_seconds']:.1f} times Sluice's"
)
print(json.dumps({f"{tool}_seconds": median, f"{tool}_over_sluice": median / figures["sluice_seconds"]}))
