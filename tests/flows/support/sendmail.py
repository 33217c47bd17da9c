"""A Sendmail instance of its own: Debian's packages unpacked, all files below one directory, all ports on loopback.

It begins as a plain site: a smart host for the world, mail for example.org handed to the mailbox server, a local alias,
its own rule. `port` is the daemon's; `submit()` is what a local program does with sendmail(1).
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

from .milter import USER
from .ports import free_port, greets
from .waiting import wait_for

UNPACKED = Path(os.environ.get("PAMS_SENDMAIL", Path(__file__).resolve().parents[3] / "build/sendmail"))

SITE = """divert(-1)
# The site's own settings, before pams-milter.
divert(0)dnl
include(`{cf}/m4/cf.m4')dnl
OSTYPE(`debian')dnl
define(`confDOMAIN_NAME', `gateway.example.org')dnl
define(`SMART_HOST', `relay:[127.0.0.1]')dnl
define(`RELAY_MAILER_ARGS', `TCP $h {relayhost}')dnl
FEATURE(`nocanonify')dnl
FEATURE(`accept_unresolvable_domains')dnl
define(`ALIAS_FILE', `{mail}/aliases')dnl
define(`confTO_IDENT', `0')dnl
define(`confCON_EXPENSIVE', `False')dnl
# What makes it private: own directories, loopback, no DNS.
define(`QUEUE_DIR', `{directory}/queue')dnl
define(`STATUS_FILE', `{directory}/statistics')dnl
define(`confPID_FILE', `{directory}/sendmail.pid')dnl
define(`confDEAD_LETTER_DROP', `{directory}/dead.letter')dnl
define(`confSERVICE_SWITCH_FILE', `{mail}/service.switch')dnl
define(`confDONT_PROBE_INTERFACES', `true')dnl
define(`confHOST_STATUS_DIRECTORY', `')dnl
define(`confCR_FILE', `-o {mail}/relay-domains')dnl
define(`confCT_FILE', `-o {mail}/trusted-users')dnl
define(`confCW_FILE', `-o {mail}/local-host-names')dnl
define(`confDONT_BLAME_SENDMAIL', `GroupWritableDirPathSafe,TrustStickyBit')dnl
# However busy the machine is.
define(`confREFUSE_LA', `10000')dnl
define(`confQUEUE_LA', `10000')dnl
define(`confTO_ICONNECT', `5s')dnl
define(`confTO_CONNECT', `5s')dnl
FEATURE(`no_default_msa')dnl
DAEMON_OPTIONS(`Name=MTA, Addr=127.0.0.1, Port={port}')dnl
MAILER(`local')dnl
MAILER(`smtp')dnl
LOCAL_RULE_0
R$+ < @ example.org. >		$#mailboxes $@ [127.0.0.1] $: $1 < @ example.org. >
R$+ < @ internal.example.org. >	$#mailboxes $@ [127.0.0.1] $: $1 < @ internal.example.org. >
MAILER_DEFINITIONS
Mmailboxes, P=[IPC], F=mDFMuXa8, S=EnvFromSMTP/HdrFromSMTP, R=MasqSMTP, E=\\r\\n, L=2040, T=DNS/RFC822/SMTP,
		A=TCP $h {mailboxes}
"""

# As Debian's submit.mc, with private directories: sendmail(1) hands everything to the daemon by SMTP.
SUBMISSION = """divert(0)dnl
include(`{cf}/m4/cf.m4')dnl
OSTYPE(`debian')dnl
define(`confDOMAIN_NAME', `gateway.example.org')dnl
define(`MSP_QUEUE_DIR', `{directory}/client-queue')dnl
define(`STATUS_FILE', `{directory}/statistics')dnl
define(`confPID_FILE', `{directory}/client.pid')dnl
define(`confSERVICE_SWITCH_FILE', `{mail}/service.switch')dnl
define(`confDONT_PROBE_INTERFACES', `true')dnl
define(`confRUN_AS_USER', `{user}')dnl
define(`confTRUSTED_USER', `{user}')dnl
define(`confDONT_BLAME_SENDMAIL', `GroupWritableDirPathSafe,TrustStickyBit')dnl
define(`confCT_FILE', `-o {mail}/trusted-users')dnl
define(`RELAY_MAILER_ARGS', `TCP $h {port}')dnl
FEATURE(`msp', `[127.0.0.1]')dnl
"""

ALIASES = """postmaster: root
MAILER-DAEMON: postmaster
team: bob@client.example, eve@elsewhere.example
"""


# A host name with a dot, and no DNS: Sendmail asks for its own name whatever service.switch says, and a question that nobody
# answers costs five seconds.
NAMED = """#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
static char buffer[8192];
static struct hostent entry, *found;
int gethostname(char *name, size_t size) { snprintf(name, size, "gateway.example.org"); return 0; }
static struct hostent *nothing(void) { h_errno = HOST_NOT_FOUND; return 0; }
struct hostent *gethostbyname2(const char *name, int family) {
  if (strcmp(name, "localhost") != 0) return nothing();
  return gethostbyname2_r(name, family, &entry, buffer, sizeof buffer, &found, &h_errno) == 0 ? found : 0;
}
struct hostent *gethostbyaddr(const void *address, socklen_t size, int family) {
  if (family != AF_INET || *(const unsigned char *)address != 127) return nothing();
  return gethostbyaddr_r(address, size, family, &entry, buffer, sizeof buffer, &found, &h_errno) == 0 ? found : 0;
}
int res_query(const char *n, int c, int t, unsigned char *a, int s) { nothing(); return -1; }
int res_search(const char *n, int c, int t, unsigned char *a, int s) { nothing(); return -1; }
int res_querydomain(const char *n, const char *d, int c, int t, unsigned char *a, int s) { nothing(); return -1; }
"""


def why_not_here():
    """Why a private Sendmail cannot run here; None when it can."""
    if os.geteuid() != 0:
        return "needs root (Sendmail keeps its queue for root)"
    if not (UNPACKED / "complete").exists():
        return f"Sendmail is not unpacked (packaging/unpack-sendmail.sh {UNPACKED})"
    if not shutil.which("g++"):
        return "needs g++ (to give Sendmail a host name with a dot)"
    return None


def pids_of(program: Path):
    """Of the processes that run it (a zombie runs nothing), as far as they may be seen."""
    pids = []
    for process in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            if os.readlink(f"/proc/{process}/exe") == str(program):
                pids.append(int(process))
    return pids


class Sendmail:
    def __init__(self, directory: Path, relayhost: int, mailboxes: int):
        self.directory = directory
        self.mail = directory / "mail"
        self.root = directory / "root"
        self.program = directory / "bin/sendmail"
        self.port = free_port()
        self._unpack()
        self._write_site(relayhost=relayhost, mailboxes=mailboxes)

    def _unpack(self):
        """A copy of its own, where the milter's user can look and m4 finds its files."""
        shutil.copytree(UNPACKED, self.root, symlinks=True)
        self.cf = self.root / "usr/share/sendmail/cf"
        for name in ("ostype/debian.m4", "debian/autoconf.m4"):
            file = self.cf / name
            file.write_text(file.read_text(errors="replace").replace("/usr/share/sendmail/cf", str(self.cf)))
        libraries = ":".join(str(path) for path in sorted(self.root.glob("**/x86_64-linux-gnu"))) or \
            ":".join(str(path.parent) for path in sorted(self.root.glob("**/libwrap.so.0")))
        self.program.parent.mkdir()
        # Where the machine's name has no dot, Sendmail would sleep for a minute at each start.
        named = self.program.parent / "no_network.so"
        subprocess.run(["g++", "-x", "c", "-shared", "-fPIC", "-o", named, "-"], input=NAMED.encode(), check=True)
        self.program.write_text(f"#!/bin/sh\nLD_PRELOAD={named} LD_LIBRARY_PATH={libraries} exec {self.root}/usr/libexec/sendmail/sendmail \"$@\"\n")
        self.program.chmod(0o755)

    def _write_site(self, **values):
        self.mail.mkdir()
        for name in ("queue", "client-queue"):
            (self.directory / name).mkdir(mode=0o700)
        shutil.chown(self.directory / "client-queue", USER, USER)
        values |= {"cf": self.cf, "mail": self.mail, "directory": self.directory, "port": self.port, "user": USER}
        (self.mail / "sendmail.mc").write_text(SITE.format(**values))
        (self.mail / "submit.mc").write_text(SUBMISSION.format(**values))
        (self.mail / "service.switch").write_text("hosts files\naliases files\n")
        (self.mail / "relay-domains").write_text("example.org\n")
        (self.mail / "trusted-users").write_text("root\n")
        (self.mail / "local-host-names").write_text("gateway.example.org\n")
        (self.mail / "aliases").write_text(ALIASES)
        (self.directory / "statistics").touch()
        self.make()
        self.run("-bi")

    def make(self):
        """As `make -C /etc/mail` does."""
        for name in ("sendmail", "submit"):
            done = subprocess.run([self.root / "usr/bin/m4", f"{name}.mc"], cwd=self.mail, check=True, capture_output=True)
            if done.stderr:
                raise RuntimeError(f"m4 {name}.mc: {done.stderr.decode()}")
            (self.mail / f"{name}.cf").write_bytes(done.stdout)

    def run(self, *arguments, check=True, text=None, cf="sendmail.cf"):
        done = subprocess.run([self.program, "-C", self.mail / cf, *arguments], input=text or b"", capture_output=True)
        if check and done.returncode != 0:
            raise RuntimeError(f"sendmail {' '.join(arguments)}: {done.returncode} {done.stdout!r} {done.stderr!r}")
        return done.stdout.decode(errors="replace")

    # -- life ----------------------------------------------------------------------------------------------

    def start(self):
        self.process = subprocess.Popen(
            [self.program, "-C", self.mail / "sendmail.cf", "-bD", "-L", "pams-flows"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        wait_for("Sendmail greets", lambda: greets(self.port))

    def stop(self):
        if getattr(self, "process", None) and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)

    def restart(self):
        self.stop()
        self.start()

    def end_deliveries(self):
        """Kills what still delivers; it would take its queue files away, or write them again, unseen by us."""
        def deliveries():
            return [pid for pid in pids_of(self.root / "usr/libexec/sendmail/sendmail") if pid != self.process.pid]
        for pid in deliveries():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        wait_for("deliveries to end", lambda: not deliveries())

    # -- mail ----------------------------------------------------------------------------------------------

    def submit(self, message: bytes, sender, recipients, *options):
        """As a local program: sendmail(1) takes it and hands it to the daemon."""
        subprocess.run([self.program, "-C", self.mail / "submit.cf", "-Ac", "-i", "-f", sender, *options, "--", *recipients],
                       input=message.replace(b"\r\n", b"\n"), check=True, capture_output=True, user=USER, group=USER,
                       extra_groups=[], cwd="/")

    def submit_in_smtp(self, message: bytes, sender, recipient):
        """`sendmail -bs` on the daemon's own configuration: SMTP on standard input. The last answer."""
        with subprocess.Popen([self.program, "-C", self.mail / "sendmail.cf", "-bs"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as process:
            def tell(text):
                process.stdin.write(text)
                process.stdin.flush()
                line = process.stdout.readline()
                while line[3:4] == b"-":
                    line = process.stdout.readline()
                return line.decode()
            tell(b"")  # the greeting
            for command in (b"EHLO local", b"MAIL FROM:<%s>" % sender.encode(), b"RCPT TO:<%s>" % recipient.encode(), b"DATA"):
                answer = tell(command + b"\r\n")
                if answer[0] not in "23":
                    break
            else:
                answer = tell(message + b".\r\n")
            tell(b"QUIT\r\n")
            return answer

    def queue(self):
        """What mailq prints of the messages that wait: queue id, and what it says of them."""
        listing = self.run("-bp", "-v")
        entries = re.split(r"\n(?=\w{14,}[*X-]?\s)", "\n" + listing)[1:]
        return [{"queue_id": re.match(r"\w+", one).group(), "text": one} for one in entries]

    def queue_files(self):
        """Name and text of each; one that Sendmail takes away meanwhile is not there."""
        files = {}
        for path in (self.directory / "queue").glob("?f*"):
            with contextlib.suppress(FileNotFoundError):
                files[path.name] = path.read_text(errors="replace")
        return files

    def flush(self):
        """A queue run over all that waits, to its end."""
        self.run("-q", "-v")

    def delete_all(self):
        self.end_deliveries()
        for path in (*(self.directory / "queue").iterdir(), *(self.directory / "client-queue").iterdir()):
            path.unlink()

    def log(self):
        return "(Sendmail logs to syslog only)\n" + "\n".join(f"{name}\n{text}" for name, text in self.queue_files().items())
