//! The only place that prints.

/// One line on standard output: a result.
#[expect(clippy::print_stdout, reason = "this is where results are printed")]
pub(super) fn result(line: &str) {
    println!("{line}");
}

/// One line on standard error: what a human may want to know.
#[expect(clippy::print_stderr, reason = "this is where people are told")]
pub(super) fn note(line: &str) {
    eprintln!("{line}");
}
