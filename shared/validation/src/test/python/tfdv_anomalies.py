"""Writes tfdv-anomalies.json: what tensorflow-data-validation 1.16.1 says of small data sets.

    python tfdv_anomalies.py > ../resources/dev/sluice/validation/tfdv-anomalies.json

Each case is a schema, a batch and, where it has them, a baseline (TFDV's previous span), serving
data and an environment; `tfdv` holds the types of the anomalies by feature, '' for the data set,
and `measured` the distance where a comparator's is too high, which Sluice's is `within`.
Where Sluice answers otherwise by intent, `sluice` holds its kinds and `why` the reason; where it
refuses the schema when it reads it, `refused` holds a part of the message.
"""

import json
import math
import sys

import numpy as np
import pyarrow as pa
import tensorflow_data_validation as tfdv
from google.protobuf import text_format
from tensorflow_data_validation.statistics import stats_impl
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2

ROWS = 20


def column(values):
    lists = [v if isinstance(v, list) or v is None else [v] for v in values]
    flat = [x for v in lists if v for x in v]
    if any(isinstance(x, str) for x in flat):
        return pa.array([v and [x.encode() for x in v] for v in lists], pa.list_(pa.binary()))
    if any(isinstance(x, float) for x in flat):
        return pa.array(lists, pa.list_(pa.float32()))
    return pa.array(lists, pa.list_(pa.int64()))


def statistics(columns, schema):
    names = list(columns)
    batch = pa.RecordBatch.from_arrays([column(columns[n]) for n in names], names)
    return stats_impl.generate_statistics_in_memory(
        batch, tfdv.StatsOptions(schema=schema)
    )


def types(info):
    return sorted({anomalies_pb2.AnomalyInfo.Type.Name(r.type) for r in info.reason})


def verdict(case):
    schema = text_format.Parse(case["schema"], schema_pb2.Schema())
    # The statistics do not depend on a schema: one with errors would stop them.
    measured = {
        name: statistics(case[name], None)
        for name in ("batch", "baseline", "serving")
        if name in case
    }
    anomalies = tfdv.validate_statistics(
        measured["batch"],
        schema,
        environment=case.get("environment"),
        previous_statistics=measured.get("baseline"),
        serving_statistics=measured.get("serving"),
    )
    found = {name: types(info) for name, info in anomalies.anomaly_info.items()}
    if anomalies.HasField("dataset_anomaly_info"):
        found[""] = types(anomalies.dataset_anomaly_info)
    measured = {}
    for info in anomalies.drift_skew_info:
        for one in list(info.drift_measurements) + list(info.skew_measurements):
            if one.value > one.threshold:
                measured[info.path.step[0]] = one.value
    return found, measured


def feature(kind, rest="", name="x"):
    return 'feature {\n  name: "%s"\n  type: %s\n  %s\n}\n' % (name, kind, rest)


