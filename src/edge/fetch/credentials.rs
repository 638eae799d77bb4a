//! The user's credentials, where docker, podman and helm keep them.
//!
//! Mirrors `config.json` of docker and `containers-auth.json(5)` of podman: a helper for a host comes first, then what the
//! file itself says, then the helper for all hosts.

use std::collections::BTreeMap;
use std::fmt;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;

use super::helper::{self, HelperError, Login};
use crate::base::secret::Secret;
use crate::edge::disk;

/// Files of credentials, the first that knows a host winning.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    files: Vec<PathBuf>,
    /// What helpers answered, by helper and server: each is asked once.
    asked: Arc<Mutex<BTreeMap<(String, String), Answered>>>,
}

type Answered = Arc<OnceLock<Result<Option<Login>, HelperError>>>;

/// What a registry is shown.
#[derive(Clone, Debug)]
pub enum Credential {
    Basic {
        user: String,
        password: Secret,
    },
    /// A token that is exchanged for others.
    Identity(Secret),
}

/// What the files say of a host.
#[derive(Clone, Debug, Default)]
pub struct Found {
    pub credential: Option<Credential>,
    /// What went wrong on the way, to be told should the registry refuse.
    pub problem: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct File {
    auths: Option<BTreeMap<String, Entry>>,
    cred_helpers: Option<BTreeMap<String, String>>,
    creds_store: Option<String>,
}

/// What a file says of a host.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry {
    auth: Option<String>,
    username: Option<String>,
    password: Option<String>,
    identitytoken: Option<String>,
}

impl Credentials {
    /// The files podman, docker and helm read, in that order.
    pub fn of_user(environment: &dyn Fn(&str) -> Option<String>) -> Credentials {
        let set = |name: &str| environment(name).filter(|it| !it.is_empty()).map(PathBuf::from);
        let home = |path: &str| set("HOME").map(|it| it.join(path));
        let config = |path: &str| set("XDG_CONFIG_HOME").or_else(|| home(".config")).map(|it| it.join(path));
        let files = [
            set("REGISTRY_AUTH_FILE"),
            set("XDG_RUNTIME_DIR").map(|it| it.join("containers/auth.json")),
            config("containers/auth.json"),
            set("DOCKER_CONFIG").or_else(|| home(".docker")).map(|it| it.join("config.json")),
            set("HELM_REGISTRY_CONFIG").or_else(|| config("helm/registry/config.json")),
        ];
        Credentials { files: files.into_iter().flatten().collect(), asked: Arc::default() }
    }

    /// The credential for a repository of a host: the most exact key of the first file that has one. A helper is waited for
    /// so long.
    pub fn find(&self, host: &str, repository: &str, patience: Duration) -> Found {
        let mut problem = None;
        for path in &self.files {
            let text = match disk::read_any(path) {
                Ok(text) => text,
                Err(fault) if fault.source.kind() == ErrorKind::NotFound => continue,
                Err(fault) => {
                    problem = Some(format!("`{}` cannot be read: {}", path.display(), fault.source));
                    continue;
                }
            };
            let told = |reason: &str| Some(format!("`{}`: {reason}", path.display()));
            let Ok(file) = serde_json::from_slice::<File>(&text) else {
                problem = told("it is not the JSON it should be");
                continue;
            };
            for key in keys(&file, host, repository) {
                match self.of_key(&file, &key, patience) {
                    Ok(None) => {}
                    Ok(credential) => return Found { credential, problem },
                    Err(reason) => problem = told(&reason),
                }
            }
        }
        Found { credential: None, problem }
    }

    fn of_key(&self, file: &File, key: &str, patience: Duration) -> Result<Option<Credential>, String> {
        let ask = |helper: &str| self.ask(helper, key, patience).map_err(|it| it.to_string());
        if let Some(helper) = file.helpers().find(|it| it.0 == key).map(|it| it.1).filter(|it| !it.is_empty()) {
            return ask(helper);
        }
        let entry = file.auths.as_ref().and_then(|it| it.get(key));
        if let Some(credential) = entry.map(Entry::credential).transpose()?.flatten() {
            return Ok(Some(credential));
        }
        file.creds_store.as_deref().filter(|it| !it.is_empty()).map_or(Ok(None), ask)
    }

    fn ask(&self, helper: &str, server: &str, patience: Duration) -> Result<Option<Credential>, HelperError> {
        let key = (helper.to_owned(), server.to_owned());
        let cell = Arc::clone(self.asked.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default());
        let found = cell.get_or_init(|| helper::ask(helper, server, patience)).clone()?;
        Ok(found.and_then(|it| match it.user.as_str() {
            // What helpers give for a token in place of a password.
            "<token>" => Credential::identity(it.secret),
            _ => Credential::basic(it.user, it.secret),
        }))
    }
}

impl File {
    fn helpers(&self) -> impl Iterator<Item = (&String, &String)> {
        self.cred_helpers.iter().flatten()
    }

    /// The keys that it has something on.
    fn listed(&self) -> impl Iterator<Item = &String> {
        self.auths.iter().flat_map(BTreeMap::keys).chain(self.helpers().map(|it| it.0))
    }
}

