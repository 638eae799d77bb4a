//! `ichor open`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::identity::Identity;
use ichor::deliver::target::Target;
use ichor::edge::disk::Access;
use ichor::edge::guard::{self, Exposed};
use ichor::edge::landing;
use ichor::ops::open::OpenedBundle;
use ichor::ops::open::delivered;
use ichor::ops::{self, Error};
use ichor::stage::lock::unbound_note;

use crate::{form, proof};

/// Fills the secrets into a bundle's manifests
///
/// By default it gives the patch for Talos control planes; `--for` names other takers.
#[derive(clap::Args)]
pub struct Args {
    /// The bundle [default: result]
    bundle: Option<PathBuf>,
    #[command(flatten)]
    identity: Identity,
    /// Writes here, readable by its owner alone, instead of to standard output (`-`); a folder ends with a slash
    #[arg(short, long, value_name = "FILE|DIR|-")]
    output: Option<PathBuf>,
    /// Writes even where git would track the file, or others can reach it
    #[arg(long)]
    force: bool,
    /// Opens the bundle only where it is that of this lock
    #[arg(long, value_name = "FILE")]
    lock: Option<PathBuf>,
    /// Encrypts what is written with your `sops`: to whom your `.sops.yaml` says for it, else to the bundle's recipients
    #[arg(long)]
    sops: bool,
    #[command(flatten)]
    form: form::Form,
    /// The spec, or the folder it is in; only Flux needs it
    #[arg(short, long, value_name = "SPEC", default_value = "ichor.yaml")]
    spec: PathBuf,
}

pub fn run(args: &Args) -> Result<ExitCode, Error> {
    let understood = args.form.understand(&args.spec)?;
    let target = understood.form.target;
    let config = understood.form.config.as_deref();
    // A config that is a link stays one: what it names is written.
    let linked = args.output.as_deref().filter(|it| config == Some(*it)).map(landing::behind_links);
    let output = linked.as_deref().or(args.output.as_deref()).filter(|it| *it != Path::new("-"));
    let folder = delivered::folder(output, target);
    // What Flux gets has no secret in it, and what SOPS encrypts shows none.
    let guarded = !args.force && target != Target::Flux && !args.sops;
    let encrypted = args.sops.then(|| delivered::sops_output(output, target)).transpose()?;
    if let Some(path) = output.filter(|_| guarded && folder.is_none()) {
        match guard::check(path) {
            // A machine config holds secrets before, too; from now on its owner alone reads it.
            Err(Exposed::Readable(_)) if linked.is_some() => {}
            checked => checked?,
        }
    }
    let bundle = args.bundle.as_deref().or(understood.rest.as_deref()).unwrap_or(Path::new("result"));
    let OpenedBundle { opened, index, unbound } =
        ops::open::open(bundle, &args.identity.files(), args.lock.as_deref())?;
    proof::say(bundle, args.lock.as_deref());
    if unbound > 0 {
        say!("note: {}", unbound_note(unbound));
    }
    let delivered = delivered::deliver(&index, opened.manifests(), &understood.form)?;
    if let Some(folder) = folder.filter(|_| guarded) {
        // A folder may be half tracked: it is its files that git must leave alone.
        for (file, _) in delivered.files.iter() {
            guard::check(&folder.join(file.as_str()))?;
        }
    }
    if let Some(path) = encrypted {
        let sealed = delivered::encrypt(delivered, path, &index.recipients)?;
        form::write_sealed(&sealed, path)?;
        return Ok(ExitCode::SUCCESS);
    }
    form::write(&args.form, &delivered, output, Access::Owner)?;
    Ok(ExitCode::SUCCESS)
}
