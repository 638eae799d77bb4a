"""A Sigstore of one's own: an authority for certificates and a log, and signatures as cosign makes them without a key.

`make FOLDER` makes both, and `root.json` that names them. `sign FOLDER OPTIONS` signs a digest in a registry and puts the
signature there, in the layout asked for. Keys, certificates and signatures are made by openssl.
"""

import argparse
import base64
import hashlib
import json
import pathlib
import subprocess
import time
import urllib.error
import urllib.request

IN_TOTO = "application/vnd.in-toto+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
ORIGIN = "log.example"


def openssl(*args, data=None):
    return subprocess.run(["openssl", *args], input=data, check=True, capture_output=True).stdout


def b64(data):
    return base64.b64encode(data).decode()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def signed(key, data):
    return openssl("dgst", "-sha256", "-sign", key, data=data)


def new_key(path):
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path)


def log_id(folder):
    return hashlib.sha256(openssl("ec", "-in", folder / "log.key", "-pubout", "-outform", "DER")).digest()


def make(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name in ["ca.key", "log.key"]:
        new_key(folder / name)
    openssl("req", "-x509", "-new", "-key", folder / "ca.key", "-subj", "/O=test/CN=authority", "-days", "3650", "-out",
            folder / "ca.pem", "-addext", "basicConstraints=critical,CA:TRUE,pathlen:1", "-addext", "keyUsage=critical,keyCertSign")
    always = {"start": "2020-01-01T00:00:00Z"}
    ca = openssl("x509", "-in", folder / "ca.pem", "-outform", "DER")
    log = openssl("ec", "-in", folder / "log.key", "-pubout", "-outform", "DER")
    root = {
        "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
        "tlogs": [{
            "baseUrl": f"https://{ORIGIN}", "hashAlgorithm": "SHA2_256",
            "publicKey": {"rawBytes": b64(log), "keyDetails": "PKIX_ECDSA_P256_SHA_256", "validFor": always},
            "logId": {"keyId": b64(log_id(folder))},
        }],
        "certificateAuthorities": [{
            "subject": {"organization": "test", "commonName": "authority"}, "uri": "https://ca.example",
            "certChain": {"certificates": [{"rawBytes": b64(ca)}]}, "validFor": always,
        }],
        "ctlogs": [], "timestampAuthorities": [],
    }
    (folder / "root.json").write_text(json.dumps(root, indent=2))
    ended = json.loads(json.dumps(root))
    ended["certificateAuthorities"][0]["validFor"]["end"] = "2021-01-01T00:00:00Z"
    ended["tlogs"][0]["publicKey"]["validFor"]["end"] = "2021-01-01T00:00:00Z"
    (folder / "ended.json").write_text(json.dumps(ended, indent=2))


def certificate(folder, identity, issuer, usage):
    new_key(folder / "own.key")
    openssl("req", "-new", "-key", folder / "own.key", "-subj", "/", "-out", folder / "own.csr")
    kind = "URI" if "://" in identity else "email"
    extensions = f"""keyUsage=critical,digitalSignature
extendedKeyUsage={usage}
subjectAltName=critical,{kind}:{identity}
1.3.6.1.4.1.57264.1.1=DER:{issuer.encode().hex()}
1.3.6.1.4.1.57264.1.8=ASN1:UTF8String:{issuer}
"""
    (folder / "own.ext").write_text(extensions)
    openssl("x509", "-req", "-in", folder / "own.csr", "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key", "-days", "1",
            "-set_serial", str(time.time_ns()), "-extfile", folder / "own.ext", "-out", folder / "own.pem")
    return (folder / "own.pem").read_bytes()


def entry(folder, body, when):
    """What a log says of a body: its promise, and the proof that it lists this alone."""
    text = json.dumps(body, separators=(",", ":"), sort_keys=True).encode()
    promised = {"body": b64(text), "integratedTime": when, "logID": log_id(folder).hex(), "logIndex": 0}
    canonical = json.dumps(promised, separators=(",", ":"), sort_keys=True).encode()
    promise = signed(folder / "log.key", canonical)
    leaf = hashlib.sha256(b"\0" + text).digest()
    note = f"{ORIGIN}\n1\n{b64(leaf)}\n".encode()
    mark = b64(log_id(folder)[:4] + signed(folder / "log.key", note))
    proof = {
        "logIndex": "0", "rootHash": b64(leaf), "treeSize": "1", "hashes": [],
        "checkpoint": {"envelope": note.decode() + f"\n\u2014 {ORIGIN} {mark}\n"},
    }
    return promised, promise, proof


class Registry:
    def __init__(self, host, repository):
        self.base = f"http://{host}/v2/{repository}"

    def blob(self, data, media_type):
        digest = f"sha256:{sha256(data)}"
        start = urllib.request.urlopen(urllib.request.Request(self.base + "/blobs/uploads/", method="POST", data=b""))
        place = start.headers["Location"]
        if place.startswith("/"):
            place = self.base.split("/v2/")[0] + place
        join = "&" if "?" in place else "?"
        head = {"content-type": "application/octet-stream"}
        urllib.request.urlopen(urllib.request.Request(f"{place}{join}digest={digest}", method="PUT", data=data, headers=head))
        return {"mediaType": media_type, "digest": digest, "size": len(data)}

    def manifest(self, document, tag=None):
        data = json.dumps(document).encode()
        digest = f"sha256:{sha256(data)}"
        head = {"content-type": document["mediaType"]}
        place = f"{self.base}/manifests/{tag or digest}"
        urllib.request.urlopen(urllib.request.Request(place, method="PUT", data=data, headers=head))
        return {"mediaType": document["mediaType"], "digest": digest, "size": len(data)}

    def find(self, tag):
        request = urllib.request.Request(f"{self.base}/manifests/{tag}", headers={"accept": f"{INDEX}, {MANIFEST}"})
        try:
            return json.load(urllib.request.urlopen(request))
        except urllib.error.HTTPError:
            return None


def older(args, registry, cert, when):
    payload = {"critical": {
        "identity": {"docker-reference": f"{args.host}/{args.repository}"},
        "image": {"docker-manifest-digest": args.says or args.digest}, "type": "cosign container image signature",
    }, "optional": None}
    payload = json.dumps(payload).encode()
    signature = signed(args.folder / "own.key", payload)
    body = {"apiVersion": "0.0.1", "kind": "hashedrekord", "spec": {
        "data": {"hash": {"algorithm": "sha256", "value": sha256(payload)}},
        "signature": {"content": b64(signature), "publicKey": {"content": b64(cert)}},
    }}
    promised, promise, _ = entry(args.folder, body, when)
    layer = registry.blob(payload, "application/vnd.dev.cosign.simplesigning.v1+json")
    layer["annotations"] = {
        "dev.cosignproject.cosign/signature": b64(signature),
        "dev.sigstore.cosign/certificate": cert.decode(),
        "dev.sigstore.cosign/chain": (args.folder / "ca.pem").read_text(),
        "dev.sigstore.cosign/bundle": json.dumps({"SignedEntryTimestamp": b64(promise), "Payload": promised}),
    }
    for name in args.without:
        layer["annotations"].pop(name, None)
    config = registry.blob(b'{"architecture":"","os":"","config":{},"rootfs":{"type":"layers","diff_ids":[]}}',
                           "application/vnd.oci.image.config.v1+json")
    document = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer]}
    registry.manifest(document, f"sha256-{args.digest.split(':')[1]}.sig")


