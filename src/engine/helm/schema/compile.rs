//! Schemas made ready: references found, expressions compiled.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::collect::{Resources, address, judges, resolve};
use super::json::Json;
use super::meta::Draft;
use crate::sprig::regexp::Regexp;
use crate::strconv;

/// A schema that is ready to judge.
pub(super) struct Schema<'a> {
    pub(super) node: &'a Json,
    keywords: Sieve,
    is_reference: bool,
    pub(super) draft: Draft,
    pub(super) resource: usize,
    /// The pointer from the resource's root.
    pub(super) pointer: String,
    pub(super) reference: Option<usize>,
    pub(super) recursive_reference: Option<usize>,
    /// The target, and the name under which the caller may have put another in its place.
    pub(super) dynamic_reference: Option<(usize, Option<String>)>,
    pub(super) pattern: Option<Rc<Regexp>>,
    pub(super) property_patterns: Vec<(Rc<Regexp>, &'a Json)>,
    /// It stands for a place that does not exist.
    missing: Option<String>,
}

impl<'a> Schema<'a> {
    /// The value of a keyword.
    #[inline]
    pub(super) fn get(&self, keyword: &str) -> Option<&'a Json> {
        if self.keywords.0 & Sieve::bit(keyword) == 0 || self.is_reference && keyword != "const" {
            return None;
        }
        self.node.get(keyword)
    }
}

/// Tells most keywords that a schema does not have without a look at the schema: dozens are asked for, few are there.
#[derive(Clone, Copy)]
struct Sieve(u64);

impl Sieve {
    fn of(node: &Json) -> Sieve {
        Sieve(node.entries().iter().fold(0, |bits, (key, _)| bits | Sieve::bit(key)))
    }

    #[inline(always)]
    fn bit(keyword: &str) -> u64 {
        let bytes = keyword.as_bytes();
        let (first, last) = (bytes.first().copied().unwrap_or(0), bytes.last().copied().unwrap_or(0));
        1 << ((bytes.len() * 5 + usize::from(first) + usize::from(last) * 3) % 64)
    }
}

/// All schemas that can be reached from a root.
pub(super) struct Schemas<'a> {
    pub(super) list: Vec<Schema<'a>>,
    pub(super) resources: Resources<'a>,
    by_address: BTreeMap<usize, usize>,
    /// Schemas where no keyword says there is one, with their resource: none has judged them yet.
    pub(super) strays: Vec<(&'a Json, usize)>,
    /// What stands for a reference that nobody can follow and that does not matter.
    anything: &'a Json,
}

impl<'a> Schemas<'a> {
    pub(super) fn new(resources: Resources<'a>, anything: &'a Json) -> Self {
        Schemas { list: Vec::new(), resources, by_address: BTreeMap::new(), strays: Vec::new(), anything }
    }

    /// The schema at a node that was compiled.
    pub(super) fn at(&self, node: &Json) -> Option<usize> {
        self.by_address.get(&address(node)).copied()
    }

    pub(super) fn location(&self, index: usize) -> String {
        let schema = &self.list[index];
        format!("{}#{}", self.resources.list[schema.resource].url, schema.pointer)
    }

    /// Compiles the schema of a URL without fragment, and all it leads to. The error is Helm's text.
    pub(super) fn compile(&mut self, url: &str) -> Result<usize, String> {
        let target = self.target(url)??;
        self.compile_root(target)
    }

    /// Compiles a document that was entered, and all it leads to.
    pub(super) fn compile_root(&mut self, root: &'a Json) -> Result<usize, String> {
        let first = self.enter(root);
        let mut next = first;
        while next < self.list.len() {
            self.finish(next)?;
            next += 1;
        }
        Ok(first)
    }

    /// A place for a node in the list, to be finished later.
    fn enter(&mut self, node: &'a Json) -> usize {
        if let Some(known) = self.at(node) {
            return known;
        }
        let index = self.enter_new(node);
        self.by_address.insert(address(node), index);
        index
    }

