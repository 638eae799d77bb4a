#!/usr/bin/env python3
"""Writes first inputs of each target into `corpus` out of the data of the tests: small ones, a few of each kind."""

import base64
import hashlib
import pathlib
import re

HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE.parent / "data"
MOST = 60


def keep(target, inputs, longest=4096):
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    small = sorted({it for it in inputs if 0 < len(it) <= longest})
    for it in small[:: max(1, len(small) // MOST)]:
        (folder / hashlib.sha256(it).hexdigest()[:16]).write_bytes(it)


def read(pattern):
    return [it.read_bytes() for it in sorted(DATA.glob(pattern)) if it.is_file()]


def files(folder, first=b""):
    parts = [str(it.relative_to(folder)).encode() + b"\n" + it.read_bytes() for it in sorted(folder.rglob("*")) if it.is_file()]
    return first + b"\x01".join(parts)


templates = []
for text in read("gotmpl/*.txt"):
    templates += [it[2:] for it in text.split(b"\n") if it.startswith(b"| ")]
templates += [it.encode() for it in re.findall(r'^    "(\{\{[^"\\]*)",$', (HERE.parent / "integration/engine/holes.rs").read_text(), re.M)]
sealed = [it.encode() for it in re.findall(r'"(\{\{ [^"\\]*\.s [^"\\]*)"', (HERE.parent / "integration/engine/holes.rs").read_text())]
keep("lex", templates)
keep("exec", templates)
keep("sealed", sealed + [it + b"\0a: b\nsecond" for it in sealed] + [b"{{ .deep | toYaml }}\0- x", b"{{ .s | b64enc | quote }}"])
yaml = read("yaml/**/*") + read("rules/*.txt") + read("cases/**/*.txt")
keep("yaml", yaml + [b"a: [1, 'x', {b: !!str 1}]\n", b"a: &a {b: 1}\nc:\n  <<: *a\n"])
keep("spec", (DATA / "specs.txt").read_bytes().split(b"\n---\n"))
locks = [it.read_bytes() for it in [*DATA.glob("lock/**/*.lock"), *(HERE.parent.parent / "lockfiles").glob("*.lock")]]
head = b"format: 1\nbundle: a\nclock: 2026-01-01T00:00:00Z\nkubernetes: 1.34.1\n"
keep("lock", locks + [b"format: 1\n", head + b"parts: {}\n", head + b"recipients: []\nparts:\n  a:\n    source: ./a\n    size: 1\n    pins: {}\n"], 20000)
keep("set", [b"a=1", b"a.b[0]=x,c={1,2}", b'a={"b":[1]}', b"a\\.b=c\\,d", b"a=null", b"1.2.3-rc.1+x\n^1.2", b"(a|b)*c\nabc"])
keep("schema", [b'{"type":"object","required":["a"]}\0a: 1', b'{"$ref":"#/$defs/x","$defs":{"x":{"properties":{"a":{"pattern":"^x"}}}}}\0a: y',
                b'{"if":{"not":{}},"then":{"enum":[1]},"unevaluatedProperties":false}', b'{"properties":{"a":{"format":"date"}}}\0a: 2001-01-01'])
chart = b"Chart.yaml\napiVersion: v2\nname: a\nversion: 1.0.0\n\x01values.yaml\na: 1\n\x01templates/a.yaml\nkind: A\na: {{ .Values.a }}\n"
keep("chart", [b"\x02" + chart, b"\x03" + chart, b"\x00\x1f\x8b\x08\x00"])
bundle = b"bundle.json\n" + b'{"format":1,"name":"b","ichor":"0.1.0","talos":"1.13","recipients":[],"parts":{},"manifests":[],"holes":{},"files":{}}'
keep("bundle", [b"\x02" + bundle, b"\x03" + bundle, b"\x00" + (DATA / "lock/before-binding/fresh.tar.gz").read_bytes()])
keep("registry", [b'{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}',
                  b'{"schemaVersion":2,"config":{"mediaType":"a","digest":"sha256:' + b"0" * 64 + b'","size":1},"layers":[]}',
                  b'Bearer realm="https://a/token",service="a"', b'</v2/a/tags/list?last=b>; rel="next"',
                  b"apiVersion: v1\nentries: {a: [{version: 1.0.0, urls: [a.tgz]}]}\n"])
plain = [re.sub(rb"(?m)^ +", b"", it) for it in read("**/*.txt") + locks]
pems = re.findall(rb"-----BEGIN [A-Z ]+-----\n[A-Za-z0-9+/=\n]+-----END [A-Z ]+-----\n", b"\n".join(plain))
keep("pem", pems + [b"-----BEGIN X-----\nAAAA\n-----END X-----\n"])
envelopes = re.findall(rb"-----BEGIN AGE ENCRYPTED FILE-----\n[A-Za-z0-9+/=\n]+-----END AGE ENCRYPTED FILE-----\n", b"\n".join(plain))
keep("age", envelopes + [base64.b64decode(b"".join(it.split(b"\n")[1:-2])) for it in envelopes] + read("**/*.age") + [b"age-encryption.org/v1\n-> X25519 AAAA\nAAAA\n--- AAAA\n"])
keep("identity", [(DATA / "lock/before-binding/key.txt").read_bytes(), b"# a\nAGE-SECRET-KEY-1\n", b"-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blbg==\n-----END OPENSSH PRIVATE KEY-----\n"])
keep("gitops", [files(it) for it in sorted(DATA.glob("gitops/*/*")) + sorted(DATA.glob("gitops/*")) if it.is_dir()] + [b"helmfile.yaml\nreleases: [{name: a, chart: ./a, values: [{a: 1}]}]\n",
    b"app.yaml\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: a, namespace: b}\nspec: {chart: {spec: {chart: ./a, sourceRef: {kind: GitRepository, name: a}}}, values: {a: 1}}\n"])
keep("substitute", [b"${a}", b"${a:=b}", b"${a:-${b:-c}}", b"$$a ${ab/x/y} ${abc%%?} ${a:1:2} ${#a}"])
words = {b"{{", b"}}", b"{{-", b"-}}", b"---\n", b"<<: *", b"&a ", b"*a", b"!!binary ", b"<sealed:", b"\x01", b"\x00", b"templates/", b"Chart.yaml\n"}
for page in ("functions", "spec", "lock"):
    words |= {it.encode() for it in re.findall(r"^\| `([^`|]{2,24})`", (HERE.parent.parent / f"docs/reference/{page}.md").read_text(), re.M)}
quoted = ["".join(chr(it) if 32 <= it < 127 and it not in b'"\\' else f"\\x{it:02x}" for it in word) for word in sorted(words)]
(HERE / "words.dict").write_text("".join(f'"{it}"\n' for it in quoted))
for folder in sorted((HERE / "corpus").iterdir()):
    print(folder.name, len(list(folder.iterdir())))
