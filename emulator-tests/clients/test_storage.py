"""Cloud Storage as google-cloud-storage and pandas use it."""

import base64
import io
import os
import random
from concurrent.futures import ThreadPoolExecutor

import google_crc32c
import pandas
import pytest
import requests
from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from conftest import require_environment

require_environment("STORAGE_EMULATOR_HOST")

HOST = os.environ["STORAGE_EMULATOR_HOST"]


@pytest.fixture(scope="module")
def client():
    project = os.environ.get("GOOGLE_CLOUD_PROJECT", "sluice-local")
    return storage.Client(project=project, credentials=AnonymousCredentials())


@pytest.fixture
def bucket(client, unique):
    bucket = client.create_bucket(f"{unique}-bucket")
    yield bucket
    for blob in list(client.list_blobs(bucket, versions=True)):
        blob.delete()
    bucket.delete()


def test_bucket_is_created_listed_changed_and_deleted(client, unique):
    bucket = client.create_bucket(unique)
    assert unique in [b.name for b in client.list_buckets(prefix=unique)]
    bucket.versioning_enabled = True
    bucket.labels = {"a": "b"}
    bucket.patch()
    again = client.get_bucket(unique)
    assert again.versioning_enabled and again.labels == {"a": "b"}
    again.delete()
    assert client.lookup_bucket(unique) is None


def test_bucket_that_exists_is_a_conflict(client, bucket):
    with pytest.raises(exceptions.Conflict):
        client.create_bucket(bucket.name)


def test_upload_and_download_with_checksums(bucket):
    blob = bucket.blob("folder/größe, a b%.csv")
    blob.metadata = {"k": "v"}
    blob.upload_from_string("123456789", content_type="text/csv", checksum="crc32c")
    read = bucket.get_blob(blob.name)
    assert read.crc32c == base64.b64encode(bytes.fromhex("e3069283")).decode()
    assert (read.size, read.content_type, read.metadata) == (9, "text/csv", {"k": "v"})
    assert read.metageneration == 1
    assert read.download_as_bytes(checksum="md5") == b"123456789"
    assert read.download_as_bytes(checksum="crc32c") == b"123456789"
    assert read.download_as_bytes(start=2, end=4, checksum=None) == b"345"
    assert blob.exists()


def test_object_that_is_not_there(bucket):
    assert bucket.get_blob("none") is None
    assert not bucket.blob("none").exists()
    with pytest.raises(exceptions.NotFound):
        bucket.blob("none").download_as_bytes()
    with pytest.raises(exceptions.NotFound):
        bucket.delete_blob("none")


def test_empty_object(bucket):
    blob = bucket.blob("empty")
    blob.upload_from_string("")
    assert blob.download_as_bytes() == b""
    assert bucket.get_blob("empty").size == 0


def test_resumable_upload_of_chunks_with_and_without_a_known_size(bucket):
    data = random.Random(3).randbytes(1_500_001)
    known = bucket.blob("known", chunk_size=256 * 1024)
    known.upload_from_file(io.BytesIO(data), size=len(data))
    streamed = bucket.blob("streamed", chunk_size=256 * 1024)
    with streamed.open("wb") as out:
        for start in range(0, len(data), 100_000):
            out.write(data[start : start + 100_000])
    for blob in (known, streamed):
        assert blob.download_as_bytes() == data
    with streamed.open("rb") as source:
        source.seek(1_000_000)
        assert source.read(1000) == data[1_000_000:1_001_000]
    expected = google_crc32c.Checksum(data).digest()
    assert bucket.get_blob("streamed").crc32c == base64.b64encode(expected).decode()


def test_resumable_upload_honours_its_precondition(bucket):
    bucket.blob("r").upload_from_string("first")
    with pytest.raises(exceptions.PreconditionFailed):
        bucket.blob("r", chunk_size=256 * 1024).upload_from_file(
            io.BytesIO(b"x" * 300_000), if_generation_match=0
        )
    assert bucket.blob("r").download_as_bytes() == b"first"


def test_preconditions(bucket):
    blob = bucket.blob("p")
    blob.upload_from_string("one", if_generation_match=0)
    with pytest.raises(exceptions.PreconditionFailed):
        bucket.blob("p").upload_from_string("two", if_generation_match=0)
    with pytest.raises(exceptions.PreconditionFailed):
        blob.download_as_bytes(if_generation_match=blob.generation + 1)
    with pytest.raises(exceptions.NotModified):
        blob.reload(if_generation_not_match=blob.generation)
    with pytest.raises(exceptions.PreconditionFailed):
        blob.delete(if_generation_match=blob.generation + 1)
    blob.delete(if_generation_match=blob.generation)


