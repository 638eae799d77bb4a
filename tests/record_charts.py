#!/usr/bin/env python3
"""Writes beside the charts of tests/data/helm what the real Helm makes of them.

    pip install helm-python-sdk==0.2.2      # bundles Helm v4.2.3, no helm binary needed

    record_charts.py [CASE]...              # default: all

A case is a folder: `chart/`, perhaps `values.yaml`, and `case.json` with the release's `name` and `namespace`, perhaps
`kube_version`, `api_versions`, and `args`: further command lines, each recorded in `NAME.out`, which is written by hand
after Helm's sources, since the SDK knows no such flags. Recorded are

    manifest.yaml   what `helm template --no-hooks` prints, or
    error.txt       Helm's error
    files.json      what each template printed, hooks and notes included
    helm.txt        the version of Helm
"""
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent / "data" / "helm"
KUBECONFIG = """{"apiVersion": "v1", "kind": "Config", "current-context": "none",
"clusters": [{"name": "none", "cluster": {"server": "http://127.0.0.1:1"}}],
"contexts": [{"name": "none", "context": {"cluster": "none", "user": "none"}}],
"users": [{"name": "none", "user": {}}]}"""


def record(folder):
    import helm_python
    from helm_python import _native

    case = json.loads((folder / "case.json").read_text())
    values = folder / "values.yaml"
    values = helm_python.values_from_yaml(values.read_text()) if values.exists() else {}
    options = {key: case[key] for key in ("namespace", "kube_version", "api_versions") if key in case}
    for name in ("manifest.yaml", "error.txt", "files.json"):
        (folder / name).unlink(missing_ok=True)
    (folder / "helm.txt").write_text(helm_python.helm_sdk_version() + "\n")
    try:
        with helm_python.Chart.load(str(folder / "chart")) as chart:
            with helm_python.Config(
                namespace=case["namespace"], storage_driver="memory", kubeconfig_content=KUBECONFIG
            ) as config:
                release = _native.call_string(
                    "helm_install", config._raw(), _native.HANDLE(0), chart._raw(), None, case["name"],
                    json.dumps(values), json.dumps({"dry_run": "client", **options}))
        with helm_python.Chart.load(str(folder / "chart")) as chart:
            files = _native.call_string(
                "helm_render", chart._raw(), json.dumps(values), json.dumps({"name": case["name"], **options}))
    except helm_python.HelmError as error:
        (folder / "error.txt").write_text(str(error).rstrip("\n") + "\n")
        return
    manifest = json.loads(release).get("manifest", "").strip() + "\n"
    (folder / "manifest.yaml").write_bytes(manifest.encode())
    (folder / "files.json").write_text(json.dumps(json.loads(files), indent=1, sort_keys=True) + "\n")


def main():
    wanted = sys.argv[1:] or sorted(it.name for it in HERE.iterdir() if (it / "case.json").exists())
    for name in wanted:
        record(HERE / name)
        print(name)


if __name__ == "__main__":
    main()
