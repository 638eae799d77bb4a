//! Small charts, packed here.

use std::fs;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

/// The files of a chart whose one resource shows its values.
pub fn files(name: &str, version: &str) -> Vec<(String, String)> {
    let template = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-{{ .Chart.Name }}\n\
                    data:\n  version: {{ .Chart.Version | quote }}\n  greeting: {{ .Values.greeting }}\n";
    vec![
        ("Chart.yaml".into(), format!("apiVersion: v2\nname: {name}\nversion: {version}\ndescription: A test\n")),
        ("values.yaml".into(), "greeting: hello\n".into()),
        ("templates/map.yaml".into(), template.into()),
    ]
}

/// The archive of such a chart.
pub fn archive(name: &str, version: &str) -> Vec<u8> {
    pack(name, &files(name, version))
}

pub fn pack(folder: &str, files: &[(String, String)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, format!("{folder}/{path}"), text.as_bytes()).expect("packed");
    }
    tar.into_inner().and_then(GzEncoder::finish).expect("packed")
}

/// Writes `NAME-VERSION.tgz` into a folder.
pub fn write(folder: &Path, name: &str, version: &str) -> PathBuf {
    let path = folder.join(format!("{name}-{version}.tgz"));
    fs::write(&path, archive(name, version)).expect("written");
    path
}
