//! `pai-mcp`: see the library.

fn main() -> std::process::ExitCode {
    pai_mcp::run()
}