    fn enter_new(&mut self, node: &'a Json) -> usize {
        let (resource, pointer) = self.resources.place(node).cloned().unwrap_or((0, String::new()));
        let draft = self.resources.list[resource].draft;
        // Before 2019 a reference stands for the whole schema, all but `const`, which Helm asks first.
        let is_reference = draft < Draft::Year2019 && node.get("$ref").and_then(Json::as_str).is_some();
        let is_constant = draft > Draft::Four && node.get("const").is_some();
        self.list.push(Schema {
            node,
            keywords: match (is_reference, is_constant) {
                (false, _) => Sieve::of(node),
                (true, false) => Sieve(0),
                (true, true) => Sieve(Sieve::bit("const")),
            },
            is_reference,
            draft,
            resource,
            pointer,
            reference: None,
            recursive_reference: None,
            dynamic_reference: None,
            pattern: None,
            property_patterns: Vec::new(),
            missing: None,
        });
        self.list.len() - 1
    }

    fn finish(&mut self, index: usize) -> Result<(), String> {
        if let Some(missing) = self.list[index].missing.take() {
            return Err(missing);
        }
        let (node, draft, resource) = {
            let schema = &self.list[index];
            (schema.node, schema.draft, schema.resource)
        };
        let base = self.resources.list[resource].url.clone();
        let text = |keyword: &str| node.get(keyword).and_then(Json::as_str);
        if let Some(reference) = text("$ref") {
            let target = self.follow(&base, reference)?;
            self.list[index].reference = Some(target);
            if draft < Draft::Year2019 {
                // The keywords that came after draft 4 are compiled all the same, if only for their faults.
                for (keyword, below) in judges(node, draft) {
                    if ["contains", "propertyNames", "if", "then", "else"].contains(&keyword) {
                        self.enter(below);
                    }
                }
                return Ok(());
            }
        }
        if draft == Draft::Year2019
            && let Some(reference) = text("$recursiveRef")
        {
            let target = self.follow(&base, reference)?;
            self.list[index].recursive_reference = Some(target);
        }
        if draft >= Draft::Year2020
            && let Some(reference) = text("$dynamicRef")
        {
            let target = self.follow(&base, reference)?;
            let name = reference.split_once('#').map(|(_, fragment)| fragment);
            let dynamic = self.list[target].node.get("$dynamicAnchor").and_then(Json::as_str);
            let name = name.filter(|it| dynamic == Some(it)).map(str::to_owned);
            self.list[index].dynamic_reference = Some((target, name));
        }
        let compile = |it: &str| Regexp::compile(it.as_bytes()).map_err(|fault| fault.to_string());
        if let Some(pattern) = text("pattern") {
            self.list[index].pattern = Some(compile(pattern)?);
        }
        for (pattern, below) in node.get("patternProperties").map(Json::entries).unwrap_or_default() {
            let compiled = compile(pattern).map_err(|fault| {
                let place = format!("{base}#{}/patternProperties", escaped(&self.list[index].pointer, b""));
                format!("invalid regex {} at \"{place}\": {fault}", strconv::quote(pattern.as_bytes()))
            })?;
            self.list[index].property_patterns.push((compiled, below));
        }
        for (_, below) in judges(node, draft) {
            self.enter(below);
        }
        Ok(())
    }

    fn follow(&mut self, base: &str, reference: &str) -> Result<usize, String> {
        let url = resolve(base, reference).unwrap_or_else(|| reference.to_owned());
        match self.target(&url)? {
            Ok(target) => Ok(self.enter(target)),
            Err(missing) => {
                let index = self.enter_new(self.anything);
                self.list[index].missing = Some(missing);
                Ok(index)
            }
        }
    }

