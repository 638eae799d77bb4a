//! Lists that come in pages: where the next one is.

use ureq::http::{HeaderMap, header};
use url::Url;

use super::answers::odd;
use crate::stage::resolve::SourceError;

/// Where the next page is: `Link: </v2/...>; rel="next"`. Mirrors RFC 8288: several links may stand in one header or in
/// several, a link may bear several relations, and neither quotes nor case nor spaces count. A single link without a
/// relation is the next page, as it is to Helm.
pub fn link(headers: &HeaderMap) -> Option<&str> {
    let texts = headers.get_all(header::LINK).iter().filter_map(|it| it.to_str().ok());
    let links: Vec<(&str, &str)> = texts.flat_map(links).collect();
    let relation = |parameters: &str| {
        unquoted(parameters, ';').into_iter().find_map(|it| {
            let (key, value) = it.split_once('=')?;
            key.trim().eq_ignore_ascii_case("rel").then(|| value.trim().trim_matches('"').to_ascii_lowercase())
        })
    };
    let is_next =
        |it: &&(&str, &str)| relation(it.1).is_some_and(|it| it.split_whitespace().any(|word| word == "next"));
    match links.as_slice() {
        [(target, parameters)] if relation(parameters).is_none() => Some(target),
        all => all.iter().find(is_next).map(|(target, _)| *target),
    }
}

/// The targets and parameters of a header. A target may hold commas.
fn links(header: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = header;
    while let Some((target, after)) = rest.split_once('<').and_then(|(_, it)| it.split_once('>')) {
        let parameters = unquoted(after, ',').first().copied().unwrap_or_default();
        let next = after.get(parameters.len()..).unwrap_or_default();
        found.push((target.trim(), parameters));
        rest = next;
    }
    found
}

/// The pieces of a text between these characters where they stand outside of quotes.
fn unquoted(text: &str, between: char) -> Vec<&str> {
    let mut is_quoted = false;
    let cut = |it: char| {
        is_quoted ^= it == '"';
        it == between && !is_quoted
    };
    text.split(cut).collect()
}

/// The address of the next page. A registry behind a proxy may name itself by another scheme, and then without a port of
/// its own; it is asked as before.
pub fn next(url: &Url, target: &str) -> Result<Url, SourceError> {
    let next = url.join(target).map_err(|_| odd(url, "a list of tags that goes on at no address"))?;
    let is_named_otherwise = next.scheme() != url.scheme() && next.port().is_none();
    if next.host() != url.host() || next.port() != url.port() && !is_named_otherwise {
        return Err(odd(url, "a list of tags that goes on at another host"));
    }
    let mut here = url.clone();
    here.set_path(next.path());
    here.set_query(next.query());
    Ok(here)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(headers: &[&str]) -> Option<String> {
        let mut all = HeaderMap::new();
        for text in headers {
            all.append(header::LINK, text.parse().expect("a header"));
        }
        let url = Url::parse("https://x.io:8443/v2/a/tags/list?n=1000").expect("an address");
        link(&all).map(|link| super::next(&url, link).map_or_else(|fault| fault.to_string(), Into::into))
    }

    #[test]
    fn finds_the_next_page_in_every_form() {
        let wanted = Some("https://x.io:8443/v2/a/tags/list?n=2&last=b".to_owned());
        for header in [
            r#"</v2/a/tags/list?n=2&last=b>; rel="next""#,
            "</v2/a/tags/list?n=2&last=b>; rel=next",
            "</v2/a/tags/list?n=2&last=b>;REL = \"NEXT\"",
            r#"</v2/a/tags/list?n=2&last=b>; title="a, b; rel=prev"; rel="last next""#,
            r#"<list?n=2&last=b>; rel="next""#,
            "</v2/a/tags/list?n=2&last=b>",
            r#"<http://x.io/v2/a/tags/list?n=2&last=b>; rel="next""#,
            r#"<http://x.io:8443/v2/a/tags/list?n=2&last=b>; rel="next""#,
            r#"</v2/a/tags/list?n=2>; rel="prev", </v2/a/tags/list?n=2&last=b>; rel="next""#,
        ] {
            assert_eq!(found(&[header]), wanted, "{header}");
        }
        assert_eq!(found(&["<a>; rel=first", "</v2/a/tags/list?n=2&last=b>; rel=next"]), wanted);
        let comma = found(&[r#"</v2/a/tags/list?last=b,c>; rel="next""#]);
        assert_eq!(comma, Some("https://x.io:8443/v2/a/tags/list?last=b,c".into()));
        for header in [r#"</v2/a>; rel="prev""#, "", "<", ">;rel=next", "<a>; rel=first, <b>; rel=last"] {
            assert_eq!(found(&[header]), None, "{header}");
        }
        for elsewhere in ["https://y.io:8443", "https://x.io:5000", "https://x.io", "http://x.io:80443"] {
            let next = found(&[&format!("<{elsewhere}/v2/a>; rel=next")]);
            assert!(next.is_some_and(|it| it.contains("goes on at ")), "{elsewhere}");
        }
    }
}
