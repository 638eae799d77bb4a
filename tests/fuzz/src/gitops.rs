//! Files of Flux, Argo CD and helmfile.

use std::collections::BTreeMap;

use ichor::base::secret::Secret;
use ichor::gitops::substitute::{self, Variable};
use ichor::gitops::{Fault, Tool, Tree, Unseal, Wanted, release};

/// Files in memory: each a line with its path, and what follows up to a `\x01`.
struct Files(BTreeMap<String, Vec<u8>>);

impl Tree for Files {
    fn files(&self) -> Result<Vec<String>, Fault> {
        Ok(self.0.keys().cloned().collect())
    }

    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Fault> {
        Ok(self.0.get(path).cloned())
    }

    fn is_folder(&self, path: &str) -> bool {
        path.is_empty() || self.0.keys().any(|it| it.starts_with(&format!("{path}/")))
    }

    fn kustomize(&self, folder: &str, _: Option<&[u8]>) -> Result<Vec<u8>, Fault> {
        let inside = self.0.iter().filter(|it| it.0.starts_with(folder));
        Ok(inside.flat_map(|(_, it)| [b"---\n".as_slice(), it, b"\n"].concat()).collect())
    }

    fn as_written(&self, path: &str) -> String {
        path.into()
    }

    fn remotes(&self) -> Vec<String> {
        vec!["https://example.com/repository.git".into()]
    }
}

struct Opening;

impl Unseal for Opening {
    fn decrypt(&mut self, _: &str, bytes: &[u8]) -> Result<Secret, String> {
        Ok(Secret::new(bytes))
    }
}

/// A release of each tool, with and without what is sealed.
pub fn sources(bytes: &[u8]) {
    let files = bytes.split(|it| *it == 1).filter_map(|file| {
        let cut = file.iter().position(|it| *it == b'\n')?;
        Some((std::str::from_utf8(&file[..cut]).ok()?.to_owned(), file[cut + 1..].to_vec()))
    });
    let files = Files(files.collect());
    let Some(first) = files.0.keys().next().cloned() else { return };
    for tool in [Tool::Flux, Tool::Argocd, Tool::Helmfile] {
        let wanted = Wanted { tool, path: first.clone(), name: None, kustomization: None, namespace: Some("n".into()) };
        let clear = release(&files, &wanted, None);
        let opened = release(&files, &wanted, Some(&mut Opening));
        if let (Ok(clear), Ok(opened)) = (clear, opened) {
            assert_eq!(clear.secret_digest, opened.secret_digest, "the digest depends on what is opened");
            assert!(clear.secrets.is_none());
        }
    }
}

/// A text with variables.
pub fn substitute(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let lookup = |name: &str| {
        Ok((!name.len().is_multiple_of(3)).then(|| Variable { text: "va*l?ue[1]".into(), sealed: name.len() % 3 == 1 }))
    };
    let _ = substitute::substitute(text, &lookup);
}
