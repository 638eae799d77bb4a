//! `template`: a chart rendered as `helm template` renders it.

use std::path::PathBuf;

use crate::base::memory;
use crate::edge::files::{self, ChartFiles, FilesError};
use crate::workspace::chart::{ChartName, ChartNameError};
use crate::workspace::fetching::Fetching;
use helm_engine::helm::capabilities::{Capabilities, KubeVersion, KubeVersionError};
use helm_engine::helm::print::{self, ShowOnlyError};
use helm_engine::helm::values::{ValueSource, ValuesError, merge_sources};
use helm_engine::helm::{
    self, Chart, ChartError, HelmVersion, Options, Release, RenderError, Rendered, TemplateNameError, template_name,
};
use helm_engine::path::RelPath;
use helm_engine::world::World;

/// What the user asks for; names and texts as given.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The release's name; without one, Helm calls it `release-name`.
    pub name: Option<String>,
    pub chart: ChartName,
    pub namespace: String,
    /// Values files, merged before all flags.
    pub values: Vec<String>,
    pub set: Vec<String>,
    pub set_string: Vec<String>,
    pub set_file: Vec<String>,
    pub set_json: Vec<String>,
    pub set_literal: Vec<String>,
    /// The Helm to render as.
    pub helm: HelmVersion,
    pub kube_version: Option<String>,
    pub api_versions: Vec<String>,
    pub include_crds: bool,
    pub no_hooks: bool,
    pub skip_tests: bool,
    pub show_only: Vec<String>,
    pub is_upgrade: bool,
    pub output_dir: Option<PathBuf>,
    pub name_template: Option<String>,
    pub generate_name: bool,
    /// Puts the files of `output_dir` into a folder of the release's name.
    pub release_name: bool,
    pub skip_schema_validation: bool,
    /// Shows what is no YAML, with [`TemplateError::shown`].
    pub debug: bool,
}

impl Request {
    /// Whether all values lie on the disk in the clear. Others may come from where secrets are kept: the standard input, a
    /// pipe, the command line.
    fn takes_plain_files_alone(&self) -> bool {
        let flags = [&self.set, &self.set_string, &self.set_file, &self.set_json, &self.set_literal];
        flags.iter().all(|it| it.is_empty()) && self.values.iter().all(|it| files::is_plain(it))
    }
}

/// What goes to the standard output, and what Helm would log.
#[derive(Clone, Debug, Default)]
pub struct Templated {
    pub stdout: Vec<u8>,
    pub warnings: Vec<String>,
}

