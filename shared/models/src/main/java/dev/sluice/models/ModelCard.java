package dev.sluice.models;

import com.google.gson.JsonObject;
import com.google.gson.annotations.SerializedName;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Json;
import dev.sluice.transform.LabelMapping;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a person should know of a model, beside its file as {@link #FILE} (after Mitchell et al.,
 * "Model Cards for Model Reporting", 2019).
 *
 * @param name the pipeline's name
 * @param label what a prediction is the probability of
 * @param features in the order that the model takes them
 * @param parameters by XGBoost's names
 * @param batch the data batch it learned from
 * @param codeVersion of the code that trained it
 * @param heldOutMetrics the held-out rows' metrics in the round that was chosen, by name
 * @param importance each feature's share of the total gain, largest first
 * @param memoryBytes what the loaded model takes, the mapping apart
 */
public record ModelCard(
    int format,
    String name,
    LabelMapping label,
    List<String> features,
    JsonObject parameters,
    int rounds,
    @SerializedName("train_rows") int trainRows,
    @SerializedName("unlabelled_rows") long unlabelledRows,
    @SerializedName("held_out_rows") int heldOutRows,
    @SerializedName("held_out_metrics") Map<String, Double> heldOutMetrics,
    String batch,
    @SerializedName("code_version") String codeVersion,
    @SerializedName("xgboost_version") String xgboostVersion,
    Map<String, Double> importance,
    @SerializedName("memory_bytes") long memoryBytes) {
  /** The card's name beside the model file. */
  public static final String FILE = "model_card.json";

  private static final int FORMAT = 1;

  public ModelCard {
    if (format != FORMAT) {
      throw new BadInput(
          "the model card has format "
              + format
              + ", and this Sluice reads format "
              + FORMAT
              + "; deploy the Sluice that wrote it");
    }
  }

  /** The card of a trained model. */
  public static ModelCard of(
      String name, LabelMapping label, TrainedModel trained, String batch, String codeVersion) {
    TreeModel model = TreeModel.read(trained.model(), TreeModel.FILE);
    Map<String, Double> heldOut = new LinkedHashMap<>();
    for (TrainedModel.CurvePoint point : trained.curve()) {
      if (point.round() == trained.rounds() - 1 && point.part().equals("held_out")) {
        heldOut.put(point.metric(), point.value());
      }
    }
    return new ModelCard(
        FORMAT,
        name,
        label,
        trained.features(),
        Json.tree(trained.parameters()).getAsJsonObject(),
        trained.rounds(),
        trained.trainRows(),
        trained.unlabelled(),
        trained.heldOutRows(),
        heldOut,
        batch,
        codeVersion,
        trained.xgboostVersion(),
        trained.importance(),
        model.memoryBytes());
  }

  /** As JSON. */
  public byte[] toFile() {
    return Json.bytes(this);
  }

  /**
   * @throws BadInput where the text is no card, or a newer Sluice wrote it
   */
  public static ModelCard fromFile(byte[] file) {
    return Json.read(file, ModelCard.class, FILE);
  }
}
