package dev.sluice.localcloud.dags;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.Unavailable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class AirflowApiTest {
  private static final String HEALTHY =
      """
      {"metadatabase": {"status": "healthy"}, "scheduler": {"status": "healthy"},
       "dag_processor": {"status": "healthy"}, "triggerer": {"status": "healthy"}}
      """;
  private static final String UNDER_WAY =
      "GET /dags/~/dagRuns?state=queued&state=running&limit=100";

  private final ScriptedAirflow airflow = new ScriptedAirflow();
  private final AirflowApi api = new AirflowApi(airflow.uri());

  @AfterEach
  void stop() {
    api.close();
    airflow.close();
  }

  @Test
  void health_namesWhatIsNot() {
    airflow.answer(
        "GET /monitor/health",
        200,
        """
        {"metadatabase": {"status": "healthy"}, "scheduler": {"status": "unhealthy"},
         "dag_processor": {"status": "healthy"}, "triggerer": {"status": null}}
        """);
    assertThat(api.unhealthy()).containsExactly("scheduler", "triggerer");

    airflow.answer("GET /monitor/health", 200, HEALTHY);
    assertThat(api.unhealthy()).isEmpty();
  }

  @Test
  void signsInOnce_andAgainWhenTheTokenHasExpired() {
    airflow.answer("GET /monitor/health", 200, HEALTHY);
    api.unhealthy();
    api.unhealthy();
    assertThat(airflow.signIns()).isEqualTo(1);

    airflow.forgetTokens();

    assertThat(api.unhealthy()).isEmpty();
    assertThat(airflow.signIns()).isEqualTo(2);
  }

  @Test
  void whatDoesNotAnswer_isUnavailable() {
    airflow.close();

    assertThatThrownBy(api::unhealthy)
        .isInstanceOf(Unavailable.class)
        .hasMessageContaining("Airflow at " + airflow.uri() + " does not answer");
  }

  @Test
  void whatIsNoAirflow_isUnavailable() {
    airflow.answer("GET /monitor/health", 200, "<html>starting</html>");

    assertThatThrownBy(api::unhealthy)
        .isInstanceOf(Unavailable.class)
        .hasMessageContaining("does not answer as Airflow: <html>");
  }

  @Test
  void aStatusThatWasNotWanted_isToldWithTheQuestionAndTheAnswer() {
    airflow.answer("GET /monitor/health", 500, "database is locked");

    assertThatThrownBy(api::unhealthy)
        .isInstanceOf(Unavailable.class)
        .hasMessageContaining("answers 500 to GET /api/v2/monitor/health: database is locked");
  }

  @Test
  void aDagIsKnown_whereItsFileStillHasIt() {
    airflow.answer("GET /dags/taxi", 200, "{\"dag_id\": \"taxi\", \"is_stale\": false}");
    airflow.answer("GET /dags/former", 200, "{\"dag_id\": \"former\", \"is_stale\": true}");

    assertThat(api.knows("taxi")).isTrue();
    assertThat(api.knows("former")).isFalse();
    assertThat(api.knows("nobody")).isFalse();
  }

  @Test
  void anImportError_isItsLastLine() {
    airflow.answer(
        "GET /importErrors",
        200,
        """
        {"import_errors": [{"stack_trace":
          "Traceback:\\n  File x.py\\nSpecError: taxi.yaml: 'lable' is no key\\n\\n"}]}
        """);
    assertThat(api.importError()).contains("SpecError: taxi.yaml: 'lable' is no key");

    airflow.answer("GET /importErrors", 200, "{\"import_errors\": []}");
    assertThat(api.importError()).isEmpty();
  }

  @Test
  void runsOfPausedDags_areNotUnderWay() {
    airflow.answer(
        UNDER_WAY,
        200,
        """
        {"dag_runs": [{"dag_id": "taxi", "dag_run_id": "b-1", "state": "running"},
                      {"dag_id": "asleep", "dag_run_id": "b-2", "state": "queued"}]}
        """);
    airflow.answer(
        "GET /dags?paused=true&limit=100", 200, "{\"dags\": [{\"dag_id\": \"asleep\"}]}");

    assertThat(api.underWay()).containsExactly(new AirflowApi.Run("taxi", "b-1"));
  }

  @Test
  void whereNothingIsUnderWay_nobodyAsksWhatIsPaused() {
    airflow.answer(UNDER_WAY, 200, "{\"dag_runs\": []}");

    assertThat(api.underWay()).isEmpty();
    assertThat(airflow.asked()).containsExactly(UNDER_WAY);
  }

  @Test
  void aPool_isMade() {
    airflow.answer("POST /pools", 201, "{}");

    api.pool("training", 1, "one at a time");

    assertThat(airflow.asked())
        .containsExactly(
            "POST /pools {\"name\":\"training\",\"slots\":1,\"description\":\"one at a time\","
                + "\"include_deferred\":true}");
  }

  @Test
  void aPoolThatIsThere_isSet() {
    airflow.answer("POST /pools", 409, "{\"detail\": \"Unique constraint violation\"}");
    airflow.answer("PATCH /pools/training", 200, "{}");

    api.pool("training", 2, "two at a time");

    assertThat(airflow.asked().getLast())
        .startsWith("PATCH /pools/training {")
        .contains("\"pool\":\"training\"", "\"slots\":2");
  }
}
