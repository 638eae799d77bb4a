//! Which parts of a document are schemas, and what they are called: `$id`, `$anchor` and their kin.

use std::collections::BTreeMap;

use url::Url;

use super::json::Json;
use super::meta::Draft;

/// A schema with a URL of its own.
#[derive(Debug)]
pub(super) struct Resource<'a> {
    pub(super) url: String,
    pub(super) root: &'a Json,
    pub(super) draft: Draft,
    pub(super) anchors: BTreeMap<&'a str, &'a Json>,
    pub(super) dynamic_anchors: BTreeMap<&'a str, &'a Json>,
    pub(super) recursive: bool,
}

/// All resources, and for each schema seen so far the resource it belongs to and its place in it.
#[derive(Debug, Default)]
pub(super) struct Resources<'a> {
    pub(super) list: Vec<Resource<'a>>,
    places: BTreeMap<usize, (usize, String)>,
}

/// What tells one part of a document from another that is equal to it.
pub(super) fn address(node: &Json) -> usize {
    std::ptr::from_ref(node) as usize
}

impl<'a> Resources<'a> {
    pub(super) fn by_url(&self, url: &str) -> Option<usize> {
        self.list.iter().position(|it| it.url == url)
    }

    /// The resource of a schema and the pointer to it from the resource's root.
    pub(super) fn place(&self, node: &Json) -> Option<&(usize, String)> {
        self.places.get(&address(node))
    }

    /// Enters a document and everything in it that has a name.
    pub(super) fn add_document(&mut self, url: &str, root: &'a Json, draft: Draft) -> Result<(), String> {
        let resource = self.open(url.to_owned(), root, draft);
        self.visit(root, resource, String::new())
    }

    /// Enters a schema at a place where no keyword says there is one.
    pub(super) fn add_stray(&mut self, node: &'a Json, resource: usize, pointer: String) -> Result<(), String> {
        if self.places.contains_key(&address(node)) {
            return Ok(());
        }
        self.visit(node, resource, pointer)
    }

    fn open(&mut self, url: String, root: &'a Json, draft: Draft) -> usize {
        let declared = root.get("$schema").and_then(Json::as_str).and_then(Draft::of_url);
        let recursive = root.get("$recursiveAnchor").and_then(Json::as_bool).unwrap_or(false);
        self.list.push(Resource {
            url,
            root,
            draft: declared.unwrap_or(draft),
            anchors: BTreeMap::new(),
            dynamic_anchors: BTreeMap::new(),
            recursive,
        });
        self.list.len() - 1
    }

    fn visit(&mut self, root: &'a Json, resource: usize, pointer: String) -> Result<(), String> {
        // A stack of our own, since schemas may nest as deep as JSON may.
        let mut open = vec![(root, resource, pointer)];
        while let Some((node, mut resource, mut pointer)) = open.pop() {
            let draft = self.list[resource].draft;
            let overridden = draft < Draft::Year2019 && node.get("$ref").is_some();
            if let Some(id) = node.get(draft.id_keyword()).and_then(Json::as_str).filter(|_| !overridden) {
                let location = format!("{}#{pointer}", self.list[resource].url);
                if let (Some(anchor), true) = (id.strip_prefix('#'), draft < Draft::Year2019) {
                    self.list[resource].anchors.insert(anchor, node);
                } else if let Some(url) = resolve(&self.list[resource].url, id) {
                    let url = url.split('#').next().unwrap_or_default().to_owned();
                    let own = self.list[resource].root;
                    if !std::ptr::eq(own, node) {
                        resource = self.open(url, node, draft);
                        pointer = String::new();
                    } else if self.list[resource].url != url {
                        // A document is known by the URL it was read from as well as by its own.
                        self.alias(resource, url);
                    }
                } else {
                    return Err(format!("error in parsing id at \"{location}\""));
                }
            }
            let known = &mut self.list[resource];
            if draft >= Draft::Year2019
                && let Some(name) = node.get("$anchor").and_then(Json::as_str)
            {
                known.anchors.insert(name, node);
            }
            if draft >= Draft::Year2020
                && let Some(name) = node.get("$dynamicAnchor").and_then(Json::as_str)
            {
                known.anchors.insert(name, node);
                known.dynamic_anchors.insert(name, node);
            }
            for (step, below) in children(node, self.list[resource].draft) {
                open.push((below, resource, step.after(&pointer)));
            }
            self.places.insert(address(node), (resource, pointer));
        }
        Ok(())
    }

