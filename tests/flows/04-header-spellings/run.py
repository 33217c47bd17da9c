"""zivver-relay in every spelling that a mail program, a gateway or an attacker may give it.

Each either leaves through the smart host or is not accepted; none takes the normal route.
"""

from support import messages

OUTSIDE = ["bob@client.example"]
VALUE = "f3b1c0de.example"


def leaves_through_the_smart_host(gateway, *fields):
    message = messages.plain(*fields, is_flagged=True)
    answer = gateway.send(message, OUTSIDE)
    assert answer.code == 250, answer
    assert gateway.wait_at(gateway.smart_host, message).tls
    assert not gateway.at_normal_route(message)


def is_not_accepted(gateway, *fields):
    message = messages.plain(*fields, is_flagged=True)
    answer = gateway.send(message, OUTSIDE)
    assert answer.code == 451 and "4.7.1" in answer.text, answer
    assert gateway.postfix.queue() == [], "something was queued all the same"
    assert not gateway.archive.with_text(message.unique), "something was archived all the same"


def flow_in_other_letter_case(gateway):
    leaves_through_the_smart_host(gateway, f"Zivver-Relay: {VALUE}")
    leaves_through_the_smart_host(gateway, f"ZIVVER-RELAY: {VALUE}")


def flow_without_a_blank_after_the_colon(gateway):
    leaves_through_the_smart_host(gateway, f"zivver-relay:{VALUE}")


def flow_with_a_blank_before_the_colon(gateway):
    leaves_through_the_smart_host(gateway, f"zivver-relay : {VALUE}")


def flow_folded(gateway):
    leaves_through_the_smart_host(gateway, f"zivver-relay:\r\n {VALUE}")


def flow_twice_with_equal_values(gateway):
    leaves_through_the_smart_host(gateway, f"zivver-relay: {VALUE}", f"zivver-relay: {VALUE}")


def flow_twice_with_different_values(gateway):
    is_not_accepted(gateway, f"zivver-relay: {VALUE}", "zivver-relay: other.example")


def flow_with_an_empty_value(gateway):
    is_not_accepted(gateway, "zivver-relay:")
    is_not_accepted(gateway, "zivver-relay:  \r\n \t")


def flow_with_a_value_of_one_letter(gateway):
    """pams.pattern, "..*.", wants two."""
    is_not_accepted(gateway, "zivver-relay: y")


def flow_after_thousands_of_other_fields(gateway):
    """Either is right; what is not is the normal route (the runner looks)."""
    message = messages.plain(*[f"X-Filler: {number}" for number in range(3000)], f"zivver-relay: {VALUE}",
                             is_flagged=True)
    if gateway.send(message, OUTSIDE).code == 250:
        gateway.wait_at(gateway.smart_host, message)


def flow_while_the_product_is_switched_off(gateway):
    gateway.use_settings(replace=[("[pams]\n", "[pams]\nenabled = false\n")])
    message = messages.flagged()
    answer = gateway.send(message, OUTSIDE)
    assert answer.code == 550, answer
    ordinary = messages.plain()
    assert gateway.send(ordinary, OUTSIDE).code == 250
    gateway.wait_at(gateway.relayhost, ordinary)
