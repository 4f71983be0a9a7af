"""Google's Python client against the BigQuery emulator."""

import datetime
import io
import os
import uuid
from decimal import Decimal

import pytest
from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

UTC = datetime.timezone.utc


@pytest.fixture(scope="module")
def client():
    if not os.environ.get("BIGQUERY_EMULATOR_HOST"):
        pytest.skip("BIGQUERY_EMULATOR_HOST is not set")
    return bigquery.Client(
        project=os.environ["GOOGLE_CLOUD_PROJECT"], credentials=AnonymousCredentials()
    )


@pytest.fixture
def dataset(client):
    name = "py_" + uuid.uuid4().hex
    yield client.create_dataset(name)
    client.delete_dataset(name, delete_contents=True, not_found_ok=True)


SCHEMA = [
    bigquery.SchemaField("id", "INTEGER", mode="REQUIRED"),
    bigquery.SchemaField("name", "STRING"),
    bigquery.SchemaField("score", "FLOAT"),
    bigquery.SchemaField("ok", "BOOLEAN"),
    bigquery.SchemaField("at", "TIMESTAMP"),
    bigquery.SchemaField("day", "DATE"),
    bigquery.SchemaField("price", "NUMERIC"),
    bigquery.SchemaField("raw", "BYTES"),
    bigquery.SchemaField(
        "top",
        "RECORD",
        mode="REPEATED",
        fields=[
            bigquery.SchemaField("value", "STRING"),
            bigquery.SchemaField("frequency", "FLOAT"),
        ],
    ),
]


@pytest.fixture
def table(client, dataset):
    made = bigquery.Table(dataset.reference.table("facts"), schema=SCHEMA)
    made.time_partitioning = bigquery.TimePartitioning(field="at")
    made.clustering_fields = ["name"]
    return client.create_table(made)


ROW = {
    "id": 1,
    "name": "Ünï",
    "score": 0.5,
    "ok": True,
    "at": "2024-01-02T03:04:05.000006Z",
    "day": "2024-01-02",
    "price": "12.34",
    "raw": "AAE=",
    "top": [{"value": "a", "frequency": 2.0}],
}


def test_datasets_are_made_listed_patched_and_deleted(client, dataset):
    assert dataset.dataset_id in [d.dataset_id for d in client.list_datasets()]
    with pytest.raises(exceptions.Conflict):
        client.create_dataset(dataset.dataset_id)
    dataset.labels = {"team": "ml"}
    assert client.update_dataset(dataset, ["labels"]).labels == {"team": "ml"}
    client.delete_dataset(dataset)
    with pytest.raises(exceptions.NotFound):
        client.get_dataset(dataset.reference)


def test_tables_keep_their_schema_and_grow(client, table):
    read = client.get_table(table)
    assert [f.name for f in read.schema] == [f.name for f in SCHEMA]
    assert read.time_partitioning.field == "at"
    assert read.clustering_fields == ["name"]
    read.schema = list(read.schema) + [bigquery.SchemaField("more", "STRING")]
    assert client.update_table(read, ["schema"]).schema[-1].name == "more"
    again = client.get_table(table)
    again.schema = list(again.schema)[1:]
    with pytest.raises(exceptions.BadRequest, match="is missing in new schema"):
        client.update_table(again, ["schema"])
    assert [t.table_id for t in client.list_tables(table.dataset_id)] == ["facts"]