    fn alias(&mut self, of: usize, url: String) {
        self.list[of].url = url;
    }
}

/// A URL reference against a base.
pub(super) fn resolve(base: &str, reference: &str) -> Option<String> {
    match Url::parse(base) {
        Ok(base) => base.join(reference).ok().map(String::from),
        Err(_) => Url::parse(reference).ok().map(String::from),
    }
}

/// How a pointer goes on from a schema to one directly inside it.
pub(super) struct Step<'a> {
    keyword: &'a str,
    below: Below<'a>,
}

enum Below<'a> {
    Nothing,
    Index(usize),
    Key(&'a str),
}

impl Step<'_> {
    /// The pointer that leads there, from the one that leads to the outer schema.
    fn after(&self, pointer: &str) -> String {
        let mut out = String::with_capacity(pointer.len() + self.keyword.len() + 24);
        out.extend([pointer, "/", self.keyword]);
        match self.below {
            Below::Nothing => {}
            Below::Index(index) => out.extend(["/", index.to_string().as_str()]),
            Below::Key(key) if key.contains(['~', '/']) => {
                out.extend(["/", key.replace('~', "~0").replace('/', "~1").as_str()]);
            }
            Below::Key(key) => out.extend(["/", key]),
        }
        out
    }
}

/// The schemas directly inside a schema as the draft knows them, each with the step of a pointer that leads to it.
pub(super) fn children(node: &Json, draft: Draft) -> Vec<(Step<'_>, &Json)> {
    let is_schema = |it: &Json| matches!(it, Json::Object(_)) || matches!(it, Json::Bool(_)) && draft > Draft::Four;
    let mut found = Vec::new();
    for (keyword, value) in node.entries() {
        let keyword = keyword.as_str();
        let (since, one, list, map) = match keyword {
            "items" => (Draft::Four, true, draft < Draft::Year2020, false),
            "additionalItems" if draft >= Draft::Year2020 => continue,
            "additionalItems" | "additionalProperties" | "not" => (Draft::Four, true, false, false),
            "contains" | "propertyNames" => (Draft::Six, true, false, false),
            "if" | "then" | "else" => (Draft::Seven, true, false, false),
            "unevaluatedItems" | "unevaluatedProperties" => (Draft::Year2019, true, false, false),
            "allOf" | "anyOf" | "oneOf" => (Draft::Four, false, true, false),
            "prefixItems" => (Draft::Year2020, false, true, false),
            "definitions" | "dependencies" | "patternProperties" | "properties" => (Draft::Four, false, false, true),
            "$defs" | "dependentSchemas" => (Draft::Year2019, false, false, true),
            _ => continue,
        };
        if draft < since {
            continue;
        }
        if one && is_schema(value) {
            found.push((Step { keyword, below: Below::Nothing }, value));
        }
        if list {
            let items = value.items().iter().enumerate().filter(|(_, it)| is_schema(it));
            found.extend(items.map(|(index, it)| (Step { keyword, below: Below::Index(index) }, it)));
        }
        if map {
            let entries = value.entries().iter().filter(|(_, it)| is_schema(it));
            found.extend(entries.map(|(key, it)| (Step { keyword, below: Below::Key(key) }, it)));
        }
    }
    found
}

/// Those of the children that judge values themselves, with their keywords. The others are schemas only where a reference leads to them, so
/// that a fault in them may go unseen.
pub(super) fn judges(node: &Json, draft: Draft) -> Vec<(&str, &Json)> {
    let conditional = node.get("if").is_some();
    let tuple = matches!(node.get("items"), Some(Json::Array(_)));
    let is_used = |keyword: &str| match keyword {
        "$defs" | "definitions" => false,
        "then" | "else" => conditional,
        "additionalItems" => tuple,
        _ => true,
    };
    let mut used = children(node, draft);
    used.retain(|(step, _)| is_used(step.keyword));
    used.sort_by_key(|(step, _)| ORDER.iter().position(|it| *it == step.keyword));
    used.into_iter().map(|(step, it)| (step.keyword, it)).collect()
}

/// In which order Helm compiles the parts of a schema, which decides what fault it tells of.
const ORDER: [&str; 18] = [
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "items",
    "additionalItems",
    "properties",
    "patternProperties",
    "additionalProperties",
    "dependencies",
    "contains",
    "propertyNames",
    "if",
    "then",
    "else",
    "dependentSchemas",
    "unevaluatedItems",
    "unevaluatedProperties",
];
