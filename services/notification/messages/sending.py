"""The sending loop, as the settings describe it."""

import os
from collections.abc import Callable, Mapping

import structlog

from chassis.errors import SettingsError
from chassis.handlers import Map
from chassis.settings import PUBLIC_URL, read_public_url, with_secret_files
from chassis.unit_of_work import Work
from services.notification.channels import CHANNELS
from services.notification.channels.channel import number
from services.notification.messages.attempts import BackOff
from services.notification.messages.sender import Sender, SendingSettings
from services.notification.rules.in_use import pace_from
from services.notification.texts.loading import texts_from_environment
from services.notification.texts.variables import LONGEST_HOTLINE, LONGEST_PUBLIC_URL

log = structlog.get_logger(__name__)


def sending(work: Work, several: Map) -> Callable[[], int] | None:
    """One turn of the loop; None where no channel is set up. Raises SettingsError."""
    sender = sender_from_environment(work, several)
    return sender.run_once if sender else None


def sender_from_environment(
    work: Work, map: Map = map, environment: Mapping[str, str] | None = None
) -> Sender | None:
    """A sender for the channels that are set up; None where there is none: messages then wait.

    Rate and tries hold for all channels together; their settings bear the name of the first channel. Raises
    SettingsError.
    """
    given = with_secret_files(dict(os.environ if environment is None else environment))
    channels = {kind.name: channel for kind in CHANNELS if (channel := kind.from_settings(given))}
    for kind in CHANNELS:
        if kind.name not in channels:
            log.warning("no_gateway", channel=kind.name, hint=f"messages wait until {kind.setting} is set")
    if not channels:
        return None
    settings = SendingSettings(
        rate=number(given, "DOORSTEP_SMS_RATE", 200, low=1, high=10_000),
        lease=max(60.0, *(2 * channel.time_limit + SendingSettings.margin for channel in channels.values())),
        back_off=BackOff(
            tries=int(number(given, "DOORSTEP_SMS_TRIES", 8, low=1, high=50)),
            first=number(given, "DOORSTEP_SMS_FIRST_RETRY", 5, low=0.01, high=3600),
        ),
        hotline=_hotline(given),
        public_url=public_url_of(given),
        pace=pace_from(given, work.zone),
    )
    return Sender(work, channels, texts_from_environment(given, work.zone), settings, map)


def public_url_of(given: Mapping[str, str]) -> str | None:
    """With which the links in texts begin; None: no text has one. Raises SettingsError."""
    url = read_public_url(given)
    if url and len(url) > LONGEST_PUBLIC_URL:
        message = f"{PUBLIC_URL} must have at most {LONGEST_PUBLIC_URL} characters: texts name it"
        raise SettingsError(message)
    return url


def _hotline(given: Mapping[str, str]) -> str:
    hotline = given.get("DOORSTEP_HOTLINE", "12345").strip()
    if len(hotline) > LONGEST_HOTLINE:
        raise SettingsError(f"DOORSTEP_HOTLINE must have at most {LONGEST_HOTLINE} characters: texts name it")
    return hotline
