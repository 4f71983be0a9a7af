"""TFRecord between TensorFlow and Sluice, for the golden files of the tests.

  python tfrecord.py write FOLDER   what TensorFlow writes: tensorflow.tfrecord, .gz
  python tfrecord.py read FILE      what TensorFlow reads, one JSON object a record, sorted by name

Made with tensorflow-cpu 2.21.0.
"""

import base64
import json
import sys

import tensorflow as tf


def feature(value):
    if value is None:
        return tf.train.Feature()
    values = value if isinstance(value, list) else [value]
    if all(isinstance(v, int) for v in values):
        return tf.train.Feature(int64_list=tf.train.Int64List(value=values))
    if all(isinstance(v, float) for v in values):
        return tf.train.Feature(float_list=tf.train.FloatList(value=values))
    return tf.train.Feature(bytes_list=tf.train.BytesList(
        value=[v if isinstance(v, bytes) else v.encode() for v in values]))


ROWS = [
    {"id": 1, "price": 2.5, "name": "plain", "tags": ["a", "b", "c"], "counts": [1, -2, 3],
     "scores": [0.5, -0.25], "image": b"\x89PNG\r\n\x1a\n\xff", "sometimes": 7},
    {"id": -(2**63), "price": -0.0, "name": "Zo\u00eb \u2603 \U0001f600", "tags": [], "counts": 9,
     "scores": [], "image": b"text, but the column holds bytes", "sometimes": None},
    {"id": 2**63 - 1, "price": 0.1, "name": "", "tags": "one", "counts": [0] * 200,
     "scores": [1e-45, 3.4028234663852886e38], "image": b"\x00", "sometimes": 8},
    {"id": 0, "price": float("inf"), "name": "a\nb\"c,d", "tags": ["", "e"], "counts": [],
     "scores": [float("nan")], "image": b""},
]


def write(folder):
    records = [
        tf.train.Example(features=tf.train.Features(
            feature={k: feature(v) for k, v in row.items()})).SerializeToString(deterministic=True)
        for row in ROWS]
    for name, options in (("tensorflow.tfrecord", None), ("tensorflow.tfrecord.gz", "GZIP")):
        with tf.io.TFRecordWriter(f"{folder}/{name}", options=options) as out:
            for record in records:
                out.write(record)


def read(file):
    for record in tf.data.TFRecordDataset(file):
        features = tf.train.Example.FromString(record.numpy()).features.feature
        row = {}
        for name in sorted(features):
            kind = features[name].WhichOneof("kind")
            values = getattr(features[name], kind).value if kind else []
            if kind == "bytes_list":
                values = [base64.b64encode(v).decode() for v in values]
            row[name] = {str(kind): [v for v in values]}
        print(json.dumps(row))


if __name__ == "__main__":
    {"write": write, "read": read}[sys.argv[1]](sys.argv[2])
