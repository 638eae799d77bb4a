//! A bundle's manifests in the form of a target, for `open` and `build`.

use std::path::{Path, PathBuf};

use crate::base::recipient::Recipient;
use crate::base::sops::{Form as SopsForm, is_sops};
use crate::deliver::adopt::{self, Release};
use crate::deliver::contents::Contents;
use crate::deliver::files::Files;
use crate::deliver::flux_version::FluxVersion;
use crate::deliver::size::{self, human};
use crate::deliver::split;
use crate::deliver::strip;
use crate::deliver::target::{self, DeliverError, Delivery, Target, UPDATE};
use crate::deliver::{kubectl, machine_config};
use crate::edge::age;
use crate::edge::disk::{self, Access};
use crate::edge::landing;
use crate::edge::output_folder::{self, Leftovers};
use crate::edge::sops::{self, Share};
use crate::ops::error::FormError;
use crate::ops::{Error, handoff};
use crate::stage::bundle::Index;
use crate::stage::pack::{self, Manifest, talos};
use crate::workspace::fetching::Fetching;

/// How manifests are handed over.
#[derive(Clone, Debug)]
pub struct Form {
    pub target: Target,
    /// The machine config to put them into.
    pub config: Option<PathBuf>,
    /// Whether Helm's marks of ownership are put on the objects of charts.
    pub helm_ownership: bool,
    /// Whether comments and blank lines are left out.
    pub strip: bool,
    /// The largest patch or stream, in bytes.
    pub split: Option<u64>,
    /// The spec, which Flux needs beside the bundle.
    pub spec: PathBuf,
    /// Whether Flux may make keys anew that the bootstrap has made.
    pub new_keys: bool,
}

/// Texts for a target, and how large they are.
#[derive(Clone, Debug)]
pub struct Delivered {
    /// The bundle's name.
    pub bundle: String,
    pub target: Target,
    pub delivery: Delivery,
    /// What goes into a folder.
    pub files: Files,
    /// The manifests in the machine config that they were put into.
    pub inserted: Vec<Manifest>,
    /// What the target's limits are about, in bytes: the largest patch or config, or the largest object of a stream.
    pub size: u64,
}

/// Lays manifests out. They are those of the bundle with this index, with or without holes.
pub fn deliver(index: &Index, manifests: &[Manifest], form: &Form) -> Result<Delivered, Error> {
    let target = form.target;
    let manifests: Vec<Manifest> = manifests.iter().map(|it| shape(index, it, form)).collect();
    let network = talos::network_patches(&manifests, index.talos);
    let contents =
        |manifests| Contents { bundle: &index.name, talos: index.talos, manifests, network: network.as_ref() };
    let groups = match form.split {
        Some(_) if !matches!(target, Target::Talos | Target::Kubectl | Target::Files) => {
            return Err(FormError::CannotSplit(target).into());
        }
        Some(limit) => {
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            match target {
                // One order holds for all pieces of a stream.
                Target::Kubectl => split::split(&[stream(&index.name, &manifests)], limit),
                _ => split::split(&manifests, limit),
            }
        }
        None => vec![manifests],
    };
    let mut deliveries = Vec::new();
    for group in &groups {
        deliveries.push(match target {
            Target::MachineConfig => into_config(group, index, form)?,
            Target::Flux => of_flux(index, form)?,
            _ => target::deliver(&contents(group), target)?,
        });
    }
    let sizes = deliveries.iter().zip(&groups).map(|(delivery, group)| size::measure(target, delivery, group));
    let size = sizes.max().unwrap_or_default();
    let mut delivery = join(deliveries, target);
    let limit = form.split.unwrap_or(u64::MAX);
    for (path, text) in delivery.files.iter().filter(|it| it.1.len() as u64 > limit && !it.0.starts_with(UPDATE)) {
        let note = format!("{path} takes {}: nothing smaller than one object can be cut", human(text.len() as u64));
        delivery.notes.push(note);
    }
    let files = Files::new(std::mem::take(&mut delivery.files)).map_err(DeliverError::Files)?;
    let inserted = if target == Target::MachineConfig { groups.concat() } else { Vec::new() };
    Ok(Delivered { bundle: index.name.clone(), target, delivery, files, inserted, size })
}

