"""For the flows in which the smart host, the relay or Postfix's client of it fails."""

OUTSIDE = ["bob@client.example"]
THREE = ["ann@client.example", "bob@client.example", "dan@client.example"]


def arrives_once(gateway, message, recipients=tuple(OUTSIDE)):
    arrived = gateway.wait_at(gateway.smart_host, message, seconds=60)
    assert arrived.tls and sorted(arrived.recipients) == sorted(recipients), arrived.recipients
    gateway.wait_empty_queue()
    gateway.wait_at(gateway.smart_host, message)
    return arrived
