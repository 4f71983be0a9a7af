"""A file dropped into the inbox becomes a served model, seen with Google's own clients.

The figures that the tables tell are held to pandas' over the same file, and the served
probabilities to those of Python's XGBoost over the artifacts.
"""

import datetime
import hashlib
import json
import os
import pathlib

import numpy
import pandas
import pytest
import scipy.stats
import xgboost

from conftest import require_environment

require_environment("STORAGE_EMULATOR_HOST", "BIGQUERY_EMULATOR_HOST", "PREDICT_URL")

from local_cloud import Cloud, until  # noqa: E402

SPAN = "2026-11-01"
HIDDEN = ["__row", "__source"]
OPERATIONS = [
    "resolve",
    "ingest",
    "analyze",
    "validate-data",
    "transform",
    "train",
    "evaluate",
    "validate-model",
    "release",
    "finish-run",
]
TAXI = pathlib.Path(__file__).parents[3] / "shared/data/taxi/trips.csv"


def listings(rows, seed):
    """Offers of a shop; what sells is cheap, of a known brand and shown in the evening."""
    draw = numpy.random.default_rng(seed)
    frame = pandas.DataFrame(
        {
            "reference": [f"r-{i:06d}" for i in range(rows)],
            "price": draw.lognormal(3, 0.8, rows).round(2),
            "discount": numpy.where(draw.random(rows) < 0.6, 0.0, draw.random(rows).round(3)),
            "quantity": draw.poisson(2, rows),
            "hour": draw.integers(0, 24, rows),
            "brand": draw.choice([f"brand {c}" for c in "abcdefgh"], rows),
            "title": draw.choice(['plain', 'with, comma', 'with "quotes"', 'two\nlines', 'größe'], rows),
            "rating": draw.normal(3.5, 1, rows).clip(1, 5).round(1),
        }
    )
    logit = (
        1.5
        - 0.08 * frame["price"]
        + 2 * frame["discount"]
        + frame["brand"].isin(["brand a", "brand b"]) * 1.5
        + (frame["hour"] > 17) * 1.0
        - 2
    )
    frame["sold"] = numpy.where(draw.random(rows) < 1 / (1 + numpy.exp(-logit)), "yes", "no")
    frame.loc[draw.random(rows) < 0.1, "rating"] = numpy.nan
    frame.loc[draw.random(rows) < 0.03, "brand"] = None
    frame.loc[draw.random(rows) < 0.05, "quantity"] = numpy.nan
    frame["quantity"] = frame["quantity"].astype("Int64")
    return frame


class Way:
    """One file's way, and what lies at its end."""

    def __init__(self, cloud, pipeline, path, span, label_columns):
        self.cloud = cloud
        self.pipeline = pipeline
        self.path = path
        self.span = span
        self.started = datetime.datetime.now(datetime.timezone.utc)
        self.uri = cloud.drop(path, pipeline, span)
        self.batch = cloud.ended(pipeline, span)
        assert self.batch["state"] == "LIVE", self.batch
        (self.model,) = self.of_batch("models")
        self.examples = cloud.artifact(pipeline, self.batch["batch"], "examples")
        self.features = cloud.artifact(pipeline, self.batch["batch"], "features")
        self.mapping = json.loads(
            cloud.read(cloud.artifact(pipeline, self.batch["batch"], "transform") + "manifest.json")
        )
        self.label_columns = label_columns

    def of_batch(self, table, where="TRUE", **parameters):
        return self.cloud.rows(
            table,
            f"pipeline = @pipeline AND batch = @batch AND {where}",
            pipeline=self.pipeline,
            batch=self.batch["batch"],
            **parameters,
        )

    def native_probabilities(self, split):
        """What Python's XGBoost says over the features artifact, and the labels beside them."""
        booster = xgboost.Booster(model_file=bytearray(self.cloud.read(self.model["uri"] + "model.ubj")))
        features = self.cloud.parquet(self.features, split).to_pandas()
        matrix = xgboost.DMatrix(
            features[self.mapping["features"]].to_numpy(numpy.float32),
            feature_names=booster.feature_names,
        )
        return booster.predict(matrix), features["__label"].to_numpy(float), features["__row"]

    def raw_rows(self, split):
        """The rows as a client sends them: no label, and missing values left out."""
        return [
            {
                name: value
                for name, value in row.items()
                if value is not None and name not in HIDDEN + self.label_columns
            }
            for row in self.cloud.parquet(self.examples, split).to_pylist()
        ]

    def evaluation(self, metric, slice=""):
        rows = self.of_batch(
            "evaluations",
            "model = @model AND split = 'eval' AND slice = @slice AND metric = @metric",
            model=self.model["model"],
            slice=slice,
            metric=metric,
        )
        assert len(rows) == 1, rows
        return rows[0]

    def statistics(self, split):
        rows = self.of_batch("statistics", "split = @split AND slice = ''", split=split)
        return {row["feature"]: row for row in rows}


