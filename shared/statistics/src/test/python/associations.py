"""What pandas, scipy and scikit-learn say of the pairs of columns, for AssociationsGoldenTest.

usage: associations.py CSV LABEL OUT.json     with 'made' for CSV: associations.csv beside OUT is made

Pearson by numpy and Spearman by pandas, each over the rows in which both have a value (pandas'
Pearson loses digits of numbers far from zero); Cramer's V by scipy, mutual information by
scikit-learn of the label's and the features' bins: numbers of more than 32 values are cut at their
33 quantiles (16 and 17 for a label), a quantile that repeats being a bin of its own.
"""

import json
import os
import sys

import numpy as np
import pandas as pd
import scipy.stats.contingency
import sklearn.metrics


def made(path):
    r = np.random.default_rng(20261125)
    n = 700
    color = r.choice(["red", "green", "blue", "grey"], n, p=[0.4, 0.3, 0.2, 0.1])
    x = np.exp(r.normal(0, 1, n)).round(6)
    frame = pd.DataFrame(
        {
            "x": x,
            "y": (x + r.normal(0, 2, n)).round(3),
            "far": (1e9 + x * 1e-2 + r.normal(0, 0.01, n)).round(6),
            "stars": r.integers(1, 6, n),
            "stock": np.where(r.uniform(0, 1, n) < 0.5, 0, r.poisson(40, n)),
            "constant": 7,
            "color": color,
            "shade": np.where(r.uniform(0, 1, n) < 0.6, np.char.add("dark ", color.astype(str)), "pale"),
            "sold": np.where(x + r.normal(0, 1, n) > 1.5, "yes", "no"),
        }
    )
    for name, share in {"x": 0.02, "y": 0.6, "stars": 0.1, "shade": 0.05, "sold": 0.03}.items():
        frame[name] = frame[name].astype(object).where(r.uniform(0, 1, n) >= share)
    frame.to_csv(path, index=False)


def bins(column, most):
    if not pd.api.types.is_numeric_dtype(column):
        return column
    present = column.dropna()
    if present.nunique() <= most:
        return column
    starts = []
    points = np.quantile(present, np.arange(most + 1) / most)
    for point in points:
        if not starts or point > starts[-1]:
            starts.append(point)
        elif point == starts[-1] and point < points[-1]:
            starts.append(np.nextafter(point, np.inf))
    placed = pd.Series(np.nan, index=column.index)
    placed[present.index] = np.maximum(np.searchsorted(starts, present, side="right") - 1, 0)
    return placed


def pearson(frame, a, b):
    both = frame[[a, b]].dropna().to_numpy()
    spread = len(both) > 1 and (both.min(axis=0) < both.max(axis=0)).all()
    return np.corrcoef(both.T)[0, 1] if spread else np.nan


def category(column):
    few = column.nunique()
    if pd.api.types.is_numeric_dtype(column):
        whole = (column.dropna() % 1 == 0).all()
        return whole and 2 <= few <= 64
    return 2 <= few <= 256


def main():
    csv, label, out = sys.argv[1:]
    if csv == "made":
        csv = os.path.join(os.path.dirname(out), "associations.csv")
        made(csv)
    frame = pd.read_csv(csv)
    frame = frame[[c for c in frame.columns if frame[c].notna().any()]]
    numbers = [
        c for c in frame if pd.api.types.is_numeric_dtype(frame[c]) and frame[c].nunique() > 1
    ]
    rows = []
    spearman = frame[numbers].corr(method="spearman")
    for measure in ("PEARSON", "SPEARMAN"):
        for i, a in enumerate(numbers):
            for b in numbers[i + 1 :]:
                value = spearman.loc[a, b] if measure == "SPEARMAN" else pearson(frame, a, b)
                rows.append([a, b, measure, None if np.isnan(value) else value])
    chosen = [c for c in frame if category(frame[c])]
    for i, a in enumerate(chosen):
        for b in chosen[i + 1 :]:
            both = frame[[a, b]].dropna()
            if pd.api.types.is_numeric_dtype(both[a]) and pd.api.types.is_numeric_dtype(both[b]):
                continue
            table = pd.crosstab(both[a], both[b]).to_numpy()
            value = (
                scipy.stats.contingency.association(table, method="cramer", correction=False)
                if min(table.shape) > 1
                else None
            )
            rows.append([a, b, "CRAMERS_V", value])
    target = bins(frame[label], 16)
    for a in frame:
        if a != label:
            both = pd.DataFrame({"a": bins(frame[a], 32), "b": target}).dropna()
            value = sklearn.metrics.mutual_info_score(both["b"], both["a"])
            rows.append([a, label, "MUTUAL_INFORMATION", value])
    with open(out, "w", encoding="utf-8") as file:
        file.write("[\n")
        file.write(
            ",\n".join(
                json.dumps({"a": a, "b": b, "measure": m, "value": v}) for a, b, m, v in rows
            )
        )
        file.write("\n]\n")


main()
