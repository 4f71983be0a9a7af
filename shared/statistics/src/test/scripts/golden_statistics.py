"""Golden figures for GoldenStatisticsTest, by pandas, scipy and TensorFlow Data Validation.

usage: golden_statistics.py make CSV                  writes trips made up by a seed
       golden_statistics.py figures CSV GOLDEN.json   adds what the tool at hand computes

Run `figures` twice: where pandas 2 and scipy are installed (pandas 2.3.3, scipy 1.17.1), and where
tensorflow-data-validation 1.16.1 is; each fills its own part of the file.
"""
import json
import re
import sys

import numpy as np
import pandas as pd


def make(path, rows=1500, seed=20261125):
    r = np.random.default_rng(seed)
    start = 1356998400 + 900 * r.integers(0, 96 * 1400, rows)
    seconds = (60 * np.round(r.gamma(2.0, 5.5, rows))).astype(int)
    miles = np.round(seconds / 3600 * r.gamma(8, 1.6, rows), 2)
    fare = np.round(3.25 + 2.2 * miles + np.exp(r.normal(0, 0.7, rows)), 2)
    card = r.uniform(0, 1, rows) < 0.45
    names = ["Flash Cab", "City Service", "Sun Taxi", "Star North", "Blue Diamond", "Top Cab", "Chicago Independents"]
    share = 1 / (np.arange(len(names)) + 1.2)
    letters = np.array(list("ABCDEFGHKLMNPRSTUVWXYZ"))
    table = pd.DataFrame({
        "trip_start_timestamp": start,
        "started_at": pd.to_datetime(start, unit="s").strftime("%Y-%m-%dT%H:%M:%SZ"),
        "day": pd.to_datetime(start, unit="s").strftime("%m/%d/%Y"),
        "trip_seconds": seconds,
        "trip_miles": miles,
        "fare": fare,
        "tips": np.where(card, np.round(fare * r.choice([0, 0.15, 0.2, 0.25], rows), 2), 0.0),
        "pickup_latitude": np.round(41.88 + 0.06 * r.standard_normal(rows), 9),
        "company": r.choice(names, rows, p=share / share.sum()),
        "payment_type": np.where(card, "Credit Card", r.choice(["Cash", "No Charge", "Dispute"], rows, p=[0.97, 0.02, 0.01])),
        "plate": ["".join(r.choice(letters, 2)) + "-" + str(r.integers(1000, 99999)) for _ in range(rows)],
        "trip_id": np.arange(rows) + 500_001,
        "empty": [None] * rows,
    })
    for column, missing in {"trip_seconds": 0.03, "pickup_latitude": 0.2, "company": 0.3, "fare": 0.01, "plate": 0.02}.items():
        gone = r.uniform(0, 1, rows) < missing
        if table[column].dtype.kind == "i":
            table[column] = table[column].astype("Int64")
        table.loc[gone, column] = None
    table.to_csv(path, index=False)


def read(path):
    table = pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])
    columns = {}
    for name in table.columns:
        text = table[name]
        present = text.dropna()
        number = pd.to_numeric(present, errors="coerce")
        if len(present) == 0:
            columns[name] = ("EMPTY", text)
        elif number.isna().any():
            columns[name] = ("STRING", text)
        elif present.str.fullmatch(r"-?\d+").all():
            columns[name] = ("INT", pd.to_numeric(text))
        else:
            columns[name] = ("FLOAT", pd.to_numeric(text).astype("float64"))
    return columns


