//! Chart archives: gzipped tar files with one folder at their top.

use std::borrow::Cow;
use std::cell::Cell;
use std::io::{Read, Seek, SeekFrom};

use super::error::ChartError;
use super::gzip::{self, GzipError};
use super::tree::File;

/// The most an archive may hold, in bytes, all its files together.
const MAX_CHART_SIZE: u64 = 100 * 1024 * 1024;
/// Headers and contents of a tar file fill whole blocks of so many bytes.
const BLOCK: usize = 512;
/// The most one file of an archive may hold, in bytes.
const MAX_FILE_SIZE: u64 = 5 * 1024 * 1024;

/// Whether the bytes begin as a gzip file does.
pub fn looks_like_archive(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b, 0x08])
}

/// The files of an archive, in its order, named relative to the folder at its top.
///
/// Mirrors `pkg/chart/loader/archive.LoadArchiveFiles` with its refusals.
pub fn unpack(bytes: &[u8]) -> Result<Vec<File>, ChartError> {
    if bytes.is_empty() {
        return Err(ChartError::Archive("EOF".into()));
    }
    if bytes.len() < gzip::HEADER {
        return Err(ChartError::Archive("unexpected EOF".into()));
    }
    if !bytes.starts_with(&gzip::MAGIC) {
        return Err(ChartError::Archive(GzipError::Header.to_string()));
    }
    // The bound covers the tar headers too.
    let (plain, fault) = gzip::unpack(bytes, 2 * MAX_CHART_SIZE as usize);
    unpack_tar(&plain, fault)
}

/// What was decompressed. It may break off, and only who comes to that place meets the fault.
struct Plain<'a> {
    bytes: &'a [u8],
    at: usize,
    fault: Option<std::io::Error>,
    /// Whether it ended within a block of tar.
    is_short: &'a Cell<bool>,
}

impl Read for Plain<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let mut rest = self.bytes.get(self.at..).unwrap_or_default();
        match self.fault.take_if(|_| rest.is_empty()) {
            Some(fault) => Err(fault),
            None => {
                if rest.is_empty() && !into.is_empty() && !self.at.is_multiple_of(BLOCK) {
                    self.is_short.set(true);
                }
                rest.read(into).inspect(|count| self.at += count)
            }
        }
    }
}

/// Seeks forward only, and not beyond the end: what is passed over has to be there.
impl Seek for Plain<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        let SeekFrom::Current(by) = to else { return Err(std::io::ErrorKind::Unsupported.into()) };
        let target = usize::try_from(by).ok().and_then(|by| self.at.checked_add(by));
        let Some(target) = target.filter(|it| *it <= self.bytes.len()) else {
            return Err(self.fault.take().unwrap_or_else(|| std::io::Error::other("unexpected EOF during skip")));
        };
        self.at = target;
        Ok(target as u64)
    }
}

fn unpack_tar(plain: &[u8], fault: Option<std::io::Error>) -> Result<Vec<File>, ChartError> {
    let is_short = Cell::new(false);
    let unreadable = |fault: std::io::Error| unreadable(&fault, is_short.get());
    let mut archive = tar::Archive::new(Plain { bytes: plain, at: 0, fault, is_short: &is_short });
    let mut files = Vec::new();
    let mut left = MAX_CHART_SIZE;
    for entry in archive.entries_with_seek().map_err(unreadable)? {
        let mut entry = entry.map_err(unreadable)?;
        let kind = entry.header().entry_type();
        let raw_name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if kind.is_dir() || raw_name.ends_with('/') || kind.is_pax_global_extensions() || kind.is_pax_local_extensions()
        {
            continue;
        }
        let name = inner_name(&raw_name)?;
        let size = entry.size();
        if size > left {
            return Err(ChartError::TooLarge(MAX_CHART_SIZE));
        }
        if size > MAX_FILE_SIZE {
            return Err(ChartError::FileTooLarge { name: raw_name, limit: MAX_FILE_SIZE });
        }
        let start = usize::try_from(entry.raw_file_position()).unwrap_or(usize::MAX);
        let in_place = plain.get(start..).and_then(|it| it.get(..usize::try_from(size).ok()?));
        let data = match in_place.filter(|_| !kind.is_gnu_sparse()) {
            Some(data) => Cow::Borrowed(data),
            None => {
                let mut data = Vec::new();
                entry.read_to_end(&mut data).map_err(unreadable)?;
                Cow::Owned(data)
            }
        };
        let written = data.len() as u64;
        if written < size || written >= left {
            return Err(ChartError::TooLarge(MAX_CHART_SIZE));
        }
        left -= written;
        files.push(File::new(name, &data));
    }
    if files.is_empty() {
        return Err(ChartError::EmptyArchive);
    }
    Ok(files)
}

