"""What Prometheus is told of the channels. No label ever holds personal data or an id."""

from prometheus_client import Counter, Histogram

EVENTS = Counter("ilsa_channel_events_total", "Events of messengers", ["channel", "kind"])
REFUSED = Counter("ilsa_channel_refused_total", "Webhooks refused", ["channel", "status"])
SENDS = Counter(
    "ilsa_channel_sends_total",
    "Tries to send to a messenger by outcome; maybe: it may have arrived although no answer came",
    ["channel", "outcome"],
)
PARKED = Counter("ilsa_channel_parked_total", "Units set aside for staff", ["channel"])
WEBHOOK_SECONDS = Histogram(
    "ilsa_channel_webhook_seconds",
    "Seconds until a webhook was answered",
    ["channel"],
    buckets=(0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 4, 5, 10, 30),
)
