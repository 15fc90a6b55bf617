//! The `tiepdon` program.

fn main() -> std::process::ExitCode {
    tiepdon::cli::run()
}