def cases():
    ints = list(range(ROWS))
    floats = [i + 0.5 for i in range(ROWS)]
    texts = ["a", "b"] * (ROWS // 2)
    numbers = [str(i) for i in range(ROWS)]
    gaps = [None if i % 4 == 0 else v for i, v in enumerate(texts)]
    many = ["v%d" % (i % 3) for i in range(ROWS)]
    ab = 'string_domain { value: "a" value: "b" }'

    def case(name, schema, batch, **more):
        columns = batch if isinstance(batch, dict) else {"x": batch}
        return {"name": name, "schema": schema, "batch": columns, **more}

    # What fits.
    yield case("an int fits", feature("INT"), ints)
    yield case("a float fits", feature("FLOAT"), floats)
    yield case("a text fits", feature("BYTES", ab), texts)
    yield case("a schema domain fits", feature("BYTES", 'domain: "d"')
               + 'string_domain { name: "d" value: "a" value: "b" }', texts)

    # Columns.
    yield case("a column is missing", feature("INT", "presence { min_count: 1 }", "y")
               + feature("INT"), ints)
    yield case("an optional column is missing", feature("INT", "", "y") + feature("INT"), ints)
    yield case("a deprecated column is missing",
               feature("INT", "presence { min_count: 1 } lifecycle_stage: DEPRECATED", "y")
               + feature("INT"), ints)
    for stage in ("PLANNED", "ALPHA", "BETA", "PRODUCTION", "DEBUG_ONLY", "DISABLED"):
        yield case("a column of stage %s is missing" % stage,
                   feature("INT", "presence { min_count: 1 } lifecycle_stage: %s" % stage, "y")
                   + feature("INT"), ints)
    yield case("a column is new", feature("INT"), {"x": ints, "y": ints})
    yield case("a column has no values", feature("BYTES", "presence { min_count: 1 }"),
               {"x": [None] * ROWS, "z": ints},
               )
    yield case("an optional column has no values", feature("BYTES"), {"x": [None] * ROWS})

    # Environments.
    label = ('default_environment: "TRAINING" default_environment: "SERVING"\n'
             + feature("INT", 'presence { min_fraction: 1 } not_in_environment: "SERVING"', "y")
             + feature("INT"))
    yield case("the label is absent at serving", label, ints, environment="SERVING")
    yield case("the label is absent at training", label, ints, environment="TRAINING")
    yield case("the label is there at serving", label, {"x": ints, "y": ints},
               environment="SERVING")
    yield case("a feature of one environment",
               'default_environment: "SERVING"\n'
               + feature("INT", 'presence { min_count: 1 } in_environment: "TRAINING"', "y")
               + feature("INT"), ints, environment="SERVING")
    # Types.
    yield case("ints became floats", feature("INT"), floats)
    yield case("ints became text", feature("INT"), texts)
    yield case("floats became ints", feature("FLOAT"), ints,
               sluice={}, why="whole numbers are numbers: each batch is typed by itself")
    yield case("floats became text", feature("FLOAT"), texts)
    yield case("text became ints", feature("BYTES"), ints)
    yield case("text became floats", feature("BYTES"), floats)
    yield case("a category became ints", feature("BYTES", ab), ints)
    yield case("a category became floats", feature("BYTES", ab), floats)
    yield case("a yes and no became ints", feature("BYTES", 'bool_domain { true_value: "y" }'),
               [0, 1] * 10)
    yield case("a yes and no became floats",
               feature("BYTES", 'bool_domain { true_value: "y" }'), [0.0, 1.0] * 10)
    yield case("0 and 1 became floats", feature("INT", "bool_domain {}"), [0.0, 1.0] * 10)
    yield case("0 and 1 became text", feature("INT", "bool_domain {}"), texts,
               sluice={"x": ["BOOL_TYPE_STRING_NOT_INT"]},
               why="values of another type are not held to the domain as well")
    yield case("ints as text became floats", feature("BYTES", "int_domain {}"), floats)
    yield case("ints as text became ints", feature("BYTES", "int_domain {}"), ints)
    yield case("floats as text became floats", feature("BYTES", "float_domain {}"), floats)
    yield case("a type is missing", 'feature {\n  name: "x"\n}\n', ints)
    yield case("a type is missing and the domain is of text",
               'feature {\n  name: "x"\n  %s\n}\n' % ab, texts)

    # Presence.
    yield case("too few rows have it", feature("BYTES", "presence { min_fraction: 0.8 }"), gaps)
    yield case("enough rows have it", feature("BYTES", "presence { min_fraction: 0.75 }"), gaps)
    yield case("every row must have it", feature("BYTES", "presence { min_fraction: 1 }"), gaps)
    yield case("too few values", feature("BYTES", "presence { min_count: 16 }"), gaps)
    yield case("enough values", feature("BYTES", "presence { min_count: 15 }"), gaps)

    # Shape and number of values.
    dense = "shape { dim { size: %d } }"
    lists = [["a", "b"]] * ROWS
    uneven = [["a"], ["a", "b"], ["a", "b", "b"], ["b"]] * 5
    yield case("one value a row", feature("BYTES", dense % 1), texts)
    yield case("a shape with gaps", feature("BYTES", dense % 1), gaps)
    yield case("a shape with gaps and presence",
               feature("BYTES", dense % 1 + " presence { min_fraction: 1 }"), gaps,
               sluice={"x": ["FEATURE_TYPE_LOW_FRACTION_PRESENT"]},
               why="the same gaps are told once")
    yield case("two values a row", feature("BYTES", dense % 2), lists)
    yield case("two values, one is asked for", feature("BYTES", dense % 1), lists)
    yield case("values of any number, one is asked for", feature("BYTES", dense % 1), uneven)
    yield case("a shape of no dimension", feature("BYTES", "shape {}"), texts)
    yield case("a shape of two dimensions",
               feature("BYTES", "shape { dim { size: 2 } dim { size: 1 } }"), lists)
    yield case("few values a row", feature("BYTES", "value_count { min: 2 }"), uneven)
    yield case("many values a row", feature("BYTES", "value_count { max: 2 }"), uneven)
    yield case("few and many values a row", feature("BYTES", "value_count { min: 2 max: 2 }"),
               uneven)
    yield case("a number of values that fits", feature("BYTES", "value_count { min: 1 max: 3 }"),
               uneven)
    yield case("one level of nesting",
               feature("BYTES", "value_counts { value_count { min: 2 max: 3 } }"), uneven)
    yield case("two levels of nesting",
               feature("BYTES", "value_counts { value_count { min: 1 } value_count { min: 1 } }"),
               uneven, refused="has 2 levels")

    # Distinct values.
    yield case("few distinct values", feature("BYTES", "unique_constraints { min: 4 max: 9 }"),
               many)
    yield case("many distinct values", feature("BYTES", "unique_constraints { min: 1 max: 2 }"),
               many)
    yield case("distinct values that fit", feature("BYTES", "unique_constraints { min: 3 max: 3 }"),
               many)
    yield case("distinct numbers", feature("INT", "unique_constraints { min: 1 max: 2 }"), ints,
               sluice={"x": ["FEATURE_TYPE_HIGH_UNIQUE"]},
               why="distinct numbers are counted as well")
    yield case("no most distinct values", feature("BYTES", "unique_constraints { min: 1 }"), many,
               sluice={}, why="a limit that is not set is none, not 0")

    # Text domains.
    yield case("an unknown value", feature("BYTES", ab), texts[:-1] + ["c"])
    yield case("an unknown value of a schema domain", feature("BYTES", 'domain: "d"')
               + 'string_domain { name: "d" value: "a" value: "b" }', texts[:-1] + ["c"])
    mass = " distribution_constraints { min_domain_mass: %s }"
    yield case("few unknown values", feature("BYTES", ab + mass % 0.9), texts[:-1] + ["c"])
    yield case("too many unknown values", feature("BYTES", ab + mass % 0.99), texts[:-1] + ["c"])
    yield case("a text that is no yes or no",
               feature("BYTES", 'bool_domain { true_value: "a" false_value: "n" }'), texts)
    yield case("yes and no", feature("BYTES", 'bool_domain { true_value: "a" false_value: "b" }'),
               texts)
    yield case("only yes is named", feature("BYTES", 'bool_domain { true_value: "a" }'), texts)
    long = " ".join('value: "%d"' % i for i in range(401))
    yield case("a domain of very many values",
               feature("BYTES", "string_domain { %s }" % long), ["1", "2", "a", "3"] * 5)
    yield case("a domain of two values each once",
               feature("BYTES", 'string_domain { value: "a" value: "b" value: "a" }'), texts)

    # Numbers.
    yield case("a small int", feature("INT", "int_domain { min: 1 }"), ints)
    yield case("a big int", feature("INT", "int_domain { max: 9 }"), ints)
    yield case("an int that fits", feature("INT", "int_domain { min: 0 max: 19 }"), ints)
    yield case("a small float", feature("FLOAT", "float_domain { min: 1 }"), floats)
    yield case("a big float", feature("FLOAT", "float_domain { max: 9 }"), floats)
    yield case("a float that fits", feature("FLOAT", "float_domain { min: 0 max: 19.5 }"), floats)
    nan = floats[:-1] + [math.nan]
    inf = floats[:-1] + [math.inf]
    yield case("NaN", feature("FLOAT", "float_domain { disallow_nan: true }"), nan)
    yield case("NaN is allowed", feature("FLOAT", "float_domain {}"), nan)
    yield case("NaN without a domain", feature("FLOAT"), nan)
    yield case("an infinity", feature("FLOAT", "float_domain { disallow_inf: true }"), inf)
    yield case("an infinity is allowed", feature("FLOAT", "float_domain {}"), inf)
    yield case("an infinity beyond the limit", feature("FLOAT", "float_domain { max: 99 }"), inf)
    yield case("a negative infinity",
               feature("FLOAT", "float_domain { min: 0 disallow_inf: true }"),
               floats[:-1] + [-math.inf])
    yield case("ints as text", feature("BYTES", "int_domain { min: 0 }"), numbers)
    yield case("an int as text is too big", feature("BYTES", "int_domain { max: 9 }"), numbers)
    yield case("an int as text is too small", feature("BYTES", "int_domain { min: 1 }"), numbers)
    yield case("text that is no int", feature("BYTES", "int_domain {}"), numbers[:-1] + ["1.5"])
    yield case("floats as text", feature("BYTES", "float_domain { max: 30 }"),
               [str(v) for v in floats])
    yield case("a float as text is too big", feature("BYTES", "float_domain { max: 9 }"),
               [str(v) for v in floats])
    yield case("a float as text is too small", feature("BYTES", "float_domain { min: 1 }"),
               [str(v) for v in floats])
    yield case("text that is no float", feature("BYTES", "float_domain {}"), numbers[:-1] + ["z"])
    yield case("NaN as text", feature("BYTES", "float_domain { disallow_nan: true }"),
               numbers[:-1] + ["nan"])
    yield case("0 and 1", feature("INT", "bool_domain {}"), [0, 1] * 10)
    yield case("2 is no 0 or 1", feature("INT", "bool_domain {}"), [0, 2] * 10)
    yield case("-1 is no 0 or 1", feature("INT", "bool_domain {}"), [-1, 1] * 10)
    yield case("0.0 and 1.0", feature("FLOAT", "bool_domain {}"), [0.0, 1.0] * 10)
    yield case("0.5 is no 0 or 1", feature("FLOAT", "bool_domain {}"), [0.0, 0.5, 0.5, 1.0] * 5)
    yield case("2.0 is no 0 or 1", feature("FLOAT", "bool_domain {}"), [0.0, 2.0] * 10)
    yield case("-1.0 is no 0 or 1", feature("FLOAT", "bool_domain {}"), [-1.0, 1.0] * 10)
    yield case("NaN is no 0 or 1", feature("FLOAT", "bool_domain {}"),
               [0.0, 1.0, 1.0, math.nan] * 5)

    # Domains that do not fit their type.
    yield case("an int domain of a float", feature("FLOAT", "int_domain { max: 3 }"), floats)
    yield case("a float domain of an int", feature("INT", "float_domain { max: 3 }"), ints)
    yield case("a string domain of an int", feature("INT", ab), ints)
    yield case("an image of ints", feature("INT", "image_domain {}"), ints)
    yield case("a URL of ints", feature("INT", "url_domain {}"), ints)
    yield case("a time of ints", feature("INT", "time_domain { integer_format: UNIX_SECONDS }"),
               ints)
    yield case("a time of text", feature("BYTES", 'time_domain { string_format: "%Y" }'), numbers)
    yield case("a URL", feature("BYTES", "url_domain {}"), texts)
    yield case("a MID", feature("BYTES", "mid_domain {}"), texts)
    yield case("natural language", feature("BYTES", "natural_language_domain {}"), texts)
    yield case("natural language with limits",
               feature("BYTES", "natural_language_domain { coverage { min_coverage: 0.5 } }"),
               texts)
    yield case("an image", feature("BYTES", "image_domain {}"), texts)

    # A schema that contradicts itself.
    for name, rest, refused in (
        ("a share of presence above 1", "presence { min_fraction: 1.5 }", "presence.min_fraction"),
        ("a share of presence below 0", "presence { min_fraction: -1 }", "presence.min_fraction"),
        ("a negative number of values", "value_count { min: -1 }", "value_count.min"),
        ("more values at least than at most", "value_count { min: 3 max: 2 }", "value_count.max"),
        ("a dimension of no size", "shape { dim { size: 0 } }", "shape.dim.size"),
        ("an undefined domain", 'domain: "nowhere"', '"nowhere"'),
        ("mass without a domain", "distribution_constraints { min_domain_mass: 0.5 }",
         "distribution_constraints"),
        ("mass of a URL", "url_domain {} distribution_constraints { min_domain_mass: 0.5 }",
         "distribution_constraints"),
    ):
        yield case(name, feature("BYTES", rest), texts, refused=refused)
    for kind, rest, values in (
        ("INT", "int_domain {}", ints),
        ("FLOAT", "float_domain {}", floats),
        ("INT", "bool_domain {}", [0, 1] * 10),
    ):
        yield case("mass of " + rest, feature(kind, rest + mass % 0.5), values,
                   refused="distribution_constraints")
    yield case("a feature without a name", "feature {\n  type: INT\n}\n" + feature("INT"), ints,
               refused="has no name")

    # Rows.
    limits = "dataset_constraints { %s }\n"
    growth = "num_examples_drift_comparator { %s }"
    yield case("few rows", limits % "min_examples_count: 21" + feature("INT"), ints)
    yield case("many rows", limits % "max_examples_count: 19" + feature("INT"), ints,
               sluice={"": ["DATASET_HIGH_NUM_EXAMPLES"]},
               why="the most rows are looked at where the least are not given as well")
    yield case("many rows and few", limits % "min_examples_count: 1 max_examples_count: 19"
               + feature("INT"), ints)
    yield case("as many rows", limits % "min_examples_count: 20 max_examples_count: 20"
               + feature("INT"), ints)
    half = limits % (growth % "min_fraction_threshold: 0.8 max_fraction_threshold: 1.25")
    yield case("fewer rows than before", half + feature("INT"), ints, baseline={"x": ints * 2})
    yield case("more rows than before", half + feature("INT"), ints, baseline={"x": ints[:10]})
    yield case("rows as before", half + feature("INT"), ints, baseline={"x": ints})
    yield case("rows and nothing before", half + feature("INT"), ints)

    # Comparators.
    moved = ["a"] * 15 + ["b"] * 5
    third = ["a"] * 8 + ["c"] * 12
    drift = "drift_comparator { %s }"
    skew = "skew_comparator { %s }"
    linf = "infinity_norm { threshold: %s }"
    jsd = "jensen_shannon_divergence { threshold: %s }"
    nad = "normalized_abs_difference { threshold: %s }"
    for name, comparator, other in (("drift", drift, "baseline"), ("skew", skew, "serving")):
        for limit, what in ((linf, "L-infinity"), (jsd, "Jensen-Shannon"), (nad, "difference")):
            for before in (moved, third):
                high = {linf: 0.2, jsd: 0.04, nad: 0.12}[limit]
                for threshold in (high, 0.9):
                    yield case(
                        "%s of text, %s %s, %s" % (name, what, threshold, before[-1]),
                        feature("BYTES", comparator % (limit % threshold)), texts,
                        **{other: {"x": before}})
        for threshold in (0.01, 0.3, 0.5, 0.9):
            yield case("%s of numbers, Jensen-Shannon %s" % (name, threshold),
                       feature("FLOAT", comparator % (jsd % threshold)), floats,
                       **{other: {"x": [v * 2 for v in floats]}})
            yield case("%s of ints, Jensen-Shannon %s" % (name, threshold),
                       feature("INT", comparator % (jsd % threshold)), ints,
                       **{other: {"x": [v + 10 for v in ints]}})
        yield case("%s with NaN and infinities" % name,
                   feature("FLOAT", comparator % (jsd % 0.05)), floats,
                   **{other: {"x": floats[:-4] + [math.nan] * 2 + [math.inf] * 2}})
        yield case("%s of numbers, L-infinity" % name,
                   feature("INT", comparator % (linf % 0.01)), ints,
                   **{other: {"x": [v + 10 for v in ints]}})
        yield case("%s of nothing to compare with" % name,
                   feature("BYTES", comparator % (linf % 0.01)), texts,
                   **{other: {"y": texts}})
        yield case("%s without another side" % name,
                   feature("BYTES", comparator % (linf % 0.01)), texts)


def plain(value):
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"}
    return value


def main():
    out = []
    for case in cases():
        case["tfdv"], measured = verdict(case)
        texts = any(isinstance(v, str) for v in case["batch"].get("x", []))
        # TFDV's bins of numbers come from a sketch, and its last one holds the infinities as well.
        if measured and "infinities" not in case["name"]:
            case["measured"] = measured
            case["within"] = 1e-9 if texts else 1e-3
        for part in ("batch", "baseline", "serving"):
            if part in case:
                case[part] = {name: plain(values) for name, values in case[part].items()}
        out.append(case)
    lines = ",\n".join(json.dumps(case, sort_keys=True) for case in out)
    sys.stdout.write('{"tfdv": "%s", "cases": [\n%s\n]}\n' % (tfdv.__version__, lines))


if __name__ == "__main__":
    main()