@pytest.fixture(scope="module")
def cloud():
    return Cloud()


@pytest.fixture(scope="module")
def frame():
    return listings(6_000, seed=7)


@pytest.fixture(scope="module")
def way(cloud, frame, tmp_path_factory):
    require_environment("SLUICE_PIPELINES")
    pipeline = "listings-" + os.urandom(4).hex()
    cloud.add_spec(pipeline, "label: sold\nexclude: [reference]\nslices: [[brand]]\n")
    path = tmp_path_factory.mktemp("way") / "offers.csv"
    frame.to_csv(path, index=False)
    return Way(cloud, pipeline, path, SPAN, ["sold"])


@pytest.fixture(scope="module")
def taxi(cloud):
    if not TAXI.is_file():
        pytest.skip(f"no {TAXI.name} in ../shared/data/taxi beside the checkout")
    span = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H-%M-%S")
    return Way(cloud, "taxi", TAXI, span, ["tips"])


def auc(labels, scores):
    """Area under the ROC curve by ranks (Mann and Whitney 1947), ties counting one half."""
    positive = labels == 1
    ranks = scipy.stats.rankdata(scores)
    n, m = positive.sum(), (~positive).sum()
    return (ranks[positive].sum() - n * (n + 1) / 2) / (n * m)


def assert_median(row, values):
    """The sketch promises a rank: the share of values below the median is a half within 1 %."""
    below = (values < row["median"]).mean()
    upto = (values <= row["median"]).mean()
    assert below - 0.01 <= 0.5 <= upto + 0.01, (row["feature"], row["median"], below, upto)


def assert_statistics(row, column):
    """A row of figures against pandas over the same values."""
    present = column.dropna()
    assert row["count"] == len(present)
    assert row["missing"] == column.isna().sum()
    if pandas.api.types.is_numeric_dtype(column) and len(present):
        values = present.astype(float)
        assert row["type"] in ("INT", "FLOAT")
        assert row["mean"] == pytest.approx(values.mean(), rel=1e-9, abs=1e-12)
        assert row["std_dev"] == pytest.approx(values.std(ddof=0), rel=1e-9, abs=1e-12)
        assert row["min"] == values.min()
        assert row["max"] == values.max()
        assert row["zeros"] == (values == 0).sum()
        assert_median(row, values)
    elif len(present):
        counts = present.value_counts()
        assert row["type"] in ("STRING", "BYTES", "BOOL")
        assert row["unique"] == pytest.approx(len(counts), rel=0.02)
        if len(counts) <= 20:
            told = {top["value"]: top["frequency"] for top in row["top_values"]}
            assert told == counts.to_dict()


def test_the_batch_is_told_with_its_file_and_counts(way, frame):
    batch = way.batch
    assert batch["uri"] == way.uri
    assert batch["span"] == SPAN
    assert (batch["rows"], batch["rejected_rows"]) == (len(frame), 0)
    assert batch["bytes"] == way.path.stat().st_size
    assert way.started - datetime.timedelta(seconds=1) <= batch["received_at"] <= batch["updated_at"]


def test_every_operation_has_a_run_that_succeeded(way):
    runs = way.of_batch("stage_runs")
    assert sorted(run["operation"] for run in runs) == sorted(OPERATIONS)
    for run in runs:
        assert (run["state"], run["cached"], run["error"]) == ("SUCCEEDED", False, None)
        assert run["started_at"] <= run["finished_at"]


