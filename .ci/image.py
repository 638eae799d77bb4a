"""Makes an OCI layout of the tool: image.py FOLDER VERSION COMMIT TIME.

FOLDER holds `layer-ARCH.tar` for each architecture; the layout comes into FOLDER/layout.
"""

import gzip
import hashlib
import json
import sys
from datetime import datetime, timezone
from pathlib import Path

folder, version, commit, time = Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
layout = folder / "layout"
blobs = layout / "blobs" / "sha256"
blobs.mkdir(parents=True)
created = datetime.fromtimestamp(time, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
labels = {
    "org.opencontainers.image.title": "ichor",
    "org.opencontainers.image.version": version,
    "org.opencontainers.image.revision": commit,
    "org.opencontainers.image.licenses": "Apache-2.0",
}


def keep(media, content):
    digest = hashlib.sha256(content).hexdigest()
    (blobs / digest).write_bytes(content)
    return {"mediaType": media, "digest": f"sha256:{digest}", "size": len(content)}


def kept(media, value):
    return keep(f"application/vnd.oci.image.{media}", json.dumps(value, separators=(",", ":")).encode())


manifests = []
for layer in sorted(folder.glob("layer-*.tar")):
    arch = layer.stem.removeprefix("layer-")
    content = layer.read_bytes()
    packed = keep("application/vnd.oci.image.layer.v1.tar+gzip", gzip.compress(content, 9, mtime=0))
    config = {
        "created": created,
        "architecture": arch,
        "os": "linux",
        "config": {"Entrypoint": ["/ichor"], "WorkingDir": "/work", "Labels": labels},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(content).hexdigest()}"]},
        "history": [{"created": created, "created_by": "ichor"}],
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": kept("config.v1+json", config),
        "layers": [packed],
        "annotations": labels,
    }
    manifests.append(kept("manifest.v1+json", manifest) | {"platform": {"architecture": arch, "os": "linux"}})

media = "application/vnd.oci.image.index.v1+json"
whole = kept("index.v1+json", {"schemaVersion": 2, "mediaType": media, "manifests": manifests, "annotations": labels})
whole["annotations"] = {"org.opencontainers.image.ref.name": version}
(layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "mediaType": media, "manifests": [whole]}))
(layout / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
