//! Classic chart repositories and single files over HTTP.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Instant;

use url::Url;

use super::address::authority;
use super::answers::{Tried, status_fault, unreachable};
use super::credentials::{Credential, Credentials};
use super::http::{Answer, Http, Method, Request};
use super::registry::basic;
use crate::edge::disk::MAX_INPUT;
use crate::stage::resolve::SourceError;
use helm_engine::value::{Map, Value};
use helm_engine::yaml;

/// The largest index that is read, in bytes: the largest public ones have some 30 MiB.
const MAX_INDEX: u64 = crate::base::limits::REPOSITORY_INDEX.most;

/// Every classic repository and web server, for one source.
#[derive(Clone, Copy)]
pub struct Web<'h> {
    http: &'h Http<'h>,
    credentials: &'h Credentials,
    mirrors: &'h BTreeMap<String, Vec<String>>,
    indexes: &'h Indexes,
    /// When the source must be had.
    until: Instant,
}

/// The indexes that were asked for, by their repositories' addresses.
#[derive(Default)]
pub struct Indexes(Mutex<BTreeMap<String, Arc<Fetched>>>);

/// An index, once somebody has fetched it.
type Fetched = OnceLock<Result<Arc<Index>, SourceError>>;

/// The index of a repository: versions by chart.
pub type Index = BTreeMap<String, Vec<Entry>>;

/// One version of a chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub version: String,
    /// Where its archive lies, from the repository's address; the first is taken.
    pub urls: Vec<String>,
    /// The SHA-256 of the archive as the index says it, in hexadecimal.
    pub digest: Option<String>,
}

impl<'h> Web<'h> {
    pub fn new(
        http: &'h Http<'h>,
        credentials: &'h Credentials,
        mirrors: &'h BTreeMap<String, Vec<String>>,
        indexes: &'h Indexes,
    ) -> Self {
        Web { http, credentials, mirrors, indexes, until: http.until() }
    }

    /// The index of a repository; fetched once, whoever asks.
    pub fn index(&self, address: &str) -> Result<Arc<Index>, SourceError> {
        let cell = match self.indexes.0.lock() {
            Ok(mut indexes) => Arc::clone(indexes.entry(address.to_owned()).or_default()),
            Err(_) => Arc::default(),
        };
        cell.get_or_init(|| {
            let url = format!("{address}/index.yaml");
            let bytes = self.bytes(address, &url, MAX_INDEX)?;
            parse(&bytes).map(Arc::new).map_err(|fault| SourceError::NotAnIndex { url, fault })
        })
        .clone()
    }

    /// A file, by its address.
    pub fn file(&self, name: &str, address: &str) -> Result<Vec<u8>, SourceError> {
        self.bytes(name, address, MAX_INPUT)
    }

    /// Tries the mirrors of a host, then the host.
    fn bytes(&self, name: &str, address: &str, limit: u64) -> Result<Vec<u8>, SourceError> {
        let url = Url::parse(address).map_err(|fault| SourceError::NotAnAddress { text: address.into(), fault })?;
        let mut failed = Vec::new();
        for mirror in self.mirrors.get(&authority(&url)).into_iter().flatten() {
            let host = mirror.split('/').next().unwrap_or_default();
            let moved = format!("{}://{mirror}{}", self.http.scheme(host), url.path());
            let Ok(mut moved) = Url::parse(&moved) else { continue };
            moved.set_query(url.query());
            match self.get(name, moved, limit) {
                Ok(answer) => return Ok(answer.body),
                Err(fault) => failed.push((mirror.clone(), fault)),
            }
        }
        self.get(name, url, limit).map(|it| it.body).map_err(|fault| fault.after(failed))
    }

    fn get(&self, name: &str, url: Url, limit: u64) -> Result<Answer, SourceError> {
        let host = authority(&url);
        let send = |authorization: Option<&str>| {
            let (method, url, until) = (Method::Get, url.clone(), self.until);
            let request = Request { name, method, url, accept: None, authorization, limit, until };
            self.http.send(&request).map_err(|it| unreachable(&it))
        };
        let mut answer = send(None)?;
        let mut tried = Tried::Unasked;
        // Many hide what is private from those they do not know: with 403 or 404, or with 401 and no challenge that is
        // understood. Helm sends Basic credentials unasked.
        if matches!(answer.status, 401 | 403 | 404 | 410) {
            let found = self.credentials.find(&host, url.path().trim_matches('/'), self.http.patience());
            match found.credential {
                Some(Credential::Basic { user, password }) => {
                    tried = Tried::Credentials(format!("the credentials of `{user}`"));
                    answer = send(Some(&basic(&user, password.expose())))?;
                }
                Some(Credential::Identity(_)) => tried = Tried::NoPassword,
                None => tried = Tried::Nothing(found.problem),
            }
        }
        if answer.status == 200 { Ok(answer) } else { Err(status_fault(&url, &host, &answer, &tried)) }
    }
}

impl Entry {
    /// The address of the archive.
    pub fn address(&self, repository: &str) -> Option<String> {
        let base = Url::parse(&format!("{repository}/")).ok()?;
        base.join(self.urls.first()?).ok().map(Into::into)
    }
}

/// Reads an index. Entries that are no version are left out, as Helm leaves them out.
///
/// Mirrors `repo.loadIndex` of Helm 4.2.
pub fn parse(text: &[u8]) -> Result<Index, String> {
    let Value::Map(top) = yaml::read(text)? else { return Err("it is no mapping".into()) };
    if string(&top, "apiVersion").is_none_or(|it| it.is_empty()) {
        return Err("it has no `apiVersion`".into());
    }
    let mut index = Index::new();
    let Some(Value::Map(charts)) = top.get("entries") else { return Ok(index) };
    for (name, versions) in charts.to_vec() {
        let Value::List(versions) = versions else { continue };
        let entries = (0..versions.len()).filter_map(|at| match versions.get(at) {
            Some(Value::Map(entry)) => {
                let version = string(&entry, "version").filter(|it| !it.is_empty())?;
                let urls = match entry.get("urls") {
                    Some(Value::List(urls)) => (0..urls.len()).filter_map(|at| text_of(&urls.get(at)?)).collect(),
                    _ => Vec::new(),
                };
                Some(Entry { version, urls, digest: string(&entry, "digest").filter(|it| !it.is_empty()) })
            }
            _ => None,
        });
        index.insert(name.to_text().into_owned(), entries.collect());
    }
    Ok(index)
}

fn string(map: &Map, key: &str) -> Option<String> {
    text_of(&map.get(key)?)
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Str(text) => Some(text.to_text().into_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_an_index() {
        let text =
            b"apiVersion: v1\nentries:\n  a:\n  - version: 1.0.0\n    urls: [a-1.0.0.tgz]\n    digest: ab\n  - {}\n";
        let index = parse(text).expect("an index");
        assert_eq!(index["a"].len(), 1);
        let entry = &index["a"][0];
        assert_eq!(entry.address("https://x.io/charts").as_deref(), Some("https://x.io/charts/a-1.0.0.tgz"));
        let elsewhere = Entry { urls: vec!["https://y.io/z.tgz".into()], ..entry.clone() };
        assert_eq!(elsewhere.address("https://x.io/charts").as_deref(), Some("https://y.io/z.tgz"));
        assert!(parse(b"entries: {}").is_err());
        assert!(parse(b"<html>").is_err());
    }
}
