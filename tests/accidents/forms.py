"""A secret in every form that somebody could find it in, and who looks for them."""

import base64
import json
import re
import urllib.parse


def integers(der):
    """The numbers and byte strings of a private key, by their order in DER."""
    found, at = [], 0
    while at + 2 <= len(der):
        tag, length, at = der[at], der[at + 1], at + 2
        if length & 0x80:
            count = length & 0x7F
            length, at = int.from_bytes(der[at:at + count], "big"), at + count
        body = der[at:at + length]
        if tag in (0x30, 0xA0, 0xA1):
            found += integers(body)
        elif tag in (0x02, 0x04):
            found.append(body.lstrip(b"\0"))
        at += length
    return found


def forms(secret):
    """A secret in every form that somebody could find it in: name and bytes."""
    yield "plain", secret
    texts = [("", secret)]
    text = secret.decode("utf-8", "replace")
    if "PRIVATE KEY" in text:
        body = "".join(line for line in text.splitlines() if line and "-----" not in line)
        yield "PEM without breaks", body.encode()
        texts += [("line of ", line.encode()) for line in text.splitlines() if len(line) > 40 and "-----" not in line]
        der = base64.b64decode(body)
        # The first two numbers of an RSA key are public.
        for number in [it for it in integers(der) if len(it) >= 24][(1 if "RSA" in text else 0):]:
            texts.append(("number of ", number))
            yield "hex of number", number.hex().encode()
            yield "decimal of number", str(int.from_bytes(number, "big")).encode()
    for what, piece in texts:
        yield what + "text", piece
        for shift in range(3):
            for name, encode in (("base64", base64.b64encode), ("base64url", base64.urlsafe_b64encode)):
                whole = encode(b"\0" * shift + piece)
                inner = whole[4 if shift else 0:len(whole) // 4 * 4 - 4]
                yield f"{what}{name} at {shift}", inner
        yield what + "hex", piece.hex().encode()
        yield what + "HEX", piece.hex().upper().encode()
        yield what + "base32", base64.b32encode(piece)[:-8]
        words = piece.decode("utf-8", "replace")
        yield what + "URL-encoded", urllib.parse.quote(words, safe="").encode()
        yield what + "form-encoded", urllib.parse.quote_plus(words).encode()
        yield what + "reversed", words[::-1].encode()
        for name, ascii_only in (("JSON", False), ("JSON in ASCII", True)):
            quoted = json.dumps(words, ensure_ascii=ascii_only)[1:-1]
            yield what + name, quoted.encode()
            yield what + name + " twice", json.dumps(quoted)[1:-1].encode()
        yield what + "YAML in single quotes", words.replace("'", "''").encode()
        yield what + "Rust's {:?}", repr(list(piece)).encode()


class Scan:
    """Looks for secrets in bytes."""

    def __init__(self, secrets, public):
        self.needles, self.scanned, self.forms, self.found = {}, 0, 0, []
        for number, secret in enumerate(secrets):
            for name, form in forms(secret):
                self.forms += 1
                if len(form) >= 12 and form not in public:
                    self.needles[form] = f"secret {number} as {name}"
        self.pattern = re.compile(b"|".join(re.escape(it) for it in sorted(self.needles, key=len, reverse=True)))

    def look(self, where, data):
        self.scanned += len(data)
        hit = self.pattern.search(data)
        if hit:
            self.found.append(f"{where}: {self.needles[hit.group()]}")
        return hit

    def files(self, place, allowed):
        for path in place.files():
            if not any(path == it or it in path.parents for it in allowed):
                self.look(path.relative_to(place.root), path.read_bytes())


def public_of(lock):
    pems = re.findall(r"-----BEGIN CERTIFICATE-----(.*?)-----END", lock, re.S)
    return b"\n".join(base64.b64decode("".join(it.split())) for it in pems) + lock.encode()
