//! The command line: arguments in, reports out.
//!
//! Exit codes: 0 done, 1 differs or does not verify, 2 the input or the call is wrong, 3 the surroundings failed, 70 a bug.

mod build;
mod lock;
mod network;
mod open;
mod outdated;
mod progress;
mod report;
mod reseal;
mod template;
mod vendor;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use ichor::ops;

/// Room for templates that nest as deep as Go lets them.
const STACK: usize = 1 << 30;

/// Builds the sealed bootstrap of Talos Linux clusters.
///
/// Anyone can rebuild a bundle bit for bit and review every change to it; only key holders can open it.
#[derive(Parser)]
#[command(name = "ichor", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Lock(lock::Args),
    Vendor(vendor::Args),
    Outdated(outdated::Args),
    Build(build::Args),
    Open(open::Args),
    Verify(verify::Args),
    Reseal(reseal::Args),
    Template(Box<template::Args>),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let run = move || {
        let done = match cli.verb {
            Verb::Lock(args) => lock::run(&args),
            Verb::Vendor(args) => vendor::run(&args),
            Verb::Outdated(args) => outdated::run(&args),
            Verb::Build(args) => build::run(&args),
            Verb::Open(args) => open::run(&args),
            Verb::Verify(args) => verify::run(&args),
            Verb::Reseal(args) => reseal::run(&args),
            Verb::Template(args) => return template::run(&args),
        };
        done.unwrap_or_else(|fault: ops::Error| {
            report::print(&fault.diagnostics());
            ExitCode::from(fault.exit_code())
        })
    };
    let thread = std::thread::Builder::new().name("ichor".into()).stack_size(STACK).spawn(run);
    match thread.map(std::thread::JoinHandle::join) {
        Ok(Ok(code)) => code,
        // The panic's own message was printed where it happened.
        Ok(Err(_)) => ExitCode::from(70),
        Err(fault) => {
            eprintln!("error: no thread can be started: {fault}");
            ExitCode::from(3)
        }
    }
}

/// A variable of the environment, where it is set and is text.
#[allow(clippy::disallowed_methods)] // The binary is where the environment comes in.
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
