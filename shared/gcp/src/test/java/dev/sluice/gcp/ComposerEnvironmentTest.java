package dev.sluice.gcp;

import static dev.sluice.gcp.FakeServer.Trouble.AWAY;
import static dev.sluice.gcp.FakeServer.Trouble.TOO_MANY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.Bug;
import dev.sluice.contracts.SluiceException;
import dev.sluice.contracts.Unavailable;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where only the environment's name is configured: Google's client against a scripted API. */
final class ComposerEnvironmentTest {
  private static final String NAME = "projects/acme/locations/europe-west1/environments/sluice";

  private String state = "RUNNING";
  private String uri = "";
  private int refusal;
  private final FakeServer composer = new FakeServer(this::environment);
  private final FakeServer airflow = new FakeServer(request -> airflow());
  private final GoogleClients clients =
      new GoogleClients(
          new CloudConfiguration(
              "acme",
              null,
              null,
              null,
              null,
              /* composerUrl= */ null,
              "admin",
              "word",
              NAME,
              composer.url()),
          new Backoff(Duration.ofMillis(5), Duration.ofMillis(20), Duration.ofMillis(600)),
          Clock.systemUTC());

  ComposerEnvironmentTest() {
    uri = airflow.url();
  }

  @AfterEach
  void stop() {
    clients.close();
    airflow.close();
    composer.close();
  }

  private FakeServer.Answer environment(FakeServer.Request request) {
    assertThat(request.path()).isEqualTo("/v1/" + NAME);
    if (refusal != 0) {
      return FakeServer.Answer.json(
          refusal, "{\"error\":{\"code\":" + refusal + ",\"message\":\"because\"}}");
    }
    // With a member that this version of the client does not know.
    return FakeServer.Answer.json(
        200,
        "{\"name\":\""
            + NAME
            + "\",\"state\":\""
            + state
            + "\",\"config\":{\"airflowUri\":\""
            + uri
            + "\",\"newSince2027\":true}}");
  }

  private static FakeServer.Answer airflow() {
    return FakeServer.Answer.json(
        200, "{\"access_token\":\"t\",\"state\":\"running\",\"is_paused\":true}");
  }

  @Test
  void airflowIsLookedUpOnce() {
    assertThat(clients.composer().run("taxi", "r")).isEqualTo(RunState.RUNNING);
    clients.composer().pause("taxi");

    assertThat(composer.requests).hasSize(1);
    assertThat(airflow.requests).hasSize(3);
  }

  @Test
  void nothingIsAskedBeforeTheFirstCall() {
    var _ = clients.composer();

    assertThat(composer.requests).isEmpty();
  }

  @Test
  void anAddressThatIsConfiguredIsNotLookedUp() {
    try (GoogleClients both =
        new GoogleClients(
            new CloudConfiguration(
                "acme",
                null,
                null,
                null,
                null,
                airflow.url(),
                "admin",
                "word",
                NAME,
                composer.url()))) {
      both.composer().pause("taxi");
    }
    assertThat(composer.requests).isEmpty();
  }

  @Test
  void anEnvironmentMadeAnewIsFoundAgainWhereTheOldAddressIsGone() {
    try (FakeServer old = new FakeServer(request -> airflow())) {
      uri = old.url();
      clients.composer().pause("taxi");
    }
    uri = airflow.url();

    clients.composer().pause("taxi");

    assertThat(airflow.requests).isNotEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {302, 404, 502})
  void anEnvironmentMadeAnewIsFoundAgainWhereAProxyAnswersForTheOldOne(int status) {
    AtomicBoolean deleted = new AtomicBoolean();
    try (FakeServer old =
        new FakeServer(request ->
            deleted.get() ? FakeServer.Answer.json(status, "<html>Gone</html>") : airflow())) {
      uri = old.url();
      clients.composer().pause("taxi");
      deleted.set(true);
      uri = airflow.url();

      clients.composer().pause("taxi");

      assertThat(airflow.requests).isNotEmpty();
    }
  }

