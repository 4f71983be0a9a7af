"""Chromium, driven as the W3C's WebDriver says (https://www.w3.org/TR/webdriver2/)."""

import base64
import json
import shutil
import subprocess
import time
import urllib.error
import urllib.request

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DRIVER = "chromedriver"
SIZE = (1600, 1000)
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
"""What WebDriver calls an element in its JSON (section 12.1)."""


def missing():
    """What of Chromium and its driver is not on PATH, or nothing."""
    browser = next(filter(shutil.which, CHROMIUMS), None)
    absent = ([] if browser else ["chromium"]) + ([] if shutil.which(DRIVER) else [DRIVER])
    return " and ".join(absent)


class WebDriverError(Exception):
    """`kind` is WebDriver's own word, such as `no such element`."""

    def __init__(self, kind, message):
        super().__init__(f"{kind}: {message.splitlines()[0] if message else ''}")
        self.kind = kind


class Browser:
    """One window without a screen. An element is found by a CSS selector, and waited for."""

    def __init__(self, profile, seconds):
        self._seconds = seconds
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self._driver = subprocess.Popen(
            [DRIVER, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        try:
            self._url = f"http://127.0.0.1:{self._port()}/session"
            options = {
                "binary": shutil.which(next(filter(shutil.which, CHROMIUMS))),
                "args": [
                    "--headless=new",
                    # In a container, where it may be root and has little shared memory.
                    "--no-sandbox",
                    "--disable-dev-shm-usage",
                    "--disable-gpu",
                    "--no-proxy-server",
                    f"--window-size={SIZE[0]},{SIZE[1]}",
                    f"--user-data-dir={profile}",
                ],
            }
            capabilities = {"alwaysMatch": {"goog:chromeOptions": options}}
            session = self._send("POST", "", {"capabilities": capabilities})
            self._url += f"/{session['sessionId']}"
        except BaseException:
            self.close()
            raise

    def _port(self):
        for line in self._driver.stdout:
            if "started successfully on port " in line:
                return int(line.rpartition(" ")[2].strip().rstrip("."))
        raise WebDriverError("unknown error", f"{DRIVER} did not start")

    def _send(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self._url + path, data, {"Content-Type": "application/json"}, method=method
        )
        try:
            with self._opener.open(request, timeout=60) as response:
                return json.load(response)["value"]
        except urllib.error.HTTPError as e:
            error = json.load(e)["value"]
            raise WebDriverError(error["error"], error["message"]) from None

    def open(self, url):
        self._send("POST", "/url", {"url": url})

    def url(self):
        return self._send("GET", "/url")

    def click(self, css):
        self._on(css, "/click", {})

    def type(self, css, text):
        self._on(css, "/clear", {})
        self._on(css, "/value", {"text": text})

    def text(self, css):
        """What a person reads of the first element, as soon as there is one."""
        return self._until(css, lambda element: self._send("GET", f"/element/{element}/text"))

    def texts(self, css):
        """What a person reads of each element that is there now."""
        texts = []
        for element in self._all(css):
            try:
                texts.append(self._send("GET", f"/element/{element}/text"))
            except WebDriverError as e:
                if e.kind != "stale element reference":
                    raise
        return texts

    def shows(self, css):
        """Whether there is such an element now."""
        return bool(self._all(css))

    def picture(self, path):
        path.write_bytes(base64.b64decode(self._send("GET", "/screenshot")))

    def _all(self, css):
        found = self._send("POST", "/elements", {"using": "css selector", "value": css})
        return [element[ELEMENT] for element in found]

    def _on(self, css, action, body):
        self._until(css, lambda element: self._send("POST", f"/element/{element}{action}", body))

    def _until(self, css, attempt):
        """The page may not be there yet, be drawn again meanwhile, or be covered for a moment."""
        deadline = time.monotonic() + self._seconds
        while True:
            try:
                found = self._send("POST", "/element", {"using": "css selector", "value": css})
                return attempt(found[ELEMENT])
            except WebDriverError as e:
                if e.kind in PASSING and time.monotonic() < deadline:
                    time.sleep(0.1)
                    continue
                raise AssertionError(f"{css} at {self.url()}: {e}") from e

    def close(self):
        try:
            if self._driver.poll() is None and "/session/" in getattr(self, "_url", ""):
                self._send("DELETE", "")
        finally:
            self._driver.terminate()
            self._driver.wait()


PASSING = (
    "no such element",
    "stale element reference",
    "element not interactable",
    "element click intercepted",
    "invalid element state",
)
