#!/bin/sh
# Installs the real counterparts that the tests run against, on Debian 12 or later: Dovecot, Postfix, PostgreSQL,
# Chromium, Node.js and the programs of the recipes as packages, `oidc-provider` and `axe-core` from npm into
# .counterparts. As root or with sudo. A second run changes nothing.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
target="$here/../../.counterparts"
mkdir -p "$target"

has() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ]; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif has sudo; then sudo "$@"
    else
        echo "Missing packages have to be installed as root: $*" >&2
        exit 1
    fi
}

install_missing() {
    missing=""
    has dovecot && [ -e /usr/lib/dovecot/imap ] && [ -e /usr/lib/dovecot/pop3 ] && [ -e /usr/lib/dovecot/lmtp ] ||
        missing="$missing dovecot-core dovecot-imapd dovecot-pop3d dovecot-lmtpd"
    has postfix || missing="$missing postfix"
    # What docs/how-to/hand-out.md has recipes for; fetchmail and wrk for the benchmarks.
    for program in mutt:mutt msmtp:msmtp fetchmail:fetchmail getmail:getmail6 mbsync:isync curl:curl git:git perl:perl wrk:wrk; do
        has "${program%%:*}" || missing="$missing ${program##*:}"
    done
    [ -e /usr/lib/dovecot/submission ] || missing="$missing dovecot-submissiond"
    ls /usr/lib/*/sasl2/libkdexoauth2.so >/dev/null 2>&1 || missing="$missing libsasl2-modules-kdexoauth2"
    ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
    has chromium || missing="$missing chromium"
    has nginx || missing="$missing nginx-light"
    has node && has npm || missing="$missing nodejs npm"
    # Playwright's driver is linked against it.
    ls /usr/lib/*/libatomic.so.1 >/dev/null 2>&1 || missing="$missing libatomic1"
    [ -n "$missing" ] || return 0
    echo "Installing:$missing"
    log="$target/apt.log"
    # The packages' own services stay off: the tests start servers of their own, on free ports.
    policy=/usr/sbin/policy-rc.d
    made=""
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod 755 "$policy"
        made=yes
    fi
    done=0
    # shellcheck disable=SC2086
    { as_root apt-get update -q && as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends $missing; } >"$log" 2>&1 </dev/null || done=$?
    [ -z "$made" ] || as_root rm -f "$policy"
    if [ "$done" != 0 ]; then
        tail -n 20 "$log" >&2
        exit 1
    fi
}

node_major() { "$1" --version 2>/dev/null | sed 's/^v\([0-9]*\).*/\1/'; }

# Debian 12 has Node 18, on which the provider crashes: the npm package `node` brings a newer one.
newer_node() {
    own="$target/node/node_modules/node/bin/node"
    major=$(node_major node)
    [ "${major:-0}" -ge 20 ] || [ -x "$own" ] && return 0
    echo "Installing: node 20 (npm)"
    mkdir -p "$target/node"
    echo '{"private": true}' >"$target/node/package.json"
    (cd "$target/node" && npm install --no-audit --no-fund --loglevel=error "node@20" </dev/null)
    [ -x "$own" ]
}

# What comes from npm: pinned by the lock file that lies here, installed beside the repository.
from_npm() {
    stamp="$target/$1/installed"
    cmp -s "$here/$1/package-lock.json" "$stamp" && return 0
    echo "Installing: $1 (npm)"
    mkdir -p "$target/$1"
    cp "$here/$1/package.json" "$here/$1/package-lock.json" "$target/$1/"
    # Nothing in it needs an install script.
    (cd "$target/$1" && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error </dev/null)
    cp "$here/$1/package-lock.json" "$stamp"
}

install_missing
newer_node
from_npm oidc-provider
from_npm axe-core
