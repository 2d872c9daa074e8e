//! gmpki: a ShangMi (SM2/SM3/SM4) certificate authority and network trust service, in one program.

#![allow(unreachable_pub)] // a program has no public interface; `pub` says what a module offers the others

mod agent;
mod cli;
mod client;
mod command;
mod config;
mod data;
mod demo;
mod found;
mod http;
mod kept;
mod listen;
mod output;
mod progress;
mod serve;
mod status;

use std::process::ExitCode;

use clap::Parser as _;
use tracing_subscriber::EnvFilter;

use cli::{Cli, Command, Serving};
use config::Config;
use data::DataDirectory;
use output::{Failure, Output};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let output = Output { json: cli.json };
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // Answers of the database come from other threads: they are looked for often, so that nobody who waits for one
        // queues behind sixty tasks that compute.
        .global_queue_interval(7)
        .event_interval(13)
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return output.failure(&Failure::from(error)),
    };
    match runtime.block_on(run(cli, output)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => output.failure(&failure),
    }
}

async fn run(cli: Cli, output: Output) -> Result<(), Failure> {
    let config = Config::read(cli.config.as_deref())?;
    let data = DataDirectory::new(&cli.data);
    match cli.command.unwrap_or(Command::Serve(Serving::default())) {
        Command::Serve(serving) => {
            log(tracing::Level::INFO);
            serve::run(&config, &data, &serving).await?;
            Ok(())
        }
        Command::Init(founding) => {
            log(tracing::Level::WARN);
            Ok(found::only(&config, &data, &founding).await?)
        }
        Command::Case(command) => command::case::run(command, &data, output).await,
        Command::Officer(command) => command::officer::run(command, &data, output).await,
        Command::Cert(command) => command::cert::run(command, &data, output).await,
        Command::Crl(command) => command::crl::run(command, &data, output).await,
        Command::Audit(command) => command::audit::run(command, &config, &data, output).await,
        Command::Bench(command) => command::bench::run(command, output).await,
        Command::Responder(command) => command::responder::run(&command, &data, output),
        Command::Agent(command) => Ok(command::agent::run(&data, &command).await?),
        Command::Doctor => command::doctor::run(&config, &data, output).await,
    }
}

/// Logs go to standard error; `RUST_LOG` chooses more or less than `level`.
fn log(level: tracing::Level) {
    let filter = EnvFilter::builder()
        .with_default_directive(level.into())
        .from_env_lossy();
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .try_init();
}