    /// The node a URL with or without a fragment means. That a pointer leads nowhere is the inner error, which is told only
    /// when it is the target's turn.
    fn target(&mut self, url: &str) -> Result<Result<&'a Json, String>, String> {
        let (document, fragment) = url.split_once('#').unwrap_or((url, ""));
        let known = self.resources.by_url(document).or_else(|| match Draft::of_url(document) {
            Some(draft) => self.resources.by_url(draft.url()),
            // Helm has its meta schemas under both schemes.
            None => self.resources.by_url(&document.replacen("http://json-schema.org/", "https://json-schema.org/", 1)),
        });
        let Some(resource) = known else {
            if document.starts_with("urn:") {
                return match fragment {
                    "" => Ok(Ok(self.anything)),
                    pointer if pointer.starts_with('/') => Ok(Err(format!("json-pointer in \"{url}\" not found"))),
                    _ => Err(format!("anchor in \"{url}\" not found in schema \"{document}\"")),
                };
            }
            return Err(unreachable_document(document));
        };
        let fragment = percent_decoded(fragment);
        let root = self.resources.list[resource].root;
        if fragment.is_empty() {
            return Ok(Ok(root));
        }
        let shown = escaped(&fragment, b"!()*,;?");
        if !fragment.starts_with('/') {
            let found = self.resources.list[resource].anchors.get(fragment.as_str());
            return found
                .map(|it| Ok(*it))
                .ok_or_else(|| format!("anchor in \"{document}#{shown}\" not found in schema \"{document}\""));
        }
        let missing = || format!("json-pointer in \"{document}#{shown}\" not found");
        let mut node = root;
        let (mut home, mut pointer) = (resource, String::new());
        for step in fragment.split('/').skip(1) {
            let key = step.replace("~1", "/").replace("~0", "~");
            let below = match node {
                Json::Object(_) => node.get(&key),
                Json::Array(items) => key.parse::<usize>().ok().and_then(|at| items.get(at)),
                _ => None,
            };
            let Some(below) = below else { return Ok(Err(missing())) };
            node = below;
            pointer = format!("{pointer}/{step}");
            // A step may lead into a resource of its own.
            if let Some((other, inner)) = self.resources.place(node) {
                (home, pointer) = (*other, inner.clone());
            }
        }
        if self.resources.place(node).is_none() {
            self.strays.push((node, home));
        }
        self.resources.add_stray(node, home, pointer)?;
        Ok(Ok(node))
    }
}

/// The folders of meta schemas that Helm carries within itself.
const META_FOLDERS: [&str; 8] = [
    "draft",
    "draft-04",
    "draft-06",
    "draft-07",
    "draft/2019-09",
    "draft/2019-09/meta",
    "draft/2020-12",
    "draft/2020-12/meta",
];

/// What Helm says of a schema it would have to fetch, with no network and no file there.
pub(super) fn unreachable_document(url: &str) -> String {
    let own = ["http://json-schema.org/", "https://json-schema.org/"].iter().find_map(|it| url.strip_prefix(it));
    if let Some(folder) = own.filter(|it| META_FOLDERS.contains(it)) {
        return format!("read metaschemas/{folder}/: is a directory");
    }
    let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
    let cause = match scheme {
        "file" => match url.strip_prefix("file://").unwrap_or(url) {
            "/" => "read /: is a directory".into(),
            path => format!("open {}: no such file or directory", percent_decoded(path)),
        },
        "http" | "https" if url.split('/').nth(2).is_none_or(str::is_empty) => {
            // Go writes a URL without anything after its slashes without them.
            let printed = url.strip_suffix("//").unwrap_or(url);
            format!("HTTP request failed for {url}: Get \"{printed}\": http: no Host in request URL")
        }
        "http" | "https" => {
            let host = url.split('/').nth(2).unwrap_or_default();
            let name = host.split(':').next().unwrap_or(host);
            format!("HTTP request failed for {url}: Get \"{url}\": dial tcp: lookup {name}: no network at rendering")
        }
        _ => {
            let printed = url.strip_suffix("//").filter(|it| it.ends_with(':')).unwrap_or(url);
            format!("no URLLoader registered for \"{printed}\"")
        }
    };
    format!("failing loading \"{url}\": {cause}")
}

/// A pointer as part of a URL, each step as `url.PathEscape` has it, but for some bytes that are also left.
fn escaped(pointer: &str, left: &[u8]) -> String {
    let mut out = String::with_capacity(pointer.len());
    for byte in pointer.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => out.push(char::from(byte)),
            _ if b"-_.~$&+=:@/".contains(&byte) || left.contains(&byte) => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let pair = text.get(at + 1..at + 3).filter(|_| *byte == b'%');
        match pair.and_then(|it| u8::from_str_radix(it, 16).ok()) {
            Some(decoded) => {
                out.push(decoded);
                at += 3;
            }
            None => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
