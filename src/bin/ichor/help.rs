//! `ichor --help`: the verbs in groups, by what somebody wants to do.

use std::fmt::Write as _;

use clap::Command;

/// Every verb, in the group and the order in which it is listed.
pub const GROUPS: &[(&str, &[&str])] = &[
    ("Start", &["init", "lock", "check"]),
    ("Build", &["build", "open", "verify", "store"]),
    ("Review", &["diff", "explain", "git-setup"]),
    ("Keys", &["certs", "rotate", "reseal"]),
    ("Day two", &["outdated", "upgrade", "drift", "adopt", "handoff"]),
    ("Air gap", &["vendor", "images", "pack", "unpack", "sign", "attest", "push", "pull"]),
    ("Helm", &["template", "show"]),
    ("Shell", &["completions", "man", "schema", "help"]),
];

/// The command with its verbs in groups where it lists them.
pub fn grouped(command: Command) -> Command {
    let mut verbs = String::new();
    for (title, names) in GROUPS {
        let _ = writeln!(verbs, "{title}:");
        for name in *names {
            let about = match command.find_subcommand(name).and_then(Command::get_about) {
                Some(about) => about.to_string(),
                None => "Prints this, or the help of a verb".into(),
            };
            let _ = writeln!(verbs, "  {name:<12} {about}");
        }
        verbs.push('\n');
    }
    command
        .help_template(format!("{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{verbs}Options:\n{{options}}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;
    use std::collections::BTreeSet;

    #[test]
    fn every_flag_says_what_it_does() {
        let mut open = vec![crate::command()];
        let mut silent = Vec::new();
        while let Some(mut command) = open.pop() {
            command.build();
            open.extend(command.get_subcommands().filter(|it| !it.is_hide_set()).cloned());
            let args = command.get_arguments().filter(|it| !it.is_hide_set() && it.get_help().is_none());
            silent.extend(args.map(|it| format!("{} {}", command.get_name(), it.get_id())));
        }
        assert!(silent.is_empty(), "{silent:?}");
    }

    #[test]
    fn every_verb_is_in_one_group_and_fits_a_line() {
        let command = crate::Cli::command();
        let verbs: Vec<&Command> = command.get_subcommands().filter(|verb| !verb.is_hide_set()).collect();
        let mut known: Vec<&str> = verbs.iter().map(|verb| verb.get_name()).chain(["help"]).collect();
        let mut listed: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| *names).copied().collect();
        known.sort_unstable();
        listed.sort_unstable();
        assert_eq!(listed.len(), listed.iter().collect::<BTreeSet<_>>().len());
        assert_eq!(listed, known);
        for verb in verbs {
            let about = verb.get_about().map(ToString::to_string).unwrap_or_default();
            assert!((1..=64).contains(&about.chars().count()), "{}: {about}", verb.get_name());
        }
    }
}