def by_pandas(path):
    import scipy
    import scipy.stats as st

    out = {"versions": {"pandas": pd.__version__, "scipy": scipy.__version__, "numpy": np.__version__}, "features": {}}
    for name, (kind, column) in read(path).items():
        present = column.dropna()
        counts = present.value_counts()
        f = {"type": kind, "count": len(present), "missing": int(column.isna().sum()), "unique": int(present.nunique())}
        out["features"][name] = f
        if kind == "EMPTY":
            continue
        f["frequencies"] = sorted((int(c) for c in counts), reverse=True)[:20]
        f["entropy"] = float(st.entropy(counts.to_numpy()))
        f["modes"] = sorted(str(v) for v in counts.index[counts == counts.max()])[:50]
        if kind == "STRING":
            f["avg_length"] = float(present.str.len().mean())
            f["min_length"] = int(present.str.len().min())
            f["max_length"] = int(present.str.len().max())
            f["number_like"] = int(pd.to_numeric(present, errors="coerce").notna().sum())
            if re.fullmatch(r"[A-Z]{2}-\d+", present.iloc[0]):
                shapes = present.str.replace("[A-Z]", "A", regex=True).str.replace(r"\d", "9", regex=True)
                f["formats"] = {k: int(v) for k, v in shapes.value_counts().items()}
            times = pd.to_datetime(present, errors="coerce", utc=True, format="ISO8601" if "T" in present.iloc[0] else "%m/%d/%Y")
            if times.notna().all():
                clock(f, times, days="T" not in present.iloc[0])
            continue
        x = present.to_numpy(dtype="float64")
        q = np.quantile(x, np.linspace(0, 1, 21))
        q1, q2, q3 = np.quantile(x, [0.25, 0.5, 0.75])
        f.update(
            mean=float(np.mean(x)), std_dev=float(np.std(x)), zeros=int((x == 0).sum()), min=float(x.min()), median=float(np.median(x)),
            max=float(x.max()), skewness=defined(st.skew(x)), kurtosis=defined(st.kurtosis(x)), quantiles=[float(v) for v in q],
            up=int((np.diff(x) > 0).sum()), down=int((np.diff(x) < 0).sum()), same=int((np.diff(x) == 0).sum()))
        f["quantile_skewness"] = None if q3 == q1 else float((q3 + q1 - 2 * q2) / (q3 - q1))
        if x.min() < x.max():  # numpy widens the range of a constant
            f["histogram"] = [int(c) for c in np.histogram(x, bins=10)[0]]
        if x.min() >= 631152000 and x.max() < 4102444800:
            clock(f, pd.to_datetime(present, unit="s", utc=True), days=False)
    return out


def defined(x):
    return None if np.isnan(x) else float(x)


def clock(f, times, days):
    f["earliest"] = times.min().timestamp()
    f["latest"] = times.max().timestamp()
    f["hours"] = [] if days else [int((times.dt.hour == h).sum()) for h in range(24)]
    f["weekdays"] = [int((times.dt.weekday == d).sum()) for d in range(7)]


def by_tfdv(path):
    import tensorflow_data_validation as tfdv

    # A data frame, as TFDV's own reader of CSV rounds to 32 bits.
    columns = {n: c for n, (k, c) in read(path).items() if k in ("STRING", "FLOAT") or (k == "INT" and not c.isna().any())}
    options = tfdv.StatsOptions(num_top_values=20, num_rank_histogram_buckets=1000)
    data = tfdv.generate_statistics_from_dataframe(pd.DataFrame(columns), stats_options=options, n_jobs=1).datasets[0]
    out = {"versions": {"tensorflow_data_validation": tfdv.__version__}, "rows": int(data.num_examples), "features": {}}
    for p in data.features:
        number = p.HasField("num_stats")
        s = p.num_stats if number else p.string_stats
        c = s.common_stats
        f = {
            "count": int(c.num_non_missing), "missing": int(c.num_missing), "min_values": int(c.min_num_values),
            "max_values": int(c.max_num_values), "avg_values": c.avg_num_values, "values": int(c.tot_num_values)}
        if number:
            f.update(mean=s.mean, std_dev=s.std_dev, zeros=int(s.num_zeros), min=s.min, median=s.median, max=s.max)
            f["nans"] = int(s.histograms[0].num_nan)
        else:
            f.update(unique=int(s.unique), avg_length=s.avg_length, invalid_utf8=int(s.invalid_utf8_count))
            f["frequencies"] = [int(v.frequency) for v in s.top_values]
            f["ranks"] = [int(b.sample_count) for b in s.rank_histogram.buckets][:100]
        out["features"][p.path.step[0]] = f
    return out


def main():
    if sys.argv[1] == "make":
        make(sys.argv[2])
        return
    path, golden = sys.argv[2:4]
    try:
        with open(golden) as file:
            out = json.load(file)
    except FileNotFoundError:
        out = {}
    try:
        import tensorflow_data_validation  # noqa: F401
        out["tfdv"] = by_tfdv(path)
    except ImportError:
        out["pandas"] = by_pandas(path)
    with open(golden, "w") as file:
        json.dump(out, file, indent=1, sort_keys=True, allow_nan=False)
        file.write("\n")


main()
