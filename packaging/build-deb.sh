#!/bin/sh
# Builds the Debian package: packaging/build-deb.sh -> build/deb/pams-milter_VERSION_ARCH.deb and its -dbgsym.
# The packages that it needs: packaging/install-packages.sh build deb. Sources are copied, so that nothing but build/deb is written.
set -eu
cd "$(dirname "$0")/.."
version=$(sed -n 's/^project(pams-milter VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
out=$PWD/build/deb
tree=$out/pams-milter-$version
rm -rf "$tree" "$out"/*.deb "$out"/*.changes "$out"/*.buildinfo
mkdir -p "$tree"
cp -r CMakeLists.txt CHANGELOG.md LICENSE README.md milter rules packaging "$tree"
cp -r packaging/debian "$tree/debian"

date=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat -c %Y CHANGELOG.md)}
cat > "$tree/debian/changelog" <<EOF
pams-milter ($version) bookworm; urgency=medium

  * See /usr/share/doc/pams-milter/changelog.gz.

 -- ${DEBFULLNAME:-pams-milter developers} <${DEBEMAIL:-pams-milter@example.org}>  $(date -R -u -d "@$date")
EOF
# debhelper gives the build a home of its own, in which the compiler's cache would be empty.
! command -v ccache > /dev/null || { CCACHE_DIR=$(ccache --get-config cache_dir); export CCACHE_DIR; }
cd "$tree"
DEB_BUILD_OPTIONS="nocheck ${DEB_BUILD_OPTIONS:-}" dpkg-buildpackage -b -us -uc
for programs in "$tree"/obj-*/bin; do ln -sfn "$programs" "$out/bin"; done  # the same programs with their symbols
ls -l "$out"/*.deb