def test_the_model_is_version_one_and_its_folder_holds_the_native_file(way):
    assert (way.model["version"], way.model["state"]) == (1, "LIVE")
    native = way.cloud.read(way.model["uri"] + "model.ubj")
    assert way.model["sha256"] == hashlib.sha256(native).hexdigest()
    assert way.model["transform_fingerprint"] in way.cloud.artifact(
        way.pipeline, way.batch["batch"], "transform"
    )


def test_the_splits_hold_every_row_of_the_file_once(way, frame):
    train = way.cloud.parquet(way.examples, "train").to_pandas()
    evaluation = way.cloud.parquet(way.examples, "eval").to_pandas()
    assert 0.16 < len(evaluation) / len(frame) < 0.24
    whole = pandas.concat([train, evaluation]).sort_values("__row", ignore_index=True)
    assert whole["__row"].tolist() == list(range(1, len(frame) + 1))
    assert set(whole["__source"]) == {way.uri}
    # A line break in quotes and a letter beyond ASCII come back as they were.
    assert whole["title"].tolist() == frame["title"].tolist()
    pandas.testing.assert_series_equal(whole["price"], frame["price"])
    pandas.testing.assert_series_equal(
        whole["quantity"].astype("Int64"), frame["quantity"], check_dtype=False
    )


def test_statistics_of_the_whole_are_pandas_figures(way, frame):
    told = way.statistics("")
    assert set(told) == set(frame.columns)
    for name in frame.columns:
        assert_statistics(told[name], frame[name])


@pytest.mark.parametrize("split", ["train", "eval"])
def test_statistics_of_a_split_are_pandas_figures(way, split):
    told = way.statistics(split)
    rows = way.cloud.parquet(way.examples, split).to_pandas().drop(columns=HIDDEN)
    for name in rows.columns:
        assert_statistics(told[name], rows[name])


def test_statistics_of_a_slice_are_pandas_figures(way, frame):
    rows = way.of_batch("statistics", "split = '' AND slice = 'brand=brand a'")
    of_brand = frame[frame["brand"] == "brand a"]
    told = {row["feature"]: row for row in rows}
    assert_statistics(told["price"], of_brand["price"])
    assert_statistics(told["rating"], of_brand["rating"])


def test_evaluations_are_what_python_computes_of_the_same_model(way):
    scores, labels, _ = way.native_probabilities("eval")
    told = way.evaluation("auc")
    assert told["value"] == pytest.approx(auc(labels, scores), abs=1e-6)
    assert told["low"] < told["value"] < told["high"]
    assert told["examples"] == len(labels)
    loss = -numpy.where(labels == 1, numpy.log(scores), numpy.log1p(-scores)).mean()
    assert way.evaluation("log_loss")["value"] == pytest.approx(loss, abs=1e-6)
    chosen = scores >= 0.5
    assert way.evaluation("accuracy")["value"] == pytest.approx((chosen == labels).mean())
    assert way.evaluation("precision")["value"] == pytest.approx(labels[chosen].mean())
    assert way.evaluation("recall")["value"] == pytest.approx(chosen[labels == 1].mean())


def test_evaluations_of_a_slice_are_of_its_rows(way):
    scores, labels, _ = way.native_probabilities("eval")
    brands = way.cloud.parquet(way.examples, "eval").to_pandas()["brand"]
    of_brand = (brands == "brand a").to_numpy()
    told = way.evaluation("auc", "brand=brand a")
    assert told["examples"] == of_brand.sum()
    assert told["value"] == pytest.approx(auc(labels[of_brand], scores[of_brand]), abs=1e-6)


def test_served_probabilities_of_raw_rows_are_those_of_the_native_model(way):
    scores, _, rows = way.native_probabilities("eval")
    examples = way.cloud.parquet(way.examples, "eval")
    assert rows.tolist() == examples["__row"].to_pylist()
    served = way.cloud.predict(way.pipeline, way.raw_rows("eval"))
    numpy.testing.assert_allclose(served, scores, rtol=0, atol=1e-6)


