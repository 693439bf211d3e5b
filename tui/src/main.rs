//! The `esplens` binary.

fn main() -> std::process::ExitCode {
    esplens::main()
}
