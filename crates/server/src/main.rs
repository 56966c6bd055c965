//! The one binary: commands, settings, wiring.

mod apps;
mod config;
mod demo;
mod directory;
mod doctor;
mod imports;
mod migrate;
mod place;
mod serve;
mod telemetry;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

/// The open, self-hosted Connect for health data.
///
/// Start with `tributary demo`: it runs the platform, sandbox hospitals and an
/// example site on this machine, with nothing to configure.
#[derive(Parser)]
#[command(name = "tributary", version, max_term_width = 100, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run everything on this machine: platform, sandbox hospitals, example site, seeded people.
    Demo(demo::Demo),
    /// Run the platform for real.
    Serve(serve::Serve),
    /// Create and look after integrators' apps.
    #[command(subcommand)]
    App(apps::Apps),
    /// Import and search the directory of providers.
    #[command(subcommand)]
    Directory(directory::Directory),
    Import(imports::Import),
    /// Check settings, keys, database, directory and registrations, and say what to do about each.
    Doctor(doctor::Doctor),
    /// Bring the database to this release's form.
    Migrate(migrate::Migrate),
    /// Print every setting with its default and what it means, as a file to start from.
    Config,
    /// Print completions for a shell, e.g. `tributary completions bash > /etc/bash_completion.d/tributary`.
    Completions {
        shell: Shell,
    },
}

/// What a person at the terminal is told; details go to the log.
type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Demo(command) => command.run().await,
        Command::Serve(command) => command.run().await,
        Command::App(command) => command.run().await,
        Command::Directory(command) => command.run().await,
        Command::Import(command) => command.run().await,
        Command::Doctor(command) => command.run().await,
        Command::Migrate(command) => command.run().await,
        Command::Config => {
            print!("{}", config::DEFAULTS);
            Ok(())
        }
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "tributary", &mut std::io::stdout());
            Ok(())
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("tributary: {failure}");
            let mut cause = failure.source();
            while let Some(error) = cause {
                eprintln!("  because: {error}");
                cause = error.source();
            }
            ExitCode::from(1)
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        super::Cli::command().debug_assert();
    }
}
