//! The flags of `open` and `build` that say what form manifests take and where they go.

use std::path::{Path, PathBuf};

use ichor::deliver::size;
use ichor::deliver::target::Target;
use ichor::edge::disk::Access;
use ichor::edge::output_folder::Leftovers;
use ichor::ops::open::delivered::{self, Delivered, Landed};
use ichor::ops::{self, Error};

/// Flags for the form of manifests.
#[derive(clap::Args)]
pub struct Form {
    /// Who takes the manifests: talos, machine-config FILE, omni, talhelper, topf, kubectl, files, flux
    #[arg(long = "for", value_name = "TARGET", num_args = 1..=2)]
    target: Vec<String>,
    /// Puts Helm's marks of ownership on the objects of charts, so that a later Helm release adopts them
    #[arg(long)]
    helm_ownership: bool,
    /// Leaves comments and blank lines out of the manifests
    #[arg(long)]
    strip: bool,
    /// Cuts patches and streams that are larger than this, such as 4MiB
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    split: Option<u64>,
    /// Lets a release of Flux make keys and certificates anew that the bootstrap has made
    #[arg(long)]
    new_keys: bool,
}

/// The flags, understood.
pub struct Understood {
    pub form: delivered::Form,
    /// A word that `--for` took and that was meant for what follows it.
    pub rest: Option<PathBuf>,
}

impl Form {
    /// Whether a target is named.
    pub fn is_given(&self) -> bool {
        !self.target.is_empty() || self.helm_ownership || self.strip || self.split.is_some()
    }

    pub fn understand(&self, spec: &Path) -> Result<Understood, Error> {
        let mut words = self.target.iter();
        let first = words.next().map_or("talos", String::as_str);
        let (name, mut file) = match first.split_once('=') {
            Some((name, file)) => (name, Some(PathBuf::from(file))),
            None => (first, None),
        };
        let target: Target = name.parse()?;
        let mut rest = words.next().map(PathBuf::from);
        if target == Target::MachineConfig && file.is_none() {
            file = rest.take();
        }
        let form = delivered::Form {
            target,
            config: file,
            helm_ownership: self.helm_ownership,
            strip: self.strip,
            split: self.split,
            spec: spec.into(),
            new_keys: self.new_keys,
        };
        Ok(Understood { form, rest })
    }
}

/// Writes what was laid out; on standard error, says what to know, what comes next and, where a target is named, how large
/// it is.
pub fn write(form: &Form, delivered: &Delivered, output: Option<&Path>, access: Access) -> Result<(), Error> {
    let output = output.filter(|it| *it != Path::new("-"));
    let Landed { path: written, leftovers } = ops::open::delivered::write(delivered, output, access)?;
    say(&leftovers);
    let folder = written.as_deref().is_some_and(Path::is_dir);
    let lacking = delivered.delivery.single_note.filter(|_| !folder);
    for note in lacking.into_iter().chain(delivered.delivery.notes.iter().map(String::as_str)) {
        say!("note: {note}");
    }
    if form.is_given() {
        say_size(form, delivered);
    }
    if let Some(path) = written {
        let files = folder.then_some(&delivered.files);
        say!("next: {}", delivered.target.next(&path.display().to_string(), files));
        if let Some(then) = &delivered.delivery.then {
            say!("then: {then}");
        }
    }
    Ok(())
}

fn say_size(form: &Form, delivered: &Delivered) {
    if form.helm_ownership && delivered.target != Target::Flux {
        say!(
            "note: Helm 4 takes these over with `--force-conflicts` or `--server-side=false`, as Talos and kubectl own \
             their fields; Helm 3 and Flux do so as they are"
        );
    }
    say!("{}", size::report(delivered.target, delivered.size).trim_end());
    let beyond = size::limits(delivered.target).iter().any(|it| it.hard && delivered.size > it.bytes);
    if beyond && delivered.target == Target::Talos {
        say!("note: this is too large to apply in one; `--split 4MiB -o DIR/` cuts it");
    }
}

/// Writes what SOPS has encrypted.
pub fn write_sealed(delivered: &Delivered, output: &Path) -> Result<(), Error> {
    let Landed { path, leftovers } = ops::open::delivered::write(delivered, Some(output), Access::Public)?;
    say(&leftovers);
    for note in &delivered.delivery.notes {
        say!("note: {note}");
    }
    if let Some(path) = path {
        let file = if path.is_dir() { path.join("FILE") } else { path };
        say!("next: sops -d {} gives it back to the byte", file.display());
    }
    Ok(())
}

/// Says what became of what an earlier run had left in a folder.
pub fn say(leftovers: &Leftovers) {
    for path in &leftovers.removed {
        say!("removed {}, which an earlier run wrote and this one does not", path.display());
    }
    for path in &leftovers.kept {
        say!("note: {} is of an earlier run and was changed since: it stays", path.display());
    }
}

fn parse_size(text: &str) -> Result<u64, String> {
    size::parse(text).ok_or_else(|| format!("`{text}` is no size such as `4MiB`"))
}