def newer(args, registry, cert, when):
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "", "digest": {"sha256": (args.says or args.digest).split(":")[1]}}],
        "predicateType": args.predicate, "predicate": {},
    }
    payload = json.dumps(statement).encode()
    head = f"DSSEv1 {len(IN_TOTO)} {IN_TOTO} {len(payload)} ".encode()
    signature = signed(args.folder / "own.key", head + payload)
    envelope = {"payload": b64(payload), "payloadType": IN_TOTO, "signatures": [{"sig": b64(signature)}]}
    whole = json.dumps(envelope, separators=(",", ":"), sort_keys=True).encode()
    body = {"apiVersion": "0.0.1", "kind": "dsse", "spec": {
        "envelopeHash": {"algorithm": "sha256", "value": sha256(whole)},
        "payloadHash": {"algorithm": "sha256", "value": sha256(payload)},
        "signatures": [{"signature": b64(signature), "verifier": b64(cert)}],
    }}
    promised, promise, proof = entry(args.folder, body, when)
    der = openssl("x509", "-outform", "DER", data=cert)
    log = {
        "logIndex": "0", "logId": {"keyId": b64(log_id(args.folder))}, "kindVersion": {"kind": "dsse", "version": "0.0.1"},
        "integratedTime": str(when), "inclusionPromise": {"signedEntryTimestamp": b64(promise)}, "inclusionProof": proof,
        "canonicalizedBody": promised["body"],
    }
    for name in args.without:
        log.pop(name, None)
    bundle = {
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {"certificate": {"rawBytes": b64(der)}, "tlogEntries": [log]},
        "dsseEnvelope": envelope,
    }
    if "log" in args.without:
        bundle["verificationMaterial"]["tlogEntries"] = []
    kind = bundle["mediaType"]
    layer = registry.blob(json.dumps(bundle).encode(), kind)
    config = registry.blob(b"{}", "application/vnd.oci.empty.v1+json")
    request = urllib.request.Request(f"{registry.base}/manifests/{args.digest}", headers={"accept": f"{MANIFEST}, {INDEX}"})
    with urllib.request.urlopen(request) as answer:
        subject = {"mediaType": answer.headers["content-type"], "digest": args.digest, "size": len(answer.read())}
    document = {"schemaVersion": 2, "mediaType": MANIFEST, "artifactType": kind, "config": config, "layers": [layer], "subject": subject}
    child = {**registry.manifest(document), "artifactType": kind}
    tag = f"sha256-{args.digest.split(':')[1]}"
    known = registry.find(tag) or {"schemaVersion": 2, "mediaType": INDEX, "manifests": []}
    known["manifests"] = [*([] if args.alone else known["manifests"]), child]
    registry.manifest(known, tag)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("verb", choices=["make", "sign"])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--host")
    parser.add_argument("--repository")
    parser.add_argument("--digest")
    parser.add_argument("--layout", choices=["newer", "older"], default="newer")
    parser.add_argument("--identity", default="https://ci.example/build@refs/tags/v1")
    parser.add_argument("--issuer", default="https://issuer.example")
    parser.add_argument("--predicate", default="https://sigstore.dev/cosign/sign/v1")
    parser.add_argument("--says", help="the digest that the signature names, where it is another")
    parser.add_argument("--usage", default="codeSigning")
    parser.add_argument("--later", type=int, default=0, help="seconds from now on to the time of the log")
    parser.add_argument("--without", action="append", default=[])
    parser.add_argument("--alone", action="store_true", help="in the place of the signatures that are there")
    args = parser.parse_args()
    if args.verb == "make":
        make(args.folder)
        return
    cert = certificate(args.folder, args.identity, args.issuer, args.usage)
    registry = Registry(args.host, args.repository)
    put = newer if args.layout == "newer" else older
    put(args, registry, cert, int(time.time()) + args.later)


main()
