"""Text messages through any gateway that takes JSON over HTTP.

    POST <url>            {"to": …, "text": …, "idempotency_key": …}   Authorization: Bearer <token>
      2xx                 {"reference": …}; with "status": "delivered" where that is known at once
      409                 the key is in work already: ask again later
      429, 503            later, after Retry-After if given
      other 4xx           never

No number, no text and no token of it is ever logged or put into an error.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, Self
from urllib.parse import urlsplit

import requests
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE
from requests.adapters import HTTPAdapter

from chassis.errors import SettingsError
from services.notification.channels.answers import Answer, Outcome
from services.notification.channels.channel import Channel, number
from services.notification.channels.phone_lines import CHINA, Line, phone_of
from services.notification.channels.sms_length import segments

MOST_SEGMENTS: Final = 4
"""Gateways take longer texts apart or refuse them, each in its own way."""
# Even if each character took two places.
_FITS_SURELY: Final = MOST_SEGMENTS * 33

# The gateway refuses *us*: our fault or its, and mended without touching the message.
_OUR_TROUBLE = frozenset({401, 402, 403, 404, 405, 407, 408, 409, 421, 425, 429})
# A proxy or the gateway fell silent behind the answer: whether the text went out is not known.
_LOST = frozenset({500, 502, 504, 520, 521, 522, 523, 524})
_LARGEST: Final = 64 * 1024
"""Bytes of an answer; one that says what it must has some 50."""

ANYWHERE: Final = "any"


@dataclass(frozen=True)
class SmsSettings:
    """:param countries: the calling codes of the countries to which the gateway sends; None: to any."""

    url: str
    token: str = field(default="", repr=False)
    timeout: float = 10.0
    idempotent: bool = True
    connections: int = 20
    countries: frozenset[int] | None = frozenset({CHINA})


class SmsOverHttp(Channel):
    """See the module. One session with as many kept connections as there are requests at once."""

    name = "sms"
    address = "phone"
    setting = "DOORSTEP_SMS_URL"

    def __init__(self, settings: SmsSettings) -> None:
        self.idempotent = settings.idempotent
        # requests limits connecting and each wait for bytes. The answer as a whole has as much time again.
        self._timeout = (min(3.05, settings.timeout), settings.timeout)
        self.time_limit = sum(self._timeout) + settings.timeout
        self._countries = settings.countries
        self._url = settings.url.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False  # no .netrc, and a proxy is the gateway URL's business
        adapter = HTTPAdapter(
            pool_connections=1, pool_maxsize=settings.connections, pool_block=False, max_retries=0
        )
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)
        if not settings.idempotent:
            # A kept connection may be closed just when we use it, and then nobody knows what got through.
            self._session.headers["Connection"] = "close"
        if settings.token:
            self._session.headers["Authorization"] = f"Bearer {settings.token}"

    @classmethod
    def from_settings(cls, given: Mapping[str, str]) -> Self | None:
        """As DOORSTEP_SMS_… says; None where no gateway is set. Raises SettingsError."""
        url = given.get(cls.setting, "").strip()
        if not url:
            return None
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SettingsError("DOORSTEP_SMS_URL must be the http(s) address of the gateway")
        supports = given.get("DOORSTEP_SMS_IDEMPOTENCY", "yes").strip().lower()
        if supports not in ("yes", "no"):
            raise SettingsError(f"DOORSTEP_SMS_IDEMPOTENCY={supports} must be yes or no")
        return cls(
            SmsSettings(
                url=url,
                token=given.get("DOORSTEP_SMS_TOKEN", ""),
                timeout=number(given, "DOORSTEP_SMS_TIMEOUT", 10.0, low=0.05, high=120.0),
                idempotent=supports == "yes",
                connections=int(number(given, "DOORSTEP_SMS_CONNECTIONS", 20, low=1, high=200)),
                countries=_countries(given.get("DOORSTEP_SMS_COUNTRIES", "").strip() or str(CHINA)),
            )
        )

    @classmethod
    def too_long(cls, text: str) -> str | None:
        if len(text) <= _FITS_SURELY:
            return None
        parts = segments(text)
        return f"takes {parts} text messages; at most {MOST_SEGMENTS}" if parts > MOST_SEGMENTS else None

    def cannot_reach(self, to: str) -> str | None:
        phone = phone_of(to)
        if phone.line is not Line.MOBILE:
            return str(phone.line)
        if self._countries is not None and phone.country not in self._countries:
            return "abroad"
        return None

    def send(self, to: str, text: str, key: str) -> Outcome:
        body = {"to": to, "text": text, "idempotency_key": key}
        try:
            with self._session.post(
                self._url, json=body, timeout=self._timeout, allow_redirects=False, stream=True
            ) as answer:
                return _read(answer, _content(answer, time.monotonic() + self._timeout[1]))
        except requests.ConnectTimeout:
            return Outcome(Answer.UNREACHABLE, "connect_timeout")
        except requests.Timeout:
            return Outcome(Answer.LOST, "timeout")
        except requests.ConnectionError as error:
            if _never_connected(error):
                return Outcome(Answer.UNREACHABLE, "no_connection")
            return Outcome(Answer.LOST, "connection_lost")
        except requests.RequestException as error:
            return Outcome(Answer.LOST, type(error).__name__.lower()[:40])


def _countries(text: str) -> frozenset[int] | None:
    """`86,852,853` or `any`. Raises SettingsError."""
    if text.lower() == ANYWHERE:
        return None
    codes = [code.strip().removeprefix("+") for code in text.split(",")]
    if any(not code.isdecimal() or int(code) not in COUNTRY_CODE_TO_REGION_CODE for code in codes):
        said = f"calling codes of countries, as in 86,852,853, or {ANYWHERE}"
        raise SettingsError(f"DOORSTEP_SMS_COUNTRIES={text} must be {said}")
    return frozenset(map(int, codes))


def _content(answer: requests.Response, until: float) -> bytes:
    """Nothing of one that is too large, or does not end in time: its status has said what counts."""
    content = bytearray()
    for byte in answer.iter_content(1):  # larger pieces would wait until they are full
        content += byte
        if len(content) > _LARGEST or time.monotonic() > until:
            return b""
    return bytes(content)


def _read(answer: requests.Response, body: bytes) -> Outcome:
    code = answer.status_code
    if 200 <= code < 300:
        content = _json(body)
        taken = Answer.DELIVERED if content.get("status") == "delivered" else Answer.ACCEPTED
        reference = content.get("reference")
        return Outcome(taken, f"http_{code}", str(reference)[:200] if reference is not None else None)
    reason = f"http_{code}"
    if code in _LOST:
        return Outcome(Answer.LOST, reason, retry_after=_retry_after(answer))
    if code in _OUR_TROUBLE or code >= 500 or code < 400:
        return Outcome(Answer.BUSY, reason, retry_after=_retry_after(answer))
    return Outcome(Answer.REFUSED, reason)


def _json(body: bytes) -> dict[str, str]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _retry_after(answer: requests.Response) -> float | None:
    """Seconds; the header holds seconds or a date."""
    text = answer.headers.get("Retry-After", "").strip()
    if text.isdecimal():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _never_connected(error: requests.ConnectionError) -> bool:
    """Whether not one byte can have reached the gateway."""
    seen: BaseException | None = error
    while seen is not None:
        if type(seen).__name__ in ("NewConnectionError", "ConnectTimeoutError", "NameResolutionError"):
            return True
        inner = getattr(seen, "reason", None) or (seen.args[0] if seen.args else None)
        seen = inner if isinstance(inner, BaseException) else None
    return isinstance(error, requests.exceptions.SSLError)
