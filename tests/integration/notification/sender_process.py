"""A sender as a process of its own, patched by eventlet as a service is, so that a test can kill it.

Arguments: database URL, gateway URL, key.
"""

# ruff: noqa: E402
import eventlet

eventlet.monkey_patch()

import sys
import time
from zoneinfo import ZoneInfo

from chassis.clock import Clock
from chassis.database.engine import Database
from chassis.sealing import BlindIndex, Sealer
from chassis.unit_of_work import Work
from services.notification.channels.sms_http import SmsOverHttp, SmsSettings
from services.notification.messages.attempts import BackOff
from services.notification.messages.sender import Sender, SendingSettings
from services.notification.rules.pace import Pace
from services.notification.texts.loading import load_texts

ZONE = ZoneInfo("Asia/Shanghai")
QUICK = SendingSettings(
    batch=50,
    rate=2000,
    begin_within=30,
    back_off=BackOff(tries=40, first=0.2, longest=1),
    pace=Pace(ZONE, a_day=10_000),
)


def work_on(url: str, keys: str) -> Work:
    return Work("notification", Database(url), Clock(), Sealer.from_text(keys), BlindIndex(b"i" * 32), ZONE)


def main(url: str, gateway: str, keys: str) -> None:
    channel = SmsOverHttp(SmsSettings(url=gateway, timeout=20.0))
    pool = eventlet.GreenPool(10)
    sender = Sender(work_on(url, keys), {"sms": channel}, load_texts(zone=ZONE), QUICK, pool.imap)
    print("sending", flush=True)
    while True:
        if not sender.run_once():
            time.sleep(0.05)


if __name__ == "__main__":
    main(*sys.argv[1:])
