//! What `helm template` writes: one stream, some of its documents, or files.

use std::collections::BTreeMap;

use crate::helm::chart::Crd;
use crate::helm::glob::path_match;
use crate::helm::helm_version::HelmVersion;
use crate::helm::manifest::{Hook, Manifest, split_documents, trim_space};
use crate::helm::render::Rendered;
use crate::value::Str;

/// No document comes from the path that `--show-only` asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("could not find template {0} in chart")]
pub struct ShowOnlyError(pub String);

/// A file that `--output-dir` asks for, below that folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputFile {
    /// Where it goes, with `/` between the parts.
    pub path: String,
    /// The documents one after the other, each with the line `---` and that of its source.
    pub text: Vec<u8>,
    /// Its documents, by their numbers among all that are written; Helm says `wrote` at each.
    pub writes: Vec<usize>,
    /// A file of hooks alone goes to the end of a file that is there already.
    pub appends: bool,
}

/// The stream on standard output. Hooks come last; `hooks` says whether at all, `tests` whether those that test do.
pub fn print_stream(rendered: &Rendered, hooks: bool, tests: bool) -> Vec<u8> {
    let crds = rendered.crds.iter().map(|Crd { path, data }| (path, data));
    let manifests = rendered.manifests.iter().map(|Manifest { path, text, .. }| (path, text));
    let hooked = rendered.hooks.iter().map(|Hook { path, text, .. }| (path, text));
    let sections = crds.chain(manifests);
    let length = |(path, text): (&String, &Str)| SECTION.len() + path.len() + text.len() + 2;
    let mut out = Vec::with_capacity(sections.clone().chain(hooked).map(length).sum::<usize>() + 1);
    for (path, text) in sections {
        section(&mut out, path, text);
    }
    // No blank stands at its head.
    out.truncate(trim_space(&out).len());
    out.push(b'\n');
    for hook in printed_hooks(&rendered.hooks, hooks, tests) {
        section(&mut out, &hook.path, &hook.text);
    }
    out
}

/// The documents of a stream whose source is one of `patterns`, in the order of the patterns.
///
/// Mirrors the `--show-only` of `pkg/cmd/template.go`.
pub fn show_only(stream: &[u8], patterns: &[String], helm: HelmVersion) -> Result<Vec<u8>, ShowOnlyError> {
    let documents: Vec<(&[u8], Option<String>)> = split_documents(stream, helm.behaviour().separator)
        .into_iter()
        .map(|it| (it, source_below_chart(it)))
        .collect();
    let mut out = Vec::new();
    for pattern in patterns {
        let mut found = false;
        for (document, source) in &documents {
            let Some(source) = source else { continue };
            if path_match(pattern, source).unwrap_or(false) {
                out.extend_from_slice(b"---\n");
                out.extend_from_slice(document);
                out.push(b'\n');
                found = true;
            }
        }
        if !found {
            return Err(ShowOnlyError(pattern.clone()));
        }
    }
    Ok(out)
}

/// What `--output-dir` writes, in the order Helm first writes them. CRDs do not go below `release`, which is the release's
/// name where `--release-name` is set.
pub fn output_files(rendered: &Rendered, hooks: bool, tests: bool, release: Option<&str>) -> Vec<OutputFile> {
    let below = |path: &str| release.map_or_else(|| path.to_owned(), |name| format!("{name}/{path}"));
    let crds = rendered.crds.iter().map(|Crd { path, data }| (path.clone(), path, data, false));
    let manifests = rendered.manifests.iter().map(|it| (below(&it.path), &it.path, &it.text, false));
    let hooks = printed_hooks(&rendered.hooks, hooks, tests).map(|it| (below(&it.path), &it.path, &it.text, true));
    let mut files: Vec<OutputFile> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for (number, (place, path, text, appends)) in crds.chain(manifests).chain(hooks).enumerate() {
        let at = *places.entry(place.clone()).or_insert_with(|| {
            files.push(OutputFile { path: place, text: Vec::new(), writes: Vec::new(), appends });
            files.len() - 1
        });
        if let Some(file) = files.get_mut(at) {
            section(&mut file.text, path, text);
            file.writes.push(number);
        }
    }
    files
}

fn printed_hooks(hooks: &[Hook], wanted: bool, tests: bool) -> impl Iterator<Item = &Hook> {
    hooks.iter().filter(move |it| wanted && (tests || !it.is_test()))
}

/// What stands before the path at the head of a document.
const SECTION: &[u8] = b"---\n# Source: ";

fn section(out: &mut Vec<u8>, path: &str, text: &[u8]) {
    out.extend_from_slice(SECTION);
    out.extend_from_slice(path.as_bytes());
    out.push(b'\n');
    out.extend_from_slice(text);
    out.push(b'\n');
}

/// The rest of the first `# Source: chart/` line of a document.
fn source_below_chart(document: &[u8]) -> Option<String> {
    const MARK: &[u8] = b"# Source: ";
    let mut at = 0;
    loop {
        at += document.get(at..)?.windows(MARK.len()).position(|it| it == MARK)? + MARK.len();
        let rest = &document[at..];
        let line = rest.split(|it| *it == b'\n').next().unwrap_or_default();
        // The chart's name may run over line ends, as `[^/]+` matches them; the path may not.
        let slash = rest.iter().position(|it| *it == b'/');
        if let Some(slash) = slash.filter(|it| *it > 0) {
            let path = rest[slash + 1..].split(|it| *it == b'\n').next().unwrap_or_default();
            if !path.is_empty() {
                return Some(String::from_utf8_lossy(path).into_owned());
            }
        }
        at += line.len();
    }
}
