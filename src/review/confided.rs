//! Which values of a release are secret: what is called so, what is a private key, and what the release puts into Secrets alone.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value as Json};

use super::compare::hide;
use crate::object::document::documents;
use crate::object::private_key;

/// Endings of keys that are called as secrets are, beyond those of `hide`; the value may also be the name of a Secret.
const ENDINGS: [&str; 9] = [
    "secret",
    "pwd",
    "credential",
    "credentials",
    "signingkey",
    "encryptionkey",
    "sharedkey",
    "accountkey",
    "connectionstring",
];
/// Keys below which all texts are secret, but for those of `PLAIN`.
const HOLDERS: [&str; 5] = ["secret", "secrets", "secretdata", "credentials", "passwords"];
/// Keys that say of a secret where or what it is, and not its text.
const PLAIN: [&str; 8] = ["name", "namespace", "type", "kind", "annotations", "labels", "path", "key"];
/// Shorter texts than these are in too much by chance.
const EQUAL: usize = 4;
const WITHIN: usize = 8;

/// Values in two: what may be read, and what is secret.
#[derive(Clone, Debug, Default)]
pub struct Split {
    pub clear: Json,
    /// A map of the same shape; `null` where nothing is secret.
    pub secret: Json,
    /// The places of what is secret.
    pub paths: Vec<String>,
}

/// Something secret that is no text, which alone can be sealed: its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoText(pub String);

/// Cuts the values of a release whose manifest this is. `known` are places that are secret whatever they hold.
pub fn split(values: &Json, manifest: &str, known: &[Vec<Json>]) -> Result<Split, NoText> {
    let mut cut = Cut { told: Told::of(manifest), known, paths: Vec::new() };
    let (clear, secret) = cut.value(values, &mut Vec::new(), Under::default())?;
    let clear = clear.unwrap_or_else(|| Json::Object(Map::new()));
    Ok(Split { clear, secret: secret.unwrap_or_default(), paths: cut.paths })
}

/// What the keys above a value say of it.
#[derive(Clone, Copy, Default)]
struct Under {
    /// It is called as a secret is.
    named: bool,
    /// It is called so, or stands below what is; but it may be a name.
    maybe: bool,
}

struct Cut<'a> {
    told: Told,
    known: &'a [Vec<Json>],
    paths: Vec<String>,
}

type Halves = (Option<Json>, Option<Json>);

impl Cut<'_> {
    fn value(&mut self, value: &Json, path: &mut Vec<Json>, under: Under) -> Result<Halves, NoText> {
        match value {
            Json::Object(map) => self.map(map, path, under),
            Json::Array(items) => {
                let before = self.paths.len();
                let mut is_secret = false;
                for (at, it) in items.iter().enumerate() {
                    path.push(at.into());
                    is_secret |= self.value(it, path, under)?.1.is_some();
                    path.pop();
                }
                if !is_secret {
                    return Ok((Some(value.clone()), None));
                }
                // Helm replaces a list as one: all of it is sealed, or nothing.
                self.paths.truncate(before);
                if !all_texts(value) {
                    return Err(NoText(shown(path)));
                }
                self.paths.push(shown(path));
                Ok((None, Some(value.clone())))
            }
            Json::String(text) if self.is_secret(text, path, under) => {
                self.paths.push(shown(path));
                Ok((None, Some(value.clone())))
            }
            Json::Number(_) if under.named || self.known.contains(path) => Err(NoText(shown(path))),
            other => Ok((Some(other.clone()), None)),
        }
    }

    fn map(&mut self, map: &Map<String, Json>, path: &mut Vec<Json>, under: Under) -> Result<Halves, NoText> {
        let (mut clear, mut secret) = (Map::new(), Map::new());
        // `{name: PASSWORD, value: text}`, as of variables.
        let pair = map.get("name").or_else(|| map.get("key")).and_then(Json::as_str).map(of_key).unwrap_or_default();
        for (key, it) in map {
            let own = if key == "value" { pair } else { of_key(key) };
            let is_plain = PLAIN.contains(&key.to_ascii_lowercase().as_str());
            let holds = HOLDERS.contains(&bare(key).as_str()) && it.is_object();
            let below =
                Under { named: own.named && !it.is_object(), maybe: own.maybe || holds || under.maybe && !is_plain };
            path.push(key.as_str().into());
            let halves = self.value(it, path, below)?;
            path.pop();
            if let Some(it) = halves.0 {
                clear.insert(key.clone(), it);
            }
            if let Some(it) = halves.1 {
                secret.insert(key.clone(), it);
            }
        }
        let clear = (!clear.is_empty() || secret.is_empty()).then_some(Json::Object(clear));
        Ok((clear, (!secret.is_empty()).then_some(Json::Object(secret))))
    }

    fn is_secret(&self, text: &str, path: &[Json], under: Under) -> bool {
        if text.trim().is_empty() {
            return false;
        }
        if self.known.iter().any(|it| it == path) {
            return true;
        }
        let decoded = STANDARD.decode(text.split_whitespace().collect::<String>()).unwrap_or_default();
        let decoded = String::from_utf8_lossy(&decoded);
        let is_key = [text, &decoded].iter().any(|it| private_key::find(it).is_some());
        let is_certificate =
            [text.as_bytes(), decoded.as_bytes()].iter().any(|it| !it.is_empty() && hide::is_public(it));
        if is_key || is_certificate {
            return is_key;
        }
        let in_a_line = text.lines().any(|line| {
            let pair = line.split_once([':', '=']);
            pair.is_some_and(|(key, value)| {
                let value = value.trim().trim_matches(['"', '\'', ',']);
                let refers = value.starts_with("${") || value.starts_with("{{") || value.starts_with('$');
                text.contains(['\n', ';', '&'])
                    && !value.is_empty()
                    && !refers
                    && of_key(key.trim().trim_matches('"')).named
            })
        });
        let in_address = text.split_once("://").is_some_and(|(_, rest)| {
            let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
            host.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
        });
        under.named
            || in_a_line
            || in_address
            || self.told.only_in_secrets(text)
            || under.maybe && !self.told.is_outside(text)
    }
}

