"""`pamsctl setup postfix --remove`: first the milter goes and the guard rules stay, then, when asked for by name, the rest."""

import json

from support import messages

OUTSIDE = ["bob@client.example"]
REMOVE = ("setup", "postfix", "--remove")


def removal(gateway, *more, check=True):
    done = gateway.pamsctl(*REMOVE, *more, "--json", check=check)
    return done.returncode, json.loads(done.stdout)


def names_and_bytes(gateway):
    return {path.name: content for path, (content, _, _) in gateway.postfix_files().items()}


def site_before_setup(gateway):
    """From the backup that the very first setup made; the tables were not there then."""
    first = sorted(gateway.postfix.config.glob("pams-backup-*"))[0]
    others = {name: content for name, content in names_and_bytes(gateway).items()
              if name not in ("main.cf", "master.cf") and not name.startswith("pams_")}
    return {**others, **{name: (first / name).read_bytes() for name in ("main.cf", "master.cf")}}


def sorted_lines(files):
    return {name: sorted(content.splitlines()) for name, content in files.items()}


def both_stages(gateway):
    gateway.pamsctl(*REMOVE, "--apply")
    gateway.pamsctl(*REMOVE, "--with-guard-rules", "--apply")


def again(gateway):
    """The setup as it was, with its record, for the flows that follow."""
    services = [gateway.postfix.outbound_service, "pickup"]
    gateway.pamsctl("setup", "postfix", *[word for one in services for word in ("--outbound", one)], "--apply")


def flow_without_apply_it_prints_the_order_and_changes_nothing(gateway):
    before = gateway.postfix_files()
    shown = gateway.pamsctl(*REMOVE).stdout
    places = [shown.index(words) for words in ("switch PAMS off", "--remove --apply", "postqueue -p", "--remove --with-guard-rules")]
    assert places == sorted(places)
    assert gateway.postfix_files() == before


def flow_the_first_stage_leaves_the_guard_rules_and_flagged_mail_waits(gateway):
    code, answer = removal(gateway, "--apply")
    assert code == 0 and answer["applied"] and answer["backup"], answer
    gateway.postfix.restart()
    for port in (gateway.postfix.outbound_port, gateway.postfix.inbound_port):
        secret, ordinary = messages.flagged(subject="Held"), messages.plain()
        assert gateway.send(secret, OUTSIDE, port=port).code == 250
        gateway.wait_deferred("not sealed by pams-milter yet")
        assert gateway.send(ordinary, OUTSIDE, port=port).code == 250
        gateway.wait_at(gateway.relayhost, ordinary)
        assert not gateway.smart_host.with_text(secret.unique) and not gateway.at_normal_route(secret)
        gateway.postfix.delete_all()
    secret = messages.flagged()
    gateway.postfix.sendmail(secret.data, "alice@example.org", OUTSIDE)
    gateway.wait_deferred("not sealed by pams-milter yet")
    assert removal(gateway, "--apply")[1]["changes"] == []


def flow_what_is_queued_for_the_smart_host_still_gets_there(gateway):
    gateway.smart_host.stop()
    message = messages.flagged()
    assert gateway.send(message, OUTSIDE).code == 250
    gateway.wait_deferred("Connection refused")
    gateway.pamsctl(*REMOVE, "--apply")
    gateway.postfix.restart()
    gateway.postfix.requeue_all()
    gateway.smart_host.start()
    gateway.postfix.flush()
    assert gateway.wait_at(gateway.smart_host, message).tls
    gateway.wait_empty_queue()


def flow_the_guard_rules_do_not_go_before_the_milter_nor_while_flagged_mail_waits(gateway):
    code, answer = removal(gateway, "--with-guard-rules", "--apply", check=False)
    assert code == 1 and "the milter is still in use" in answer["problems"][0], answer
    gateway.pamsctl(*REMOVE, "--apply")
    gateway.postfix.restart()
    assert gateway.send(messages.flagged(), OUTSIDE).code == 250
    gateway.wait_deferred("not sealed by pams-milter yet")
    before = gateway.postfix_files()
    code, answer = removal(gateway, "--with-guard-rules", "--apply", check=False)
    assert code == 1 and "in the queue" in answer["problems"][0], answer
    assert gateway.postfix_files() == before
    gateway.postfix.delete_all()
    assert removal(gateway, "--with-guard-rules", "--apply")[0] == 0


def flow_after_both_stages_every_file_is_as_before_the_setup(gateway):
    expected = site_before_setup(gateway)
    both_stages(gateway)
    assert names_and_bytes(gateway) == expected
    assert not (gateway.postfix.config / "pams-setup").exists()
    code, answer = removal(gateway, "--with-guard-rules", "--apply")
    assert code == 0 and answer["changes"] == [], answer


def flow_what_others_edited_since_stays(gateway):
    expected = site_before_setup(gateway)
    config = gateway.postfix.config
    gateway.postfix.set(smtpd_banner="hello")
    main = (config / "main.cf").read_text()
    ours = gateway.postfix.tool("postconf", "-h", "smtpd_milters").strip()
    (config / "main.cf").write_text(main.replace(f"\nsmtpd_milters = {ours}", f"\nsmtpd_milters = {ours}, inet:127.0.0.1:8891")
                                    + "# a comment of the postmaster's\n")
    with (config / "master.cf").open("a") as master:
        master.write("other unix - - n - - smtp\n")
    both_stages(gateway)
    now = names_and_bytes(gateway)
    added = now["main.cf"].decode().removeprefix(expected["main.cf"].decode())
    assert sorted(added.splitlines()) == sorted(
        ["smtpd_banner = hello", "smtpd_milters = inet:127.0.0.1:8891", "# a comment of the postmaster's"]), added
    # postconf -P moves a service after the comments that follow it; with other edits around, it stays there.
    assert sorted(now["master.cf"].splitlines()) == sorted([*expected["master.cf"].splitlines(),
                                                            b"other unix - - n - - smtp"])


def flow_the_first_stage_is_taken_back_where_the_guard_rules_would_not_hold(gateway):
    gateway.postfix.set(header_checks="")
    before = gateway.postfix_files()
    code, answer = removal(gateway, "--apply", check=False)
    assert code == 1 and "flagged mail would not wait" in answer["error"], answer
    assert gateway.postfix_files() == before


def flow_setup_and_remove_and_setup_again(gateway):
    before = names_and_bytes(gateway)
    both_stages(gateway)
    again(gateway)
    # postconf adds new parameters in any order.
    assert sorted_lines(names_and_bytes(gateway)) == sorted_lines(before)
    gateway.postfix.restart()
    message = messages.flagged()
    assert gateway.send(message, OUTSIDE).code == 250
    assert gateway.wait_at(gateway.smart_host, message).tls
