//! Bodies that are too large for memory, handed over as they come. What broke off goes on at the byte where it broke off.

use std::io::{self, ErrorKind, Read};
use std::time::{Duration, Instant};

use ureq::Body;
use ureq::http::{Response, header};
use url::Url;

use super::body::{Partial, range_start};
use super::{ATTEMPTS, Answer, FIRST_PAUSE, From, Http, LONGEST_PAUSE, Request, is_passing, status_text};
use crate::edge::fetch::address::shown;
use crate::edge::fetch::failure::{HttpError, HttpFault, io_text, slow};
use crate::edge::fetch::pace::{Pace, retry_after};
use crate::edge::fetch::progress::Event;

/// Takes a body.
pub trait Sink {
    /// How many bytes it has, from the beginning on.
    fn position(&self) -> u64;
    /// Takes those that follow.
    fn take(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Forgets what it has: the server begins anew.
    fn restart(&mut self) -> io::Result<()>;
}

/// Why a body did not get to its sink.
#[derive(Debug)]
pub enum Broken {
    /// No answer, or one that broke off for good.
    Http(HttpError),
    /// The sink does not take it.
    Sink(io::Error),
}

/// How one attempt ended.
enum Ended {
    Whole,
    /// Another status than one with the body.
    Other(Answer),
}

impl Http<'_> {
    /// Hands the body of an answer of status 200 to a sink, from where the sink stands on; an answer of any other status is
    /// given back. Attempts that got further do not count as vain. What is handed over is for the sink to verify.
    pub fn download(&self, request: &Request<'_>, sink: &mut dyn Sink) -> Result<Option<Answer>, Broken> {
        let mut pause = FIRST_PAUSE;
        let mut vain = 0;
        loop {
            let before = sink.position();
            let ended = self.attempt(request, sink);
            let (why, wanted) = match &ended {
                Ok(Ended::Whole) => return Ok(None),
                Ok(Ended::Other(answer)) if is_passing(answer.status) => {
                    (format!("the server answers {}", status_text(answer.status)), retry_after(&answer.headers))
                }
                Err(Broken::Http(fault)) if fault.kind.is_passing() => (fault.message.clone(), None),
                _ => return ended.map(Ended::answer),
            };
            if sink.position() > before {
                (vain, pause) = (0, FIRST_PAUSE);
            }
            vain += 1;
            let wait = wanted.unwrap_or(pause).max(Duration::from_millis(1));
            if vain == ATTEMPTS || wait > LONGEST_PAUSE || Instant::now() + wait >= request.until {
                return ended.map(Ended::answer);
            }
            self.progress.event(Event::Retrying { name: request.name, why: &why, pause: wait });
            std::thread::sleep(wait);
            pause *= 2;
        }
    }

    fn attempt(&self, request: &Request<'_>, sink: &mut dyn Sink) -> Result<Ended, Broken> {
        let at = sink.position();
        let from = (at > 0).then_some(From { byte: at, tag: None });
        let (url, response) = self.reach(request, from).map_err(Broken::Http)?;
        let start = response.headers().get(header::CONTENT_RANGE).and_then(|it| it.to_str().ok()).and_then(range_start);
        match response.status().as_u16() {
            206 if start == Some(at) => {}
            200 if at == 0 => {}
            // It knows no ranges, or takes what is here for all of it.
            200 => sink.restart().map_err(Broken::Sink)?,
            206 | 416 => {
                sink.restart().map_err(Broken::Sink)?;
                let message = format!("{} sends another part than was asked for", shown(&url));
                return Err(Broken::Http(HttpError { message, kind: HttpFault::Passing }));
            }
            _ => {
                let answer = self.finish(request, &url, response, &mut Partial::default());
                return answer.map(Ended::Other).map_err(Broken::Http);
            }
        }
        self.pour(request, &url, response, sink).map(|()| Ended::Whole)
    }

    fn pour(
        &self,
        request: &Request<'_>,
        url: &Url,
        response: Response<Body>,
        sink: &mut dyn Sink,
    ) -> Result<(), Broken> {
        let body = response.into_body();
        let total = body.content_length().map(|it| it + sink.position());
        let too_large = || {
            let message = format!("{} sends more than the {} bytes it may", shown(url), request.limit);
            Broken::Http(HttpError { message, kind: HttpFault::TooLarge })
        };
        if total.is_some_and(|it| it > request.limit) {
            return Err(too_large());
        }
        let mut reader = body.into_reader();
        let mut buffer = vec![0; 256 << 10];
        let mut pace = Pace::new(self.patience);
        loop {
            if let Some((bytes, seconds)) = pace.lags() {
                let message = format!("{} is too slow: {bytes} bytes in {seconds} s", shown(url));
                return Err(Broken::Http(slow(message)));
            }
            let passing = |message| Broken::Http(HttpError { message, kind: HttpFault::Passing });
            match reader.read(&mut buffer) {
                Ok(0) => {
                    if total.is_some_and(|it| it != sink.position()) {
                        return Err(passing(format!("{} broke off after {} bytes", shown(url), sink.position())));
                    }
                    return Ok(());
                }
                Ok(read) => {
                    let fresh = buffer.get(..read).unwrap_or_default();
                    if sink.position() + read as u64 > request.limit {
                        return Err(too_large());
                    }
                    sink.take(fresh).map_err(Broken::Sink)?;
                    self.limit.spend(read as u64);
                    pace.bytes += read as u64;
                    let (bytes, so_far) = (read as u64, sink.position());
                    self.progress.event(Event::Received { name: request.name, bytes, so_far, total });
                }
                Err(fault) if fault.kind() == ErrorKind::Interrupted => {}
                Err(fault) => {
                    let got = sink.position();
                    return Err(passing(format!("{} broke off after {got} bytes: {}", shown(url), io_text(&fault))));
                }
            }
        }
    }
}

impl Ended {
    fn answer(self) -> Option<Answer> {
        match self {
            Ended::Whole => None,
            Ended::Other(answer) => Some(answer),
        }
    }
}
