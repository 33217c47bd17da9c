"""A Postfix instance of its own: all files below one directory, all ports on loopback, nothing of /etc/postfix used.

It begins as a plain Debian site: Debian's own master.cf (chroot as Debian has it), a relayhost, mail for
example.org handed to the mailbox server, opportunistic TLS, and header checks of the site's own. Two listeners:
`outbound_port` takes the organization's mail, `inbound_port` what the world sends.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

from .ports import free_port, greets
from .waiting import DidNotHappen, wait_for

MASTER_TEMPLATE = Path("/usr/share/postfix/master.cf.dist")

MAIN = """
# The site's own settings, before pams-milter.
compatibility_level = 3.6
myhostname = gateway.example.org
mydomain = example.org
myorigin = example.org
mydestination =
append_dot_mydomain = no
biff = no
recipient_delimiter = +
alias_maps =
alias_database =
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
relay_domains = example.org
relayhost = [127.0.0.1]:{relayhost}
transport_maps = inline:{{ example.org=smtp:[127.0.0.1]:{mailboxes} }}
smtp_tls_security_level = may
header_checks = pcre:{config}/site_header_checks

# What makes it private: own directories, loopback, no DNS, quick retries.
queue_directory = {directory}/queue
data_directory = {directory}/data
maillog_file = {directory}/mail.log
maillog_file_prefixes = {directory}
inet_interfaces = loopback-only
inet_protocols = ipv4
disable_dns_lookups = yes
smtp_host_lookup = native
import_environment = MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ LANG=C
minimal_backoff_time = 1s
maximal_backoff_time = 1s
queue_run_delay = 1s
smtp_connect_timeout = 5s
postlogd_watchdog_timeout = 600s
"""

SITE_HEADER_CHECKS = """# the site's own rule, which must keep working
/^X-Site-Internal:/ IGNORE
"""


COOL = 3_000_000_000  # ns


def why_not_here():
    """Why a private Postfix cannot run here; None when it can."""
    if os.geteuid() != 0:
        return "needs root (Postfix starts its services as root)"
    if not shutil.which("postfix") or not MASTER_TEMPLATE.exists():
        return "Postfix is not installed (apt-get install postfix postfix-pcre)"
    return None


class Postfix:
    def __init__(self, directory: Path, relayhost: int, mailboxes: int):
        self.directory = directory
        self.config = directory / "etc"
        self.queue_directory = directory / "queue"
        self.log_file = directory / "mail.log"
        self._mark = 0
        self.outbound_port = free_port()
        self.inbound_port = free_port()
        self.outbound_service = f"127.0.0.1:{self.outbound_port}"
        self.inbound_service = f"127.0.0.1:{self.inbound_port}"
        self._write_site(relayhost, mailboxes)

    def _write_site(self, relayhost, mailboxes):
        for path in (self.directory, self.config, self.queue_directory, self.queue_directory / "etc"):
            path.mkdir(mode=0o755, parents=True, exist_ok=True)
        (self.directory / "data").mkdir()
        shutil.chown(self.directory / "data", "postfix")
        self.log_file.touch()
        # What Debian's start script copies into the chroot, and this instance needs of it.
        for name in ("hosts", "nsswitch.conf", "services", "host.conf"):
            if Path("/etc", name).exists():
                shutil.copy(Path("/etc", name), self.queue_directory / "etc" / name)
        (self.config / "site_header_checks").write_text(SITE_HEADER_CHECKS)
        (self.config / "main.cf").write_text(
            MAIN.format(directory=self.directory, config=self.config, relayhost=relayhost, mailboxes=mailboxes))
        master = MASTER_TEMPLATE.read_text()
        listeners = "".join(f"{service} inet n - y - - smtpd\n" for service in (self.outbound_service, self.inbound_service))
        master = re.sub(r"(?m)^smtp +inet .*\n", lambda _: listeners, master, count=1)
        # What was still being delivered when a flush came, the queue manager puts off until it is woken.
        master = re.sub(r"(?m)^(qmgr +unix( +\S+){3} +)\S+", r"\g<1>1", master, count=1)
        (self.config / "master.cf").write_text(master)

    def tool(self, *arguments, check=True):
        """Runs one of Postfix's own commands on this instance."""
        command = [arguments[0], "-c", str(self.config), *arguments[1:]]
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if check and done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}\n{self.log()[-2000:]}")
        if arguments[0] == "postconf":
            self.let_settings_cool_down()
        return done.stdout

    def let_settings_cool_down(self):
        """Each program of Postfix waits until the files of settings that it reads are two seconds old ("pausing to let
        file main.cf cool down"), in case they are still written to. Nothing writes to these any more. That they have
        changed, and when, stays to be seen by the time of the inode's change."""
        for path in self.config.iterdir():
            written = path.stat()
            if path.is_file() and written.st_mtime_ns > time.time_ns() - COOL:
                os.utime(path, ns=(written.st_atime_ns, written.st_mtime_ns - COOL))

    def start(self):
        """When this returns, its processes have begun with the settings that stand there: what is changed from now on,
        Postfix was not reloaded for."""
        self.let_settings_cool_down()
        self.tool("postfix", "start")
        for port in (self.outbound_port, self.inbound_port):
            wait_for(f"Postfix greets on port {port}", lambda port=port: greets(port))
        wait_for("the queue manager has begun", lambda: "qmgr" in [name for _, name in self.processes()])

    def stop(self):
        """What `postfix stop` does, which looks only once a second whether it is done."""
        if master_is_running(self.queue_directory):
            os.kill(int((self.queue_directory / "pid/master.pid").read_text()), signal.SIGTERM)
            wait_for("Postfix has stopped", lambda: not master_is_running(self.queue_directory))

    def processes(self):
        """Process id and name of the master process and its children; empty when the master does not run."""
        if not master_is_running(self.queue_directory):
            return []
        master = int((self.queue_directory / "pid/master.pid").read_text())
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        found = [(master, "master")]
        for child in map(int, children):
            with contextlib.suppress(OSError):  # it has just ended
                found.append((child, Path(f"/proc/{child}/comm").read_text().strip()))
        return found

    def kill_one(self, chance):
        """Kills one of its processes as the out-of-memory killer does, or all with the master; says its name. Without
        postlogd the master itself can stand still for ever, waiting for room in that socket: it is left alone."""
        process, name = chance.choice([one for one in self.processes() if one[1] != "postlogd"])
        victims = [process]
        if name == "master":
            os.kill(process, signal.SIGSTOP)  # so that it makes no new children, which would hold its ports
            victims = [one for one, _ in self.processes()]
        for victim in victims:
            with contextlib.suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
        return name

    def start_again(self):
        """After the master process was killed."""
        said = []

        def starts():
            done = subprocess.run(["postfix", "-c", str(self.config), "start"], capture_output=True, text=True,
                                  stdin=subprocess.DEVNULL)
            said.append(done.stderr)
            return master_is_running(self.queue_directory) and greets(self.outbound_port)
        try:
            wait_for("Postfix starts again", starts, 120)
        except AssertionError as problem:
            raise AssertionError(f"{problem}: {said[-1]}") from None

    def restart(self):
        """For changed settings. `postfix reload` lets running processes end when they please; this does not. What
        `postfix start` checks of all files, it has checked before."""
        self.stop()
        (self.queue_directory / "quick-start").touch()
        self.start()

    def set(self, **settings):
        self.tool("postconf", *[f"{name} = {value}" for name, value in settings.items()])

    def log(self):
        return self.log_file.read_text(errors="replace")

    def rotate_log(self, mode=0o644):
        """As logrotate does."""
        rotated = self.log_file.with_name(self.log_file.name + f".{len(list(self.directory.glob('mail.log*')))}")
        self.log_file.rename(rotated)
        self.log_file.touch()
        self.log_file.chmod(mode)
        self.tool("postfix", "reload")
        self._mark = 0

    def mark_log(self):
        """What is logged from now on belongs to the next flow."""
        self._mark = len(self.log())

    def log_since_mark(self):
        return self.log()[self._mark:]

    def queue(self):
        """What `postqueue -j` tells: a list of messages, each with queue_name, queue_id, recipients."""
        return [json.loads(line) for line in self.tool("postqueue", "-j", check=False).splitlines()]

    def queue_files(self):
        """Queue id -> raw bytes, as root and postfix alone can read them. One that is taken away meanwhile is not there, nor one
        that was never finished (cleanup was killed; its mode says so): no sender was told that it is taken, and nothing
        sends it."""
        files = {}
        for name in ("incoming", "active", "deferred", "hold", "corrupt"):
            for path in (self.queue_directory / name).rglob("*"):
                with contextlib.suppress(OSError):
                    if path.is_file() and path.stat().st_mode & 0o100:
                        files[path.name] = path.read_bytes()
        return files

    def postcat(self, queue_id):
        """Envelope, header and body as postcat shows them; nothing when the message is gone."""
        return subprocess.run(["postcat", "-c", str(self.config), "-q", queue_id], capture_output=True).stdout

    def queued(self, queue_id):
        """Header and body alone, LF at line ends."""
        return subprocess.run(["postcat", "-c", str(self.config), "-bhq", queue_id], capture_output=True, check=True).stdout

    def bounce_files(self):
        """What Postfix keeps about failures and delays, for the notices that it will send."""
        return {path.name: path.read_bytes() for name in ("bounce", "defer", "trace")
                for path in (self.queue_directory / name).rglob("*") if path.is_file()}

    def flush(self):
        """Once no delivery agent holds a message's file: the queue manager puts such a message off for a minute
        ("skipped, still being delivered"). A delivery that stalls is not waited for."""
        with contextlib.suppress(DidNotHappen):
            wait_for("deliveries have ended", lambda: not self._holds_a_message(), seconds=5)
        self.tool("postqueue", "-f")

    def _holds_a_message(self):
        inodes = set()
        for queue in ("incoming", "active", "deferred"):
            for path in (self.queue_directory / queue).rglob("*"):
                with contextlib.suppress(FileNotFoundError):
                    inodes.add(path.stat().st_ino)
        locked = re.findall(r":(\d+) \d+ \w+$", Path("/proc/locks").read_text(), re.MULTILINE)
        return not inodes.isdisjoint(map(int, locked))

    def requeue_all(self):
        self.tool("postsuper", "-r", "ALL")
        self.wake_pickup()

    def requeue_what_is_not_held(self):
        self.tool("postsuper", "-r", "ALL", "incoming", "active", "deferred")
        self.wake_pickup()

    def wake_pickup(self):
        """Otherwise it looks into the maildrop once a minute."""
        command = ["postkick", "-c", str(self.config), "public", "pickup", "W"]
        wait_for("pickup hears that it has work", lambda: subprocess.run(command, capture_output=True).returncode == 0)

    def hold(self, queue_id):
        self.tool("postsuper", "-h", queue_id)

    def release(self, queue_id):
        self.tool("postsuper", "-H", queue_id)

    def delete_all(self):
        self.tool("postsuper", "-d", "ALL")

    def sendmail(self, message: bytes, sender, recipients):
        """Submits the way a local program does."""
        command = ["sendmail", "-C", str(self.config), "-i", "-f", sender, "--", *recipients]
        subprocess.run(command, input=message, check=True, capture_output=True,
                       env={**os.environ, "MAIL_CONFIG": str(self.config)})


def pids_of_service(postfix, name):
    """Of the processes that its master has started for it, by the program's name."""
    return [pid for pid, program in postfix.processes() if program == name]


def master_is_running(queue_directory):
    """The lock file of the master process is locked as long as the process lives."""
    import fcntl
    try:
        with open(queue_directory / "pid" / "master.pid", "r+") as pid:
            fcntl.flock(pid, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the kind that Postfix uses on Linux
            return False
    except FileNotFoundError:
        return False
    except OSError:
        return True