/// The name below the top folder. A name with a back slash is taken as written on Windows.
fn inner_name(raw: &str) -> Result<String, ChartError> {
    let delimiter = if raw.contains('\\') { '\\' } else { '/' };
    let (first, rest) = raw.split_once(delimiter).unwrap_or((raw, ""));
    let name = rest.replace(delimiter, "/");
    if name.starts_with('/') {
        return Err(ChartError::AbsolutePath);
    }
    let name = clean(&name);
    if name == "." {
        return Err(ChartError::OutsideBase(raw.into()));
    }
    if name.starts_with("..") {
        return Err(ChartError::ParentDirectory);
    }
    let drive = name.as_bytes();
    if drive.first().is_some_and(u8::is_ascii_alphabetic) && drive.get(1..3) == Some(b":/") {
        return Err(ChartError::IllegalName);
    }
    if first == "Chart.yaml" {
        return Err(ChartError::ChartYamlNotInBase);
    }
    Ok(name)
}

/// Go's `path.Clean` for a relative path.
fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|it| *it != "..") => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    if parts.is_empty() { ".".into() } else { parts.join("/") }
}

/// Faults of the compression and of tar, in Go's words.
fn unreadable(fault: &std::io::Error, is_short: bool) -> ChartError {
    let of_gzip = fault.get_ref().and_then(|it| it.downcast_ref::<GzipError>());
    ChartError::Archive(match of_gzip {
        Some(fault) => fault.to_string(),
        None if is_short || fault.kind() == std::io::ErrorKind::UnexpectedEof => "unexpected EOF".into(),
        None => "archive/tar: invalid tar header".into(),
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut tar = Vec::new();
        for (name, data) in entries {
            let mut header = [0u8; 512];
            header[..name.len()].copy_from_slice(name.as_bytes());
            header[100..107].copy_from_slice(b"0000644");
            header[124..135].copy_from_slice(format!("{:011o}", data.len()).as_bytes());
            header[148..156].fill(b' ');
            header[156] = b'0';
            header[257..265].copy_from_slice(b"ustar\x0000");
            let sum: u32 = header.iter().map(|it| u32::from(*it)).sum();
            header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
            tar.extend_from_slice(&header);
            tar.extend_from_slice(data);
            tar.resize(tar.len().next_multiple_of(512), 0);
        }
        tar.resize(tar.len() + 1024, 0);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&tar).unwrap_or_default();
        gzip.finish().unwrap_or_default()
    }

    fn names(entries: &[(&str, &[u8])]) -> Result<Vec<String>, String> {
        unpack(&archive(entries)).map(|it| it.into_iter().map(|file| file.name).collect()).map_err(|it| it.to_string())
    }

    #[test]
    fn strips_the_top_folder_and_cleans() {
        assert_eq!(names(&[("c/Chart.yaml", b"x"), ("c/./a//b", b"")]), Ok(vec!["Chart.yaml".into(), "a/b".into()]));
        assert_eq!(names(&[("c\\templates\\a.yaml", b"x")]), Ok(vec!["templates/a.yaml".into()]));
    }

    #[test]
    fn refuses_what_helm_refuses() {
        let refusal = |name: &str| names(&[(name, b"x")]).err().unwrap_or_default();
        assert_eq!(refusal("c/../../x"), "chart illegally references parent directory");
        assert_eq!(refusal("c//abs"), "chart illegally contains absolute paths");
        assert_eq!(refusal("x"), "chart illegally contains content outside the base directory: \"x\"");
        assert_eq!(refusal("c/C:/x"), "chart contains illegally named files");
        assert_eq!(refusal("Chart.yaml/x"), "chart yaml not in base directory");
        assert_eq!(names(&[]), Err("no files in chart archive".into()));
        assert_eq!(
            unpack(b"plain text, no archive").err().map(|it| it.to_string()),
            Some("gzip: invalid header".into())
        );
    }

    #[test]
    fn drops_a_byte_order_mark() {
        let files = unpack(&archive(&[("c/a", b"\xef\xbb\xbfhi")])).unwrap_or_default();
        assert_eq!(files.first().map(|it| it.data.to_vec()), Some(b"hi".to_vec()));
    }
}
