//! What a template does with a sealed value opens to what it prints with the value itself.

use helm_engine::gotmpl::{ExecError, Filler, MissingKey, Templates};
use helm_engine::helm;
use helm_engine::hole::{self, Expr, Holes, Seed};
use helm_engine::value::{Failure, Str, Value};
use helm_engine::world::{Call, World};

/// Secrets of every kind that a writer of YAML, JSON or shell quotes might treat on its own.
const SECRETS: &[&str] = &[
    "hunter2",
    "with spaces and 'single' and \"double\" quotes",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\nabc=\n-----END RSA PRIVATE KEY-----\n",
    "12345",
    "1e3",
    "true",
    "null",
    "~",
    "2024-01-01",
    "0x1F",
    " leading",
    "trailing ",
    "# comment",
    "a: b",
    "a #b",
    "- item",
    "*star",
    "&and",
    "!tag",
    "%percent",
    "@at",
    "`tick`",
    "{flow",
    "[list]",
    "x, y]",
    "back\\slash\\n",
    "tab\there",
    "line one\nline two",
    "line one\n  indented\n\nafter blank",
    "keep\n\n",
    "\nstarts with a line end",
    "  two spaces\nthen none",
    "crlf\r\nend",
    "ünïcödé 日本語 🚀",
    "<script>&amp;</script>",
    "a very long secret that goes on and on beyond eighty columns so that a writer of YAML may be tempted to fold it \
     somewhere in the middle of the line, which must be done alike",
    "averylongsecretwithoutanyspacewhatsoeverthatgoesonandonbeyondeightycolumnsandthenabitmoresothatnothingfolds",
    "$ref ${HOME} $(id)",
    "=",
    "<<",
    "y",
    "colon:",
    "\u{1}control",
    "\u{feff}bom",
];

