//! SOPS, by the user's own program: it knows every kind of key that SOPS has, and its own settings.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use zeroize::Zeroizing;

use crate::base::recipient::Recipient;
use crate::base::secret::Secret;
use crate::base::sops::Form;
use crate::edge::disk;
use crate::edge::process;
use crate::edge::unfinished::folder_of;
use crate::stage::spec::sops_rules;

/// Why SOPS did not decrypt or encrypt.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("`{0}` is encrypted by SOPS, and the program `sops` is not on the PATH")]
    NoProgram(String),
    #[error("the program `sops` is not on the PATH, and `{0}` is to be encrypted by it")]
    NoProgramToEncrypt(String),
    #[error("`sops` could not be run: {0}")]
    Run(io::Error),
    #[error("`sops` does not decrypt `{path}`: {said}")]
    Refused { path: String, said: String },
    #[error("`sops` does not encrypt `{path}`: {said}")]
    NotEncrypted { path: String, said: String },
}

/// Decrypts the bytes of a file of this name. Of a file with a structure the result is YAML, of any other its bytes.
/// `identities` are age identity files; a single one is named to SOPS in the place of the one that SOPS finds by itself.
pub fn decrypt(path: &str, bytes: &[u8], identities: &[String]) -> Result<Secret, Error> {
    let form = Form::of(path, bytes);
    let output = if form == Form::Binary { form } else { Form::Yaml };
    let mut command = Command::new("sops");
    // The flag in the place of the verb is known to older versions, too.
    command.args(["--decrypt", "--input-type", form.name(), "--output-type", output.name(), "/dev/stdin"]);
    if let [identity] = identities
        && identity != "-"
    {
        command.env("SOPS_AGE_KEY_FILE", identity);
    }
    match filter(command, bytes)? {
        None => Err(Error::NoProgram(path.into())),
        Some(Ok(clear)) => Ok(clear),
        Some(Err(said)) => Err(Error::Refused { path: path.into(), said }),
    }
}

/// How much of a text is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// All of it, as one: it comes back to the byte.
    Whole,
    /// The values of the objects in it, as Flux decrypts them.
    Values,
}

/// Encrypts a text that is to lie at a path: to whom the rules for that path say, and where no rule is for it, to these
/// recipients. The text lies on no disk, and none of it is an argument.
pub fn encrypt(path: &Path, text: &[u8], share: Share, recipients: &[Recipient]) -> Result<Vec<u8>, Error> {
    let absolute = std::path::absolute(path).map_err(Error::Run)?;
    let form = if share == Share::Values { Form::Yaml } else { Form::Binary };
    let mut command = Command::new("sops");
    let rules = rules_above(folder_of(&absolute));
    if !rules.as_ref().is_some_and(|it| has_rule(it, &absolute)) {
        // SOPS refuses a file without a rule where there are rules at all.
        let keys: Vec<&str> = recipients.iter().map(|it| it.key.as_str()).collect();
        command.args(["--config", "/dev/null", "--age", &keys.join(",")]);
    }
    command.args(["--encrypt", "--input-type", form.name(), "--output-type", form.name()]);
    if share == Share::Values {
        command.args(["--encrypted-regex", OBJECT_VALUES]);
    }
    command.arg("--filename-override").arg(&absolute).arg("/dev/stdin");
    // SOPS looks for its rules from where it runs.
    command.current_dir(absolute.ancestors().skip(1).find(|it| it.is_dir()).unwrap_or(Path::new("/")));
    let shown = || path.display().to_string();
    match filter(command, text)? {
        None => Err(Error::NoProgramToEncrypt(shown())),
        Some(Ok(sealed)) => Ok(sealed.expose().to_vec()),
        Some(Err(said)) => Err(Error::NotEncrypted { path: shown(), said }),
    }
}

/// The nearest `.sops.yaml` in a folder or above it, or the file that SOPS is told of in its place.
#[allow(clippy::disallowed_methods)] // The variable is SOPS' own.
pub fn rules_above(folder: &Path) -> Option<PathBuf> {
    let named = std::env::var_os("SOPS_CONFIG").filter(|it| !it.is_empty()).map(PathBuf::from);
    let folder = std::path::absolute(folder).ok()?;
    named.or_else(|| folder.ancestors().map(|it| it.join(sops_rules::FILE)).find(|it| it.is_file()))
}

/// Whether a `.sops.yaml` has a rule for a file. SOPS itself is to tell of one that cannot be read.
fn has_rule(rules: &Path, file: &Path) -> bool {
    let below = file.strip_prefix(folder_of(rules)).unwrap_or(file);
    disk::read_any_text(rules).map_or(true, |text| sops_rules::has_rule(&text, &below.to_string_lossy()))
}

/// The values of a Secret, as Flux decrypts them.
const OBJECT_VALUES: &str = "^(data|stringData)$";

/// Runs `sops` over bytes: what it printed, or what it said against it; `None` where there is no such program.
fn filter(mut command: Command, bytes: &[u8]) -> Result<Option<Result<Secret, String>>, Error> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = match process::spawn(&mut command) {
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(None),
        spawned => spawned.map_err(Error::Run)?,
    };
    let mut printed = Zeroizing::new(Vec::with_capacity(bytes.len() + 4096));
    let mut said = Vec::new();
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // A program that ends early has said why on its standard error.
            stdin.map(|mut pipe| pipe.write_all(bytes))
        });
        scope.spawn(|| stderr.map(|pipe| pipe.take(64 << 10).read_to_end(&mut said)));
        stdout.map(|mut pipe| pipe.read_to_end(&mut printed)).transpose()
    })
    .map_err(Error::Run)?;
    if child.wait().map_err(Error::Run)?.success() {
        return Ok(Some(Ok(Secret::new(std::mem::take(&mut *printed)))));
    }
    Ok(Some(Err(short(&said))))
}

/// What SOPS said, on one line and not longer than a terminal's screen.
fn short(said: &[u8]) -> String {
    let text = String::from_utf8_lossy(said);
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.join(" ") {
        none if none.is_empty() => "it said nothing".into(),
        text => text.chars().take(400).collect(),
    }
}
