//! The program: parse arguments, call cli, turn the result into an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    jagwalk::cli::main()
}