/// Templates over `.s`, a sealed string, and `.t`, another; `.deep` holds `.s` at several depths.
const TEMPLATES: &[&str] = &[
    "{{ .s }}",
    "a: {{ .s }}-{{ .t }}",
    r#"{{ print .s .t "x" }}{{ print "a" .s }}{{ println .s 1 }}"#,
    "{{ .s | b64enc }}",
    "{{ .s | b64enc | b64enc }}{{ .s | b64enc | b64dec }}",
    "{{ .s | b32enc }} {{ .s | sha1sum }} {{ .s | sha256sum }} {{ .s | sha512sum }} {{ .s | adler32sum }}",
    "{{ .s | quote }} {{ quote .s .t 1 nil }} {{ .s | squote }} {{ squote .s 1 }}",
    "x:\n{{ .s | indent 2 }}\ny:{{ .s | nindent 4 }}",
    "x:\n{{ print .s \"\\nmore\\n\" .t | indent 3 }}",
    "{{ .s | indent 2 | indent 2 }}{{ .s | nindent 0 }}",
    "{{ .s | b64enc | indent 2 }}{{ .s | quote | nindent 2 }}",
    "{{ .s | trim }}|{{ trimAll \"-\" .s }}|{{ trimSuffix \"\\n\" .s }}|{{ .s | trimPrefix \"-----\" }}",
    "{{ toYaml .s }}",
    "{{ toYaml .deep }}",
    "{{ .deep | toYaml | nindent 4 }}",
    "{{ toYamlPretty .deep }}",
    "{{ toJson .deep }}|{{ toJson .s }}|{{ mustToJson .deep }}",
    "{{ toPrettyJson .deep }}|{{ toRawJson .deep }}",
    "{{ toYaml (list .s (dict \"k\" .s \"l\" (list .t (list .s)))) }}",
    "{{ toYaml (dict \"k\" (printf \"pre-%s-post\" .s)) }}",
    "{{ toYaml (dict \"k\" (print \"pre-\" .s \"-post\" .t)) }}",
    "{{ toYaml (dict \"k\" (b64enc .s) \"j\" (toJson (dict \"in\" .s))) }}",
    "{{ toYaml (dict \"k\" (toYaml (dict \"in\" .s))) }}",
    "{{ toToml (dict \"k\" .s) }}",
    "{{ printf \"%s\" .s }}{{ printf \"%s:%d:%q\" .s 5 .t }}{{ printf \"%10s|%-40s|%.3s\" .s .s .s }}{{ printf \"%x\" .s }}",
    "{{ printf \"%v %v\" .s .deep }}",
    "{{ printf \"%s\" .s | b64enc | quote }}",
    "{{ cat .s \"x\" .t 3 }}",
    "{{ join \",\" (list .s .t \"x\" 4) }}{{ join .s (list 1 2 3) }}",
    "{{ replace \"e\" \"3\" .s }}{{ .s | replace \"\\n\" \"\" }}{{ replace .t .s \"x\" }}",
    "{{ upper .s }}{{ lower .s }}{{ title .s }}{{ untitle .s }}{{ swapcase .s }}{{ snakecase .s }}{{ camelcase .s }}{{ kebabcase .s }}",
    "{{ trunc 5 .s }}{{ trunc -5 .s }}{{ substr 0 3 .s }}{{ abbrev 6 .s }}{{ nospace .s }}{{ initials .s }}{{ repeat 2 .s }}",
    "{{ wrap 10 .s }}{{ wrapWith 5 \"\\n\" .s }}",
    "{{ html .s }}{{ js .s }}{{ urlquery .s }}",
    "{{ regexReplaceAll \"[a-f]\" .s \"<$0>\" }}{{ regexFind \"[a-z]+\" .s }}{{ regexQuoteMeta .s }}{{ regexReplaceAllLiteral \"a\" .s \"$1\" }}",
    "{{ base .s }}{{ dir .s }}{{ clean .s }}{{ ext .s }}",
    "{{ if .s }}yes{{ else }}no{{ end }}{{ with .s }}{{ . }}{{ end }}{{ if and .s .t }}both{{ end }}{{ or .s \"x\" }}",
    "{{ .s | default \"d\" }}{{ default .s \"\" }}{{ coalesce nil .s .t }}{{ ternary .s .t true }}{{ empty .s }}{{ not .s }}",
    "{{ required \"needed\" .s }}{{ required \"needed\" (b64enc .s) }}{{ if b64enc .s }}x{{ end }}",
    "{{ if ne .s \"\" }}set{{ end }}{{ if eq .s \"\" }}unset{{ end }}{{ if eq \"\" (.s | b64enc) }}unset{{ end }}",
    "{{ if .s | quote }}q{{ end }}{{ if printf \"%s:%s\" .s .t }}p{{ end }}{{ if .s | nindent 2 }}n{{ end }}",
    "{{ $d := dict \"a\" .s }}{{ get $d \"a\" }}{{ $d.a }}{{ index $d \"a\" }}{{ hasKey $d \"a\" }}{{ $_ := set $d \"b\" .t }}{{ $d.b }}{{ len $d }}",
    "{{ keys .deep | sortAlpha | join \",\" }}{{ range $k, $v := .deep }}{{ $k }}={{ toJson $v }};{{ end }}{{ values (dict \"a\" .s) | first }}",
    "{{ pluck \"a\" (dict \"a\" .s) | first }}{{ dig \"a\" \"b\" .s (dict) }}{{ dig \"a\" \"b\" \"z\" (dict \"a\" (dict \"b\" .s)) }}",
    "{{ range list .s .t }}[{{ . }}]{{ end }}{{ first (list .s .t) }}{{ last (list .s .t) }}{{ index (list .s .t) 1 }}{{ len (list .s .t) }}",
    "{{ append (list .s) .t | toJson }}{{ concat (list .s) (list .t) | toJson }}{{ reverse (list .s .t) | toJson }}{{ rest (list .s .t) }}{{ compact (list .s \"\" .t) }}",
    "{{ merge (dict \"a\" .s) (dict \"a\" .t \"b\" .t) | toYaml }}{{ mergeOverwrite (dict \"a\" .s) (dict \"a\" .t) | toYaml }}{{ deepCopy .deep | toYaml }}",
    "{{ pick .deep \"one\" | toYaml }}{{ omit .deep \"one\" | toYaml }}",
    "{{ kindOf .s }}{{ typeOf .s }}{{ kindIs \"string\" .s }}{{ toString .s }}{{ toStrings (list .s 1) }}",
    "{{ tpl \"a {{ .s }} b {{ .s | b64enc }}\" . }}",
    "{{ tpl \"{{ $x := .s }}{{ tpl `{{ . | quote }}` $x }}\" . }}",
    "{{ define \"x\" }}<{{ .s }}>{{ end }}{{ include \"x\" . | b64enc }}{{ include \"x\" . | indent 2 | quote }}{{ template \"x\" . }}",
    "{{ $x := .s }}{{ $x = printf \"%s%s\" $x .t }}{{ $x | sha256sum | trunc 8 }}",
    "{{ list .s .t }}{{ dict \"a\" .s }}{{ .deep }}",
    "{{ plural .s .t 1 }}{{ plural .s .t 2 }}",
    "checksum: {{ toYaml .deep | sha256sum }} {{ include \"y\" . | sha256sum }}{{ define \"y\" }}d: {{ .s | b64enc | quote }}{{ end }}",
    "{{ .s | quote | b64enc | squote | indent 3 | trim | upper | toYaml }}",
    "{{ .s | splitList \"zzz\" | toString | default \"\" | len | kindOf }}",
];

