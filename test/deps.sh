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

# The headless shell is Chromium without the windows that nobody sees: the browser
# tests take less than half the work. Where there is no package of it, or it cannot
# be had, a whole browser does.
whole_browser() { command -v chromium || command -v chromium-browser || command -v google-chrome; }
shell=
if ! command -v chromium-headless-shell >/dev/null 2>&1 && ! command -v chrome-headless-shell >/dev/null 2>&1; then
	shell=chromium-headless-shell
	whole_browser >/dev/null 2>&1 || missing+=(chromium)
fi
need nodejs node
need npm npm
need gcc gcc
need curl curl
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || need postgresql initdb
# The pages are Korean: without a font that has 나, a browser test fails.
fc-list ':lang=ko' 2>/dev/null | grep -q . || missing+=(fonts-noto-cjk)

as_root=()
if ((EUID != 0)); then
	command -v sudo >/dev/null 2>&1 && as_root=(sudo)
fi
install() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null; }
known() { command -v apt-cache >/dev/null 2>&1 && apt-cache show "$1" >/dev/null 2>&1; }

if ((${#missing[@]} == 0)); then
	if [[ -n $shell ]] && ((EUID == 0 || ${#as_root[@]})) && known "$shell"; then
		echo "installing: $shell"
		install "$shell" || echo "it cannot be had now; $(whole_browser) does as well"
	fi
	exit 0
fi

if ! command -v apt-get >/dev/null 2>&1 || { ((EUID != 0)) && ((${#as_root[@]} == 0)); }; then
	cat >&2 <<END
The tests need, by their Debian names: ${missing[*]}
(Chromium, Node.js 20 or later with npm, curl 7.76 or later, PostgreSQL 15 or later, a C compiler, a Korean font.)
Install them and run make test again.
END
	exit 1
fi

"${as_root[@]}" apt-get update -qq
if [[ -n $shell ]] && known "$shell"; then
	for i in "${!missing[@]}"; do [[ ${missing[i]} == chromium ]] && unset "missing[i]"; done
	missing+=("$shell")
fi
echo "installing: ${missing[*]}"
install "${missing[@]}" fontconfig
