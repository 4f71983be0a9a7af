package dev.sluice.gcp;

import com.google.auth.oauth2.GoogleCredentials;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.Unavailable;
import java.io.IOException;
import java.util.function.Supplier;

/** Google OAuth2 access tokens of the function's own account, as Composer 3 takes them. */
final class GoogleTokens implements AccessTokens {
  private final Lazy<GoogleCredentials> credentials;

  /** Tokens of the account this runs as. */
  GoogleTokens() {
    this(GoogleTokens::applicationDefault);
  }

  GoogleTokens(Supplier<GoogleCredentials> credentials) {
    this.credentials = new Lazy<>(credentials);
  }

  private static GoogleCredentials applicationDefault() {
    try {
      return GoogleCredentials.getApplicationDefault()
          .createScoped("https://www.googleapis.com/auth/cloud-platform");
    } catch (IOException e) {
      throw new Bug(
          "no Google credentials for Composer: "
              + e.getMessage()
              + "; run as a service account, log in with gcloud, or set COMPOSER_USER and"
              + " COMPOSER_PASSWORD",
          e);
    }
  }

  @Override
  public String token() {
    try {
      credentials.get().refreshIfExpired();
      return credentials.get().getAccessToken().getTokenValue();
    } catch (IOException e) {
      throw new Unavailable(
          "no access token from Google: " + e.getMessage() + "; call again later", e);
    }
  }

  @Override
  public void refused(String token) {
    try {
      if (token.equals(credentials.get().getAccessToken().getTokenValue())) {
        credentials.get().refresh();
      }
    } catch (IOException e) {
      throw new Unavailable(
          "no access token from Google: " + e.getMessage() + "; call again later", e);
    }
  }
}
