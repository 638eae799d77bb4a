//! A cluster, by the user's own kubectl: read, and never written.

use std::collections::BTreeMap;
use std::io;
use std::process::Command;

use serde_json::Value as Json;

use super::process;

/// Why the cluster cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the program `kubectl` is not on the PATH")]
    NoProgram,
    #[error("`kubectl` could not be run: {0}")]
    Run(io::Error),
    #[error("`kubectl get` failed: {0}")]
    Refused(String),
    #[error("`kubectl get` printed what is no JSON")]
    NoJson,
}

/// The user's kubectl, with the flags that choose a cluster.
#[derive(Clone, Debug, Default)]
pub struct Kubectl {
    pub kubeconfig: Option<String>,
    pub context: Option<String>,
}

/// How a kind is asked for: its plural, and whether it is in namespaces.
#[derive(Clone, Debug)]
pub struct Served {
    pub plural: String,
    pub namespaced: bool,
}

impl Kubectl {
    /// The kinds that the cluster serves in these versions, `apps/v1`, by version and kind.
    pub fn served(&self, versions: &[String]) -> Result<BTreeMap<(String, String), Served>, Error> {
        let groups = self.raw("/apis")?;
        let known: Vec<&str> = groups["groups"]
            .as_array()
            .into_iter()
            .flatten()
            .flat_map(|it| it["versions"].as_array().into_iter().flatten())
            .filter_map(|it| it["groupVersion"].as_str())
            .collect();
        let mut served = BTreeMap::new();
        for version in versions {
            let path = match version.contains('/') {
                false => format!("/api/{version}"),
                true if known.contains(&version.as_str()) => format!("/apis/{version}"),
                true => continue,
            };
            let listed = self.raw(&path)?;
            for it in listed["resources"].as_array().into_iter().flatten() {
                if let (Some(kind), Some(plural)) = (it["kind"].as_str(), it["name"].as_str())
                    && !plural.contains('/')
                {
                    let namespaced = it["namespaced"] == true;
                    served.insert((version.clone(), kind.to_owned()), Served { plural: plural.into(), namespaced });
                }
            }
        }
        Ok(served)
    }

    /// Objects of one kind by their names; those that are not there are left out.
    pub fn get(&self, version: &str, served: &Served, namespace: &str, names: &[&str]) -> Result<Vec<Json>, Error> {
        let (group, version) = version.split_once('/').unwrap_or(("", version));
        let mut command = self.command();
        command.arg("get").arg(format!("{}.{version}.{group}", served.plural));
        command.args(names).args(["--output", "json", "--ignore-not-found", "--show-managed-fields"]);
        if served.namespaced {
            command.args(["--namespace", namespace]);
        }
        let printed = run(command)?;
        if printed.iter().all(u8::is_ascii_whitespace) {
            return Ok(Vec::new());
        }
        let found: Json = serde_json::from_slice(&printed).map_err(|_| Error::NoJson)?;
        Ok(match found["items"].as_array() {
            Some(items) => items.clone(),
            None => vec![found],
        })
    }

    /// Whether an object is there, of which no more is known than its kind and group. A kind that is not served has none.
    pub fn has(&self, kind: &str, group: &str, namespace: &str, name: &str) -> Result<bool, Error> {
        let groups = self.raw("/apis")?;
        let of_group = |it: &&Json| it["name"] == group;
        let version = match group {
            "" => Some("v1".to_owned()),
            _ => groups["groups"]
                .as_array()
                .into_iter()
                .flatten()
                .find(of_group)
                .and_then(|it| Some(it["preferredVersion"]["groupVersion"].as_str()?.to_owned())),
        };
        let Some(version) = version else { return Ok(false) };
        let served = self.served(std::slice::from_ref(&version))?;
        match served.get(&(version.clone(), kind.to_owned())) {
            Some(served) => Ok(!self.get(&version, served, namespace, &[name])?.is_empty()),
            None => Ok(false),
        }
    }

    /// All objects of a kind, in every namespace.
    pub fn everywhere(&self, version: &str, served: &Served) -> Result<Vec<Json>, Error> {
        let (group, version) = version.split_once('/').unwrap_or(("", version));
        let mut command = self.command();
        command.arg("get").arg(format!("{}.{version}.{group}", served.plural));
        command.args(["--all-namespaces", "--output", "json"]);
        let found: Json = serde_json::from_slice(&run(command)?).map_err(|_| Error::NoJson)?;
        Ok(found["items"].as_array().cloned().unwrap_or_default())
    }

    /// All Secrets of a namespace that have a label.
    pub fn labelled(&self, namespace: &str, kind: &str, label: &str) -> Result<Vec<Json>, Error> {
        let mut command = self.command();
        command.args(["get", kind, "--namespace", namespace, "--selector", label, "--output", "json"]);
        let found: Json = serde_json::from_slice(&run(command)?).map_err(|_| Error::NoJson)?;
        Ok(found["items"].as_array().cloned().unwrap_or_default())
    }

    /// What charts are told of the cluster: the version of Kubernetes, and the versions and kinds that are not its own.
    pub fn told(&self) -> Result<(String, Vec<String>), Error> {
        let version =
            self.raw("/version")?["gitVersion"].as_str().unwrap_or_default().trim_start_matches('v').to_owned();
        let groups = self.raw("/apis")?;
        let mut told = Vec::new();
        for group in groups["groups"].as_array().into_iter().flatten() {
            let name = group["name"].as_str().unwrap_or_default();
            let is_own = !name.contains('.') || name.ends_with(".k8s.io") && !name.starts_with("gateway.");
            for version in group["versions"].as_array().into_iter().flatten().filter(|_| !is_own) {
                let Some(version) = version["groupVersion"].as_str() else { continue };
                told.push(version.to_owned());
                let served = self.served(&[version.to_owned()])?;
                told.extend(served.keys().map(|(_, kind)| format!("{version}/{kind}")));
            }
        }
        told.sort();
        Ok((version.split(['-', '+']).next().unwrap_or_default().to_owned(), told))
    }

    fn raw(&self, path: &str) -> Result<Json, Error> {
        let mut command = self.command();
        command.args(["get", "--raw", path]);
        serde_json::from_slice(&run(command)?).map_err(|_| Error::NoJson)
    }

    fn command(&self) -> Command {
        let mut command = Command::new("kubectl");
        for (flag, value) in [("--kubeconfig", &self.kubeconfig), ("--context", &self.context)] {
            if let Some(value) = value {
                command.arg(flag).arg(value);
            }
        }
        command
    }
}

fn run(mut command: Command) -> Result<Vec<u8>, Error> {
    let output = match process::output(&mut command) {
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Err(Error::NoProgram),
        output => output.map_err(Error::Run)?,
    };
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let words: Vec<&str> = said.split_whitespace().collect();
    Err(Error::Refused(words.join(" ").chars().take(400).collect()))
}
