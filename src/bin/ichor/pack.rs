//! `ichor pack` and `ichor unpack`.

use std::path::PathBuf;
use std::process::ExitCode;

use ichor::base::number::count;
use ichor::edge::disk;
use ichor::ops::parcel::{self, Request};
use ichor::ops::{Error, parcel as ops};
use indicatif::HumanBytes;

/// Packs all that a site without a network needs into one file
///
/// Bundle, spec, lock, charts, images, the statement of the build and a bill of materials. The same inputs give the same
/// file. `ichor verify FILE` judges it on the far side, and `tar` reads it, too.
#[derive(clap::Args)]
pub struct PackArgs {
    /// The spec, or the folder it is in
    #[arg(default_value = "ichor.yaml")]
    spec: PathBuf,
    /// Writes the parcel here [default: the bundle's name and `.parcel`]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Leaves out what this parcel has, which the site has already
    #[arg(long, value_name = "FILE")]
    since: Option<PathBuf>,
    /// Leaves the images out
    #[arg(long)]
    no_images: bool,
    /// A signed statement of `ichor attest` that goes along
    #[arg(long, value_name = "FILE")]
    attestation: Vec<PathBuf>,
    /// A program that goes along, such as the static ichor of the site's machines: `tar -xf FILE tools/ichor` takes it out
    #[arg(long, value_name = "PROGRAM")]
    tool: Vec<PathBuf>,
}

pub fn pack(args: &PackArgs) -> Result<ExitCode, Error> {
    let request = Request {
        output: args.output.clone(),
        since: args.since.clone(),
        without_images: args.no_images,
        attestations: args.attestation.clone(),
        tools: args.tool.clone(),
    };
    let packed = parcel::pack(&args.spec, &request)?;
    let (images, size) = (count(packed.images, "image"), HumanBytes(packed.size));
    say!("wrote {}: {size} with {images}", packed.path.display());
    if let Some(base) = packed.base {
        say!("it leaves out {}, which the parcel {base} has: the site must have that", HumanBytes(packed.left_out));
    }
    disk::print(format!("{}  the parcel\n{}  the bundle in it\n", packed.digest, packed.bundle).as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// Unpacks a parcel into a folder, and checks every byte of it
///
/// What is there already stays. The spec lies below `workspace/`, and the bundle beside it.
#[derive(clap::Args)]
pub struct UnpackArgs {
    /// The parcel
    file: PathBuf,
    /// The folder, which should be the parcel's own
    folder: PathBuf,
    /// The parcel that this one leaves things out for, or the folder that it was unpacked into, where that is another
    #[arg(long, value_name = "PATH")]
    base: Option<PathBuf>,
}

pub fn unpack(args: &UnpackArgs) -> Result<ExitCode, Error> {
    let (index, unpacked) = ops::unpack(&args.file, args.base.as_deref(), &args.folder)?;
    let folder = args.folder.display();
    say!("{folder} holds it: {} written, {} were there", count(unpacked.written, "member"), unpacked.were_there);
    say!("next: `ichor verify {}`; the spec is {folder}/workspace/{}", args.file.display(), index.spec);
    Ok(ExitCode::SUCCESS)
}
