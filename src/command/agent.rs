//! `gmpki agent`: signing on an officer's own machine.

use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;

use crate::agent::{self, Agent};
use crate::cli::{Acting, AgentCommand};
use crate::client;
use crate::data::DataDirectory;

/// Runs the command.
pub async fn run(data: &DataDirectory, command: &AgentCommand) -> anyhow::Result<()> {
    match command {
        AgentCommand::Serve {
            acting,
            portal,
            listen,
        } => {
            let portal = match portal {
                Some(portal) => portal.clone(),
                None => origin(data)?,
            };
            agent::serve(open(data, acting)?, &portal, *listen).await
        }
        AgentCommand::Sign { file, acting } => {
            let agent = open(data, acting)?;
            let text = read(file)?;
            let question = agent.question(&text, None)?;
            eprintln!("您将签名 / you sign: {}", question.sentence);
            let signature = agent.sign(&text)?;
            writeln!(std::io::stdout().lock(), "{signature}")?;
            Ok(())
        }
    }
}

fn open(data: &DataDirectory, acting: &Acting) -> anyhow::Result<Agent> {
    let (key, certificate) = client::officer(data, acting)?;
    Agent::new(key, &certificate)
}

fn read(file: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))
}

/// The origin of the service that runs on the data directory.
fn origin(data: &DataDirectory) -> anyhow::Result<String> {
    let running = data.running();
    let origin = running.and_then(|running| running.origin.or(running.portal));
    origin.context("say which portal the agent serves: --portal URL")
}
