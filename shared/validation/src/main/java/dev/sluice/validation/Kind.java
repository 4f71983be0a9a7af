package dev.sluice.validation;

import org.tensorflow.metadata.v0.AnomalyInfo;

/**
 * What is wrong with a feature: TFDV's names where one fits, then names of our own, which the proto
 * carries as {@code CUSTOM_VALIDATION}.
 */
public enum Kind {
  BOOL_TYPE_BIG_INT,
  BOOL_TYPE_FLOAT_NOT_INT,
  BOOL_TYPE_FLOAT_NOT_STRING,
  BOOL_TYPE_INT_NOT_STRING,
  BOOL_TYPE_SMALL_INT,
  BOOL_TYPE_STRING_NOT_INT,
  BOOL_TYPE_UNEXPECTED_FLOAT,
  BOOL_TYPE_UNEXPECTED_STRING,
  COMPARATOR_CONTROL_DATA_MISSING,
  COMPARATOR_HIGH_NUM_EXAMPLES,
  COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH,
  COMPARATOR_LOW_NUM_EXAMPLES,
  COMPARATOR_L_INFTY_HIGH,
  COMPARATOR_NORMALIZED_ABSOLUTE_DIFFERENCE_HIGH,
  COMPARATOR_TREATMENT_DATA_MISSING,
  DATASET_HIGH_NUM_EXAMPLES,
  DATASET_LOW_NUM_EXAMPLES,
  DOMAIN_INVALID_FOR_TYPE,
  ENUM_TYPE_FLOAT_NOT_STRING,
  ENUM_TYPE_INT_NOT_STRING,
  ENUM_TYPE_INVALID_UTF8,
  ENUM_TYPE_UNEXPECTED_STRING_VALUES,
  FEATURE_MISSING_TYPE,
  FEATURE_TYPE_HIGH_NUMBER_VALUES,
  FEATURE_TYPE_HIGH_UNIQUE,
  FEATURE_TYPE_LOW_FRACTION_PRESENT,
  FEATURE_TYPE_LOW_NUMBER_PRESENT,
  FEATURE_TYPE_LOW_NUMBER_VALUES,
  FEATURE_TYPE_LOW_UNIQUE,
  FEATURE_TYPE_NOT_PRESENT,
  FEATURE_TYPE_NO_UNIQUE,
  FLOAT_TYPE_BIG_FLOAT,
  FLOAT_TYPE_HAS_INF,
  FLOAT_TYPE_HAS_NAN,
  FLOAT_TYPE_NON_STRING,
  FLOAT_TYPE_SMALL_FLOAT,
  FLOAT_TYPE_STRING_NOT_FLOAT,
  INT_TYPE_BIG_INT,
  INT_TYPE_INT_EXPECTED,
  INT_TYPE_NOT_INT_STRING,
  INT_TYPE_NOT_STRING,
  INT_TYPE_SMALL_INT,
  INT_TYPE_STRING_EXPECTED,
  INVALID_FEATURE_SHAPE,
  SCHEMA_MISSING_COLUMN,
  SCHEMA_NEW_COLUMN,
  SPARSE_FEATURE_LENGTH_MISMATCH,
  SPARSE_FEATURE_MISSING_INDEX,
  SPARSE_FEATURE_MISSING_VALUE,
  STATS_NOT_AVAILABLE,
  STRING_TYPE_NOW_FLOAT,
  STRING_TYPE_NOW_INT,
  WEIGHTED_FEATURE_LENGTH_MISMATCH,
  WEIGHTED_FEATURE_MISSING_VALUE,
  WEIGHTED_FEATURE_MISSING_WEIGHT,

  /** A numeric column's largest gap between two cumulative distributions is high. */
  COMPARATOR_KOLMOGOROV_SMIRNOV_HIGH(AnomalyInfo.Type.CUSTOM_VALIDATION),
  /** A value that stands for none, such as -1 or 'unknown', where there were values before. */
  DEFAULT_FOR_VALUE(AnomalyInfo.Type.CUSTOM_VALIDATION),
  /** Two features no longer go together as they did. */
  CORRELATION_CHANGED(AnomalyInfo.Type.CUSTOM_VALIDATION),
  /** Times moved by hours: a clock or a time zone. */
  CLOCK_SHIFTED(AnomalyInfo.Type.CUSTOM_VALIDATION),
  /** Two columns took each other's place. */
  COLUMNS_SWAPPED(AnomalyInfo.Type.CUSTOM_VALIDATION),
  /** Far more or fewer rows than the batches before had. */
  DATASET_UNUSUAL_NUM_EXAMPLES(AnomalyInfo.Type.CUSTOM_VALIDATION),
  /** More values are present than before: something now fills the gaps. */
  FEATURE_TYPE_HIGH_FRACTION_PRESENT(AnomalyInfo.Type.CUSTOM_VALIDATION),
  /** Texts are written in another way than before: a format that was not there. */
  FORMAT_CHANGED(AnomalyInfo.Type.CUSTOM_VALIDATION),
  /** A value that was common is gone. */
  GROUP_GONE(AnomalyInfo.Type.CUSTOM_VALIDATION),
  /** A feature moved in some groups of another column and stayed in the rest. */
  GROUP_MOVED(AnomalyInfo.Type.CUSTOM_VALIDATION),
  /** The features that go with the label no longer do so as before. */
  LABEL_CHANGED(AnomalyInfo.Type.CUSTOM_VALIDATION),
  /** More rows than before are copies of others. */
  ROWS_REPEATED(AnomalyInfo.Type.CUSTOM_VALIDATION),
  /** Texts that were decoded with a wrong encoding. */
  TEXT_DAMAGED(AnomalyInfo.Type.CUSTOM_VALIDATION),
  /** A single number that few values were and many are now. */
  VALUE_SPIKE(AnomalyInfo.Type.CUSTOM_VALIDATION),
  /** A time or a running number, which moves on by nature and is not compared. */
  MOVES_ON(AnomalyInfo.Type.CUSTOM_VALIDATION),
  /** From a row on the feature has one and the same value. */
  VALUE_STUCK(AnomalyInfo.Type.CUSTOM_VALIDATION);

  private final AnomalyInfo.Type type;

  Kind() {
    this.type = AnomalyInfo.Type.valueOf(name());
  }

  Kind(AnomalyInfo.Type type) {
    this.type = type;
  }

  /** The proto's type. */
  public AnomalyInfo.Type type() {
    return type;
  }
}
