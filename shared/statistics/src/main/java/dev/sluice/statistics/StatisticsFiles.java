package dev.sluice.statistics;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.sluice.contracts.BadInput;
import java.util.List;
import org.tensorflow.metadata.v0.DatasetFeatureStatisticsList;

/** The files of a statistics artifact, each a {@code DatasetFeatureStatisticsList}. */
public final class StatisticsFiles {
  /** The data sets {@code train} and {@code eval}. */
  public static final String SPLITS = "statistics.pb";

  /** The data set of all rows, then one a group, such as {@code all/currency=JPY}. */
  public static final String SLICES = "slices.pb";

  private StatisticsFiles() {}

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
