#!/bin/sh
# What the tests need from the system: Chromium and the PostgreSQL server's binaries.
# As root the missing ones are installed from Debian; anybody else is told what to install.
set -eu

have_chromium() { command -v "${CHROMIUM:-chromium}" >/dev/null 2>&1; }

# Debian keeps the server's binaries out of PATH, one folder per version; 15 is the oldest we support.
have_postgres() {
    for initdb in /usr/lib/postgresql/*/bin/initdb "$(command -v initdb || true)"; do
        if [ -x "$initdb" ] && [ "$("$initdb" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')" -ge 15 ]; then
            return 0
        fi
    done
    return 1
}

missing=""
have_chromium || missing="chromium"
have_postgres || missing="$missing postgresql"
missing=$(echo $missing)
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "The tests need these Debian packages: $missing" >&2
    echo "Install them with: sudo apt-get update && sudo apt-get install --no-install-recommends $missing" >&2
    exit 1
fi

# The tests run their own private cluster: the package must not make and start one for the machine.
if ! [ -e /etc/postgresql-common/createcluster.conf ]; then
    mkdir -p /etc/postgresql-common
    echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.conf
fi
echo "Installing from Debian for the tests: $missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq </dev/null
apt-get install -qq -y --no-install-recommends -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confold $missing </dev/null >/dev/null

have_chromium && have_postgres || { echo "Chromium or PostgreSQL 15+ is still missing after the installation." >&2; exit 1; }