def test_the_version_can_be_asked_for_and_another_cannot(way):
    row = way.raw_rows("eval")[:1]
    assert way.cloud.predict(way.pipeline, row, version=1) == way.cloud.predict(way.pipeline, row)
    with pytest.raises(AssertionError, match='"error"'):
        way.cloud.predict(way.pipeline, row, version=2)


def test_the_same_bytes_again_give_no_second_version(way, frame):
    way.cloud.drop(way.path, way.pipeline, "2026-11-02")
    again = way.cloud.ended(way.pipeline, "2026-11-02")
    assert again["state"] == "LIVE"
    models = way.cloud.rows("models", "pipeline = @pipeline", pipeline=way.pipeline)
    assert [(m["version"], m["state"]) for m in models] == [(1, "LIVE")]
    # The rows name another object, so the facts are told again; what was learned is not learned again.
    runs = way.cloud.rows(
        "stage_runs",
        "pipeline = @pipeline AND batch = @batch AND operation = 'train'",
        pipeline=way.pipeline,
        batch=again["batch"],
    )
    assert [run["cached"] for run in runs] == [True]


def test_a_header_alone_is_told_and_changes_nothing(way, tmp_path):
    before = way.cloud.predict(way.pipeline, way.raw_rows("eval")[:5])
    path = tmp_path / "empty.csv"
    path.write_text(way.path.read_text().split("\n", 1)[0] + "\n")
    uri = way.cloud.drop(path, way.pipeline, "2026-11-03")
    batch = way.cloud.ended(way.pipeline, "2026-11-03")
    assert batch["state"] in ("FAILED", "BLOCKED")
    (alarm, *_) = until(
        lambda: way.cloud.rows(
            "alarms",
            "pipeline = @pipeline AND batch = @batch",
            pipeline=way.pipeline,
            batch=batch["batch"],
        ),
        30,
        "an alarm",
    )
    assert alarm["uri"].startswith(uri), alarm
    assert way.cloud.predict(way.pipeline, way.raw_rows("eval")[:5]) == before


def test_taxi_trips_become_a_model_no_worse_than_pythons(taxi):
    columns = [c["name"] for c in taxi.mapping["raw_columns"] if c["role"] == "feature"]
    assert "tips" not in columns

    def data(split):
        rows = taxi.cloud.parquet(taxi.examples, split).to_pandas()
        label = ((rows["fare"] > 0) & (rows["tips"] > 0.2 * rows["fare"])).to_numpy(float)
        return rows[columns], label

    (train, y), (evaluation, z) = data("train"), data("eval")
    for name in columns:
        if not pandas.api.types.is_numeric_dtype(train[name]):
            known = train[name].astype("category").cat.categories
            for rows in (train, evaluation):
                rows[name] = pandas.Categorical(rows[name].where(rows[name].isin(known)), known)
    held = numpy.random.default_rng(0).random(len(train)) < 0.15
    of = lambda x, y: xgboost.DMatrix(x, y, enable_categorical=True)  # noqa: E731
    booster = xgboost.train(
        {"objective": "binary:logistic", "eta": 0.1, "max_depth": 6, "eval_metric": "logloss"},
        of(train[~held], y[~held]),
        num_boost_round=500,
        evals=[(of(train[held], y[held]), "held")],
        early_stopping_rounds=20,
        verbose_eval=False,
    )
    best = (0, booster.best_iteration + 1)
    python = auc(z, booster.predict(of(evaluation, z), iteration_range=best))
    assert taxi.evaluation("auc")["value"] >= python - 0.005


def test_taxi_statistics_are_pandas_figures(taxi):
    told = taxi.statistics("")
    trips = pandas.read_csv(taxi.path)
    assert set(told) == set(trips.columns)
    for name in trips.columns:
        assert_statistics(told[name], trips[name])


def test_taxi_answers_raw_rows_as_the_native_model_does(taxi):
    scores, labels, _ = taxi.native_probabilities("eval")
    served = taxi.cloud.predict("taxi", taxi.raw_rows("eval"), version=taxi.model["version"])
    numpy.testing.assert_allclose(served, scores, rtol=0, atol=1e-6)
    assert taxi.evaluation("auc")["value"] == pytest.approx(auc(labels, numpy.array(served)), abs=1e-6)