/// Templates over secrets that hold no braces, which may pass through `tpl` themselves.
const BRACELESS: &[&str] = &[
    "{{ tpl .s . }}",
    "{{ tpl (print \"x: \" .s \"\\ny: {{ .t }}\") . }}",
    "{{ if contains \"{{\" .s }}template{{ else }}{{ .s }}{{ end }}",
    "{{ if contains \"{{\" (toJson .s) }}template{{ else }}{{ .s }}{{ end }}",
    "{{ tpl (toYaml .deep) . }}",
];

struct Sealing {
    holes: Option<Holes>,
}

impl World for Sealing {
    fn answer(&mut self, _: &Call<'_>) -> Result<Value, Failure> {
        Err(Failure::new("no template here is impure"))
    }

    fn holes(&mut self) -> Option<&mut Holes> {
        self.holes.as_mut()
    }
}

fn run(text: &str, s: &Str, t: &Str, holes: Option<Holes>) -> (Result<Vec<u8>, ExecError>, Option<Holes>) {
    let functions = helm::functions();
    let mut templates = Templates::new("root");
    templates.parse("chart/templates/t.yaml", text.as_bytes(), &functions).expect("a template");
    let (s, t): (Value, Value) = (s.clone().into(), t.clone().into());
    let deep = Value::map([
        ("one", s.clone()),
        (
            "two",
            Value::map([("three", Value::list([s.clone(), Value::map([("four", s.clone()), ("n", Value::Int(1))])]))]),
        ),
        ("a-key-of-some-length", Value::map([("x", t.clone()), ("y", "plain".into())])),
        ("list", Value::list([Value::list([s.clone()]), t.clone()])),
    ]);
    let data = Value::map([("s", s), ("t", t), ("deep", deep)]);
    let mut world = Sealing { holes };
    let printed = templates.execute("chart/templates/t.yaml", &data, &functions, &mut world, MissingKey::Zero);
    (printed.map(|it| it.to_vec()), world.holes)
}

/// What the template prints over sealed values, opened.
fn sealed(text: &str, s: &str, t: &str) -> Result<Vec<u8>, ExecError> {
    sealed_text(text, s, t).map(|it| it.expect("filled"))
}

