"""What deployment.json tells, without Airflow."""

import json

import pytest
from conftest import DAGS

from sluice.deployment import Deployment
from sluice.operations import BadInput, Operations

OPERATIONS = Operations.parse(
    "ingest: {gives: [examples], long: true}\ntrain: {function: learn, takes: [examples]}\n",
    "operations.yaml",
)


def written(folder, content):
    text = content if isinstance(content, str) else json.dumps(content)
    (folder / "deployment.json").write_text(text, encoding="utf-8")
    return Deployment.read(folder)


def test_without_a_file_everything_stands_at_its_default(tmp_path):
    deployment = Deployment.read(tmp_path)
    assert deployment == Deployment()
    assert deployment.call_seconds(OPERATIONS["ingest"]) == 3600
    assert not deployment.defers(OPERATIONS["ingest"])


def test_reads_where_and_how_operations_are_performed(tmp_path):
    deployment = written(
        tmp_path,
        {
            "functions": {"ingest": "https://ingest.run.app"},
            "pools": {"train": "training"},
            "timeouts": {"learn": 1800},
            "defer": True,
        },
    )
    assert deployment.functions == {"ingest": "https://ingest.run.app"}
    assert deployment.pools == {"train": "training"}
    assert deployment.call_seconds(OPERATIONS["train"]) == 1800
    assert deployment.call_seconds(OPERATIONS["ingest"]) == 3600


@pytest.mark.parametrize(
    ("defer", "deferred"),
    [(True, ["ingest"]), (False, []), (["train"], ["train"]), ([], [])],
)
def test_defers_what_is_long_or_named(tmp_path, defer, deferred):
    deployment = written(tmp_path, {"defer": defer})
    assert [o.name for o in OPERATIONS if deployment.defers(o)] == deferred


def test_the_projects_own_operations_say_which_are_long():
    operations = Operations.read(DAGS / "operations.yaml")
    assert [o.name for o in operations if o.long] == [
        "ingest-shard",
        "ingest",
        "analyze",
        "transform",
        "train",
    ]


@pytest.mark.parametrize("content", [{"pools": {"trian": "p"}}, {"defer": ["trian"]}])
def test_a_name_that_is_no_operations_is_refused_with_the_nearest(tmp_path, content):
    with pytest.raises(BadInput, match="names 'trian', which is no operation; did you mean 'train'"):
        written(tmp_path, content).check(OPERATIONS)
    written(tmp_path, {"pools": {"train": "p"}, "defer": ["ingest"]}).check(OPERATIONS)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is not JSON"),
        ([], "must hold an object of functions, pools, timeouts, defer"),
        ({"pool": {}}, "has an unknown key 'pool'"),
        ({"functions": ["ingest"]}, "functions must map a name to its URL"),
        ({"functions": {"ingest": 7}}, "functions must map a name to its URL"),
        ({"timeouts": {"ingest": "900s"}}, "timeouts must map a name to its seconds"),
        ({"timeouts": {"ingest": 3601}}, "timeouts of ingest is 3601; it must be from 1 to 3600"),
        ({"defer": "yes"}, "defer must be true, false or a list of operations"),
    ],
)
def test_refuses_a_file_that_means_nothing(tmp_path, content, message):
    with pytest.raises(BadInput, match=f"^deployment.json.*{message}"):
        written(tmp_path, content)
