"""What Prometheus is told at /metrics. No label ever holds personal data or an id."""

from prometheus_client import Counter, Histogram

MESSAGES = Counter("ilsa_messages_total", "Citizens' messages by how they ended", ["outcome"])
ALARMS = Counter("ilsa_alarms_total", "Alarms of the emergency guard", ["kind"])
TICKETS = Counter("ilsa_tickets_total", "Tickets opened", ["kind", "topic"])
HANDOVERS = Counter("ilsa_handovers_total", "Conversations handed to a person", ["reason"])
RASA_SECONDS = Histogram(
    "ilsa_rasa_seconds",
    "Seconds one question to Rasa took",
    buckets=(0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 4, 10, 30),
)
REQUEST_SECONDS = Histogram(
    "ilsa_request_seconds",
    "Seconds an HTTP request took",
    ["route", "status"],
    buckets=(0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 30),
)