def test_streamed_rows_are_read_back_exactly(client, table):
    assert client.insert_rows_json(table, [ROW]) == []
    (row,) = client.list_rows(client.get_table(table))
    assert dict(row) == {
        **ROW,
        "at": datetime.datetime(2024, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
        "day": datetime.date(2024, 1, 2),
        "price": Decimal("12.34"),
        "raw": b"\x00\x01",
    }
    (row,) = client.query_and_wait(f"SELECT * FROM `{table}`")
    assert row["at"].microsecond == 6 and row["top"][0]["frequency"] == 2.0


def test_bad_rows_are_named_and_stop_the_good_ones(client, table):
    errors = client.insert_rows_json(table, [ROW, {**ROW, "id": "x"}, {**ROW, "nope": 1}])
    reasons = {e["index"]: e["errors"][0]["reason"] for e in errors}
    assert reasons == {0: "stopped", 1: "invalid", 2: "invalid"}
    assert client.get_table(table).num_rows == 0
    client.insert_rows_json(table, [ROW, {**ROW, "id": "x"}], skip_invalid_rows=True)
    assert client.get_table(table).num_rows == 1


def test_streamed_rows_cannot_be_changed(client, table):
    client.insert_rows_json(table, [ROW])
    with pytest.raises(exceptions.BadRequest, match="streaming buffer, which is not supported"):
        client.query(f"UPDATE `{table}` SET ok = FALSE WHERE TRUE").result()
    with pytest.raises(exceptions.BadRequest, match="streaming buffer, which is not supported"):
        client.query(f"DELETE FROM `{table}` WHERE TRUE").result()


def test_parameters_of_all_kinds(client):
    config = bigquery.QueryJobConfig(
        query_parameters=[
            bigquery.ScalarQueryParameter("s", "STRING", "it's"),
            bigquery.ScalarQueryParameter(
                "t", "TIMESTAMP", datetime.datetime(2024, 1, 1, tzinfo=UTC)
            ),
            bigquery.ArrayQueryParameter("a", "INT64", [1, 2]),
        ]
    )
    (row,) = client.query("SELECT @s, @t, ARRAY_LENGTH(@a), 2 IN UNNEST(@a)", config).result()
    assert tuple(row) == ("it's", datetime.datetime(2024, 1, 1, tzinfo=UTC), 2, True)
    config = bigquery.QueryJobConfig(
        query_parameters=[bigquery.ScalarQueryParameter(None, "INT64", 20)]
    )
    (row,) = client.query("SELECT ? + 1", config).result()
    assert row[0] == 21


def test_results_come_in_pages_and_as_a_data_frame(client):
    pytest.importorskip("pandas")
    pytest.importorskip("db_dtypes")
    sql = "SELECT x, x / 2 AS half, TIMESTAMP_SECONDS(x) AS ts FROM UNNEST(GENERATE_ARRAY(1, 25)) AS x"
    rows = client.query(sql + " ORDER BY x").result(page_size=10)
    assert [len(list(page)) for page in rows.pages] == [10, 10, 5]
    frame = client.query(sql).to_dataframe(create_bqstorage_client=False)
    assert frame["half"].sum() == 162.5
    assert str(frame["ts"].dtype).startswith("datetime64[us, UTC")


def test_errors_are_googles(client):
    with pytest.raises(exceptions.BadRequest, match="Unrecognized name: nope"):
        client.query("SELECT nope").result()
    with pytest.raises(exceptions.NotFound, match="Not found: Dataset"):
        client.query("SELECT 1 FROM no_such.table_").result()
    with pytest.raises(exceptions.BadRequest, match="division by zero: 1 / 0"):
        client.query_and_wait("SELECT 1 / 0")


def test_load_jobs_of_csv_and_json(client, dataset):
    schema = [bigquery.SchemaField("a", "INTEGER"), bigquery.SchemaField("b", "STRING")]
    target = dataset.reference.table("loaded")
    config = bigquery.LoadJobConfig(schema=schema, skip_leading_rows=1)
    client.load_table_from_file(
        io.BytesIO(b'a,b\n1,"x, y"\n2,z\n'), target, job_config=config
    ).result()
    job = client.load_table_from_json(
        [{"a": 3, "b": "w"}], target, job_config=bigquery.LoadJobConfig(schema=schema)
    )
    assert job.result().output_rows == 1
    rows = client.query(f"SELECT b FROM `{target}` ORDER BY a").result()
    assert [r.b for r in rows] == ["x, y", "z", "w"]
    with pytest.raises(exceptions.GoogleAPICallError, match="bad value"):
        client.load_table_from_json(
            [{"a": "x"}], target, job_config=bigquery.LoadJobConfig(schema=schema)
        ).result()


def test_destination_tables_dry_runs_and_jobs(client, dataset):
    target = dataset.reference.table("made")
    config = bigquery.QueryJobConfig(destination=target, write_disposition="WRITE_TRUNCATE")
    job = client.query("SELECT 1 AS one", config)
    job.result()
    assert client.get_table(target).num_rows == 1
    assert client.get_job(job.job_id).statement_type == "SELECT"
    assert job.job_id in [j.job_id for j in client.list_jobs(max_results=50)]
    assert client.cancel_job(job.job_id).state == "DONE"
    dry = client.query("SELECT 1 AS x", bigquery.QueryJobConfig(dry_run=True))
    assert dry.schema[0].name == "x"
    with pytest.raises(exceptions.Conflict):
        client.query("SELECT 1 AS one", bigquery.QueryJobConfig(destination=target)).result()


def test_what_is_not_served_says_so(client, dataset):
    with pytest.raises(exceptions.MethodNotImplemented, match="sourceUris"):
        client.load_table_from_uri(
            "gs://b/o", dataset.reference.table("t"), retry=None
        ).result()
