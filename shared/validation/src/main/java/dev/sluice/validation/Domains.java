package dev.sluice.validation;

import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.tensorflow.metadata.v0.Feature;
import org.tensorflow.metadata.v0.FeatureType;
import org.tensorflow.metadata.v0.FloatDomain;
import org.tensorflow.metadata.v0.IntDomain;
import org.tensorflow.metadata.v0.Schema;
import org.tensorflow.metadata.v0.StringDomain;

/** The domains of a schema's features, whether their own or one that the schema names. */
final class Domains {
  private Domains() {}

  static @Nullable StringDomain strings(Schema schema, Feature feature) {
    if (feature.hasStringDomain()) {
      return feature.getStringDomain();
    }
    return named(feature, schema.getStringDomainList(), StringDomain::getName);
  }

  static @Nullable IntDomain ints(Schema schema, Feature feature) {
    if (feature.hasIntDomain()) {
      return feature.getIntDomain();
    }
    return named(feature, schema.getIntDomainList(), IntDomain::getName);
  }

  static @Nullable FloatDomain floats(Schema schema, Feature feature) {
    if (feature.hasFloatDomain()) {
      return feature.getFloatDomain();
    }
    return named(feature, schema.getFloatDomainList(), FloatDomain::getName);
  }

  private static <T> @Nullable T named(Feature feature, List<T> domains, Function<T, String> name) {
    if (feature.hasDomain()) {
      for (T domain : domains) {
        if (name.apply(domain).equals(feature.getDomain())) {
          return domain;
        }
      }
    }
    return null;
  }

  /** What the feature's domain is called in the schema; '' where it has none. */
  static String name(Feature feature) {
    return switch (feature.getDomainInfoCase()) {
      case DOMAININFO_NOT_SET -> "";
      case DOMAIN -> "domain \"" + feature.getDomain() + "\"";
      case Feature.DomainInfoCase other ->
          Feature.getDescriptor().findFieldByNumber(other.getNumber()).getName();
    };
  }

  /**
   * True where a domain can hold of values of a type: numbers may be written as text, so that
   * limits of numbers fit {@code BYTES} as well.
   */
  static boolean fits(Schema schema, Feature feature, FeatureType type) {
    Set<FeatureType> types =
        switch (feature.getDomainInfoCase()) {
          case DOMAIN ->
              ints(schema, feature) != null
                  ? Set.of(FeatureType.INT, FeatureType.BYTES)
                  : floats(schema, feature) != null
                      ? Set.of(FeatureType.FLOAT, FeatureType.BYTES)
                      : Set.of(FeatureType.BYTES);
          case INT_DOMAIN -> Set.of(FeatureType.INT, FeatureType.BYTES);
          case FLOAT_DOMAIN -> Set.of(FeatureType.FLOAT, FeatureType.BYTES);
          case STRING_DOMAIN, IMAGE_DOMAIN, MID_DOMAIN, URL_DOMAIN -> Set.of(FeatureType.BYTES);
          case NATURAL_LANGUAGE_DOMAIN -> Set.of(FeatureType.BYTES, FeatureType.INT);
          case STRUCT_DOMAIN -> Set.of(FeatureType.STRUCT);
          case BOOL_DOMAIN, TIME_DOMAIN, TIME_OF_DAY_DOMAIN, DOMAININFO_NOT_SET ->
              Set.of(FeatureType.BYTES, FeatureType.INT, FeatureType.FLOAT, FeatureType.STRUCT);
        };
    return types.contains(type);
  }
}