/// All manifests as one, in the order of apply.
fn stream(name: &str, manifests: &[Manifest]) -> Manifest {
    Manifest { name: name.into(), contents: kubectl::stream(manifests) }
}

/// Where a delivery went.
#[derive(Clone, Debug, Default)]
pub struct Landed {
    /// The file or folder; `None` for standard output, pipes and devices, where nothing can be found afterwards.
    pub path: Option<PathBuf>,
    /// What an earlier run had left in the folder.
    pub leftovers: Leftovers,
}

/// The folder that a path stands for: one that ends with a slash, is a folder already, or is for a target that fills one.
pub fn folder(output: Option<&Path>, target: Target) -> Option<&Path> {
    let slash = output.is_some_and(|it| it.as_os_str().as_encoded_bytes().ends_with(b"/"));
    output.filter(|it| slash || it.is_dir() || target.is_folder())
}

/// Writes a delivery to standard output (`None`), a file, or a [`folder`].
pub fn write(delivered: &Delivered, output: Option<&Path>, access: Access) -> Result<Landed, Error> {
    let Delivered { bundle, target, delivery, files, .. } = delivered;
    match (folder(output, *target), output, &delivery.single) {
        (Some(folder), ..) => {
            let leftovers = output_folder::write(folder, (bundle, &target.to_string()), files, access)?;
            for (config, _) in files.iter() {
                note_inserted(&folder.join(config.as_str()), delivered, access);
            }
            Ok(Landed { path: Some(folder.into()), leftovers })
        }
        (None, Some(file), Some(text)) => {
            disk::write(file, text.as_bytes(), access)?;
            note_inserted(file, delivered, access);
            let path = landing::is_file(file).then(|| file.into());
            Ok(Landed { path, ..Landed::default() })
        }
        (None, None, Some(text)) => {
            disk::print(text.as_bytes())?;
            Ok(Landed::default())
        }
        (None, _, None) => Err(match &delivery.no_single {
            Some(fault) => fault.clone().into(),
            None => FormError::NeedsFolder(*target).into(),
        }),
    }
}

/// Notes what is in a machine config now, so that a later run can take out what it no longer has. A folder that takes no
/// file keeps no notes: the later run then says of what it cannot tell whose it is.
fn note_inserted(config: &Path, delivered: &Delivered, access: Access) {
    if delivered.target == Target::MachineConfig {
        let _ = output_folder::note_inserted(config, &delivered.bundle, &delivered.inserted, access);
    }
}

/// Makes sure that a file or folder can take what SOPS encrypts for a target: one that `sops -d` gives back to the byte.
pub fn sops_output(output: Option<&Path>, target: Target) -> Result<&Path, Error> {
    if target == Target::Flux {
        return Err(FormError::SopsForFlux.into());
    }
    let output = output.ok_or(FormError::SopsNowhere)?;
    let is_file = folder(Some(output), target).is_none();
    if is_file && SopsForm::of_name(&output.to_string_lossy()).is_some() {
        return Err(FormError::SopsName(output.into()).into());
    }
    Ok(output)
}

