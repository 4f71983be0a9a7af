package dev.sluice.languages;

import dev.sluice.contracts.Bug;
import dev.sluice.examples.Languages;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import opennlp.tools.langdetect.Language;
import opennlp.tools.langdetect.LanguageDetector;
import opennlp.tools.langdetect.LanguageDetectorME;
import opennlp.tools.langdetect.LanguageDetectorModel;
import org.jspecify.annotations.Nullable;

/**
 * Apache OpenNLP's model of 103 languages, trained on the Leipzig corpora: a maximum entropy model
 * of the one to three characters that stand side by side.
 *
 * <p>Its probabilities are spread over all languages and mean little by themselves; how much the
 * likeliest leads the next one tells whether it is sure. The model is loaded at the first guess, in
 * under a second and some 60 MB; a guess takes about a millisecond. Not safe for use by several
 * threads.
 */
public final class OpenNlpLanguages implements Languages {
  /** Fewer letters tell no language. */
  private static final int FEWEST_LETTERS = 8;

  /** Characters that are looked at; more make no difference. */
  private static final int SAMPLE = 1000;

  /** How far the likeliest language leads the next one where it is sure. */
  private static final double LEAD = 1.1;

  private static final String MODEL = "/langdetect-183.bin";

  private final Map<String, String> codes = codes();
  private @Nullable LanguageDetector detector;

  @Override
  public String guess(String text) {
    String sample = text.length() > SAMPLE ? text.substring(0, SAMPLE) : text;
    if (sample.codePoints().filter(Character::isLetter).count() < FEWEST_LETTERS) {
      return UNDETERMINED;
    }
    Language[] languages = detector().predictLanguages(sample);
    if (languages.length < 2
        || languages[0].getConfidence() < LEAD * languages[1].getConfidence()) {
      return UNDETERMINED;
    }
    String code = languages[0].getLang();
    return codes.getOrDefault(code, code);
  }

  private LanguageDetector detector() {
    LanguageDetector loaded = detector;
    if (loaded == null) {
      try (InputStream in = LanguageDetectorModel.class.getResourceAsStream(MODEL)) {
        if (in == null) {
          throw new Bug("the model " + MODEL + " is not among the libraries");
        }
        loaded = new LanguageDetectorME(new LanguageDetectorModel(in));
      } catch (IOException e) {
        throw new Bug("the model " + MODEL + " cannot be read", e);
      }
      detector = loaded;
    }
    return loaded;
  }

  /** ISO 639-3, which the model speaks, to the two letters that BCP 47 prefers. */
  private static Map<String, String> codes() {
    Map<String, String> codes = new HashMap<>();
    for (String code : Locale.getISOLanguages()) {
      codes.putIfAbsent(Locale.of(code).getISO3Language(), code);
    }
    // Macrolanguages, of which the model knows the main one.
    codes.put("cmn", "zh");
    codes.put("pes", "fa");
    codes.put("ekk", "et");
    codes.put("lvs", "lv");
    codes.put("zsm", "ms");
    codes.put("plt", "mg");
    return codes;
  }
}
