package dev.sluice.gcp;

/** Where Airflow answers. */
interface AirflowAddress extends AutoCloseable {

  /**
   * The address without {@code /api/v2}, as far as known, else looked up.
   *
   * @throws dev.sluice.contracts.Unavailable where it cannot be told now
   * @throws dev.sluice.contracts.Bug where the deployment must be changed first
   */
  String base();

  /**
   * What answered there was not Airflow, or nothing did.
   *
   * @return true where {@link #base} may tell another one soon, so that more tries make sense
   */
  boolean doubt(String base);

  /** Which setting gave it: what a person would correct. */
  String setting();

  @Override
  void close();

  /** An address that is what it is. */
  record Fixed(String base) implements AirflowAddress {
    @Override
    public boolean doubt(String base) {
      return false;
    }

    @Override
    public String setting() {
      return "COMPOSER_URL";
    }

    @Override
    public void close() {}
  }
}
