//! The meta schemas of the drafts, as the `referencing` crate carries them.

use referencing::meta;

use super::json::Json;

/// Every draft.
pub(super) const ALL: [Draft; 5] = [Draft::Four, Draft::Six, Draft::Seven, Draft::Year2019, Draft::Year2020];

/// A version of JSON Schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Draft {
    Four,
    Six,
    Seven,
    Year2019,
    Year2020,
}

impl Draft {
    /// The draft whose meta schema has this URL, with or without a fragment.
    pub(super) fn of_url(url: &str) -> Option<Draft> {
        let bare = url.strip_suffix('#').unwrap_or(url);
        let bare = bare.strip_prefix("http://").or_else(|| bare.strip_prefix("https://"))?;
        Some(match bare {
            "json-schema.org/draft-04/schema" => Draft::Four,
            "json-schema.org/draft-06/schema" => Draft::Six,
            "json-schema.org/draft-07/schema" => Draft::Seven,
            "json-schema.org/draft/2019-09/schema" => Draft::Year2019,
            "json-schema.org/draft/2020-12/schema" | "json-schema.org/schema" => Draft::Year2020,
            _ => return None,
        })
    }

    /// The URL of its meta schema.
    pub(super) fn url(self) -> &'static str {
        match self {
            Draft::Four => "http://json-schema.org/draft-04/schema",
            Draft::Six => "http://json-schema.org/draft-06/schema",
            Draft::Seven => "http://json-schema.org/draft-07/schema",
            Draft::Year2019 => "https://json-schema.org/draft/2019-09/schema",
            Draft::Year2020 => "https://json-schema.org/draft/2020-12/schema",
        }
    }

    pub(super) fn id_keyword(self) -> &'static str {
        if self == Draft::Four { "id" } else { "$id" }
    }
}

/// The meta schemas of these drafts with their URLs.
pub(super) fn documents(drafts: &[Draft]) -> Vec<(String, Json)> {
    drafts
        .iter()
        .flat_map(|it| sources(*it))
        .map(|it| {
            let mut json = of_serde(it);
            let id = json.get("$id").or_else(|| json.get("id")).and_then(Json::as_str).unwrap_or_default();
            let id = id.strip_suffix('#').unwrap_or(id).to_owned();
            if id == Draft::Six.url() {
                allow_any_pattern(&mut json);
            }
            (id, json)
        })
        .collect()
}

/// Helm's copy of draft 6 does not ask that names of `patternProperties` be expressions.
fn allow_any_pattern(meta_schema: &mut Json) {
    fn entry<'a>(of: &'a mut Json, name: &str) -> Option<&'a mut Json> {
        let Json::Object(entries) = of else { return None };
        entries.iter_mut().find(|(key, _)| key == name).map(|(_, it)| it)
    }
    let patterns = entry(meta_schema, "properties").and_then(|it| entry(it, "patternProperties"));
    if let Some(Json::Object(entries)) = patterns {
        entries.retain(|(key, _)| key != "propertyNames");
    }
}

fn sources(draft: Draft) -> Vec<&'static serde_json::Value> {
    match draft {
        Draft::Four => vec![&*meta::DRAFT4],
        Draft::Six => vec![&*meta::DRAFT6],
        Draft::Seven => vec![&*meta::DRAFT7],
        Draft::Year2019 => vec![
            &*meta::DRAFT201909,
            &*meta::DRAFT201909_APPLICATOR,
            &*meta::DRAFT201909_CONTENT,
            &*meta::DRAFT201909_CORE,
            &*meta::DRAFT201909_FORMAT,
            &*meta::DRAFT201909_META_DATA,
            &*meta::DRAFT201909_VALIDATION,
        ],
        Draft::Year2020 => vec![
            &*meta::DRAFT202012,
            &*meta::DRAFT202012_CORE,
            &*meta::DRAFT202012_APPLICATOR,
            &*meta::DRAFT202012_UNEVALUATED,
            &*meta::DRAFT202012_VALIDATION,
            &*meta::DRAFT202012_META_DATA,
            &*meta::DRAFT202012_FORMAT_ANNOTATION,
            &*meta::DRAFT202012_FORMAT_ASSERTION,
            &*meta::DRAFT202012_CONTENT,
        ],
    }
}

fn of_serde(value: &serde_json::Value) -> Json {
    match value {
        serde_json::Value::Null => Json::Null,
        serde_json::Value::Bool(it) => Json::Bool(*it),
        serde_json::Value::Number(it) => Json::Number(it.to_string()),
        serde_json::Value::String(it) => Json::String(it.clone()),
        serde_json::Value::Array(items) => Json::Array(items.iter().map(of_serde).collect()),
        serde_json::Value::Object(entries) => {
            let mut entries: Vec<(String, Json)> =
                entries.iter().map(|(key, it)| (key.clone(), of_serde(it))).collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Json::Object(entries)
        }
    }
}
