//! `values.yaml`, which may hold several documents.

use crate::helm::behaviour::ValuesDocuments;
use crate::helm::helm_version::HelmVersion;
use crate::value::{Map, Value};
use crate::yaml;

/// The last line of a text is lost where it has no line end and a length that is a multiple of this.
const LINE_BUFFER: usize = 4096;

/// Reads the documents that this Helm reads, and merges them, later ones over earlier ones. The error is Go's text.
///
/// Mirrors `pkg/chart/v2/loader.LoadValues`.
pub fn read_documents(text: &[u8], helm: HelmVersion) -> Result<Map, String> {
    let fault = |cause: String| format!("cannot unmarshal yaml document: {cause}");
    let documents = match helm.behaviour().values {
        ValuesDocuments::First => return read(text),
        ValuesDocuments::AllButFullLastLine => split(without_full_last_line(text))?,
        ValuesDocuments::All => split(text)?,
    };
    let mut values = Map::any();
    for document in documents {
        let read = read(&document).map_err(fault)?;
        values = if values.is_empty() { read } else { merge_maps(&values, &read) };
    }
    Ok(values)
}

fn without_full_last_line(text: &[u8]) -> &[u8] {
    let start = memchr::memrchr(b'\n', text).map_or(0, |it| it + 1);
    let length = text.len() - start;
    if length > 0 && length.is_multiple_of(LINE_BUFFER) { &text[..start] } else { text }
}

/// The first document.
fn read(document: &[u8]) -> Result<Map, String> {
    Ok(match yaml::read(document)? {
        Value::Nil => Map::any(),
        Value::Map(map) => map,
        other => {
            let found = match other {
                Value::List(_) => "array",
                Value::Str(_) => "string",
                Value::Bool(_) => "bool",
                _ => "number",
            };
            return Err(format!(
                "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {found} into Go value of type \
                 map[string]interface {{}}"
            ));
        }
    })
}

/// Both maps in one, maps merged and everything else taken from the second.
///
/// Mirrors `pkg/chart/v2/loader.MergeMaps`.
pub fn merge_maps(under: &Map, over: &Map) -> Map {
    let out = Map::from_entries(under.to_vec());
    for (key, value) in over.entries().iter() {
        let merged = match (value, out.get(key)) {
            (Value::Map(new), Some(Value::Map(old))) => Value::Map(merge_maps(&old, new)),
            _ => value.clone(),
        };
        out.insert(key.clone(), merged);
    }
    out
}

/// Splits at lines that begin with `---`, as `k8s.io/apimachinery/pkg/util/yaml.YAMLReader` does, which also turns line
/// ends into plain ones.
fn split(text: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    let mut documents = Vec::new();
    let mut current: Vec<u8> = Vec::new();
    let mut lines: Vec<&[u8]> = text.split(|it| *it == b'\n').collect();
    if lines.last().is_some_and(|it| it.is_empty()) {
        lines.pop();
    }
    for line in lines {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if let Some(rest) = line.strip_prefix(b"---") {
            let rest = String::from_utf8_lossy(rest);
            let rest = rest.trim();
            if !rest.is_empty() && !rest.starts_with('#') {
                return Err(format!("error reading yaml document: invalid Yaml document separator: {rest}"));
            }
            if !current.is_empty() {
                documents.push(std::mem::take(&mut current));
                continue;
            }
        }
        current.extend_from_slice(line);
        current.push(b'\n');
    }
    if !current.is_empty() {
        documents.push(current);
    }
    Ok(documents)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Result<Vec<String>, String> {
        split(text.as_bytes()).map(|it| it.into_iter().map(|one| String::from_utf8_lossy(&one).into_owned()).collect())
    }

    #[test]
    fn splits_as_kubernetes_does() {
        let texts = |list: &[&str]| Ok(list.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>());
        assert_eq!(pieces("a: 1\r\n---\nb: 2"), texts(&["a: 1\n", "b: 2\n"]));
        assert_eq!(pieces("---\na: 1\n--- # two\nb: 2\n"), texts(&["---\na: 1\n", "b: 2\n"]));
        assert_eq!(pieces(""), texts(&[]));
        assert_eq!(pieces("--- x"), Err("error reading yaml document: invalid Yaml document separator: x".into()));
    }
}
