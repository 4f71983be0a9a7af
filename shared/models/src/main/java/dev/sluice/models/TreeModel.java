package dev.sluice.models;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Bug;
import dev.sluice.transform.FeatureMatrix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Boosted trees for a binary label, read from XGBoost's own file and evaluated in plain Java: no
 * native code, no warm-up but the JIT's. All trees lie in four flat arrays with siblings next to
 * each other; a prediction costs one comparison a level and tree, in 32-bit arithmetic in XGBoost's
 * order, so it equals the native library's but for the last bit of the exponential. Immutable and
 * safe for use by several threads.
 *
 * <p>It refuses what it would evaluate wrongly: boosters other than {@code gbtree}, objectives
 * other than {@code binary:logistic}, categorical splits, several outputs, and files of versions
 * other than 3.0, whose meaning it does not know.
 */
public final class TreeModel {
  /** The model file's name. */
  public static final String FILE = "model.ubj";

  private static final int OBJECT_BYTES = 200;

  private final String version;
  private final List<String> features;
  private final float baseMargin;
  private final int[] roots;

  /** The left child, its sibling follows; -1 for a leaf. */
  private final int[] child;

  /** The feature split on, with the sign bit set where a missing value goes left. */
  private final int[] split;

  /** Below it goes left; a leaf's value. */
  private final float[] threshold;

  private final double[] gain;

  private TreeModel(
      String version,
      List<String> features,
      float baseMargin,
      int[] roots,
      int[] child,
      int[] split,
      float[] threshold,
      double[] gain) {
    this.version = version;
    this.features = List.copyOf(features);
    this.baseMargin = baseMargin;
    this.roots = roots;
    this.child = child;
    this.split = split;
    this.threshold = threshold;
    this.gain = gain;
  }

  /**
   * @param file in XGBoost's UBJSON format, with the features' names in it
   * @param what the file's name, for errors
   * @throws BadInput where the file is damaged or of a kind that is refused, naming it
   */
  public static TreeModel read(byte[] file, String what) {
    return new Reader(what).read(Ubjson.object(file, what));
  }

  /** The features' names, in the order of a row; as many as the model takes. */
  public List<String> features() {
    return features;
  }

  /** How many trees there are. */
  public int trees() {
    return roots.length;
  }

  /** The version of XGBoost that wrote the file. */
  public String version() {
    return version;
  }

  /** What the loaded model takes on the heap. */
  public long memoryBytes() {
    long names = 0;
    for (String feature : features) {
      names += OBJECT_BYTES / 2 + feature.length();
    }
    return OBJECT_BYTES + names + 4L * roots.length + 12L * child.length + 8L * gain.length;
  }

  /** Each feature's total gain, in the features' order; 0 where no tree splits on it. */
  public double[] totalGain() {
    return gain.clone();
  }

  /**
   * The probability of the positive class.
   *
   * @param row length {@code features().size()} or more, NaN is missing
   */
  public float predict(float[] row) {
    return predict(row, 0);
  }

  /** The probability of the positive class for each row. */
  public float[] predict(FeatureMatrix matrix) {
    int width = features.size();
    if (matrix.width() != width) {
      throw new BadInput(
          "the model takes " + width + " features, but the rows have " + matrix.width());
    }
    float[] out = new float[matrix.rows()];
    for (int i = 0; i < out.length; i++) {
      out[i] = predict(matrix.values(), i * width);
    }
    return out;
  }

  private float predict(float[] values, int at) {
    if (values.length - at < features.size()) {
      throw new Bug(
          "the model takes " + features.size() + " features, but got " + (values.length - at));
    }
    int[] child = this.child;
    int[] split = this.split;
    float[] threshold = this.threshold;
    float margin = baseMargin;
    for (int root : roots) {
      int node = root;
      int next = child[node];
      while (next >= 0) {
        int s = split[node];
        float value = values[at + (s & Integer.MAX_VALUE)];
        boolean left = Float.isNaN(value) ? s < 0 : value < threshold[node];
        node = left ? next : next + 1;
        next = child[node];
      }
      margin += threshold[node];
    }
    return sigmoid(margin);
  }

  /** As XGBoost's {@code common::Sigmoid}: 32 bits, the exponent bounded. */
  private static float sigmoid(float x) {
    float e = (float) Math.exp(Math.min(-x, 88.7f));
    return 1.0f / (e + 1.0f + 1e-16f);
  }

  private static final class Reader {
    private final String what;

    Reader(String what) {
      this.what = what;
    }

    TreeModel read(Map<?, ?> root) {
      String version = version(root);
      Map<?, ?> learner = map(root, "learner");
      Map<?, ?> parameters = map(learner, "learner_model_param");
      String objective = text(map(learner, "objective"), "name");
      if (!objective.equals("binary:logistic")) {
        throw refuse("its objective is " + objective + "; only binary:logistic is known");
      }
      long features = number(parameters, "num_feature");
      if (number(parameters, "num_class") > 1 || number(parameters, "num_target") > 1) {
        throw refuse("it has several outputs; only one is known");
      }
      Map<?, ?> booster = map(learner, "gradient_booster");
      String kind = text(booster, "name");
      if (!kind.equals("gbtree")) {
        throw refuse("its booster is " + kind + "; only gbtree is known");
      }
      float base;
      String score = text(parameters, "base_score");
      try {
        base = Float.parseFloat(score);
      } catch (NumberFormatException e) {
        throw refuse("its base_score '" + score + "' is not one number");
      }
      if (!(base > 0 && base < 1)) {
        throw refuse("its base_score " + base + " is not a probability between 0 and 1");
      }
      List<String> names = new ArrayList<>();
      if (learner.get("feature_names") instanceof List<?> list) {
        list.forEach(name -> names.add(String.valueOf(name)));
      }
      if (names.size() != features) {
        throw refuse("it names " + names.size() + " of its " + features + " features");
      }
      Object trees = map(booster, "model").get("trees");
      if (!(trees instanceof List<?> list)) {
        throw refuse("it has no list of trees");
      }
      float margin = (float) -Math.log(1.0f / base - 1.0f);
      return new Flattener(what, list, names.size()).flatten(version, names, margin);
    }

