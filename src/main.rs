//! The `tiepdon` program.

use tiepdon::wipe::Wiping;

#[global_allocator]
static ALLOCATOR: Wiping = Wiping;

fn main() -> std::process::ExitCode {
    tiepdon::cli::run()
}
