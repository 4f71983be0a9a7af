package dev.sluice.gcp;

/** Bearer tokens for Airflow. */
interface AccessTokens {
  /** A token to use now. */
  String token();

  /** Forgets a token that was refused, so that the next one is new. */
  void refused(String token);
}