/// The same; `None` where it cannot be opened.
fn sealed_text(text: &str, s: &str, t: &str) -> Result<Option<Vec<u8>>, ExecError> {
    let mut holes = Holes::new(Seed::new([1; 32]));
    let mut token = |name: &str, secret: &str| {
        if hole::may_be_template(secret.as_bytes()) {
            holes.mark_template(name);
        }
        holes.token(Expr::Secret(name.into()))
    };
    let tokens = (token("s", s), token("t", t));
    let (printed, holes) = run(text, &tokens.0, &tokens.1, Some(holes));
    let printed = printed?;
    assert!(!String::from_utf8_lossy(&printed).contains("hunter2"), "{text} prints the secret while it is sealed");
    let functions = helm::functions();
    let mut secret = |name: &str| Ok::<_, Failure>(Str::from(if name == "s" { s } else { t }));
    let holes = holes.expect("still there");
    let filled = Filler::new(&holes, &functions, &mut secret).text(&printed).ok();
    Ok(filled.map(|it| it.to_vec()))
}

fn compare(text: &str, s: &str, t: &str) -> bool {
    let direct = run(text, &s.into(), &t.into(), None).0;
    let direct = direct.unwrap_or_else(|it| panic!("{text} over {s:?}: {it}"));
    let opened = match sealed(text, s, t) {
        Ok(it) => it,
        Err(it) if it.to_string().contains("sealed") => return false,
        Err(it) => panic!("{text}: {it}"),
    };
    let (opened, direct) = (String::from_utf8_lossy(&opened), String::from_utf8_lossy(&direct));
    assert_eq!(opened, direct, "{text} over {s:?}");
    true
}

#[test]
fn every_operation_opens_to_what_the_value_itself_prints() {
    let mut refused = Vec::new();
    for text in TEMPLATES {
        for s in SECRETS {
            if !compare(text, s, "second: secret\n") {
                refused.push(*text);
            }
        }
    }
    refused.dedup();
    assert_eq!(refused, [*TEMPLATES.last().expect("some")]);
}

/// Templates that read what they wrote.
const READERS: &[&str] = &[
    "{{ define \"d\" }}a: {{ .s | b64enc }}\nb: [{{ .t | b64enc | quote }}, plain]\nc: 1\n{{ end }}\
     {{ $d := fromYaml (include \"d\" .) }}{{ $d.a }} {{ index $d.b 0 }} {{ $d.c }} {{ toYaml $d }} {{ $d.a | b64dec }}",
    "{{ (fromYaml (toYaml .deep)).one }}",
    "{{ pick (fromYaml (toYaml .deep)) \"one\" | toYaml | sha256sum }}",
    "{{ (fromJson (toJson .deep)).two.three | toJson }}",
    "{{ index (fromYamlArray (toYaml (list .s 1))) 0 }}{{ index (fromJsonArray (toJson (list .s 1))) 0 }}",
    "{{ (fromYaml (print \"a: \" .s)).a }}",
    "{{ (fromYaml (print \"a: x\" .s \"y\")).a }}{{ if (fromYaml (print \"a: \" (b64enc .s))).a }}set{{ end }}",
    "{{ tpl (fromYaml (print \"a: \" (b64enc .s))).a . }}",
];

/// A secret may change what is read: then nothing is opened, and never is anything else printed.
#[test]
fn what_is_read_opens_to_what_helm_reads_or_not_at_all() {
    let mut opened = std::collections::BTreeMap::new();
    for text in READERS {
        for s in SECRETS {
            let direct = run(text, &(*s).into(), &"second: secret\n".into(), None).0;
            let opens = match (sealed_text(text, s, "second: secret\n"), direct) {
                (Ok(Some(it)), Ok(direct)) => {
                    assert_eq!(String::from_utf8_lossy(&it), String::from_utf8_lossy(&direct), "{text} over {s:?}");
                    true
                }
                (Ok(Some(it)), Err(fault)) => {
                    panic!("{text} over {s:?}: {fault}, not {}", String::from_utf8_lossy(&it))
                }
                (Ok(None), _) => false,
                (Err(fault), _) => {
                    assert!(fault.to_string().contains("sealed"), "{text}: {fault}");
                    false
                }
            };
            *opened.entry(*text).or_insert(0) += usize::from(opens);
        }
    }
    assert_eq!(opened[READERS[0]], SECRETS.len());
    assert!(opened.values().all(|it| *it > 0), "{opened:#?}");
}

