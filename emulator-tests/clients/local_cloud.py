"""A running local cloud, seen through Google's own clients; the addresses are the environment's."""

import io
import os
import time

import pyarrow
import pyarrow.parquet
import requests
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, storage

ENDED = ("LIVE", "SUPERSEDED", "BLOCKED", "FAILED", "IGNORED")


class Cloud:
    """What a team does with the cloud: drop a file, ask what became of it, ask for predictions."""

    def __init__(self):
        project = os.environ["GOOGLE_CLOUD_PROJECT"]
        self.storage = storage.Client(project=project, credentials=AnonymousCredentials())
        self.bigquery = bigquery.Client(project=project, credentials=AnonymousCredentials())
        self.inbox = self.storage.bucket(os.environ["SLUICE_INBOX"])
        self.artifacts = self.storage.bucket(os.environ["SLUICE_ARTIFACTS"])
        self.serving = self.storage.bucket(os.environ["SLUICE_SERVING"])
        self.dataset = os.environ["SLUICE_DATASET"]

    def add_spec(self, pipeline, text, seconds=30):
        """Puts a spec into the folder that the cloud watches; returns once functions can read it."""
        with open(os.path.join(os.environ["SLUICE_PIPELINES"], f"{pipeline}.yaml"), "w") as file:
            file.write(text)
        blob = self.serving.blob(f"specs/{pipeline}.yaml")
        until(lambda: blob.exists() and blob.download_as_text() == text, seconds, f"spec {pipeline}")

    def drop(self, path, pipeline, span):
        """Uploads a file into the inbox; returns the object's uri."""
        blob = self.inbox.blob(f"{pipeline}/{span}/{os.path.basename(path)}")
        blob.upload_from_filename(path, content_type="text/csv")
        return f"gs://{self.inbox.name}/{blob.name}"

    def ended(self, pipeline, span, seconds=120, every=0.2):
        """The row of the span's newest batch, once nothing more will happen to it."""

        def row():
            rows = self.rows(
                "batches",
                "pipeline = @pipeline AND span = @span ORDER BY received_at DESC LIMIT 1",
                pipeline=pipeline,
                span=span,
            )
            return rows[0] if rows and rows[0]["state"] in ENDED else None

        return until(row, seconds, f"the batch of {pipeline}, span {span}", every)

    def rows(self, table, where="TRUE", **parameters):
        """Rows of a table or view as dictionaries."""
        query = f"SELECT * FROM `{self.dataset}.{table}` WHERE {where}"
        job = bigquery.QueryJobConfig(
            query_parameters=[
                bigquery.ScalarQueryParameter(
                    name, "INT64" if isinstance(value, int) else "STRING", value
                )
                for name, value in parameters.items()
            ]
        )
        return [dict(row) for row in self.bigquery.query(query, job_config=job).result()]

    def artifact(self, pipeline, batch, kind):
        """The folder of an artifact that a run of the batch made or took from the cache."""
        (row,) = self.rows(
            "artifacts",
            "pipeline = @pipeline AND batch = @batch AND kind = @kind",
            pipeline=pipeline,
            batch=batch,
            kind=kind,
        )
        return row["uri"]

    def read(self, uri):
        """An object's bytes."""
        bucket, name = uri.removeprefix("gs://").split("/", 1)
        return self.storage.bucket(bucket).blob(name).download_as_bytes()

    def parquet(self, folder, split):
        """The files of a split, one after the other, as an Arrow table."""
        bucket, prefix = folder.removeprefix("gs://").split("/", 1)
        names = sorted(
            blob.name
            for blob in self.storage.list_blobs(bucket, prefix=f"{prefix}{split}-")
            if blob.name.endswith(".parquet")
        )
        assert names, f"no {split} files in {folder}"
        return pyarrow.concat_tables(
            pyarrow.parquet.read_table(io.BytesIO(self.read(f"gs://{bucket}/{name}")))
            for name in names
        )

    def predict(self, pipeline, rows, version=None):
        """Probabilities of the positive class for raw rows."""
        of = f"/versions/{version}" if version else ""
        url = f"{os.environ['PREDICT_URL']}/v1/models/{pipeline}{of}:predict"
        answers = []
        for at in range(0, len(rows), 500):
            answer = requests.post(url, json={"instances": rows[at : at + 500]}, timeout=60)
            assert answer.status_code == 200, answer.text
            answers += answer.json()["predictions"]
        return answers


def until(attempt, seconds, what, every=0.1):
    """What attempt gives, as soon as it gives something; fails after that many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        result = attempt()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come within {seconds} s")
        time.sleep(every)
