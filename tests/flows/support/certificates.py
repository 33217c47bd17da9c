"""A certificate authority for one test run, with one good certificate and one for each way to be wrong."""

import subprocess
from pathlib import Path

SMART_HOST_NAME = "localhost"

# name of the pair -> who signs it, the name it carries, and its time of validity (openssl's YYMMDDHHMMSSZ)
NOW = ("20200101000000Z", "20991231000000Z")
PAST = ("20200101000000Z", "20200201000000Z")
FUTURE = ("20980101000000Z", "20991231000000Z")
KINDS = {
    "good": ("ca", SMART_HOST_NAME, NOW),
    "wrong-name": ("ca", "smtp.impostor.example", NOW),
    "cn-only": ("ca", SMART_HOST_NAME, NOW),
    "expired": ("ca", SMART_HOST_NAME, PAST),
    "not-yet-valid": ("ca", SMART_HOST_NAME, FUTURE),
    "other-ca": ("other", SMART_HOST_NAME, NOW),
    "self-signed": (None, SMART_HOST_NAME, NOW),
}

CA_CONFIG = """
[ca]
default_ca = this
[this]
dir = {folder}
database = {folder}/{ca}.index
new_certs_dir = {folder}
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
copy_extensions = copy
[any]
commonName = supplied
"""


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, stdin=subprocess.DEVNULL)


class Certificates:
    """`ca_file` is what the gateway trusts; `pair(kind)` is what a smart host shows."""

    def __init__(self, folder: Path):
        self.folder = folder
        folder.mkdir()
        self.key = folder / "key.pem"
        openssl("ecparam", "-genkey", "-name", "prime256v1", "-out", str(self.key))
        for ca in ("ca", "other"):
            self._make_authority(ca)
        self.ca_file = folder / "ca.pem"
        for kind, (ca, name, validity) in KINDS.items():
            self._make(kind, ca, name, validity)

    def pair(self, kind):
        return self.folder / f"{kind}.pem", self.key

    def _make_authority(self, ca):
        (self.folder / f"{ca}.index").touch()
        (self.folder / f"{ca}.cnf").write_text(CA_CONFIG.format(folder=self.folder, ca=ca))
        openssl("req", "-x509", "-new", "-key", str(self.key), "-subj", f"/CN=Test authority {ca}", "-days", "3650",
                "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
                "-out", str(self.folder / f"{ca}.pem"))

    def _make(self, kind, ca, name, validity):
        out = str(self.folder / f"{kind}.pem")
        subject = ["-key", str(self.key), "-subj", f"/CN={name}"]
        if kind != "cn-only":
            subject += ["-addext", f"subjectAltName=DNS:{name}"]
        if ca is None:
            openssl("req", "-x509", "-new", *subject, "-days", "3650", "-out", out)
            return
        request = str(self.folder / f"{kind}.csr")
        openssl("req", "-new", *subject, "-out", request)
        openssl("ca", "-batch", "-notext", "-config", str(self.folder / f"{ca}.cnf"), "-keyfile", str(self.key),
                "-cert", str(self.folder / f"{ca}.pem"), "-startdate", validity[0], "-enddate", validity[1],
                "-in", request, "-out", out)