/// Why nothing is printed; prints in Helm's wording.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    #[error("invalid kube version '{text}': {cause}")]
    KubeVersion { text: String, cause: KubeVersionError },
    #[error("cannot set --generate-name and also specify a name")]
    GenerateNameAndName,
    #[error("cannot set --name-template and also specify a name")]
    NameTemplateAndName,
    #[error(transparent)]
    NameTemplate(#[from] TemplateNameError),
    #[error(transparent)]
    ChartName(#[from] ChartNameError),
    #[error(transparent)]
    Files(#[from] FilesError),
    #[error(transparent)]
    Values(#[from] ValuesError),
    #[error(transparent)]
    Chart(#[from] ChartError),
    #[error("{cause}{}", if *.debug || !.cause.is_in_templates() { "" } else { HINT })]
    Render { cause: RenderError, debug: bool },
    #[error(transparent)]
    ShowOnly(#[from] ShowOnlyError),
    /// After files were written; Helm has told of those.
    #[error("{cause}")]
    AfterFiles { told: String, cause: Box<TemplateError> },
}

impl TemplateError {
    /// Whether disk or permissions failed, and not what the user gave.
    pub fn is_surroundings(&self) -> bool {
        match self {
            TemplateError::Files(it) => it.is_surroundings(),
            TemplateError::ChartName(it) => it.is_surroundings(),
            TemplateError::AfterFiles { cause, .. } => cause.is_surroundings(),
            _ => false,
        }
    }

    /// What Helm prints of a render that failed: the files that were written before, and where it was asked to debug, the
    /// documents that are no YAML as they are.
    pub fn shown(&self) -> String {
        let mut text = String::new();
        match self {
            TemplateError::AfterFiles { told, .. } => told.clone(),
            TemplateError::Render { cause, debug: true } if cause.is_in_templates() => {
                if let RenderError::Manifest { files, .. } = cause {
                    let files = files.iter().map(|(path, content)| (path, content.to_text()));
                    for (path, content) in files.filter(|(_, content)| !content.trim().is_empty()) {
                        text.push_str(&format!("---\n# Source: {path}\n{content}\n"));
                    }
                }
                format!("{}\n", text.trim())
            }
            _ => text,
        }
    }
}

const HINT: &str = "\n\nUse --debug flag to render out invalid YAML";

/// Renders. With an output folder, files are written only once all of the chart has rendered.
pub fn template(request: &Request, fetching: Fetching<'_>, world: &mut dyn World) -> Result<Templated, TemplateError> {
    let mut capabilities = Capabilities::of(request.helm);
    if let Some(text) = request.kube_version.as_ref().filter(|it| !it.is_empty()) {
        let parsed = KubeVersion::parse(text, request.helm);
        capabilities.kube_version = parsed.map_err(|cause| TemplateError::KubeVersion { text: text.clone(), cause })?;
    }
    capabilities.api_versions.extend(request.api_versions.iter().cloned());
    if request.takes_plain_files_alone() {
        memory::holds_no_secret();
    }
    let name = release_name(request, world)?;
    let chart_files = request.chart.read(fetching)?;
    let values = merge_sources(&value_sources(request)?, request.helm, &mut |path| {
        files::values(path).map_err(|it| it.to_string())
    })?;
    let chart = match chart_files {
        ChartFiles::Folder(tree) => Chart::load(&tree, request.helm)?,
        ChartFiles::Archive(bytes) => Chart::load_archive(&bytes, request.helm)?,
    };
    let options = Options {
        release: Release { name, namespace: request.namespace.clone(), is_upgrade: request.is_upgrade },
        capabilities,
        include_crds: request.include_crds,
        skip_schema_validation: request.skip_schema_validation,
    };
    let rendered = helm::render(&chart, &values, &options, world)
        .map_err(|cause| TemplateError::Render { cause, debug: request.debug })?;
    let stdout = match &request.output_dir {
        None => print(request, &rendered)?,
        Some(folder) => write(request, folder, &options.release.name, &rendered)?,
    };
    Ok(Templated { stdout, warnings: rendered.warnings })
}

/// Mirrors `NameAndChart`, for which `helm template` has a name at hand before it asks for a generated one.
fn release_name(request: &Request, world: &mut dyn World) -> Result<String, TemplateError> {
    match (&request.name, &request.name_template) {
        (Some(_), _) if request.generate_name => Err(TemplateError::GenerateNameAndName),
        (Some(_), Some(_)) => Err(TemplateError::NameTemplateAndName),
        (Some(name), None) => Ok(name.clone()),
        (None, Some(template)) => Ok(template_name(template, world)?),
        (None, None) => Ok("release-name".into()),
    }
}

fn value_sources(request: &Request) -> Result<Vec<ValueSource>, TemplateError> {
    let mut sources = Vec::new();
    for name in &request.values {
        sources.push(ValueSource::File { name: name.clone(), text: files::values(name)? });
    }
    sources.extend(request.set_json.iter().cloned().map(ValueSource::SetJson));
    sources.extend(request.set.iter().cloned().map(ValueSource::Set));
    sources.extend(request.set_string.iter().cloned().map(ValueSource::SetString));
    sources.extend(request.set_file.iter().cloned().map(ValueSource::SetFile));
    sources.extend(request.set_literal.iter().cloned().map(ValueSource::SetLiteral));
    Ok(sources)
}

fn print(request: &Request, rendered: &Rendered) -> Result<Vec<u8>, TemplateError> {
    let stream = print::print_stream(rendered, !request.no_hooks, !request.skip_tests);
    if request.show_only.is_empty() {
        return Ok(stream);
    }
    Ok(print::show_only(&stream, &request.show_only, request.helm)?)
}

/// Writes the files, and gives the lines Helm prints about it.
fn write(
    request: &Request,
    folder: &std::path::Path,
    release: &str,
    rendered: &Rendered,
) -> Result<Vec<u8>, TemplateError> {
    let release = request.release_name.then_some(release);
    let files = print::output_files(rendered, !request.no_hooks, !request.skip_tests, release).into_iter();
    let placed = files.map(|file| Ok((RelPath::exact(&file.path)?, file)));
    let placed = placed.collect::<Result<Vec<_>, FilesError>>()?;
    // Helm tells of a file each time it adds a document to it, in the order of the documents.
    let told = |until: usize| {
        let mut lines: Vec<(usize, &str)> = Vec::new();
        for (_, file) in &placed {
            lines.extend(file.writes.iter().filter(|it| **it < until).map(|it| (*it, file.path.as_str())));
        }
        lines.sort_unstable();
        lines.iter().map(|(_, path)| format!("wrote {}/{path}\n", folder.display())).collect::<String>()
    };
    let after_files = |until: usize, cause: TemplateError| match told(until) {
        told if told.is_empty() => cause,
        told => TemplateError::AfterFiles { told, cause: Box::new(cause) },
    };
    for (path, file) in &placed {
        let first = file.writes.first().copied().unwrap_or_default();
        files::write_below(folder, path, &file.text, file.appends).map_err(|it| after_files(first, it.into()))?;
    }
    // Nothing is left for the stream, of which Helm prints the line end all the same.
    if let Some(pattern) = request.show_only.first() {
        return Err(after_files(usize::MAX, ShowOnlyError(pattern.clone()).into()));
    }
    Ok(format!("{}\n", told(usize::MAX)).into_bytes())
}
