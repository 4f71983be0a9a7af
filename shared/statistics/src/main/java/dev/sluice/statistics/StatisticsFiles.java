package dev.sluice.statistics;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Json;
import java.util.List;
import org.tensorflow.metadata.v0.DatasetFeatureStatisticsList;

/**
 * The files of a statistics artifact: lists of type {@code DatasetFeatureStatisticsList}, and what
 * is known across features as JSON.
 */
public final class StatisticsFiles {
  /** The data sets {@code train} and {@code eval}. */
  public static final String SPLITS = "statistics.pb";

  /** The data set of all rows, then one a group, such as {@code all/currency=JPY}. */
  public static final String SLICES = "slices.pb";

  /** {@link Relations} of all rows. */
  public static final String RELATIONS = "relations.json";

  private StatisticsFiles() {}

  /** What {@link #RELATIONS} holds. */
  public static byte[] write(Relations relations) {
    return Json.bytes(relations);
  }

  /**
   * @param bytes the content of {@link #RELATIONS}
   * @param what its name, for errors
   * @throws BadInput where the bytes are no such file
   */
  public static Relations readRelations(byte[] bytes, String what) {
    return Json.read(bytes, Relations.class, what);
  }

  /**
   * @param bytes a file's content
   * @param what its name, for errors
   * @throws BadInput where the bytes are no such file
   */
  public static List<DatasetStatistics> read(byte[] bytes, String what) {
    try {
      return StatisticsProtos.fromProto(DatasetFeatureStatisticsList.parseFrom(bytes));
    } catch (InvalidProtocolBufferException e) {
      throw new BadInput(
          what + " is not a DatasetFeatureStatisticsList; analyze the batch again", e);
    }
  }
}
