"""Ways to reach somebody: a file a channel, and one line here."""

from services.notification.channels.channel import Channel
from services.notification.channels.sms_http import SmsOverHttp

CHANNELS: tuple[type[Channel], ...] = (SmsOverHttp,)
