"""What other tools say of the files of `./sluice bench faults`, by their defaults.

Reads requests from standard input, a JSON object a line: {"before": PATH, "after": [PATH, ...]}, CSV
files of which the first is known to be good. Answers each with a line: {TOOL: [ALARM, ...], ...}, an
alarm being {"feature": NAME or "" for the file as a whole, "held": BOOLEAN, "text": LINE}. What a
tool refuses to read or to compare counts as an alarm of it, at the feature that it names.
usage: faults_peers.py tfdv|evidently
"""

import collections
import json
import os
import sys
import traceback
import warnings

KEPT = 64


def alarm(feature, held, text):
    return {"feature": feature, "held": held, "text": " ".join(str(text).split())[:300]}


class Recent:
    """What was computed of files lately."""

    def __init__(self, compute):
        self.compute = compute
        self.known = collections.OrderedDict()

    def __call__(self, path):
        if path not in self.known:
            self.known[path] = self.compute(path)
            if len(self.known) > KEPT:
                self.known.popitem(last=False)
        self.known.move_to_end(path)
        return self.known[path]


class Tfdv:
    """TensorFlow Data Validation: the schema inferred from the file before, every anomaly of the
    files after; and the same with comparators of drift, L-infinity and Jensen-Shannon above .01."""

    THRESHOLD = 0.01

    def __init__(self):
        os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
        import tensorflow_data_validation
        from tensorflow_data_validation.statistics import stats_impl
        from tensorflow_metadata.proto.v0 import schema_pb2
        from tfx_bsl.coders import csv_decoder

        self.tfdv = tensorflow_data_validation
        self.stats_impl = stats_impl
        self.schema_pb2 = schema_pb2
        self.csv = csv_decoder
        self.tools = [
            f"TFDV {self.tfdv.__version__}",
            f"TFDV, drift {self.THRESHOLD}".replace("0.", "."),
        ]
        self.statistics = Recent(self._statistics)

    def _statistics(self, path):
        """As generate_statistics_from_csv does, by the same decoder and generators, but without a
        Beam pipeline, whose start alone takes seconds."""
        with open(path, encoding="utf-8", newline="\n") as file:
            header, *lines = file.read().removesuffix("\n").split("\n")
        parse = self.csv.ParseCSVLine(",")
        parse.setup()
        [(names, _)] = parse.process(header)
        names = [name.decode() for name in names]
        rows = [row for line in lines for row in parse.process(line)]
        types = self.csv.ColumnTypeInferrer(names, skip_blank_lines=True)
        inferred = types.create_accumulator()
        for cells, _ in rows:
            inferred = types.add_input(inferred, cells)
        to_arrow = self.csv.BatchedCSVRowsToRecordBatch(skip_blank_lines=True)
        [batch] = to_arrow.process(rows, types.extract_output(inferred))
        return self.stats_impl.generate_statistics_in_memory(batch, self.tfdv.StatsOptions())

    def judge(self, before, after):
        old = self.statistics(before)
        schema = self.tfdv.infer_schema(old)
        strict = self.schema_pb2.Schema()
        strict.CopyFrom(schema)
        for feature in strict.feature:
            if feature.type == self.schema_pb2.BYTES:
                feature.drift_comparator.infinity_norm.threshold = self.THRESHOLD
            else:
                feature.drift_comparator.jensen_shannon_divergence.threshold = self.THRESHOLD
        found = {tool: [] for tool in self.tools}
        for path in after:
            try:
                new = self.statistics(path)
            except ValueError as refusal:
                for alarms in found.values():
                    alarms.append(alarm("", True, refusal))
                continue
            plain, drift = self.tools
            found[plain] += self._alarms(self.tfdv.validate_statistics(new, schema))
            found[drift] += self._alarms(
                self.tfdv.validate_statistics(new, strict, previous_statistics=old)
            )
        return found

    def _alarms(self, anomalies):
        named = [
            (".".join(info.path.step) or name, info) for name, info in anomalies.anomaly_info.items()
        ]
        if anomalies.HasField("dataset_anomaly_info"):
            named.append(("", anomalies.dataset_anomaly_info))
        return [
            alarm(
                name,
                info.severity == info.ERROR,
                f"{info.short_description}: {info.description}",
            )
            for name, info in named
        ]


class Evidently:
    """Evidently's DataDriftPreset, the file before being the reference: every column whose test
    fails, and the file as a whole where half of the columns drifted. The tests are those that the
    preset chooses, without the plots that it draws of each."""

    DRIFT_SHARE = 0.5
    # It refuses columns without values; nobody would hand it one that hardly ever has any.
    LEAST_PRESENT = 0.01

    def __init__(self):
        import evidently
        import numpy
        import pandas
        from evidently import Dataset
        from evidently.legacy.calculations.stattests import get_stattest
        from evidently.legacy.core import ColumnType

        self.numpy = numpy
        self.pandas = pandas
        self.dataset = Dataset
        self.stattest = get_stattest
        self.compared = (ColumnType.Numerical, ColumnType.Categorical, ColumnType.Text)
        self.number = ColumnType.Numerical
        self.unknown = ColumnType.Unknown
        self.tools = [f"Evidently {evidently.__version__}"]
        self.table = Recent(self._table)

    def _table(self, path):
        dataset = self.dataset.from_pandas(self.pandas.read_csv(path))
        definition = dataset.data_definition
        kinds = [*self.compared, self.unknown]
        types = {name: definition.get_column_type(name) for name in definition.get_columns(kinds)}
        frame = dataset.as_dataframe().replace([-self.numpy.inf, self.numpy.inf], self.numpy.nan)
        return types, {name: frame[name].dropna() for name in frame.columns}, len(frame)

    def judge(self, before, after):
        _, old, rows = self.table(before)
        alarms = []
        for path in after:
            try:
                types, new, _ = self.table(path)
            except ValueError as refusal:
                alarms.append(alarm("", True, refusal))
                continue
            drifted = compared = 0
            for name, kind in types.items():
                if old[name].size < self.LEAST_PRESENT * rows:
                    continue
                if kind == self.unknown and not new[name].empty:
                    continue
                compared += 1
                told = self._told(name, kind, old[name], new[name])
                if told:
                    drifted += 1
                    alarms.append(alarm(name, True, told))
            if compared and drifted / compared >= self.DRIFT_SHARE:
                alarms.append(alarm("", True, f"dataset drift: {drifted} of {compared} columns"))
        return {self.tools[0]: alarms}

    def _told(self, name, kind, old, new):
        """Why a column is alarming; None where it is not."""
        if new.empty:
            return f"{name} is empty in the current dataset"
        for frame, which in ((old, "reference"), (new, "current")):
            if kind == self.number and not self.pandas.api.types.is_numeric_dtype(frame):
                return f"{name} in the {which} dataset should contain numerical values only"
        try:
            test = self.stattest(old, new, kind, None)
            result = test(old, new, kind, None)
        except (AttributeError, TypeError, ValueError) as refusal:
            return f"{name} cannot be compared: {refusal}"
        if result.drifted:
            return f"{name}: {test.display_name} {result.drift_score:.3g}"
        return None


def main():
    # Libraries print to standard output; the answers keep it to themselves.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    warnings.filterwarnings("ignore")
    tool = {"tfdv": Tfdv, "evidently": Evidently}[sys.argv[1]]()
    print(json.dumps({"tools": tool.tools}), file=answers, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"found": tool.judge(request["before"], request["after"])}
        except Exception as broken:
            traceback.print_exc()
            answer = {"error": f"{type(broken).__name__}: {broken}"[:300]}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
