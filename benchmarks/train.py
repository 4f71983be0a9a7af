"""AUC on eval of the released model against Python's XGBoost on the same rows and columns.

Five pipelines differ in `train: {seed: N}` alone. Python's side reads the examples that each of them
made, holds 15 % of train out for early stopping with the same seed and settings, and sees strings in
two ways: as categories and as ordinal codes.
usage: train.py [CSV] [--seeds 5]
"""

import argparse
import json
import pathlib
import statistics
import tempfile
import time

import numpy
import pandas
import scipy.stats
import xgboost

from local_cloud import Cloud
from trips import trips

arguments = argparse.ArgumentParser(prog="sluice bench train", description=__doc__.split("\n")[0])
arguments.add_argument("csv", nargs="?")
arguments.add_argument("--seeds", type=int, default=5)
given = arguments.parse_args()

SPEC = """\
label: {{name: big_tip, expression: "fare > 0.0 && tips > 0.2 * fare"}}
exclude: [tips]
train: {{seed: {seed}}}
"""
HELD_OUT = 0.15
SPAN = "2026-01-01"
LEFT_OUT = ["tips", "__row", "__source"]


def auc(labels, scores):
    """By ranks, ties counting one half (Mann and Whitney 1947)."""
    positive = labels == 1
    ranks = scipy.stats.rankdata(scores)
    n, m = positive.sum(), (~positive).sum()
    return (ranks[positive].sum() - n * (n + 1) / 2) / (n * m)


def labelled(rows):
    label = (rows["fare"] > 0) & (rows["tips"] > 0.2 * rows["fare"])
    return rows.drop(columns=LEFT_OUT), label.to_numpy(float)


def encoded(train, evaluation, categories):
    """Both splits with strings as what train knows of them; the others are missing."""
    train, evaluation = train.copy(), evaluation.copy()
    for name in train.columns:
        if pandas.api.types.is_numeric_dtype(train[name]):
            continue
        known = train[name].astype("category").cat.categories
        for frame in (train, evaluation):
            column = pandas.Categorical(frame[name].where(frame[name].isin(known)), known)
            frame[name] = (
                column if categories else pandas.Series(column.codes, frame.index).where(column.codes >= 0)
            )
    return train, evaluation


def python_side(seed, train, evaluation, categories):
    (x, y), (z, truth) = labelled(train), labelled(evaluation)
    x, z = encoded(x, z, categories)
    held = numpy.random.default_rng(seed).random(len(x)) < HELD_OUT

    def matrix(rows, labels):
        return xgboost.DMatrix(rows, labels, enable_categorical=True)

    started = time.perf_counter()
    booster = xgboost.train(
        {
            "objective": "binary:logistic",
            "tree_method": "hist",
            "eval_metric": "logloss",
            "eta": 0.1,
            "max_depth": 6,
            "seed": seed,
        },
        matrix(x[~held], y[~held]),
        num_boost_round=500,
        evals=[(matrix(x[held], y[held]), "held")],
        early_stopping_rounds=20,
        verbose_eval=False,
    )
    took = time.perf_counter() - started
    best = (0, booster.best_iteration + 1)
    return auc(truth, booster.predict(matrix(z, truth), iteration_range=best)), took


cloud = Cloud()
lines, source = trips(given.csv)
print(f"{len(lines) - 1} rows ({source})")
print("seed  sluice   python, categories   python, codes   train stage   python's fit")
figures = {"sluice": [], "categories": [], "codes": [], "stage": [], "fit": []}
with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder) / "trips.csv"
    path.write_text("\n".join(lines) + "\n")
    for seed in range(given.seeds):
        pipeline = f"trips-{seed}"
        cloud.add_spec(pipeline, SPEC.format(seed=seed))
        cloud.drop(path, pipeline, SPAN)
        batch = cloud.ended(pipeline, SPAN)
        assert batch["state"] == "LIVE", batch
        (ours,) = cloud.rows(
            "evaluations",
            "pipeline = @pipeline AND batch = @batch AND metric = 'auc' AND split = 'eval' AND slice = ''",
            pipeline=pipeline,
            batch=batch["batch"],
        )
        (stage,) = cloud.rows(
            "stage_runs",
            "pipeline = @pipeline AND batch = @batch AND operation = 'train'",
            pipeline=pipeline,
            batch=batch["batch"],
        )
        examples = cloud.artifact(pipeline, batch["batch"], "examples")
        train, evaluation = (cloud.parquet(examples, s).to_pandas() for s in ("train", "eval"))
        assert len(evaluation) == ours["examples"]
        categories, fit = python_side(seed, train, evaluation, categories=True)
        codes, _ = python_side(seed, train, evaluation, categories=False)
        took = (stage["finished_at"] - stage["started_at"]).total_seconds()
        for name, value in zip(figures, (ours["value"], categories, codes, took, fit)):
            figures[name].append(value)
        print(
            f"{seed:4}  {ours['value']:.5f}  {categories:.5f}              {codes:.5f}"
            f"         {took:6.2f} s      {fit:6.2f} s",
            flush=True,
        )

median = {name: round(statistics.median(values), 5) for name, values in figures.items()}
print(
    json.dumps(
        {
            "bench": "train",
            "data": source,
            "rows": len(lines) - 1,
            "auc": median["sluice"],
            "python_auc_categories": median["categories"],
            "python_auc_codes": median["codes"],
            "behind": round(max(median["categories"], median["codes"]) - median["sluice"], 5),
            "train_stage_seconds": median["stage"],
            "python_fit_seconds": median["fit"],
            "xgboost": xgboost.__version__,
        }
    )
)
