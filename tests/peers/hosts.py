#!/usr/bin/env python3
"""Stands in for the hosts that the jobs of examples/ci post to. All comments are in one file: a list of id, user and body.

    hosts.py gh FILE ARGUMENTS...   as `gh api` does it, as the user github-actions[bot]
    hosts.py serve FILE PORTFILE    GitLab's notes on loopback, as the user with the id 7 and the token `secret`
"""
import http.server, json, pathlib, subprocess, sys, urllib.parse


def load(path):
    return json.loads(path.read_text()) if path.exists() else []


def put(path, user, body, number=None):
    comments = load(path)
    if number is None:
        comments.append({"id": 100 + len(comments), "user": user, "body": body})
    else:
        own = [it for it in comments if it["id"] == number and it["user"] == user]
        if not own:
            return None
        own[0]["body"] = body
    path.write_text(json.dumps(comments))
    return comments[-1]


def gh(path, args):
    assert args[0] == "api", args
    endpoint, method, body, query, rest = None, "GET", None, None, args[1:]
    while rest:
        word = rest.pop(0)
        if word == "--method":
            method = rest.pop(0)
        elif word == "--jq":
            query = rest.pop(0)
        elif word == "--field":
            name, value = rest.pop(0).split("=", 1)
            assert name == "body" and value[0] == "@", (name, value)
            body = pathlib.Path(value[1:]).read_text()
        elif word not in ("--paginate", "--silent"):
            assert endpoint is None and not word.startswith("-"), word
            endpoint = word
    if method == "GET":
        assert endpoint == "repos/o/r/issues/5/comments", endpoint
        comments = [{"id": it["id"], "user": {"login": it["user"]}, "body": it["body"]} for it in load(path)]
        sys.exit(subprocess.run(["jq", "-r", query], input=json.dumps(comments), text=True).returncode)
    if method == "POST":
        assert endpoint == "repos/o/r/issues/5/comments", endpoint
        number = None
    else:
        assert method == "PATCH" and endpoint.startswith("repos/o/r/issues/comments/"), (method, endpoint)
        number = int(endpoint.rsplit("/", 1)[1])
    sys.exit(0 if put(path, "github-actions[bot]", body, number) else 1)


class GitLab(http.server.BaseHTTPRequestHandler):
    path_of_notes = "/api/v4/projects/3/merge_requests/5/notes"
    file = None

    def log_message(self, *_):
        pass

    def answer(self, status, value):
        text = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def body(self):
        form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
        return form["body"][0]

    def do_GET(self):
        if self.headers["private-token"] != "secret":
            return self.answer(401, {})
        url = urllib.parse.urlparse(self.path)
        if url.path == "/api/v4/user":
            return self.answer(200, {"id": 7})
        assert url.path == self.path_of_notes, self.path
        self.answer(200, [{"id": it["id"], "author": {"id": it["user"]}, "body": it["body"]} for it in load(self.file)])

    def do_POST(self):
        ok = self.headers["private-token"] == "secret" and self.path == self.path_of_notes
        self.answer(201 if ok and put(self.file, 7, self.body()) else 401, {})

    def do_PUT(self):
        ok = self.headers["private-token"] == "secret" and self.path.startswith(self.path_of_notes + "/")
        self.answer(200 if ok and put(self.file, 7, self.body(), int(self.path.rsplit("/", 1)[1])) else 403, {})


verb, file, *rest = sys.argv[1:]
if verb == "gh":
    gh(pathlib.Path(file), rest)
GitLab.file = pathlib.Path(file)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), GitLab)
pathlib.Path(rest[0]).write_text(str(server.server_port))
server.serve_forever()
