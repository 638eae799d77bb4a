#!/usr/bin/env python3
"""Opens a page in headless Chromium and uses it as a reader does: by mouse, by keyboard, on a desk and on a phone.

    drive.py PAGE [SCREENSHOT_FOLDER]

Prints one line of JSON with what was found; exits with 1 where a check fails. Talks the DevTools protocol through
Chromium's own pipe, so that nothing but Python and Chromium is needed.
"""
import base64, fcntl, json, os, pathlib, subprocess, sys, tempfile, time

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--disable-dev-shm-usage", "--remote-debugging-pipe"]


class Browser:
    def __init__(self, program, folder):
        down_read, self.down = os.pipe()
        self.up, up_write = os.pipe()

        # Chromium reads from 3 and writes to 4, which may be the very numbers these ends have here.
        ends = [fcntl.fcntl(it, fcntl.F_DUPFD, 10) for it in (down_read, up_write)]

        def inherit():
            os.dup2(ends[0], 3)
            os.dup2(ends[1], 4)

        self.process = subprocess.Popen([program, *FLAGS, f"--user-data-dir={folder}", "about:blank"], preexec_fn=inherit,
                                        close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for it in (down_read, up_write, *ends):
            os.close(it)
        self.rest, self.next, self.events = b"", 1, []
        targets = self.call("Target.getTargets")["targetInfos"]
        page = next(it for it in targets if it["type"] == "page")
        self.session = None
        self.session = self.call("Target.attachToTarget", targetId=page["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "Security"):
            self.call(f"{domain}.enable")

    def read(self):
        while b"\0" not in self.rest:
            piece = os.read(self.up, 1 << 16)
            if not piece:
                raise SystemExit("the browser ended")
            self.rest += piece
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **params):
        message = {"id": self.next, "method": method, "params": params}
        if getattr(self, "session", None):
            message["sessionId"] = self.session
        self.next += 1
        os.write(self.down, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.read()
            if answer.get("id") == message["id"]:
                if "error" in answer:
                    raise SystemExit(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def wait(self, method):
        while not any(it.get("method") == method for it in self.events):
            self.events.append(self.read())

    def open(self, url):
        self.events.clear()
        self.call("Page.navigate", url=url)
        self.wait("Page.loadEventFired")

    def js(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise SystemExit(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def size(self, width, height, phone=False, dark=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
                    {"name": "prefers-reduced-motion", "value": "reduce"}]
        self.call("Emulation.setEmulatedMedia", features=features)

    def click(self, query):
        box = self.js(f"(() => {{ const it = document.querySelector({json.dumps(query)}); it.scrollIntoView({{block: 'center'}});"
                      "const box = it.getBoundingClientRect(); return [box.x + Math.min(20, box.width / 2), box.y + Math.min(12, box.height / 2)]; })()")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)

    def key(self, key, code=None, text=None):
        text = key if text is None and len(key) == 1 else text
        for kind in ("keyDown", "keyUp"):
            extra = {"text": text} if kind == "keyDown" and text else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=code or key, windowsVirtualKeyCode=ord((text or "\0")[0].upper()), **extra)

    def shot(self, path, whole=False):
        params = {"captureBeyondViewport": True} if whole else {}
        if whole:
            height = self.js("document.documentElement.scrollHeight")
            width = self.js("innerWidth")
            params["clip"] = {"x": 0, "y": 0, "width": width, "height": min(height, 6000), "scale": 1}
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png", **params)["data"]))

    def faults(self):
        found = []
        for it in self.events:
            method, params = it.get("method"), it.get("params", {})
            if method == "Runtime.exceptionThrown":
                found.append(params["exceptionDetails"].get("text", "") + str(params["exceptionDetails"].get("exception", {}).get("description", "")))
            elif method == "Runtime.consoleAPICalled":
                found.append("console: " + json.dumps(params["args"])[:300])
            elif method == "Log.entryAdded":
                found.append("log: " + params["entry"]["text"])
            elif method == "Network.requestWillBeSent" and not params["request"]["url"].startswith(("file:", "data:")):
                found.append("asks for " + params["request"]["url"])
            elif method == "Page.javascriptDialogOpening":
                found.append("opens a dialog")
        return found


# The least contrast of any text on the page, as WCAG reckons it.
CONTRAST = """(() => {
  const light = (rgb) => { const [r, g, b] = rgb.map((it) => { it /= 255; return it <= 0.03928 ? it / 12.92 : ((it + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const read = (text) => text.match(/[\\d.]+/g).map(Number);
  const below = (it) => { for (; it; it = it.parentElement) { const [r, g, b, a = 1] = read(getComputedStyle(it).backgroundColor); if (a > 0.99) return [r, g, b]; } return [255, 255, 255]; };
  let least = 21;
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const it = walk.currentNode.parentElement;
    if (!walk.currentNode.textContent.trim() || !it.offsetParent || it.closest("svg, script, .hidden, :disabled")) continue;
    const [dark, bright] = [light(read(getComputedStyle(it).color).slice(0, 3)), light(below(it))].sort((a, b) => a - b);
    least = Math.min(least, (bright + 0.05) / (dark + 0.05));
  }
  return least;
})()"""

VISIBLE = "[...document.querySelectorAll('.resource')].filter((it) => it.offsetParent !== null)"


def check(browser, page, shots):
    results = {}

    def hold(name, truth, more=""):
        results[name] = True if truth else f"failed {more}"

    url = page.resolve().as_uri()
    browser.size(1280, 900)
    browser.open(url)
    total = browser.js(f"{VISIBLE}.length")
    hold("has resources", total > 1, total)
    hold("fits a desk", browser.js("document.documentElement.scrollWidth <= innerWidth"))
    hold("every field has a name", browser.js("[...document.querySelectorAll('input, select')].every((it) => it.labels.length > 0)"))
    hold("every button has words", browser.js("[...document.querySelectorAll('button')].every((it) => it.textContent.trim())"))
    hold("one h1, ids once", browser.js("document.querySelectorAll('h1').length === 1 && new Set([...document.querySelectorAll('[id]')].map((it) => it.id)).size === document.querySelectorAll('[id]').length"))
    hold("links lead somewhere", browser.js("[...document.querySelectorAll('a[href^=\"#\"]')].every((it) => document.getElementById(it.getAttribute('href').slice(1)))"))
    hold("headings go down one by one", browser.js("[...document.querySelectorAll('h1, h2, h3, h4')].every((it, at, all) => at === 0 ? it.matches('h1') : it.tagName[1] - all[at - 1].tagName[1] <= 1)"))
    hold("contrast by day", browser.js(CONTRAST) >= 4.5, browser.js(CONTRAST))
    if shots:
        browser.shot(shots / "desk.png", whole=True)

    # By mouse: a risk goes and comes back, a resource unfolds and folds.
    chip = browser.js("document.querySelector('.chip:not(:disabled)').dataset.risk")
    browser.click(f".chip[data-risk={chip}]")
    left = browser.js(f"{VISIBLE}.length")
    hold("a click takes a risk away", left < total and browser.js(f"{VISIBLE}.every((it) => it.dataset.risk !== '{chip}')"), left)
    browser.click(f".chip[data-risk={chip}]")
    hold("a second click brings it back", browser.js(f"{VISIBLE}.length") == total)
    browser.click(".resource > summary")
    hold("a click unfolds", browser.js("document.querySelector('.resource').open"))
    browser.click(".resource > summary")
    hold("a click folds", not browser.js("document.querySelector('.resource').open"))
    browser.js("(() => { const it = document.querySelector('#kind'); it.value = it.options[1].value; it.dispatchEvent(new Event('change')); })()")
    hold("a kind is chosen", browser.js(f"{VISIBLE}.length > 0 && {VISIBLE}.every((it) => it.dataset.kind === document.querySelector('#kind').value)"))
    browser.js("(() => { const it = document.querySelector('#kind'); it.value = ''; it.dispatchEvent(new Event('change')); })()")
    if browser.js("!!document.querySelector('.group a')"):
        browser.click(".group a")
        time.sleep(0.1)
        hold("a finding leads to its resource", browser.js("document.querySelector(document.querySelector('.group a').getAttribute('href')).open"))
        browser.js("document.querySelector('#close').click()")

    # By keyboard.
    browser.call("Emulation.setFocusEmulationEnabled", enabled=True)
    browser.open(url)
    rings = []
    for _ in range(30):
        browser.key("Tab", "Tab", "\t")
        rings.append(browser.js("(() => { const it = getComputedStyle(document.activeElement); return document.activeElement === document.body || it.outlineStyle !== 'none' && parseFloat(it.outlineWidth) >= 2; })()"))
    hold("what has the focus shows it", all(rings), rings)
    browser.js("document.activeElement.blur()")
    for key in ("j", "j", "o"):
        browser.key(key)
    hold("keys unfold", browser.js("!!document.querySelector('.resource.at[open]') && document.activeElement.matches('.resource.at > summary')"))
    browser.key("o")
    hold("keys fold", not browser.js("!!document.querySelector('.resource[open]')"))
    browser.key("Enter", "Enter", "\r")
    hold("Enter unfolds what has the focus", browser.js("document.querySelector('.resource.at').open"))
    browser.key("e")
    hold("e unfolds all", browser.js(f"{VISIBLE}.every((it) => it.open)"))
    if shots:
        browser.shot(shots / "desk-open.png", whole=True)
    browser.key("c")
    hold("c folds all", browser.js(f"{VISIBLE}.every((it) => !it.open)"))
    number = browser.js("document.querySelector('.chip:not(:disabled)').dataset.key")
    browser.key(number)
    hold("a number shows one risk", browser.js(f"{VISIBLE}.every((it) => it.dataset.risk === '{chip}') && {VISIBLE}.length") == total - left)
    browser.key("0")
    browser.key("/")
    hold("/ searches", browser.js("document.activeElement.id") == "search")
    for letter in "zzqq":
        browser.key(letter)
    hold("what is nowhere leaves nothing", browser.js(f"{VISIBLE}.length === 0 && !document.querySelector('#none').hidden"))
    browser.key("Escape", "Escape", "")
    hold("Escape clears", browser.js(f"{VISIBLE}.length") == total)
    browser.key("?", "Slash")
    hold("? shows the keys", not browser.js("document.querySelector('#help').hidden"))
    browser.key("?", "Slash")
    browser.click("#theme")
    hold("dark on request", browser.js("document.documentElement.dataset.theme") == "dark")

    browser.size(1280, 900, dark=True)
    browser.open(url)
    browser.key("e")
    hold("contrast by night", browser.js(CONTRAST) >= 4.5, browser.js(CONTRAST))
    if shots:
        browser.shot(shots / "dark.png")
    browser.size(390, 844, phone=True)
    browser.open(url)
    browser.js("document.querySelector('#open').click()")
    hold("fits a phone", browser.js("document.documentElement.scrollWidth <= 390"), browser.js("document.documentElement.scrollWidth"))
    if shots:
        browser.shot(shots / "phone-open.png", whole=True)
        browser.js("document.querySelector('#close').click()")
        browser.shot(shots / "phone.png", whole=True)
    hold("no hostile text acted", browser.js("window.harmed === undefined && !document.querySelector('.resource script, .resource img, .group script, .group img')"))
    # A script that is not the page's own must not run.
    browser.js("(() => { const it = document.createElement('script'); it.textContent = 'window.foreign = 1'; document.body.append(it); })()")
    hold("foreign scripts are refused", browser.js("window.foreign === undefined"))
    faults = [it for it in browser.faults() if "Content Security Policy" not in it and "violates the following" not in it]
    hold("no fault on the console", not faults, faults)
    return results


def main():
    page = pathlib.Path(sys.argv[1])
    shots = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None
    if shots:
        shots.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        browser = Browser(os.environ.get("CHROMIUM", "chromium"), folder)
        try:
            results = check(browser, page, shots)
        finally:
            browser.process.terminate()
            browser.process.wait()
    print(json.dumps(results, ensure_ascii=False))
    sys.exit(0 if all(it is True for it in results.values()) else 1)


if __name__ == "__main__":
    main()
