"""Google's Python clients of BigQuery's Storage API against the emulator; Avro is read by fastavro."""

import datetime
import io
import json
import os
import time
import uuid
from decimal import Decimal

import fastavro
import grpc
import pytest
from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from google.cloud.bigquery_storage_v1 import BigQueryReadClient, BigQueryWriteClient, types, writer
from google.cloud.bigquery_storage_v1.services.big_query_read.transports import (
    BigQueryReadGrpcTransport,
)
from google.cloud.bigquery_storage_v1.services.big_query_write.transports import (
    BigQueryWriteGrpcTransport,
)
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from conftest import require_environment

require_environment("BIGQUERY_EMULATOR_HOST", "BIGQUERY_STORAGE_EMULATOR_HOST")

UTC = datetime.timezone.utc
FIELD = descriptor_pb2.FieldDescriptorProto


@pytest.fixture(scope="module")
def client(project):
    return bigquery.Client(project=project, credentials=AnonymousCredentials())


@pytest.fixture
def dataset(client):
    name = "py_" + uuid.uuid4().hex
    yield client.create_dataset(name)
    client.delete_dataset(name, delete_contents=True, not_found_ok=True)


@pytest.fixture(scope="module")
def channel():
    with grpc.insecure_channel(os.environ["BIGQUERY_STORAGE_EMULATOR_HOST"]) as channel:
        yield channel


@pytest.fixture
def reader(channel):
    return BigQueryReadClient(transport=BigQueryReadGrpcTransport(channel=channel))


@pytest.fixture
def table(client, dataset):
    schema = [
        bigquery.SchemaField("id", "INTEGER", mode="REQUIRED"),
        bigquery.SchemaField("name", "STRING"),
        bigquery.SchemaField("at", "TIMESTAMP"),
        bigquery.SchemaField("tags", "STRING", mode="REPEATED"),
    ]
    return client.create_table(bigquery.Table(dataset.reference.table("rows"), schema=schema))


def path(table):
    return f"projects/{table.project}/datasets/{table.dataset_id}/tables/{table.table_id}"


def message_type(**fields):
    """The descriptor of a message with these fields, and its class."""
    proto = descriptor_pb2.DescriptorProto(name="Row")
    for number, (name, kind) in enumerate(fields.items(), 1):
        label = FIELD.LABEL_REPEATED if name == "tags" else FIELD.LABEL_OPTIONAL
        proto.field.add(name=name, number=number, type=kind, label=label)
    pool = descriptor_pool.DescriptorPool()
    name = f"rows_{uuid.uuid4().hex}"
    pool.Add(
        descriptor_pb2.FileDescriptorProto(name=name, package=name, message_type=[proto])
    )
    return proto, message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{name}.Row"))


ROW = message_type(
    id=FIELD.TYPE_INT64, name=FIELD.TYPE_STRING, at=FIELD.TYPE_INT64, tags=FIELD.TYPE_STRING
)


def appender(channel, table, descriptor):
    client = BigQueryWriteClient(transport=BigQueryWriteGrpcTransport(channel=channel))
    template = types.AppendRowsRequest(
        write_stream=f"{path(table)}/streams/_default",
        proto_rows=types.AppendRowsRequest.ProtoData(
            writer_schema=types.ProtoSchema(proto_descriptor=descriptor)
        ),
    )
    return writer.AppendRowsStream(client, template)


def request(*rows):
    return types.AppendRowsRequest(
        proto_rows=types.AppendRowsRequest.ProtoData(
            rows=types.ProtoRows(serialized_rows=[row.SerializeToString() for row in rows])
        )
    )


def session(reader, table, streams=1, at=None, **options):
    asked = types.ReadSession(
        table=path(table),
        data_format=types.DataFormat.AVRO,
        read_options=types.ReadSession.TableReadOptions(**options),
    )
    if at:
        asked.table_modifiers.snapshot_time = at
    return reader.create_read_session(
        parent=f"projects/{table.project}", read_session=asked, max_stream_count=streams
    )


def rows(reader, made):
    schema = fastavro.parse_schema(json.loads(made.avro_schema.schema))
    out = []
    for stream in made.streams:
        for answer in reader.read_rows(stream.name):
            block = io.BytesIO(answer.avro_rows.serialized_binary_rows)
            out += [fastavro.schemaless_reader(block, schema) for _ in range(answer.row_count)]
            assert not block.read()
    return out


def test_rows_are_appended_by_the_writers_own_type(channel, client, reader, table):
    descriptor, row = ROW
    stream = appender(channel, table, descriptor)
    sent = [
        stream.send(request(row(id=1, name="Ünï", at=1793491200000001, tags=["a", "b"]))),
        stream.send(request(row(id=2), row(id=3, name=""))),
    ]
    for future in sent:
        assert "append_result" in future.result(timeout=30)
    stream.close()

    found = rows(reader, session(reader, table))
    assert found == [
        {
            "id": 1,
            "name": "Ünï",
            "at": datetime.datetime(2026, 11, 1, 0, 0, 0, 1, tzinfo=UTC),
            "tags": ["a", "b"],
        },
        {"id": 2, "name": None, "at": None, "tags": []},
        {"id": 3, "name": "", "at": None, "tags": []},
    ]
    with pytest.raises(exceptions.BadRequest, match="streaming buffer, which is not supported"):
        client.query(f"DELETE FROM `{table}` WHERE TRUE").result()


