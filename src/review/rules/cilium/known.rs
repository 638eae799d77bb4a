//! Values of the chart that some minors of Cilium know and others do not.
//!
//! `values.txt` has a row for each: `gone` or `since`, the minor of Cilium 1 that was the first without it or with it, its
//! path, and what takes its place. From `values.yaml` and the templates at the tags v1.16.19, v1.17.14, v1.18.6, v1.19.6 and
//! v1.20.0, without those that a template still reads.

const ROWS: &str = include_str!("values.txt");

/// What another minor of Cilium's chart knows of a value.
pub struct Known {
    /// Which minors, in words such as `is gone since Cilium 1.17`.
    pub when: String,
    /// What to write.
    pub help: String,
}

/// What is known of a value that the chart of this version does not have.
pub fn elsewhere(version: &str, path: &str) -> Option<Known> {
    let (1, minor) = super::minor(version)? else { return None };
    for row in ROWS.lines() {
        let mut words = row.split(' ');
        let (when, since, name, instead) =
            (words.next()?, words.next()?.parse::<u32>().ok()?, words.next()?, words.next());
        if name != path {
            continue;
        }
        return match when {
            "gone" if minor >= since => Some(Known {
                when: format!("is gone since Cilium 1.{since}"),
                help: match instead {
                    Some(instead) => format!("take it out: `{instead}` has its place"),
                    None => "take it out: the upgrade notes of that version say why it went".to_owned(),
                },
            }),
            "since" if minor < since => Some(Known {
                when: format!("is there from Cilium 1.{since} on"),
                help: "take it out, or a newer chart".to_owned(),
            }),
            _ => None,
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minors_before_and_after() {
        let when = |version, path| elsewhere(version, path).map(|it| it.when);
        assert_eq!(when("1.18.5", "externalIPs").as_deref(), Some("is gone since Cilium 1.17"));
        assert_eq!(when("1.16.5", "externalIPs"), None);
        assert_eq!(when("1.16.5", "commonLabels").as_deref(), Some("is there from Cilium 1.17 on"));
        assert_eq!(when("1.20.0", "commonLabels"), None);
        assert_eq!(when("1.20.0", "commonLabel"), None);
        assert!(ROWS.lines().all(|it| (3..=4).contains(&it.split(' ').count())), "each row has its words");
    }
}
