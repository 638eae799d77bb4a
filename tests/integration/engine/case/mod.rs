//! Case files, and what our engine makes of a case. `tests/record.py` tells the format.

mod whole;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use helm_engine::helm::capabilities::{Capabilities, KubeVersion};
use helm_engine::helm::chart::File;
use helm_engine::helm::{Chart, HelmVersion, Options, Release, render_files};
use helm_engine::sprig::RealWorld;
use helm_engine::yaml;
use jiff::Timestamp;
use rand::SeedableRng;
use rand::rngs::StdRng;

/// A chart, its values, and what Helm made of them.
pub struct Case {
    pub name: String,
    pub line: usize,
    /// The Helm that is asked.
    pub helm: HelmVersion,
    pub sections: BTreeMap<String, String>,
}

impl Case {
    /// What Helm made of it.
    pub fn result(&self) -> Result<&str, &str> {
        match (self.sections.get("output"), self.sections.get("error")) {
            (Some(output), None) => Ok(output),
            (None, Some(error)) => Err(error),
            _ => panic!("line {}: {} has not one result: run tests/record.py", self.line, self.name),
        }
    }

    /// What our engine makes of it: a whole chart where it has arguments, else its one template.
    pub fn answer(&self) -> Result<String, String> {
        match self.sections.get("args") {
            Some(args) => whole::answer(self, args),
            None => render(self),
        }
    }

    /// The files of the chart by path.
    fn files(&self) -> BTreeMap<&str, &str> {
        let given = self.sections.iter().filter_map(|(name, text)| Some((name.strip_prefix("file ")?, text.as_str())));
        [("Chart.yaml", "apiVersion: v2\nname: case\nversion: 0.1.0\n")]
            .into_iter()
            .chain(self.sections.get("template").map(|text| ("templates/t.yaml", text.as_str())))
            .chain(given)
            .collect()
    }
}

/// The cases of a file.
pub fn read(path: &Path) -> Vec<Case> {
    let text = fs::read_to_string(path).expect("UTF-8");
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let helm = text.lines().next().and_then(|it| it.strip_prefix("# helm ")).expect("the Helm that made the file");
    let helm = helm.parse().unwrap_or_else(|it| panic!("{}: {it}", path.display()));
    let mut common = BTreeMap::new();
    let mut cases: Vec<Case> = Vec::new();
    let mut section: Option<(String, Vec<String>)> = None;
    for (index, line) in text.split('\n').enumerate() {
        let at = || format!("{}:{}", path.display(), index + 1);
        let header = line.strip_prefix("--- ");
        let name = line.strip_prefix("=== ");
        if header.is_some() || name.is_some() {
            let sections = cases.last_mut().map_or(&mut common, |it| &mut it.sections);
            sections.extend(section.take().map(|(name, lines)| (name, lines.join("\n"))));
        }
        if let Some(name) = name {
            cases.push(Case { name: name.into(), line: index + 1, helm, sections: common.clone() });
        } else if let Some(header) = header {
            section = Some((header.into(), Vec::new()));
        } else if let Some((_, lines)) = &mut section {
            let line = match line.strip_prefix('\\') {
                Some(inner) => {
                    serde_json::from_str(&format!("\"{inner}\"")).unwrap_or_else(|it| panic!("{}: {it}", at()))
                }
                None => line.into(),
            };
            lines.push(line);
        } else {
            assert!(line.starts_with('#'), "{}: a line outside of any section", at());
        }
    }
    if let Some(last) = cases.last_mut() {
        last.sections.extend(section.map(|(name, lines)| (name, lines.join("\n"))));
    }
    cases
}

/// What `templates/t.yaml` prints, with bytes that are not UTF-8 as JSON shows them.
fn render(case: &Case) -> Result<String, String> {
    let files = case.files().into_iter().map(|(path, text)| File::new(path, text.as_bytes())).collect();
    let chart = Chart::load_files(files, case.helm).map_err(|it| it.to_string())?;
    let values = case.sections.get("values").map_or("", String::as_str);
    let go_type = if case.helm.behaviour().is_4 { "common.Values" } else { "chartutil.Values" };
    let values = yaml::read_map(values.as_bytes()).map_err(|it| it.replace("map[string]interface {}", go_type))?;
    let options = options(case.sections.get("options").map_or("{}", String::as_str), case.helm)?;
    let rendered = with_world(|world| render_files(&chart, &values, &options, world)).map_err(|it| it.to_string())?;
    Ok(rendered.get("case/templates/t.yaml").map_or_else(String::new, |it| lossy(it)))
}

/// A world in which it is 1970 for ever; no case may rest on it.
fn with_world<T>(run: impl FnOnce(&mut RealWorld) -> T) -> T {
    let mut rng = StdRng::seed_from_u64(0);
    let mut clock = || Timestamp::UNIX_EPOCH;
    let mut resolve = |_: &str| Vec::new();
    run(&mut RealWorld::new(&mut rng, &mut clock, &mut resolve, || "UTC".into()))
}

fn options(json: &str, helm: HelmVersion) -> Result<Options, String> {
    let json: serde_json::Value = serde_json::from_str(json).map_err(|it| it.to_string())?;
    let text = |name: &str| json.get(name).and_then(serde_json::Value::as_str);
    let mut capabilities = Capabilities::of(helm);
    if let Some(version) = text("kube_version") {
        capabilities.kube_version = KubeVersion::parse(version, helm).map_err(|it| it.to_string())?;
    }
    let given = json.get("api_versions").and_then(serde_json::Value::as_array);
    capabilities.api_versions.extend(given.into_iter().flatten().filter_map(|it| it.as_str().map(str::to_owned)));
    let release = Release {
        name: text("name").unwrap_or("release-name").into(),
        namespace: text("namespace").unwrap_or("default").into(),
        is_upgrade: false,
    };
    Ok(Options { release, capabilities, include_crds: false, skip_schema_validation: false })
}

fn lossy(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(std::iter::repeat_n(char::REPLACEMENT_CHARACTER, chunk.invalid().len()));
    }
    text
}
