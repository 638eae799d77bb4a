//! Bodies that are taken into memory.

use std::io::{ErrorKind, Read};

use ureq::Body;
use ureq::http::{Response, header};
use url::Url;

use super::{Answer, Http, Method, Request};
use crate::edge::fetch::address::shown;
use crate::edge::fetch::failure::{HttpError, HttpFault, io_text, slow};
use crate::edge::fetch::pace::Pace;
use crate::edge::fetch::progress::Event;

/// The bytes of a body so far, and what tells whether the rest belongs to them.
#[derive(Default)]
pub(super) struct Partial {
    pub bytes: Vec<u8>,
    pub tag: Option<String>,
}

impl Http<'_> {
    /// Takes the body in.
    pub(super) fn finish(
        &self,
        request: &Request<'_>,
        url: &Url,
        response: Response<Body>,
        partial: &mut Partial,
    ) -> Result<Answer, HttpError> {
        let (head, body) = response.into_parts();
        let mut status = head.status.as_u16();
        let start = head.headers.get(header::CONTENT_RANGE).and_then(|it| it.to_str().ok()).and_then(range_start);
        let resumed = status == 206 && start == Some(partial.bytes.len() as u64);
        if resumed {
            status = 200;
        } else if matches!(request.method, Method::Get) && (status == 206 || status == 416) {
            *partial = Partial::default();
            let message = format!("{} sends another part than was asked for", shown(url));
            return Err(HttpError { message, kind: HttpFault::Passing });
        } else {
            *partial = Partial::default();
        }
        let is_body = status == 200 && !matches!(request.method, Method::Head);
        let length = body.content_length();
        let total = length.map(|it| it + partial.bytes.len() as u64);
        let too_large = || HttpError {
            message: format!("{} sends more than the {} bytes it may", shown(url), request.limit),
            kind: HttpFault::TooLarge,
        };
        if is_body && total.is_some_and(|it| it > request.limit) {
            return Err(too_large());
        }
        if is_body {
            // Only a strong tag says that the rest of a body belongs to its beginning.
            let tag = head.headers.get(header::ETAG).and_then(|it| it.to_str().ok());
            partial.tag = tag.filter(|it| !it.starts_with("W/")).map(str::to_owned);
        }
        // The text of an error is for a message alone.
        let limit = if is_body { request.limit } else { 64 << 10 };
        let mut reader = body.into_reader();
        let mut buffer = vec![0; 64 << 10];
        let mut pace = Pace::new(self.patience);
        loop {
            if let Some((bytes, seconds)) = pace.lags() {
                if !is_body {
                    break;
                }
                let message = format!("{} is too slow: {bytes} bytes in {seconds} s", shown(url));
                return Err(slow(message));
            }
            self.in_time(request)?;
            match reader.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => {
                    let fresh = buffer.get(..read).unwrap_or_default();
                    if (partial.bytes.len() + fresh.len()) as u64 > limit {
                        if is_body {
                            return Err(too_large());
                        }
                        break;
                    }
                    partial.bytes.extend_from_slice(fresh);
                    pace.bytes += read as u64;
                    if is_body {
                        let (bytes, so_far) = (read as u64, partial.bytes.len() as u64);
                        self.progress.event(Event::Received { name: request.name, bytes, so_far, total });
                    }
                }
                Err(fault) if fault.kind() == ErrorKind::Interrupted => {}
                Err(_) if !is_body => break,
                Err(fault) => {
                    let got = partial.bytes.len();
                    let message = format!("{} broke off after {got} bytes: {}", shown(url), io_text(&fault));
                    return Err(HttpError { message, kind: HttpFault::Passing });
                }
            }
        }
        if is_body && total.is_some_and(|it| it != partial.bytes.len() as u64) {
            let message = format!("{} broke off after {} bytes", shown(url), partial.bytes.len());
            return Err(HttpError { message, kind: HttpFault::Passing });
        }
        Ok(Answer { status, headers: head.headers, body: std::mem::take(&mut partial.bytes) })
    }
}

/// The first byte of `bytes 5-9/10`.
pub(super) fn range_start(text: &str) -> Option<u64> {
    text.trim().strip_prefix("bytes ")?.split('-').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_ranges() {
        assert_eq!(range_start("bytes 5-9/10"), Some(5));
        assert_eq!(range_start("items 5-9/10"), None);
    }
}