impl Entry {
    fn credential(&self) -> Result<Option<Credential>, String> {
        if let Some(token) = self.identitytoken.as_deref().filter(|it| !it.is_empty()) {
            return Ok(Credential::identity(Secret::new(token)));
        }
        if let Some(auth) = self.auth.as_deref().filter(|it| !it.is_empty()) {
            let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
            let pair =
                GeneralPurpose::new(&STANDARD, config).decode(auth).ok().and_then(|it| String::from_utf8(it).ok());
            let pair = pair.as_deref().and_then(|it| it.split_once(':'));
            let (user, password) = pair.ok_or("an `auth` in it is not base64 of user:password")?;
            return Ok(Credential::basic(user.into(), Secret::new(password)));
        }
        match (&self.username, &self.password) {
            (Some(user), Some(password)) => Ok(Credential::basic(user.clone(), Secret::new(password.as_str()))),
            _ => Ok(None),
        }
    }
}

impl Credential {
    /// Nothing where both are empty.
    fn basic(user: String, password: Secret) -> Option<Credential> {
        let is_nothing = user.is_empty() && password.expose().is_empty();
        (!is_nothing).then_some(Credential::Basic { user, password })
    }

    fn identity(token: Secret) -> Option<Credential> {
        (!token.expose().is_empty()).then_some(Credential::Identity(token))
    }
}

impl fmt::Display for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Credential::Basic { user, .. } => write!(f, "the credentials of `{user}`"),
            Credential::Identity(_) => f.write_str("an identity token"),
        }
    }
}

/// How docker's own registry is known.
const DOCKER: [&str; 3] = ["registry-1.docker.io", "docker.io", "index.docker.io"];

/// The keys to ask a file for: those paths below the host that it lists, then the host in every form that it lists, then
/// the host as helpers know it.
fn keys(file: &File, host: &str, repository: &str) -> Vec<String> {
    let hosts: Vec<&str> = if DOCKER.contains(&host) { DOCKER.to_vec() } else { vec![host] };
    let mut keys: Vec<String> = Vec::new();
    for host in &hosts {
        let path = format!("{host}/{repository}");
        let mut at = path.as_str();
        while let Some((above, _)) = at.rsplit_once('/') {
            keys.push(at.to_owned());
            at = above;
        }
    }
    keys.retain(|key| file.listed().any(|it| it == key));
    keys.extend(file.listed().filter(|address| host_of(address).is_some_and(|host| hosts.contains(&host))).cloned());
    keys.push(if DOCKER.contains(&host) { "https://index.docker.io/v1/".into() } else { host.to_owned() });
    keys.dedup();
    keys
}

/// The host that a key means, where it means a whole host: `x.io`, `x.io/v2/`, `https://x.io/v1/`.
fn host_of(key: &str) -> Option<&str> {
    let plain = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://"));
    let (host, path) = plain.unwrap_or(key).split_once('/').unwrap_or((plain.unwrap_or(key), ""));
    ["", "v1", "v1/", "v2", "v2/"].contains(&path).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(text: &str, host: &str, repository: &str) -> Found {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("config.json");
        std::fs::write(&path, text).expect("written");
        let files = vec![folder.path().join("none.json"), path];
        Credentials { files, asked: Arc::default() }.find(host, repository, Duration::from_secs(10))
    }

    #[test]
    fn takes_the_most_exact_key() {
        // me:one, me:two
        let text = r#"{"auths": {"x.io": {"auth": "bWU6b25l"}, "x.io/a/b": {"auth": "bWU6dHdv"}}}"#;
        let password = |repository: &str| match find(text, "x.io", repository).credential {
            Some(Credential::Basic { password, .. }) => String::from_utf8_lossy(password.expose()).into_owned(),
            _ => String::new(),
        };
        assert_eq!(password("a/b/c"), "two");
        assert_eq!(password("a"), "one");
        assert!(find(text, "y.io", "a").credential.is_none());
        // As older versions of docker and others write it.
        for key in ["x.io/", "x.io/v2/", "https://x.io", "https://x.io/v1/", "https://x.io/v2/"] {
            let text = format!(r#"{{"auths": {{"{key}": {{"auth": "bWU6b25l"}}, "y.io": {{}}}}}}"#);
            assert!(find(&text, "x.io", "a").credential.is_some(), "{key}");
            assert!(find(&text, "y.io", "a").credential.is_none(), "{key}");
        }
        for key in ["docker.io", "https://index.docker.io/v1/", "registry-1.docker.io"] {
            let text = format!(r#"{{"auths": {{"{key}": {{"username": "me", "password": "one"}}}}}}"#);
            assert!(find(&text, "registry-1.docker.io", "library/a").credential.is_some(), "{key}");
        }
    }

    #[test]
    fn tells_what_is_wrong_and_no_secret() {
        let found = find(r#"{"auths": {"x.io": {"auth": "!secret!"}}}"#, "x.io", "a");
        assert!(found.problem.is_some_and(|it| it.contains("base64") && !it.contains("secret")));
        let found = find(r#"{"credsStore": "none-such"}"#, "x.io", "a");
        assert!(found.problem.is_some_and(|it| it.contains("`docker-credential-none-such`")));
        assert!(find("{", "x.io", "a").problem.is_some());
        let identity = find(r#"{"auths": {"x.io": {"identitytoken": "t"}}}"#, "x.io", "a");
        assert!(matches!(identity.credential, Some(Credential::Identity(_))));
        assert!(!format!("{identity:?}").contains("\"t\""));
    }
}
