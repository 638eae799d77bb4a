//! Whole charts: a folder on disk, a command line, and what `ichor` prints.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use helm_engine::helm::HelmVersion;
use ichor::ops::show::{Part, show};
use ichor::ops::template::{Request, template};
use ichor::workspace::chart::ChartName;
use ichor::workspace::fetching::Fetching;

use super::{Case, lossy, with_world};

/// What the command line prints, run beside the chart.
pub fn answer(case: &Case, args: &str) -> Result<String, String> {
    let memory = Path::new("/dev/shm");
    let parent = if memory.is_dir() { memory.to_path_buf() } else { std::env::temp_dir() };
    let folder = tempfile::tempdir_in(parent).map_err(|it| it.to_string())?;
    place(case, folder.path())?;
    let args: Vec<String> = serde_json::from_str(args).map_err(|it| it.to_string())?;
    let printed = run(&args, folder.path(), case.helm);
    // Helm names charts by their whole path.
    let root = format!("{}/", folder.path().display());
    printed.map(|it| lossy(&it)).map_err(|it| {
        it.strip_suffix("\n\nUse --debug flag to render out invalid YAML").unwrap_or(&it).replace(&root, "")
    })
}

fn place(case: &Case, root: &Path) -> Result<(), String> {
    let chart = root.join("chart");
    let put = |name: &str, write: &dyn Fn(&Path) -> std::io::Result<()>| {
        let path = match name.strip_prefix("../") {
            Some(beside) => root.join(beside),
            None => chart.join(name),
        };
        let parent = path.parent().unwrap_or(root);
        fs::create_dir_all(parent).and_then(|()| write(&path)).map_err(|it| format!("{name}: {it}"))
    };
    for (name, text) in case.files() {
        put(name, &|path| fs::write(path, text))?;
    }
    for (header, text) in &case.sections {
        if let Some(name) = header.strip_prefix("base64 ") {
            let bytes = STANDARD.decode(text.replace('\n', "")).map_err(|it| it.to_string())?;
            put(name, &|path| fs::write(path, &bytes))?;
        } else if let Some(name) = header.strip_prefix("link ") {
            put(name, &|path| std::os::unix::fs::symlink(text, path))?;
        }
    }
    Ok(())
}

fn run(args: &[String], root: &Path, helm: HelmVersion) -> Result<Vec<u8>, String> {
    let beside = |name: &str| root.join(name).display().to_string();
    let chart = |name: &str| ChartName { name: beside(name), ..ChartName::default() };
    if let [first, part, rest @ ..] = args
        && first == "show"
    {
        let part = match part.as_str() {
            "all" => Part::All,
            "chart" => Part::Chart,
            "values" => Part::Values,
            "readme" => Part::Readme,
            "crds" => Part::Crds,
            other => return Err(format!("no part is called {other}")),
        };
        return show(&chart(rest.first().map_or("chart", String::as_str)), part, None, helm, Fetching::nothing())
            .map_err(|it| it.to_string());
    }
    let mut request = Request { namespace: "default".into(), chart: chart("chart"), helm, ..Request::default() };
    let mut places = Vec::new();
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        let mut value = || rest.next().cloned().ok_or_else(|| format!("{arg} asks for a value"));
        match arg.as_str() {
            "-n" => request.namespace = value()?,
            "-f" => request.values.push(beside(&value()?)),
            "--set" => request.set.push(value()?),
            "--set-string" => request.set_string.push(value()?),
            "--set-json" => request.set_json.push(value()?),
            "--set-literal" => request.set_literal.push(value()?),
            "--set-file" => {
                let value = value()?;
                let (key, path) = value.split_once('=').ok_or("--set-file asks for KEY=PATH")?;
                request.set_file.push(format!("{key}={}", beside(path)));
            }
            "--kube-version" => request.kube_version = Some(value()?),
            "-a" => request.api_versions.push(value()?),
            "-s" => request.show_only.push(value()?),
            "--include-crds" => request.include_crds = true,
            "--no-hooks" => request.no_hooks = true,
            "--skip-tests" => request.skip_tests = true,
            "--is-upgrade" => request.is_upgrade = true,
            "--skip-schema-validation" => request.skip_schema_validation = true,
            other if other.starts_with('-') => return Err(format!("no flag is called {other}")),
            _ => places.push(arg),
        }
    }
    match places[..] {
        [] => {}
        [name] => request.name = Some(name.clone()),
        [name, other] => (request.name, request.chart) = (Some(name.clone()), chart(other)),
        _ => return Err("too many arguments".into()),
    }
    with_world(|world| template(&request, Fetching::nothing(), world)).map(|it| it.stdout).map_err(|it| it.to_string())
}
