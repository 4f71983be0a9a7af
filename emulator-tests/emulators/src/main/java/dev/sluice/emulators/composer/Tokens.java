package dev.sluice.emulators.composer;

import com.google.gson.JsonObject;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.UUID;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Tokens as Airflow's API server gives them: JSON Web Tokens (RFC 7519) signed with HMAC-SHA-256
 * (RFC 7515, {@code HS256}). The key lies in the state directory, so that a token outlives a
 * restart.
 */
final class Tokens {
  private static final String HEADER =
      encode("{\"alg\":\"HS256\",\"typ\":\"JWT\"}".getBytes(StandardCharsets.UTF_8));

  private final byte[] key;
  private final Duration lifetime;
  private final InstantSource clock;

  Tokens(byte[] key, Duration lifetime, InstantSource clock) {
    this.key = key.clone();
    this.lifetime = lifetime;
    this.clock = clock;
  }

  /** The key in the file, made on first use. */
  static byte[] key(Path file) {
    try {
      if (!Files.exists(file)) {
        byte[] fresh = new byte[32];
        new SecureRandom().nextBytes(fresh);
        Files.createDirectories(file.getParent());
        Files.write(file, fresh);
      }
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String issue(String user) {
    Instant now = clock.instant();
    JsonObject claims = new JsonObject();
    claims.addProperty("jti", UUID.randomUUID().toString());
    claims.addProperty("sub", user);
    claims.addProperty("iat", now.getEpochSecond());
    claims.addProperty("nbf", now.getEpochSecond());
    claims.addProperty("exp", now.plus(lifetime).getEpochSecond());
    String signed = HEADER + "." + encode(Json.bytes(claims));
    return signed + "." + encode(mac(signed));
  }

  /**
   * The user a request speaks for.
   *
   * @param authorization the header's value, null where there is none
   * @throws ApiError 401 without a token or with an expired one, 403 with one that is not ours
   */
  String user(@Nullable String authorization) {
    if (authorization == null || !authorization.regionMatches(true, 0, "Bearer ", 0, 7)) {
      throw new ApiError(401, "Not authenticated");
    }
    String token = authorization.substring(7).strip();
    int dot = token.lastIndexOf('.');
    if (dot < 0 || !token.startsWith(HEADER + ".") || dot <= HEADER.length()) {
      throw new ApiError(403, "Invalid JWT token");
    }
    String signed = token.substring(0, dot);
    JsonObject claims;
    try {
      byte[] signature = Base64.getUrlDecoder().decode(token.substring(dot + 1));
      if (!MessageDigest.isEqual(signature, mac(signed))) {
        throw new ApiError(403, "Invalid JWT token");
      }
      claims =
          Json.read(
              Base64.getUrlDecoder().decode(signed.substring(HEADER.length() + 1)),
              JsonObject.class,
              "the token");
    } catch (IllegalArgumentException | BadInput e) {
      throw new ApiError(403, "Invalid JWT token");
    }
    if (clock.instant().getEpochSecond() >= claims.get("exp").getAsLong()) {
      throw new ApiError(401, "Token Expired");
    }
    return claims.get("sub").getAsString();
  }

  private byte[] mac(String text) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new Bug("HmacSHA256 is part of every Java runtime", e);
    }
  }

  private static String encode(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