#[test]
fn a_password_derived_from_a_sealed_one_opens() {
    assert!(compare("{{ derivePassword 1 \"long\" .s \"user\" \"example.com\" }}", SECRETS[0], "second"));
}

#[test]
fn secrets_without_braces_pass_through_tpl() {
    for text in BRACELESS {
        for s in SECRETS.iter().filter(|it| !hole::may_be_template(it.as_bytes())) {
            assert!(compare(text, s, "second: secret\n"), "{text} over {s:?} is refused");
        }
        for s in ["{{ .t }}", "a {{ .t }} b", "{"] {
            assert!(!compare(text, s, "x"), "{text} over {s:?} must be refused");
        }
    }
}

#[test]
fn a_look_inside_is_refused_at_its_place() {
    for (line, action) in [
        ("{{ if eq .s \"x\" }}{{ end }}", 6),
        ("{{ if ne .s .t }}{{ end }}", 6),
        ("{{ len .s }}", 3),
        ("{{ if regexMatch \"a\" .s }}{{ end }}", 6),
        ("{{ range .s }}{{ end }}", 9),
        ("{{ index .s 0 }}", 3),
        ("{{ .s | int }}", 8),
        ("{{ add .s 1 }}", 3),
        ("{{ if hasPrefix \"a\" .s }}{{ end }}", 6),
        ("{{ if contains \"a\" .s }}{{ end }}", 6),
        ("{{ splitList \",\" .s }}", 3),
        ("{{ (split \",\" .s)._0 }}", 4),
        ("{{ .s | fromYaml }}", 8),
        ("{{ .s | fromJson }}", 8),
        ("{{ print .s \": 1\" | fromYaml }}", 20),
        ("{{ print \"- \" .s | fromYaml }}", 19),
        ("{{ print \"a: |\\n\" (indent 2 .s) | fromYaml }}", 34),
        ("{{ has .s (list \"a\") }}", 3),
        ("{{ uniq (list .s .t) }}", 3),
        ("{{ without (list .s) \"a\" }}", 3),
        ("{{ deepEqual .s .t }}", 3),
        ("{{ sortAlpha (list .s .t) }}", 3),
        ("{{ dict .s 1 }}", 3),
        ("{{ get .deep .s }}", 3),
        ("{{ hasKey .deep .s }}", 3),
        ("{{ index .deep .s }}", 3),
        ("{{ if trim .s }}{{ end }}", 11),
        ("{{ default \"x\" (trim .s) }}", 3),
        ("{{ trunc 3 .s | required \"x\" }}", 16),
        ("{{ and (trim .s) 1 }}", 13),
        ("{{ merge (dict \"a\" (trim .s)) (dict \"a\" 1) }}", 3),
        ("{{ semverCompare \">1\" .s }}", 3),
        ("{{ fail .s }}", 3),
        ("{{ lt .s .t }}", 3),
        ("{{ urlParse .s }}", 3),
        ("{{ tpl (print \"{{ \" .s \" }}\") . }}", 3),
        ("{{ tpl (trim .s) . }}", 3),
    ] {
        let text = format!("a: 1\nb:\n  {line}\n");
        let error = sealed(&text, "hunter2", "second").expect_err(line);
        let place = error.place.as_ref().unwrap_or_else(|| panic!("{line}: {error}"));
        assert_eq!((place.line, place.column), (3, 2 + action), "{line}: {error}");
        let message = error.to_string();
        assert!(message.starts_with("template: chart/templates/t.yaml:3:"), "{message}");
        assert!(
            message.contains("sealed value") && message.contains("let the template pass the value on"),
            "{message}"
        );
        assert!(!message.contains('\u{F5EA}'), "{message}");
    }
}
