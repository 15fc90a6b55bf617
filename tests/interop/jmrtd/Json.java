import java.util.Map;
import java.util.StringJoiner;

/** As much of JSON as a report needs. */
final class Json {
  private Json() {}

  static String of(Object value) {
    if (value instanceof Map<?, ?> map) {
      StringJoiner members = new StringJoiner(",", "{", "}");
      map.forEach((name, member) -> members.add(quoted(name.toString()) + ":" + of(member)));
      return members.toString();
    }
    if (value == null || value instanceof Number || value instanceof Boolean) {
      return String.valueOf(value);
    }
    return quoted(value.toString());
  }

  /** An error and all its causes in one line. */
  static String words(Throwable error) {
    StringJoiner words = new StringJoiner(": ");
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      words.add(cause.getClass().getSimpleName() + " " + cause.getMessage());
    }
    return words.toString();
  }

  private static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      if (c == '"' || c == '\\' || c < ' ') {
        quoted.append(String.format("\\u%04x", (int) c));
      } else {
        quoted.append(c);
      }
    }
    return quoted.append('"').toString();
  }
}
