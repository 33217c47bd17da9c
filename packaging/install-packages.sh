#!/bin/sh
# Installs Debian packages for: build (the programs), gateway (a private Postfix to try them on), lint (the checks),
# deb (the Debian package), boot (a minimal Debian to boot it on).
#   packaging/install-packages.sh build gateway
# Asks apt-get only for what is missing. A machine without Postfix gets one that delivers on this machine only and listens
# on loopback; it is not started. A Postfix that is there, and any /etc/postfix/main.cf, stays as it is.
set -eu

build="ca-certificates ccache cmake g++ libarchive-dev libboost-dev libboost-test-dev libcli11-dev libexpected-dev libglib2.0-dev
  libgmime-3.0-dev libicu-dev libmilter-dev libre2-dev libspdlog-dev libsqlite3-dev libssl-dev libtoml11-dev libzstd-dev
  ninja-build nlohmann-json3-dev pkg-config prometheus-cpp-dev python3"
gateway="libsasl2-modules openssl postfix postfix-pcre python3 zstd"
deb="apparmor debhelper dh-apparmor dpkg-dev fakeroot lintian"
boot="mmdebstrap systemd-container"
lint="clang clang-format clang-tidy git groff-base libclang-rt-dev mandoc prometheus"

wanted=
for group in "$@"; do
  case $group in
    build) wanted="$wanted $build" ;;
    gateway) wanted="$wanted $gateway" ;;
    deb) wanted="$wanted $deb" ;;
    boot) wanted="$wanted $boot" ;;
    lint) wanted="$wanted $lint" ;;
    *) echo "no group of packages is called $group" >&2; exit 2 ;;
  esac
done

missing=
for package in $wanted; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done

tell_of_postfix() {
  case " $wanted " in *" postfix "*) ;; *) return 0 ;; esac
  if [ ! -e /etc/postfix/main.cf ]; then
    echo "This machine's own Postfix has no configuration (/etc/postfix/main.cf): dpkg-reconfigure postfix writes one."
  fi
}
[ -n "$missing" ] || { tell_of_postfix; exit 0; }

if [ "$(id -u)" -ne 0 ]; then
  echo "Missing packages; as root, run: apt-get install$missing" >&2
  exit 1
fi

# Debian asks this file whether a freshly installed service may be started. No.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  trap 'rm -f $policy' EXIT
  printf '#!/bin/sh\nexit 101\n' > $policy
  chmod 755 $policy
fi
export DEBIAN_FRONTEND=noninteractive
new_postfix=
case " $missing " in
  *" postfix "*)
    if [ -e /etc/postfix/main.cf ]; then  # of a Postfix that was removed: with any other answer Debian would change it
      echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections
    else
      new_postfix=yes
      name=$(hostname -f 2>/dev/null || hostname 2>/dev/null || echo localhost)
      printf 'postfix postfix/main_mailer_type select Local only\npostfix postfix/mailname string %s\n' "$name" |
        debconf-set-selections
    fi
    ;;
esac
echo "Installing:$missing"
apt-get update -q
# shellcheck disable=SC2086 # a list of words
apt-get install -q -y --no-install-recommends $missing
if [ -n "$new_postfix" ]; then
  echo "Postfix was installed as Debian's \"Local only\": it takes mail on loopback alone, delivers it on this machine, and is"
  echo "not started now (a reboot starts it). For a gateway: dpkg-reconfigure postfix, then systemctl restart postfix."
fi
tell_of_postfix
