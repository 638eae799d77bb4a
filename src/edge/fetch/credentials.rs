//! The user's credentials, where docker, podman and helm keep them.

use std::fmt;
use std::io::ErrorKind;
use std::path::PathBuf;

use docker_credential::{CredentialRetrievalError, DockerCredential, get_credential_from_reader};

use crate::base::secret::Secret;
use crate::edge::disk;

/// Files of credentials, the first that knows a host winning.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    files: Vec<PathBuf>,
}

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
        Credentials { files: files.into_iter().flatten().collect() }
    }

    /// The credential for a repository of a host: the most exact key of the first file that has one.
    pub fn find(&self, host: &str, repository: &str) -> Found {
        let mut problem = None;
        for file in &self.files {
            let text = match disk::read_any(file) {
                Ok(text) => text,
                Err(fault) if fault.source.kind() == ErrorKind::NotFound => continue,
                Err(fault) => {
                    problem = Some(format!("`{}` cannot be read: {}", file.display(), fault.source));
                    continue;
                }
            };
            for key in keys(&text, host, repository) {
                match get_credential_from_reader(text.as_slice(), &key) {
                    Ok(it) => {
                        if let Some(credential) = credential(it) {
                            return Found { credential: Some(credential), problem };
                        }
                    }
                    Err(CredentialRetrievalError::NoCredentialConfigured) => {}
                    Err(fault) => {
                        problem = reason(&fault).map(|it| format!("`{}`: {it}", file.display())).or(problem);
                    }
                }
            }
        }
        Found { credential: None, problem }
    }
}

/// The keys to ask a file for: those paths below the host that it lists, then the host itself.
fn keys(text: &[u8], host: &str, repository: &str) -> Vec<String> {
    let listed: serde_json::Value = serde_json::from_slice(text).unwrap_or_default();
    let is_listed = |key: &String| {
        ["auths", "credHelpers"].iter().any(|it| listed.get(it).and_then(|it| it.get(key.as_str())).is_some())
    };
    let path = format!("{host}/{repository}");
    let mut keys: Vec<String> = Vec::new();
    let mut at = path.as_str();
    while let Some((above, _)) = at.rsplit_once('/') {
        keys.push(at.to_owned());
        at = above;
    }
    keys.extend(["/", "/v1", "/v1/", "/v2", "/v2/"].map(|it| format!("{host}{it}")));
    keys.extend(["", "/", "/v1", "/v1/", "/v2", "/v2/"].map(|it| format!("https://{host}{it}")));
    keys.retain(is_listed);
    let is_docker = ["docker.io", "registry-1.docker.io", "index.docker.io"].contains(&host);
    keys.push(if is_docker { "https://index.docker.io/v1/".into() } else { host.to_owned() });
    keys
}

fn credential(found: DockerCredential) -> Option<Credential> {
    match found {
        DockerCredential::IdentityToken(token) if token.is_empty() => None,
        DockerCredential::IdentityToken(token) => Some(Credential::Identity(Secret::new(token))),
        DockerCredential::UsernamePassword(user, password) if user.is_empty() && password.is_empty() => None,
        // What helpers give for a token in place of a password.
        DockerCredential::UsernamePassword(user, token) if user == "<token>" => {
            Some(Credential::Identity(Secret::new(token)))
        }
        DockerCredential::UsernamePassword(user, password) => {
            Some(Credential::Basic { user, password: Secret::new(password) })
        }
    }
}

/// What is wrong, without what a helper printed: that may be a secret. `None` where it merely knows nothing.
fn reason(fault: &CredentialRetrievalError) -> Option<String> {
    let text = match fault {
        CredentialRetrievalError::HelperFailure { stdout, .. } if stdout.contains("credentials not found") => {
            return None;
        }
        CredentialRetrievalError::HelperFailure { helper, .. } => {
            format!("the credential helper `{helper}` fails")
        }
        CredentialRetrievalError::HelperCommunicationError => "its credential helper does not run".into(),
        CredentialRetrievalError::ConfigReadError => "it is not the JSON it should be".into(),
        CredentialRetrievalError::CredentialDecodingError => "an `auth` in it is not base64 of user:password".into(),
        CredentialRetrievalError::CredentialMismatchError => "`auth` and `username` in it disagree".into(),
        CredentialRetrievalError::MalformedHelperResponse => "its credential helper's answer is not understood".into(),
        CredentialRetrievalError::NoCredentialConfigured | CredentialRetrievalError::ConfigNotFound => return None,
    };
    Some(text)
}

impl fmt::Display for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Credential::Basic { user, .. } => write!(f, "the credentials of `{user}`"),
            Credential::Identity(_) => f.write_str("an identity token"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(text: &str, host: &str, repository: &str) -> Found {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("config.json");
        std::fs::write(&path, text).expect("written");
        Credentials { files: vec![folder.path().join("none.json"), path] }.find(host, repository)
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
    }

    #[test]
    fn tells_what_is_wrong_and_no_secret() {
        let found = find(r#"{"auths": {"x.io": {"auth": "!secret!"}}}"#, "x.io", "a");
        assert!(found.problem.is_some_and(|it| it.contains("base64") && !it.contains("secret")));
        let found = find(r#"{"credsStore": "none-such"}"#, "x.io", "a");
        assert!(found.problem.is_some_and(|it| it.contains("helper")), "a helper that is not there");
        assert!(find("{", "x.io", "a").problem.is_some());
        let identity = find(r#"{"auths": {"x.io": {"identitytoken": "t"}}}"#, "x.io", "a");
        assert!(matches!(identity.credential, Some(Credential::Identity(_))));
        assert!(!format!("{identity:?}").contains("\"t\""));
    }
}
