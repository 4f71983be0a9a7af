"""What a hostile YAML file costs the DAG processor."""

import pytest
import yaml

from sluice import documents

LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join(['*' + before] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


def test_a_document_is_read():
    assert documents.load("label: sold\nslices: [[country]]\nschedule: null\n") == {
        "label": "sold",
        "slices": [["country"]],
        "schedule": None,
    }


def test_as_deep_as_allowed_is_read():
    deep = documents.load("a: " + "[" * 49 + "]" * 49)
    assert len(str(deep["a"])) == 98


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (LAUGHS, "aliases are not taken; write the value out"),
        ("a: &a [*a]\n", "aliases are not taken"),
        ("a: &a {b: c}\nd: {<<: *a}\n", "aliases are not taken"),
        ("a: " + "[" * 60 + "]" * 60, "nested deeper than 50"),
        ("{" * 100_000, "nested deeper than 50"),
        ("a: [" + "1, " * 100_000 + "]", "more than 100000 values"),
        ("a: '" + "x" * (1 << 20) + "'", "characters; 1048576 are taken"),
        ("a: 1\na: 2\n", "'a' stands here a second time"),
        ("? [a, b]\n: 1\n", "a key must be plain text|unhashable"),
        ("a: !!python/object/apply:os.system [echo]\n", "could not determine a constructor"),
        ("a: !!python/name:os.system\n", "could not determine a constructor"),
    ],
    ids=[
        "laughs", "itself", "merge", "deep", "deeper", "many", "long", "twice", "key", "call", "name",
    ],
)
def test_what_would_cost_more_than_its_length_is_refused(text, message):
    with pytest.raises(yaml.YAMLError, match=message):
        documents.load(text)
