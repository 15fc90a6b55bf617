import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.security.Security;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/**
 * Reads cards with JMRTD. A job a line on standard input (fields "name=value", tabs between), what
 * was found as one JSON object a line on standard output.
 *
 * <p>Fields: {@code line} (HOST:PORT of APDUs with their lengths, or "pcsc"), {@code can}, {@code
 * mrz} (24 characters: document number, birth and expiry date with their check digits), {@code csca}
 * (files of trust anchors and revocation
 * lists, commas between), {@code extended} ("yes": extended length). With "pcsc" a
 * line "ready" comes first: the reader is empty, and waits for the card.
 */
public final class Main {
  // Every fault that JMRTD meets is in the report; its log would only repeat it. Held here, since
  // a logger that nobody holds forgets its level.
  private static final Logger LOG = Logger.getLogger("org.jmrtd");

  private Main() {}

  public static void main(String[] arguments) throws Exception {
    LOG.setLevel(Level.OFF);
    Security.insertProviderAt(new BouncyCastleProvider(), 1);
    BufferedReader jobs =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String job = jobs.readLine(); job != null; job = jobs.readLine()) {
      System.out.println(Json.of(run(fields(job))));
      System.out.flush();
    }
  }

  private static Map<String, Object> run(Map<String, String> job) {
    Map<String, Object> report = new LinkedHashMap<>();
    Line line = null;
    try {
      line = new Line(job.get("line").equals("pcsc") ? Line.pcsc() : Line.socket(job.get("line")));
      new Reading(line, job, report).run();
    } catch (Exception | LinkageError error) {
      report.put("error", Json.words(error));
    } finally {
      if (line != null) {
        report.put("apdus", line.count());
        line.close();
      }
    }
    return report;
  }

  private static Map<String, String> fields(String job) {
    Map<String, String> fields = new HashMap<>();
    for (String field : job.split("\t")) {
      int sign = field.indexOf('=');
      fields.put(field.substring(0, sign), field.substring(sign + 1));
    }
    return fields;
  }
}