def test_bad_rows_are_named_and_none_of_the_request_is_stored(channel, reader, table):
    descriptor, row = ROW
    stream = appender(channel, table, descriptor)
    with pytest.raises(exceptions.InvalidArgument, match="row_errors"):
        stream.send(request(row(id=1), row(name="no id"))).result(timeout=30)
    stream.close()
    assert rows(reader, session(reader, table)) == []


def test_a_field_that_the_table_lacks_refuses_the_writer(channel, table):
    descriptor, row = message_type(id=FIELD.TYPE_INT64, nope=FIELD.TYPE_STRING)
    client = BigQueryWriteClient(transport=BigQueryWriteGrpcTransport(channel=channel))
    first = request(row(id=1))
    first.write_stream = f"{path(table)}/streams/_default"
    first.proto_rows.writer_schema = types.ProtoSchema(proto_descriptor=descriptor)
    with pytest.raises(exceptions.InvalidArgument, match="extra fields: 'nope'"):
        list(client.append_rows(iter([first])))


def test_every_type_is_read_exactly(client, dataset, reader):
    target = dataset.reference.table("types")
    client.query(
        f"""
        CREATE TABLE `{target}` AS SELECT 7 AS i, 0.5 AS f, TRUE AS b, b'\\x00\\xff' AS raw,
          NUMERIC '-12.340000001' AS n, DATE '2026-11-01' AS d, TIME '23:59:59.000001' AS t,
          DATETIME '2026-11-01 01:02:03' AS dt, PARSE_JSON('[1]') AS j,
          STRUCT(1 AS x, ['p'] AS y) AS one, [STRUCT('v' AS value)] AS many
        """
    ).result()
    (row,) = rows(reader, session(reader, client.get_table(target)))
    assert row == {
        "i": 7,
        "f": 0.5,
        "b": True,
        "raw": b"\x00\xff",
        "n": Decimal("-12.340000001"),
        "d": datetime.date(2026, 11, 1),
        "t": datetime.time(23, 59, 59, 1),
        "dt": "2026-11-01T01:02:03",
        "j": "[1]",
        "one": {"x": 1, "y": ["p"]},
        "many": [{"value": "v"}],
    }


def test_streams_columns_and_filters(client, dataset, reader):
    target = dataset.reference.table("many")
    client.query(
        f"CREATE TABLE `{target}` AS SELECT i AS id, MOD(i, 10) AS digit"
        " FROM UNNEST(GENERATE_ARRAY(0, 9999)) AS i"
    ).result()
    table = client.get_table(target)
    made = session(reader, table, 3, selected_fields=["id"], row_restriction="digit = 7")
    assert len(made.streams) == 3
    assert sorted(row["id"] for row in rows(reader, made)) == list(range(7, 10000, 10))
    rest = list(reader.read_rows(made.streams[0].name, offset=300))
    assert sum(answer.row_count for answer in rest) < 100
    with pytest.raises(exceptions.InvalidArgument, match="Row filter"):
        session(reader, table, row_restriction="nope = 1")


def test_a_past_snapshot_is_as_it_was_or_refused(client, table, reader):
    def now():
        at = datetime.datetime.now(UTC)
        time.sleep(0.002)
        return at

    client.query(f"INSERT INTO `{table}` (id) VALUES (1)").result()
    before = now()
    client.query(f"INSERT INTO `{table}` (id) VALUES (2)").result()
    assert [row["id"] for row in rows(reader, session(reader, table, at=before))] == [1]
    client.query(f"DELETE FROM `{table}` WHERE id = 1").result()
    with pytest.raises(exceptions.InvalidArgument, match="does not keep what was before"):
        session(reader, table, at=before)


def test_a_table_made_by_a_query_goes_after_its_time(client, dataset):
    target = dataset.reference.table("brief")
    client.query(
        f"CREATE TABLE `{target}` OPTIONS (expiration_timestamp ="
        " TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 1 HOUR)) AS SELECT 'ab' AS x"
    ).result()
    made = client.get_table(target)
    assert made.num_rows == 1 and made.num_bytes == 4
    assert datetime.timedelta(0) < made.expires - datetime.datetime.now(UTC)
    made.expires = datetime.datetime.now(UTC) + datetime.timedelta(milliseconds=300)
    client.update_table(made, ["expires"])
    deadline = time.monotonic() + 20
    while client.query(
        f"SELECT 1 FROM {dataset.dataset_id}.INFORMATION_SCHEMA.TABLES"
    ).result().total_rows:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    with pytest.raises(exceptions.NotFound):
        client.get_table(target)


def test_what_is_not_supported_says_so(reader, table):
    with pytest.raises(exceptions.MethodNotImplemented, match="ARROW"):
        reader.create_read_session(
            parent=f"projects/{table.project}",
            read_session=types.ReadSession(
                table=path(table), data_format=types.DataFormat.ARROW
            ),
            max_stream_count=1,
        )
