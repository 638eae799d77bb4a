//! The identities that open what is sealed.

use std::env;
use std::path::PathBuf;

/// `-i FILE`, and where to look without it.
#[derive(clap::Args)]
pub struct Identity {
    /// A file with age identities or an SSH key [default: the file that ICHOR_IDENTITY names, else that of SOPS_AGE_KEY_FILE,
    /// else ~/.config/sops/age/keys.txt]
    #[arg(short, long = "identity", value_name = "FILE", env = "ICHOR_IDENTITY")]
    identity: Vec<String>,
}

impl Identity {
    /// The files that are named, else the one that SOPS would take, where it is there.
    #[allow(clippy::disallowed_methods)] // The binary reads the environment and hands it down.
    pub fn files(&self) -> Vec<String> {
        if !self.identity.is_empty() {
            return self.identity.clone();
        }
        if let Some(named) = env::var("SOPS_AGE_KEY_FILE").ok().filter(|it| !it.is_empty()) {
            return vec![named];
        }
        let config = env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
        let config = config.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".config")));
        let found = config.map(|it| it.join("sops/age/keys.txt")).filter(|it| it.is_file());
        found.and_then(|it| it.into_os_string().into_string().ok()).into_iter().collect()
    }
}
