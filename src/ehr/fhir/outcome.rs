//! OperationOutcome: what a server says of a failure, cut down to what cannot be personal.

use serde_json::Value;

/// Issues that are told; more would not help anybody at a desk.
const ISSUES_MAX: usize = 5;
/// The longest code and path that are told.
const WORD_MAX: usize = 80;

/// `code at expression` of each issue. Texts are left out: servers echo the values they refuse.
pub(super) fn redacted(resource: &Value) -> String {
    let issues = match resource["resourceType"].as_str() {
        Some("OperationOutcome") => resource["issue"].as_array(),
        _ => None,
    };
    let told: Vec<String> = issues
        .into_iter()
        .flatten()
        .filter_map(issue)
        .take(ISSUES_MAX)
        .collect();
    told.join(", ")
}

/// Whether an outcome among the results of a search says that the search was not done as asked.
pub(super) fn spoils_search(resource: &Value) -> bool {
    let issues = resource["issue"].as_array();
    issues.into_iter().flatten().any(|issue| {
        matches!(issue["severity"].as_str(), Some("error" | "fatal"))
            || issue["code"] == "not-supported"
    })
}

fn issue(issue: &Value) -> Option<String> {
    let code = issue["code"].as_str().filter(|code| is_code(code))?;
    let places = issue["expression"].as_array().into_iter().flatten();
    let place = places
        .filter_map(Value::as_str)
        .find(|path| is_path(path))
        .map(|path| format!(" at {path}"))
        .unwrap_or_default();
    Some(format!("{code}{place}"))
}

/// Issue types are lower-case words (FHIR R4 `issue-type`).
fn is_code(text: &str) -> bool {
    text.len() <= WORD_MAX && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
}

/// An element path such as `Bundle.entry[12].resource`: letters, dots, and indices that are too
/// short to be anybody's number.
fn is_path(text: &str) -> bool {
    const INDEX_DIGITS_MAX: usize = 3;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '[' | ']');
    let longest = text
        .split(|c: char| !c.is_ascii_digit())
        .map(str::len)
        .max();
    text.len() <= WORD_MAX && text.chars().all(plain) && longest <= Some(INDEX_DIGITS_MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::redacted;

    #[test]
    fn what_a_server_echoes_is_never_repeated() {
        let outcome = json!({"resourceType": "OperationOutcome", "issue": [
            {"severity": "error", "code": "invalid", "diagnostics": "bad 099012345678",
             "details": {"text": "NGUYEN VAN A"}, "expression": ["Patient.birthDate"]},
            {"severity": "error", "code": "value", "expression": ["Patient.identifier.where(value='099012345678')"]},
            {"severity": "error", "code": "required", "expression": ["x", "Bundle.entry[0]"]},
            {"severity": "error", "code": "099012345678"},
            {"severity": "error", "code": "value", "expression": ["Patient.identifier099012345678"]},
        ]});
        assert_eq!(
            redacted(&outcome),
            "invalid at Patient.birthDate, value, required at x, value"
        );
        assert_eq!(redacted(&json!({"resourceType": "Patient"})), "");
        assert_eq!(redacted(&json!(null)), "");
    }
}
