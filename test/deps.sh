#!/usr/bin/env bash
# Installs what the tests need and the machine lacks, on Debian and its kin as
# root or with sudo. Elsewhere it says what to install.
set -euo pipefail

missing=()
need() { # need PACKAGE COMMAND…: the package unless one of the commands is there
	local package=$1 c
	shift
	for c in "$@"; do command -v "$c" >/dev/null 2>&1 && return; done
	missing+=("$package")
}

need chromium chromium chromium-browser google-chrome
need nodejs node
need npm npm
need gcc gcc
need curl curl
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || need postgresql initdb
# The pages are Korean: without a font that has 나, a browser test fails.
fc-list ':lang=ko' 2>/dev/null | grep -q . || missing+=(fonts-noto-cjk)

if ((${#missing[@]} == 0)); then
	exit 0
fi

as_root=()
if ((EUID != 0)); then
	command -v sudo >/dev/null 2>&1 && as_root=(sudo)
fi
if ! command -v apt-get >/dev/null 2>&1 || { ((EUID != 0)) && ((${#as_root[@]} == 0)); }; then
	cat >&2 <<END
The tests need, by their Debian names: ${missing[*]}
(Chromium, Node.js 20 or later with npm, curl 7.76 or later, PostgreSQL 15 or later, a C compiler, a Korean font.)
Install them and run make test again.
END
	exit 1
fi

echo "installing: ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" fontconfig >/dev/null
