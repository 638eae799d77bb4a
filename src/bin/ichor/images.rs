//! `ichor images`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};
use ichor::base::number::count;
use ichor::edge::disk;
use ichor::edge::images::push::Target;
use ichor::ops::images::{self, From, How, Listed};
use ichor::ops::{Error, images as ops};
use ichor::workspace::fetching::Fetching;
use indicatif::HumanBytes;
use serde_json::{Value as Json, json};

use crate::network::CarryArgs;
use crate::progress::Reporter;

/// Lists the images that the cluster will pull, and carries them
///
/// One a line: what an air-gapped site has to mirror, and what `talosctl images cache-create --images -` reads.
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(flatten)]
    list: List,
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(clap::Args)]
struct List {
    /// The spec, or the folder it is in
    #[arg(default_value = "ichor.yaml")]
    spec: PathBuf,
    /// `text` says how each was found and what `vendor` has of it; `json` all that is known
    #[arg(long, value_enum, default_value = "lines")]
    format: Format,
    /// Lists what reads as an image elsewhere too, in arguments, variables and settings: an operator may have it pulled
    #[arg(long)]
    guessed: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Lines,
    Text,
    Json,
}

#[derive(Subcommand)]
enum Verb {
    /// Asks whether each image is in its registry
    Check {
        /// The spec, or the folder it is in
        #[arg(default_value = "ichor.yaml")]
        spec: PathBuf,
        #[command(flatten)]
        carry: CarryArgs,
    },
    /// Puts the images that `vendor` holds into a registry; what is there is not sent again
    Push {
        /// The spec, or the folder it is in; or a parcel
        #[arg(default_value = "ichor.yaml")]
        spec: PathBuf,
        /// Where to: `registry.internal` or `registry.internal/PREFIX`; each image lies below the name of its own registry
        #[arg(long, value_name = "HOST[/PREFIX]", value_parser = Target::parse)]
        to: Target,
        #[command(flatten)]
        carry: CarryArgs,
    },
    /// Writes the folder that Talos' image cache takes
    Cache {
        /// The spec, or the folder it is in; or a parcel
        #[arg(default_value = "ichor.yaml")]
        spec: PathBuf,
        /// The folder
        #[arg(short, long, value_name = "DIR")]
        output: PathBuf,
    },
    /// Prints what a machine config is told of the registry, of the cache, and of signatures
    Talos {
        /// The spec, or the folder it is in; or a parcel
        #[arg(default_value = "ichor.yaml")]
        spec: PathBuf,
        /// The registry that the images were pushed to
        #[arg(long, value_name = "HOST[/PREFIX]", value_parser = Target::parse, required_unless_present = "cache")]
        to: Option<Target>,
        /// That registry speaks plain http
        #[arg(long, requires = "to")]
        plain_http: bool,
        /// Turns the image cache on, with a volume as large as it needs
        #[arg(long)]
        cache: bool,
    },
}

pub fn run(args: &Args) -> Result<ExitCode, Error> {
    match &args.verb {
        None => list(&args.list),
        Some(Verb::Check { spec, carry }) => {
            let (settings, reporter) = (carry.settings(), Reporter::new());
            let found = ops::exist(spec, Fetching { settings: &settings, progress: &reporter })?;
            drop(reporter);
            say!("{} of the spec: each is in its registry", count(found, "image"));
            Ok(ExitCode::SUCCESS)
        }
        Some(Verb::Push { spec, to, carry }) => {
            let (settings, reporter) = (carry.settings(), Reporter::new());
            let fetching = Fetching { settings: &settings, progress: &reporter };
            let pushed = ops::push(&From::at(spec), to, fetching)?;
            drop(reporter);
            for it in &pushed.cut {
                say!(
                    "note: {it}: the registry takes no index that lacks platforms, so it has one of those at hand alone"
                );
            }
            let (images, were_there) = (count(pushed.images, "image"), pushed.were_there);
            let (blobs, bytes) = (count(pushed.blobs, "blob"), HumanBytes(pushed.bytes));
            say!("{} has {images}; {were_there} were there, {blobs} went there, {bytes}", to.host);
            Ok(ExitCode::SUCCESS)
        }
        Some(Verb::Cache { spec, output }) => {
            let cached = ops::cache(&From::at(spec), output)?;
            let (images, bytes) = (count(cached.images, "image"), HumanBytes(cached.bytes));
            say!("{} holds {images}, {bytes}", output.display());
            Ok(ExitCode::SUCCESS)
        }
        Some(Verb::Talos { spec, to, plain_http, cache }) => {
            let told = ops::settings(&From::at(spec), to.as_ref().map(|it| (it, *plain_http)), *cache)?;
            for it in &told.apart {
                say!("note: {it}");
            }
            disk::print(told.text.as_bytes())?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn list(args: &List) -> Result<ExitCode, Error> {
    let mut listed = images::images(&args.spec)?;
    let (guesses, sure): (Vec<&Listed>, Vec<&Listed>) = listed.iter().partition(|it| it.how == How::Looks);
    if !args.guessed && !guesses.is_empty() {
        say!(
            "note: what runs there may pull more. These are named in arguments, variables or settings (`--guessed` lists them, too):"
        );
        for it in &guesses {
            say!("  {} ({})", it.text, joined(it));
        }
    }
    for it in sure.iter().filter(|it| it.name.is_none()) {
        say!("note: `{}` ({}) stands where an image should, and names none", it.text, joined(it));
    }
    listed.retain(|it| args.guessed || it.how != How::Looks);
    let text = match args.format {
        Format::Lines => listed.iter().map(|it| format!("{}\n", it.text)).collect(),
        Format::Text => listed.iter().map(row).collect(),
        Format::Json => {
            let all: Vec<Json> = listed.iter().map(entry).collect();
            serde_json::to_string_pretty(&json!({ "images": all })).expect("names are plain data") + "\n"
        }
    };
    disk::print(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn joined(it: &Listed) -> String {
    it.parts.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn word(how: How) -> &'static str {
    match how {
        How::Run => "run",
        How::Declared => "declared",
        How::Looks => "guessed",
    }
}

/// One image with how it was found, for whom, and what is at hand.
fn row(it: &Listed) -> String {
    let mut text = format!("{}\n  {} for {}\n", it.text, word(it.how), joined(it));
    let Some(held) = &it.held else { return text };
    text.push_str(&format!("  in vendor: {}\n", held.entry));
    for platform in &held.tree.platforms {
        let name = platform.platform.as_ref().map_or_else(|| "any platform".into(), ToString::to_string);
        text.push_str(&format!("    {name}, {}\n", HumanBytes(platform.size)));
    }
    text
}

fn entry(it: &Listed) -> Json {
    let mut entry =
        BTreeMap::from([("image", json!(it.text)), ("found", json!(word(it.how))), ("parts", json!(it.parts))]);
    if let Some(name) = &it.name {
        entry.insert("registry", json!(name.host));
        entry.insert("repository", json!(name.repository));
        entry.insert("tag", json!(name.tag));
        entry.insert("digest", json!(name.digest));
    }
    if let Some(held) = &it.held {
        let platforms = held.tree.platforms.iter().map(|it| {
            json!({ "platform": it.platform.as_ref().map(ToString::to_string), "manifest": it.manifest, "size": it.size })
        });
        entry.insert("vendored", json!({ "digest": held.entry, "platforms": platforms.collect::<Vec<_>>() }));
    }
    json!(entry)
}
