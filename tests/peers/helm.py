"""Whether a manifest is what Helm renders: the real Helm SDK on standard input's chart and values, certificates masked.

Reads {"chart": ..., "name": ..., "namespace": ..., "kube_version": ..., "api_versions": [...], "values": [file, ...],
"manifest": file}; prints the difference and exits with 1 where there is one. Without a manifest, prints the render.
"""
import difflib
import json
import pathlib
import re
import sys

import helm_python
from helm_python import _native

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from real_helm import KUBECONFIG, merge

CERTIFICATE = re.compile(r"(?m)^(\s*(?:ca|tls|cert|key|[a-z-]+)\.(?:crt|key|pem):\s+)\"?[A-Za-z0-9+/=]{64,}\"?$")
PEM = re.compile(r"-----BEGIN ([A-Z ]+)-----.*?-----END \1-----", re.S)


def mask(text):
    """Certificates and keys, which no two renders of Helm share, by what they are."""
    text, secrets = CERTIFICATE.subn(r"\1<masked>", text)
    text, blocks = PEM.subn(r"<\1>", text)
    return text, secrets + blocks


def render(asked):
    values = {}
    for path in asked["values"]:
        values = merge(values, helm_python.values_from_yaml(pathlib.Path(path).read_text()))
    options = {"dry_run": "client", "namespace": asked["namespace"],
               "kube_version": asked["kube_version"], "api_versions": asked["api_versions"]}
    with helm_python.Chart.load(asked["chart"]) as chart:
        with helm_python.Config(namespace=asked["namespace"], storage_driver="memory",
                                kubeconfig_content=KUBECONFIG) as config:
            release = _native.call_string("helm_install", config._raw(), _native.HANDLE(0), chart._raw(), None,
                                          asked["name"], json.dumps(values), json.dumps(options))
    return json.loads(release)["manifest"].strip() + "\n"


asked = json.load(sys.stdin)
rendered = render(asked)
if "manifest" not in asked:
    sys.stdout.write(rendered)
    sys.exit(0)
wanted, secrets = mask(rendered)
found, here = mask(pathlib.Path(asked["manifest"]).read_text())
difference = list(difflib.unified_diff(wanted.splitlines(True), found.splitlines(True), "helm", "ichor", n=1))
sys.stdout.writelines(difference[:40])
print(f"{len(wanted.splitlines())} lines, {secrets} certificates and keys")
sys.exit(1 if difference or secrets != here else 0)
