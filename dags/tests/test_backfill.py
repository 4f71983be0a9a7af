"""Runs that Airflow starts by itself: backfills over spans, schedules, and releases of others."""

from datetime import datetime, timedelta, timezone

import pytest
from scripted import Reply

pytest.importorskip("airflow")

pytestmark = pytest.mark.usefixtures("airflow_database")

NIGHTLY = "label: sold\nschedule: '0 5 * * *'\n"
RELEASED = {"released": True, "version": 3}


def build(folder, pipeline):
    from sluice.factory import build_dags

    return build_dags(folder, first_retry=timedelta(milliseconds=1))[pipeline]


def write(folder, pipeline, text):
    (folder / "pipelines" / f"{pipeline}.yaml").write_text(text, encoding="utf-8")


def step(dag, run, monkeypatch):
    """Performs a run that Airflow has made; `test` would make one of its own."""
    import airflow.models.dagrun
    from airflow.utils.state import DagRunState

    def take(*, dag, session, **_):
        taken = session.merge(run)
        taken.dag = dag
        taken.set_state(DagRunState.RUNNING)
        session.commit()
        return taken

    with monkeypatch.context() as patch:
        patch.setattr(airflow.models.dagrun, "get_or_create_dagrun", take)
        return dag.test(run_conf=run.conf)


def made(pipeline, kind):
    """The runs of that kind that are in Airflow's database."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session

    with create_session() as session:
        runs = session.query(DagRun).filter_by(dag_id=pipeline, run_type=kind)
        found = runs.order_by(DagRun.logical_date).all()
        session.expunge_all()
        return found


def known(folder, pipeline):
    """Has Airflow take up the folder's DAGs."""
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import BundleDagBag, sync_bag_to_db
    from airflow.utils.session import create_session

    manager = DagBundlesManager()
    with create_session() as session:
        manager.sync_bundles_to_db(session=session)
    for bundle in manager.get_all_dag_bundles():
        bundle.initialize()
        bag = BundleDagBag(
            dag_folder=bundle.path, bundle_path=bundle.path, bundle_name=bundle.name
        )
        sync_bag_to_db(bag, bundle.name, bundle.version)


def backfill(pipeline, first, last):
    from airflow.models.backfill import ReprocessBehavior, _create_backfill

    _create_backfill(
        dag_id=pipeline,
        from_date=first,
        to_date=last,
        max_active_runs=1,
        reverse=False,
        dag_run_conf={"force": True},
        triggering_user_name="ann",
        reprocess_behavior=ReprocessBehavior.NONE,
    )


def asked(functions):
    return [request for request in functions.requests if request["operation"] == "resolve"]


def test_a_backfill_is_a_run_of_each_span_of_its_dates(functions, dags_folder, monkeypatch):
    write(dags_folder, "nightly", NIGHTLY)
    known(dags_folder, "nightly")
    backfill(
        "nightly",
        datetime(2026, 11, 1, tzinfo=timezone.utc),
        datetime(2026, 11, 3, 23, tzinfo=timezone.utc),
    )

    dag = build(dags_folder, "nightly")
    runs = made("nightly", "backfill")
    states = [str(step(dag, run, monkeypatch).state) for run in runs]

    assert states == ["success"] * 3
    assert [request["span"] for request in asked(functions)] == [
        "2026-11-01",
        "2026-11-02",
        "2026-11-03",
    ]
    assert all(request["force"] is True for request in functions.requests)


def test_a_backfill_fails_the_spans_that_there_is_nothing_of_and_goes_on(
    functions, dags_folder, monkeypatch
):
    write(dags_folder, "gaps", NIGHTLY)
    known(dags_folder, "gaps")
    day = datetime(2026, 11, 1, tzinfo=timezone.utc)
    backfill("gaps", day, day + timedelta(days=1, hours=23))
    functions.scripts["resolve"] = lambda request: (
        Reply.problem(422, "pipeline gaps has no batch of span '2026-11-01'")
        if request["span"] == "2026-11-01"
        else functions.everything(request)
    )

    dag = build(dags_folder, "gaps")
    states = [str(step(dag, run, monkeypatch).state) for run in made("gaps", "backfill")]

    assert states == ["failed", "success"]


@pytest.mark.parametrize(
    ("kind", "span_format", "span"),
    [
        ("backfill", None, "2026-11-01"),
        ("backfill", "%G-W%V", "2026-W44"),
        ("scheduled", "%Y-%m", "2026-11"),
        ("scheduled", None, None),
        ("manual", "%Y-%m-%d", None),
        ("asset_triggered", "%Y-%m-%d", None),
    ],
)
def test_a_run_is_of_the_span_of_its_date_where_it_is_a_backfill_or_the_spec_says_so(
    dags_folder, kind, span_format, span
):
    from types import SimpleNamespace

    write(dags_folder, "spans", NIGHTLY + (f"span_format: '{span_format}'\n" if span_format else ""))
    task = build(dags_folder, "spans").get_task("resolve")
    # Five o'clock in Berlin, which is four in UTC, in which spans are named.
    date = datetime(2026, 11, 1, 0, 30, tzinfo=timezone.utc).astimezone(
        timezone(timedelta(hours=-5))
    )
    run = SimpleNamespace(run_type=kind, logical_date=date, run_after=date)
    assert task._span(run) == span


def test_a_release_starts_the_pipeline_that_follows_with_what_was_released(
    functions, dags_folder
):
    from airflow.models.asset import AssetDagRunQueue, AssetEvent, AssetModel
    from airflow.models.dag import DagModel
    from airflow.utils.session import create_session

    write(dags_folder, "leader", "label: sold\n")
    write(dags_folder, "follower", "label: sold\nafter: [leader]\n")
    known(dags_folder, "leader")
    functions.on("release", Reply.gives("version", summary=RELEASED))

    ended = build(dags_folder, "leader").test(run_conf={"batch": "b-7"})

    assert str(ended.state) == "success"
    with create_session() as session:
        (event,) = (
            session.query(AssetEvent)
            .join(AssetModel, AssetModel.id == AssetEvent.asset_id)
            .filter(AssetModel.uri == "sluice://leader/model")
            .all()
        )
        assert event.extra == {"batch": "b-7", "version": 3, "run": ended.run_id}
        queued = {row.target_dag_id for row in session.query(AssetDagRunQueue).all()}
        assert "follower" in queued
        assert session.get(DagModel, "follower").timetable_summary == "Asset"


@pytest.mark.parametrize("summary", [{"released": False, "version": 3}, {}])
def test_a_run_that_released_nothing_starts_nothing(functions, dags_folder, summary):
    from airflow.models.asset import AssetDagRunQueue, AssetEvent
    from airflow.utils.session import create_session

    write(dags_folder, "quiet", "label: sold\n")
    write(dags_folder, "waiting", "label: sold\nafter: [quiet]\n")
    known(dags_folder, "quiet")
    functions.on("release", Reply.gives("version", summary=summary))

    ended = build(dags_folder, "quiet").test(run_conf={"batch": "b-7"})

    assert str(ended.state) == "success"
    with create_session() as session:
        assert session.query(AssetEvent).filter_by(source_dag_id="quiet").count() == 0
        assert session.query(AssetDagRunQueue).filter_by(target_dag_id="waiting").count() == 0
