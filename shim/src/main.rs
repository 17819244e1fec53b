//! `pai-mcp`: an MCP server for agents. Everything is in the library, so that tests reach it.

fn main() -> std::process::ExitCode {
    pai_mcp::run(std::env::args_os().skip(1))
}