    private String version(Map<?, ?> root) {
      List<Long> parts = new ArrayList<>();
      Object version = root.get("version");
      switch (version) {
        case List<?> list -> {
          for (Object part : list) {
            if (part instanceof Long number) {
              parts.add(number);
            }
          }
        }
        case long[] numbers -> {
          for (long number : numbers) {
            parts.add(number);
          }
        }
        case int[] numbers -> {
          for (int number : numbers) {
            parts.add((long) number);
          }
        }
        case null, default -> {}
      }
      if (parts.size() != 3) {
        throw refuse("it does not say which version wrote it");
      }
      String text = parts.get(0) + "." + parts.get(1) + "." + parts.get(2);
      if (parts.get(0) != 3 || parts.get(1) != 0) {
        throw refuse(
            "XGBoost "
                + text
                + " wrote it, and files of other versions than 3.0 may mean something"
                + " else; train it with 3.0");
      }
      return text;
    }

    private Map<?, ?> map(Map<?, ?> from, String key) {
      if (from.get(key) instanceof Map<?, ?> map) {
        return map;
      }
      throw refuse("it has no '" + key + "'");
    }

    private String text(Map<?, ?> from, String key) {
      Object value = from.get(key);
      if (value == null) {
        throw refuse("it has no '" + key + "'");
      }
      return value.toString();
    }

    private long number(Map<?, ?> from, String key) {
      String text = text(from, key);
      try {
        return Long.parseLong(text);
      } catch (NumberFormatException e) {
        throw refuse("its " + key + " '" + text + "' is not a whole number");
      }
    }

    private BadInput refuse(String why) {
      return new BadInput("the model " + what + " cannot be read: " + why);
    }
  }

  /** Lays trees out breadth first, so that siblings are neighbours. */
  private static final class Flattener {
    private final String what;
    private final List<?> trees;
    private final int features;
    private final int[] child;
    private final int[] split;
    private final float[] threshold;
    private final double[] gain;
    private int used;

    Flattener(String what, List<?> trees, int features) {
      this.what = what;
      this.trees = trees;
      this.features = features;
      long nodes = 0;
      for (Object tree : trees) {
        nodes += array(tree, "left_children", int[].class).length;
      }
      if (nodes > Integer.MAX_VALUE / 16) {
        throw refuse(0, nodes + " nodes are too many");
      }
      this.child = new int[(int) nodes];
      this.split = new int[(int) nodes];
      this.threshold = new float[(int) nodes];
      this.gain = new double[features];
    }

    TreeModel flatten(String version, List<String> names, float margin) {
      int[] roots = new int[trees.size()];
      for (int t = 0; t < roots.length; t++) {
        roots[t] = add(t, trees.get(t));
      }
      return new TreeModel(
          version,
          names,
          margin,
          roots,
          Arrays.copyOf(child, used),
          Arrays.copyOf(split, used),
          Arrays.copyOf(threshold, used),
          gain);
    }

    private int add(int number, Object tree) {
      int[] left = array(tree, "left_children", int[].class);
      int[] right = array(tree, "right_children", int[].class);
      int[] indices = array(tree, "split_indices", int[].class);
      float[] conditions = array(tree, "split_conditions", float[].class);
      float[] changes = array(tree, "loss_changes", float[].class);
      byte[] missingLeft = array(tree, "default_left", byte[].class);
      byte[] types = array(tree, "split_type", byte[].class);
      int n = left.length;
      if (n == 0
          || right.length != n
          || indices.length != n
          || conditions.length != n
          || changes.length != n
          || missingLeft.length != n
          || types.length != n) {
        throw refuse(number, "its arrays have different lengths");
      }
      if (tree instanceof Map<?, ?> map
          && map.get("tree_param") instanceof Map<?, ?> parameters
          && parameters.get("size_leaf_vector") instanceof String size
          && !size.equals("1")) {
        throw refuse(number, "its leaves hold several values; only one output is known");
      }
      int[] source = new int[n];
      int root = used;
      int end = 1;
      for (int i = 0; i < end; i++) {
        int from = source[i];
        int to = root + i;
        threshold[to] = conditions[from];
        if (left[from] < 0) {
          child[to] = -1;
          continue;
        }
        if (types[from] != 0) {
          throw refuse(number, "it has a categorical split; only numerical ones are known");
        }
        if (indices[from] < 0 || indices[from] >= features) {
          throw refuse(number, "it splits on feature " + indices[from] + " of " + features);
        }
        if (left[from] >= n || right[from] < 0 || right[from] >= n || end + 2 > n) {
          throw refuse(number, "node " + from + " has children outside the tree");
        }
        split[to] = indices[from] | (missingLeft[from] != 0 ? Integer.MIN_VALUE : 0);
        gain[indices[from]] += changes[from];
        child[to] = root + end;
        source[end++] = left[from];
        source[end++] = right[from];
      }
      used += end;
      return root;
    }

    private <T> T array(@Nullable Object tree, String key, Class<T> type) {
      Object value = tree instanceof Map<?, ?> map ? map.get(key) : null;
      if (type.isInstance(value)) {
        return type.cast(value);
      }
      throw refuse(0, "it has no '" + key + "' of the known type");
    }

    private BadInput refuse(int tree, String why) {
      return new BadInput("the model " + what + " cannot be read: tree " + tree + ": " + why);
    }
  }
}