/// A delivery of secrets as files of SOPS, each of which it gives back to the byte: those of the folder, with `.sops` at the
/// end of their names, or the one file. `recipients` are whom they are encrypted to where no `.sops.yaml` says.
pub fn encrypt(delivered: Delivered, output: &Path, recipients: &[Recipient]) -> Result<Delivered, Error> {
    let Delivered { bundle, target, mut delivery, files, size, inserted } = delivered;
    let sealed = |path: &Path, text: &str| -> Result<String, Error> {
        let bytes = sops::encrypt(path, text.as_bytes(), Share::Whole, recipients).map_err(age::Error::Sops)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    if let Some(folder) = folder(Some(output), target) {
        let one = |(path, text): (String, String)| {
            let path = format!("{path}.sops");
            Ok((path.clone(), sealed(&folder.join(&path), &text)?))
        };
        let files = files.into_texts().into_iter().map(one).collect::<Result<Vec<_>, Error>>()?;
        let files = Files::new(files).map_err(DeliverError::Files)?;
        return Ok(Delivered { bundle, target, delivery, files, size, inserted });
    }
    delivery.single = delivery.single.map(|text| sealed(output, &text)).transpose()?;
    Ok(Delivered { bundle, target, delivery, files, size, inserted })
}

/// One manifest as the form wants its text.
fn shape(index: &Index, manifest: &Manifest, form: &Form) -> Manifest {
    let part = pack::stem(&manifest.name);
    let from = index.parts.get(part);
    let namespace = from.and_then(|it| it.namespace.as_deref());
    let name = from.and_then(|it| it.release.as_deref()).unwrap_or(part);
    let mut contents = manifest.contents.clone();
    if form.strip {
        contents = strip::strip(&contents);
    }
    if form.helm_ownership
        && let Some(namespace) = namespace
    {
        contents = adopt::adopt(&contents, Release { name, namespace });
    }
    Manifest { name: manifest.name.clone(), contents }
}

fn into_config(manifests: &[Manifest], index: &Index, form: &Form) -> Result<Delivery, Error> {
    let path = form.config.as_ref().ok_or(FormError::NoConfig)?;
    let text = disk::read_any_text(path)?;
    if is_sops(text.as_bytes()) {
        return Err(FormError::SopsConfig(path.clone()).into());
    }
    let earlier = output_folder::inserted(path, &index.name)?;
    let inserted = machine_config::insert(&text, manifests, index.talos, &earlier);
    let inserted = inserted.map_err(|fault| FormError::Config { path: path.clone(), fault })?;
    let name = path.file_name().map_or_else(|| "controlplane.yaml".into(), |it| it.to_string_lossy().into_owned());
    Ok(Delivery {
        single: Some(inserted.text.clone()),
        files: vec![(name, inserted.text)],
        notes: inserted.notes,
        ..Delivery::default()
    })
}

fn of_flux(index: &Index, form: &Form) -> Result<Delivery, Error> {
    let handoff = handoff::flux(&form.spec, &[], FluxVersion::NEWEST, Fetching::nothing(), None)?;
    if !form.new_keys {
        handoff.check_keys()?;
    }
    if handoff.bundle != index.name {
        return Err(FormError::OtherBundle {
            spec: form.spec.clone(),
            found: handoff.bundle,
            wanted: index.name.clone(),
        }
        .into());
    }
    Ok(Delivery { files: handoff.files.into_texts(), ..Delivery::default() })
}

/// Several deliveries as one; their files are numbered, but for those that are named by their manifests.
fn join(mut deliveries: Vec<Delivery>, target: Target) -> Delivery {
    if deliveries.len() == 1
        && let Some(only) = deliveries.pop()
    {
        return only;
    }
    let mut joined = Delivery::default();
    let width = deliveries.len().to_string().len().max(2);
    for (index, delivery) in deliveries.into_iter().enumerate() {
        joined.then = delivery.then.or(joined.then);
        for (path, text) in delivery.files {
            let known = joined.files.iter().any(|(it, _)| *it == path);
            match path.strip_suffix(".yaml") {
                // The patches for the network are the same each time.
                Some("all" | "network") if known => {}
                Some(stem) if target != Target::Files && !["all", "network"].contains(&stem) => {
                    joined.files.push((format!("{stem}-{:0width$}.yaml", index + 1), text));
                }
                _ => joined.files.push((path, text)),
            }
        }
    }
    joined
}
