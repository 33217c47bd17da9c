"""A certificate authority for one test run, with one good certificate and one for each way to be wrong."""

import ssl
import subprocess
import time
from pathlib import Path

SMART_HOST_NAME = "localhost"

# name of the pair -> who signs it, the name it carries, and its time of validity (openssl's YYMMDDHHMMSSZ)
NOW = ("20200101000000Z", "20991231000000Z")
PAST = ("20200101000000Z", "20200201000000Z")
SOON = ("20200101000000Z", time.strftime("%Y%m%d000000Z", time.gmtime(time.time() + 7 * 86400)))
FUTURE = ("20980101000000Z", "20991231000000Z")
KINDS = {
    "good": ("ca", SMART_HOST_NAME, NOW),
    "wrong-name": ("ca", "smtp.impostor.example", NOW),
    "cn-only": ("ca", SMART_HOST_NAME, NOW),
    "expired": ("ca", SMART_HOST_NAME, PAST),
    "ends-in-a-week": ("ca", SMART_HOST_NAME, SOON),
    "not-yet-valid": ("ca", SMART_HOST_NAME, FUTURE),
    "other-ca": ("other", SMART_HOST_NAME, NOW),
    "self-signed": (None, SMART_HOST_NAME, NOW),
}

CA_CONFIG = """
[ca]
default_ca = this
[this]
dir = {directory}
database = {directory}/{ca}.index
new_certs_dir = {directory}
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


def der_size(element):
    """How many bytes of a DER element, after its first two, still say its length; and the length."""
    if element[1] < 0x80:
        return 0, element[1]
    count = element[1] & 0x7F
    return count, int.from_bytes(element[2:2 + count], "big")


class Certificates:
    """`ca_file` is what the gateway trusts; `pair(kind)` is what a smart host shows."""

    def __init__(self, directory: Path):
        self.directory = directory
        directory.mkdir()
        self.key = directory / "key.pem"
        openssl("ecparam", "-genkey", "-name", "prime256v1", "-out", str(self.key))
        for ca in ("ca", "other"):
            self._make_authority(ca)
        self.ca_file = directory / "ca.pem"
        for kind, (ca, name, validity) in KINDS.items():
            self._make(kind, ca, name, validity)

    def pair(self, kind):
        return self.directory / f"{kind}.pem", self.key

    def _make_authority(self, ca):
        (self.directory / f"{ca}.index").touch()
        (self.directory / f"{ca}.cnf").write_text(CA_CONFIG.format(directory=self.directory, ca=ca))
        openssl("req", "-x509", "-new", "-key", str(self.key), "-subj", f"/CN=Test authority {ca}", "-days", "3650",
                "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
                "-out", str(self.directory / f"{ca}.pem"))

    def client(self, name, subject, ca="ca"):
        """A client certificate with that subject, "/CN=one/CN=two"; `ca`: "ca", "other" or None (self-signed)."""
        out, request = self.directory / f"client-{name}.pem", self.directory / f"client-{name}.csr"
        if ca is None:
            openssl("req", "-x509", "-new", "-key", str(self.key), "-subj", subject, "-days", "3650", "-out", str(out))
            return out
        openssl("req", "-new", "-key", str(self.key), "-subj", subject, "-out", str(request))
        openssl("x509", "-req", "-in", str(request), "-CA", str(self.directory / f"{ca}.pem"), "-CAkey", str(self.key),
                "-CAcreateserial", "-sha256", "-days", "3650", "-out", str(out))
        return out

    def client_with_nul(self, name, common_name):
        """OpenSSL's tools end a name at a NUL: it is signed with a "~" in its place, changed, and signed again."""
        signed = ssl.PEM_cert_to_DER_cert(self.client(name, "/CN=" + common_name.replace("\0", "~")).read_text())
        inside = signed[2 + der_size(signed)[0]:]
        head, length = der_size(inside)  # of TBSCertificate
        shown, wanted = common_name.replace("\0", "~").encode(), common_name.encode()
        (self.directory / f"{name}.tbs").write_bytes(inside[:2 + head + length].replace(shown, wanted))
        openssl("dgst", "-sha256", "-sign", str(self.key), "-out", str(self.directory / f"{name}.sig"),
                str(self.directory / f"{name}.tbs"))
        algorithm = bytes.fromhex("300a06082a8648ce3d040302")  # ecdsa-with-SHA256
        signature = b"\0" + (self.directory / f"{name}.sig").read_bytes()
        content = (self.directory / f"{name}.tbs").read_bytes() + algorithm + b"\x03" + bytes([len(signature)]) + signature
        out = self.directory / f"client-{name}.pem"
        out.write_text(ssl.DER_cert_to_PEM_cert(b"\x30\x82" + len(content).to_bytes(2, "big") + content))
        return out

    def _make(self, kind, ca, name, validity):
        out = str(self.directory / f"{kind}.pem")
        subject = ["-key", str(self.key), "-subj", f"/CN={name}"]
        if kind != "cn-only":
            subject += ["-addext", f"subjectAltName=DNS:{name}"]
        if ca is None:
            openssl("req", "-x509", "-new", *subject, "-days", "3650", "-out", out)
            return
        request = str(self.directory / f"{kind}.csr")
        openssl("req", "-new", *subject, "-out", request)
        openssl("ca", "-batch", "-notext", "-config", str(self.directory / f"{ca}.cnf"), "-keyfile", str(self.key),
                "-cert", str(self.directory / f"{ca}.pem"), "-startdate", validity[0], "-enddate", validity[1],
                "-in", request, "-out", out)