fn of_key(key: &str) -> Under {
    let word = bare(key);
    let refers = word.contains("existing")
        || ["name", "ref", "path", "file", "namespace", "key"].iter().any(|it| word.ends_with(&format!("secret{it}")));
    let named = !refers && (hide::is_secret_key(key) || word == "pass" || word.ends_with("rootpass"));
    Under { named, maybe: named || !refers && ENDINGS.iter().any(|it| word.ends_with(it)) }
}

/// A key without what separates its words.
fn bare(key: &str) -> String {
    key.chars().filter(char::is_ascii_alphanumeric).map(|it| it.to_ascii_lowercase()).collect()
}

fn all_texts(value: &Json) -> bool {
    match value {
        Json::Object(map) => !map.is_empty() && map.values().all(all_texts),
        Json::Array(items) => !items.is_empty() && items.iter().all(all_texts),
        value => value.is_string(),
    }
}

fn shown(path: &[Json]) -> String {
    let steps: Vec<String> = path.iter().map(|it| it.as_str().map_or_else(|| it.to_string(), str::to_owned)).collect();
    steps.join(".")
}

/// What a manifest says in Secrets, and outside of them.
struct Told {
    secrets: Vec<String>,
    outside: String,
}

impl Told {
    fn of(manifest: &str) -> Told {
        let (mut secrets, mut outside) = (Vec::new(), String::new());
        for document in documents(manifest) {
            let json = document.json().unwrap_or_default();
            if json["kind"] != "Secret" {
                outside.push_str(document.text);
                continue;
            }
            for field in ["data", "stringData"] {
                for it in json[field].as_object().into_iter().flat_map(|it| it.values()).filter_map(Json::as_str) {
                    let bytes =
                        if field == "data" { STANDARD.decode(it).unwrap_or_default() } else { it.as_bytes().to_vec() };
                    secrets.push(String::from_utf8_lossy(&bytes).into_owned());
                }
            }
        }
        Told { secrets, outside }
    }

    fn is_outside(&self, text: &str) -> bool {
        text.trim().len() >= EQUAL && self.outside.contains(text.trim())
    }

    fn only_in_secrets(&self, text: &str) -> bool {
        let text = text.trim();
        let is_in = self
            .secrets
            .iter()
            .any(|it| text.len() >= EQUAL && it.trim() == text || text.len() >= WITHIN && it.contains(text));
        is_in && !self.is_outside(text)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_secret_is_cut_off() {
        let values = json!({
            "adminPassword": "a", "host": "db.example", "port": 5432, "existingSecret": "there", "tokenEnabled": true,
            "db": {"password": "b", "user": "carol", "emptyPassword": ""},
            "env": [{"name": "API_TOKEN", "value": "c"}, {"name": "MODE", "value": "d"}],
            "plain": [{"name": "MODE", "value": 1}],
            "tls": {"secretName": "web-tls"}, "auth": {"secret": "named-secret"}, "login": {"secret": "not shown"},
            "url": "postgres://u:p@host/db", "config": "log: debug\npassword: e\n", "shown": "log: debug\npassword: ${P}\n",
            "license": "only-in-a-secret", "secrets": {"one": "f", "name": "g"},
        });
        let manifest = "kind: Secret\ndata: {a: b25seS1pbi1hLXNlY3JldA==, h: ZGIuZXhhbXBsZQ==}\n---\nkind: ConfigMap\ndata: {h: db.example, s: named-secret}\n";
        let found = split(&values, manifest, &[vec!["db".into(), "user".into()]]).expect("texts");
        assert_eq!(
            found.secret,
            json!({
                "adminPassword": "a", "db": {"password": "b", "user": "carol"},
                "env": [{"name": "API_TOKEN", "value": "c"}, {"name": "MODE", "value": "d"}],
                "login": {"secret": "not shown"}, "url": "postgres://u:p@host/db", "config": "log: debug\npassword: e\n",
                "license": "only-in-a-secret", "secrets": {"one": "f"},
            })
        );
        assert_eq!(
            found.clear,
            json!({
                "host": "db.example", "port": 5432, "existingSecret": "there", "tokenEnabled": true, "db": {"emptyPassword": ""},
                "plain": [{"name": "MODE", "value": 1}], "tls": {"secretName": "web-tls"}, "auth": {"secret": "named-secret"},
                "shown": "log: debug\npassword: ${P}\n", "secrets": {"name": "g"},
            })
        );
        assert_eq!(found.paths.iter().filter(|it| *it == "env").count(), 1);
        assert_eq!(split(&json!({"a": {"password": 1}}), "", &[]).expect_err("a number"), NoText("a.password".into()));
    }
}