  @Test
  void anAirflowThatIsAwayWhileItsEnvironmentStaysIsSaidSo() {
    clients.composer().pause("taxi");
    airflow.close();

    assertThatThrownBy(() -> clients.composer().pause("taxi"))
        .isInstanceOf(Unavailable.class)
        .hasMessageContaining("no answer from " + airflow.url());
    assertThat(composer.requests).hasSizeGreaterThan(1);
  }

  @Test
  void anAddressThatWasJustLookedUpIsNotAskedForAgain() {
    AtomicLong now = new AtomicLong(7);
    try (ComposerEnvironment environment =
        new ComposerEnvironment(NAME, composer.url(), Duration.ofSeconds(8), now::get)) {
      String base = environment.base();
      now.addAndGet(Duration.ofSeconds(8).toNanos() - 1);
      environment.doubt(base);
      assertThat(environment.base()).isEqualTo(base);
      assertThat(composer.requests).hasSize(1);

      now.addAndGet(1);
      environment.doubt(base);
      assertThat(environment.base()).isEqualTo(base);
      assertThat(composer.requests).hasSize(2);
    }
  }

  @Test
  void anAddressThatAnotherCallFoundMeanwhileNeedsNoLookUp() {
    AtomicLong now = new AtomicLong(7);
    try (ComposerEnvironment environment =
        new ComposerEnvironment(NAME, composer.url(), Duration.ofSeconds(8), now::get)) {
      environment.base();
      now.addAndGet(Duration.ofSeconds(9).toNanos());

      environment.doubt("http://127.0.0.1:1");
      environment.base();

      assertThat(composer.requests).hasSize(1);
    }
  }

  @Test
  void anEnvironmentThatIsUpdatedGoesOn() {
    state = "UPDATING";

    assertThat(clients.composer().run("taxi", "r")).isEqualTo(RunState.RUNNING);
  }

  @ParameterizedTest
  @CsvSource({
    "CREATING, once it is RUNNING",
    "DELETING, name another in COMPOSER_ENVIRONMENT",
    "ERROR, not RUNNING",
    "STATE_UNSPECIFIED, not RUNNING"
  })
  void anEnvironmentThatDoesNotRunIsNamedWithItsState(String now, String advice) {
    state = now;

    assertThatThrownBy(() -> clients.composer().pause("taxi"))
        .isInstanceOf(Unavailable.class)
        .hasMessageContaining(NAME)
        .hasMessageContaining(now)
        .hasMessageContaining(advice);
    assertThat(airflow.requests).isEmpty();
  }

  @Test
  void anEnvironmentWithoutAnAddressIsSaidSo() {
    uri = "";

    assertThatThrownBy(() -> clients.composer().pause("taxi"))
        .isInstanceOf(Unavailable.class)
        .hasMessageContaining("no address of Airflow");
  }

  @Test
  void noTokenGoesToAnAddressInTheClear() {
    uri = "http://airflow.example";

    assertThatThrownBy(() -> clients.composer().pause("taxi"))
        .isInstanceOf(Bug.class)
        .hasMessageContaining("the airflowUri of " + NAME)
        .hasMessageContaining("https");
  }

  @Test
  void composersApiIsTriedAgainWhereItIsBusyOrAway() {
    composer.next(TOO_MANY, AWAY);

    clients.composer().pause("taxi");

    assertThat(composer.requests).hasSize(3);
  }

  @ParameterizedTest
  @CsvSource({
    "404, Bug, does not exist",
    "403, Bug, give it roles/composer.user",
    "401, Bug, without signing in",
    "400, Bug, is no name that Composer takes",
    "429, Unavailable, asked for too often",
    "503, Unavailable, cannot be looked up now"
  })
  void eachRefusalOfComposersApiSaysWhatToDo(int code, String kind, String text) {
    refusal = code;

    assertThatThrownBy(() -> clients.composer().trigger("taxi", "r", Map.of()))
        .isInstanceOf(SluiceException.class)
        .hasMessageContaining(NAME)
        .hasMessageContaining(text)
        .hasMessageContaining("because")
        .satisfies(e -> assertThat(e.getClass().getSimpleName()).isEqualTo(kind));
  }
}