def test_of_two_creators_one_wins(bucket):
    def create(i):
        try:
            bucket.blob("race").upload_from_string(str(i), if_generation_match=0)
            return True
        except exceptions.PreconditionFailed:
            return False

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(create, range(8))) == 1


def test_versions_are_kept(client, bucket):
    bucket.versioning_enabled = True
    bucket.patch()
    blob = bucket.blob("v")
    blob.upload_from_string("one")
    first = blob.generation
    blob.upload_from_string("two")
    assert bucket.blob("v", generation=first).download_as_bytes() == b"one"
    bucket.delete_blob("v")
    assert bucket.get_blob("v") is None
    versions = list(client.list_blobs(bucket, versions=True))
    assert [v.generation for v in versions] == sorted(v.generation for v in versions)
    assert len(versions) == 2 and versions[0].time_deleted is not None


def test_list_with_prefix_delimiter_pages_and_offsets(client, bucket):
    names = ["a/1", "a/2", "a/x/3", "b", "c/4"]
    for name in names:
        bucket.blob(name).upload_from_string(name)
    assert [b.name for b in client.list_blobs(bucket, page_size=2)] == names
    page = client.list_blobs(bucket, prefix="a/", delimiter="/")
    assert [b.name for b in page] == ["a/1", "a/2"]
    assert page.prefixes == {"a/x/"}
    offsets = client.list_blobs(bucket, start_offset="a/2", end_offset="c")
    assert [b.name for b in offsets] == ["a/2", "a/x/3", "b"]


def test_patch_update_compose_rewrite_and_copy(bucket):
    one, two = bucket.blob("1"), bucket.blob("2")
    one.upload_from_string("12345", content_type="text/plain")
    two.upload_from_string("6789")
    one.metadata = {"k": "v"}
    one.patch()
    assert one.metageneration == 2
    joined = bucket.blob("12")
    joined.compose([one, two])
    assert joined.download_as_bytes() == b"123456789"
    assert joined.md5_hash is None and joined.component_count == 2
    rewritten = bucket.blob("rewritten")
    token, done, total = rewritten.rewrite(one)
    assert (token, done, total) == (None, 5, 5)
    assert bucket.get_blob("rewritten").metadata == {"k": "v"}
    copied = bucket.copy_blob(one, bucket, "copied")
    assert copied.download_as_bytes() == b"12345"
    with pytest.raises(exceptions.NotFound):
        bucket.blob("x").rewrite(bucket.blob("none"))


def test_batch(client, bucket):
    blobs = [bucket.blob(f"b{i}") for i in range(3)]
    for blob in blobs:
        blob.upload_from_string("x")
    with client.batch():
        for blob in blobs:
            blob.metadata = {"größe": "1"}
            blob.patch()
    assert bucket.get_blob("b1").metadata == {"größe": "1"}
    with client.batch():
        for blob in blobs:
            blob.delete()
    assert list(client.list_blobs(bucket)) == []
    with pytest.raises(exceptions.NotFound):
        with client.batch():
            bucket.blob("none").delete()


def test_gzipped_object_comes_back_plain(bucket):
    import gzip

    blob = bucket.blob("z")
    blob.content_encoding = "gzip"
    blob.upload_from_string(gzip.compress(b"hello"), content_type="text/plain")
    assert blob.download_as_bytes() == b"hello"
    assert gzip.decompress(blob.download_as_bytes(raw_download=True)) == b"hello"


def test_parquet_by_ranges_as_pandas_reads_it(bucket):
    frame = pandas.DataFrame({"a": range(50_000), "b": [str(i) for i in range(50_000)]})
    buffer = io.BytesIO()
    frame.to_parquet(buffer)
    bucket.blob("f.parquet").upload_from_string(buffer.getvalue())
    with bucket.blob("f.parquet").open("rb", chunk_size=64 * 1024) as source:
        pandas.testing.assert_frame_equal(pandas.read_parquet(source), frame)
    with bucket.blob("f.parquet").open("rb", chunk_size=64 * 1024) as source:
        assert list(pandas.read_parquet(source, columns=["a"]).columns) == ["a"]


def test_what_is_not_supported_says_so(bucket):
    answer = requests.get(f"{HOST}/storage/v1/b/{bucket.name}/acl", timeout=30)
    assert answer.status_code == 501
    assert "buckets.acl GET is not supported" in answer.json()["error"]["message"]
