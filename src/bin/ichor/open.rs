//! `ichor open`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::identity::Identity;
use ichor::deliver::target::Target;
use ichor::edge::disk::Access;
use ichor::edge::guard::{self, Exposed};
use ichor::edge::landing;
use ichor::ops::error::FormError;
use ichor::ops::open::OpenedBundle;
use ichor::ops::open::delivered;
use ichor::ops::{self, Error};
use ichor::review::print::many::Joined;
use ichor::stage::lock::unbound_note;
use ichor::workspace::Workspace;

use crate::fleet::{self, Fleet};
use crate::{form, proof};

/// Fills the secrets into a bundle's manifests
///
/// By default it gives the patch for Talos control planes; `--for` names other takers.
#[derive(clap::Args)]
pub struct Args {
    /// The bundle [default: result]; with `--all`, a folder of bundles [default: results]
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
    #[arg(long, value_name = "FILE", conflicts_with = "all")]
    lock: Option<PathBuf>,
    /// Encrypts what is written with your `sops`: to whom your `.sops.yaml` says for it, else to the bundle's recipients
    #[arg(long)]
    sops: bool,
    #[command(flatten)]
    form: form::Form,
    /// The spec, or the folder it is in; only Flux needs it
    #[arg(short, long, value_name = "SPEC", default_value = "ichor.yaml")]
    spec: PathBuf,
    #[command(flatten)]
    fleet: Fleet,
}

pub fn run(args: &Args) -> Result<ExitCode, Error> {
    if args.fleet.is_given() {
        let rest = args.form.understand(&args.spec)?.rest;
        let bundles = args.bundle.as_deref().or(rest.as_deref());
        let Some(folder) = args.output.as_deref().filter(|it| *it != Path::new("-")) else {
            return Err(FormError::NoFolderForAll.into());
        };
        return args.fleet.run(Joined::Plain, |member| {
            let lock = Workspace::read(&member.path)?.lock_path;
            let output = folder.join(format!("{}/", member.file_name()));
            one(args, &fleet::bundle(bundles, member), &member.path, Some(&lock), Some(&output))
        });
    }
    let rest = args.form.understand(&args.spec)?.rest;
    let bundle = args.bundle.as_deref().or(rest.as_deref()).unwrap_or(Path::new("result"));
    one(args, bundle, &args.spec, args.lock.as_deref(), args.output.as_deref())
}

fn one(args: &Args, bundle: &Path, spec: &Path, lock: Option<&Path>, output: Option<&Path>) -> Result<ExitCode, Error> {
    let understood = args.form.understand(spec)?;
    let target = understood.form.target;
    let config = understood.form.config.as_deref();
    // A config that is a link stays one: what it names is written.
    let linked = output.filter(|it| config == Some(*it)).map(landing::behind_links);
    let output = linked.as_deref().or(output).filter(|it| *it != Path::new("-"));
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
    let OpenedBundle { opened, index, unbound } = ops::open::open(bundle, &args.identity.files(), lock)?;
    proof::say(bundle, lock);
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
