package dev.sluice.models;

import java.util.List;
import java.util.Map;

/**
 * What a training gives.
 *
 * @param model the model file, {@link TreeModel#FILE}, in XGBoost's own UBJSON format
 * @param features in the order that the model takes them
 * @param rounds trees in it
 * @param trainRows rows with a label
 * @param unlabelled rows left out because they had none
 * @param heldOutRows rows of train that chose the number of rounds before all of train was learned
 *     from; 0 where train is too small or early stopping is off
 * @param parameters by XGBoost's names
 * @param curve metrics by round while the number of rounds was chosen; one point a round and metric
 * @param importance each feature's total gain as a share of all; those never split on are absent
 * @param xgboostVersion of the library that wrote the file
 */
@SuppressWarnings("ArrayRecordComponent")
public record TrainedModel(
    byte[] model,
    List<String> features,
    int rounds,
    int trainRows,
    long unlabelled,
    int heldOutRows,
    Map<String, Object> parameters,
    List<CurvePoint> curve,
    Map<String, Double> importance,
    String xgboostVersion) {
  public TrainedModel {
    features = List.copyOf(features);
    curve = List.copyOf(curve);
  }

  /**
   * One metric after one round.
   *
   * @param round from 0
   * @param part {@code held_out}, or {@code train}: of the other rows at most 20,000, evenly spread
   * @param metric {@code log_loss} or {@code auc}
   */
  public record CurvePoint(int round, String part, String metric, double value) {}
}
