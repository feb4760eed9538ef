"""How often an address may do what costs much."""

from bot.web.limits import ConversationLimit


def test_an_address_has_its_minute_and_another_its_own() -> None:
    limit = ConversationLimit(2)
    assert [limit.allows("203.0.113.7", now) for now in (0.0, 1.0, 2.0)] == [True, True, False]
    assert limit.allows("203.0.113.8", 2.0)
    assert limit.allows("203.0.113.7", 61.5)


def test_the_addresses_of_one_ipv6_network_are_one_caller() -> None:
    limit = ConversationLimit(1)
    assert limit.allows("2001:db8:1:2::1", 0.0)
    assert not limit.allows("2001:db8:1:2:ffff::9", 1.0)
    assert limit.allows("2001:db8:1:3::1", 1.0)


def test_who_does_nothing_for_a_minute_is_forgotten() -> None:
    limit = ConversationLimit(1)
    for number in range(500):
        limit.allows(f"10.0.{number // 250}.{number % 250}", 0.0)
    limit.allows("203.0.113.7", 61.0)
    assert len(limit._opened) == 1
