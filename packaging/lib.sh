# shellcheck shell=bash disable=SC2034  # the lists are used by those who source this file
# What the set-up scripts share: the system packages that HIT Deck needs, and how they are installed.
# Sourced, never run. Nothing here changes a machine that already has everything.

# ALSA's headers for `sound` (they bring the library too), a C toolchain to link with, and what cargo trusts the registry by.
build_packages=(ca-certificates g++ libasound2-dev pkg-config)

# The window loads these while it runs, so a build without them succeeds and then shows nothing.
run_packages=(libegl1 libfontconfig1 libgl1 libwayland-client0 libwayland-cursor0 libwayland-egl1 libx11-xcb1 libxcursor1 libxi6 libxkbcommon-x11-0)

# Pages are drawn with a software Vulkan driver; a page with Chinese text must find a font.
test_packages=(fonts-noto-cjk mesa-vulkan-drivers)

# The oldest toolchain that builds, as Cargo.toml's rust-version says.
oldest_rust=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' "$(dirname "${BASH_SOURCE[0]}")/../Cargo.toml")

say() { printf '%s\n' "$*"; }

# die STATUS SENTENCE...: each sentence on a line of its own.
die() {
    local status=$1
    shift
    printf '%s\n' "$@" >&2
    exit "$status"
}

# install_missing PACKAGE...: installs those that are not there, and touches nothing when all are.
install_missing() {
    if ! command -v dpkg-query >/dev/null; then
        say "This is not Debian or a child of it: make sure that the likes of these are installed: $*"
        return
    fi
    local package missing=()
    for package in "$@"; do
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
    done
    if [ ${#missing[@]} -eq 0 ]; then
        say "System packages: all there"
        return
    fi
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null ||
            die 2 "These packages are missing: ${missing[*]}" "Run this again as root, or let an administrator install them."
        as_root=(sudo)
    fi
    say "System packages: installing ${missing[*]}"
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

# need_cargo: stops with status 2 when there is no toolchain that is new enough.
need_cargo() {
    local how="Get it from https://rustup.rs:  curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh    and open a new shell"
    command -v cargo >/dev/null || die 2 "cargo is not installed; Rust $oldest_rust or newer is needed." "$how"
    local have
    have=$(cargo --version | cut -d' ' -f2)
    # A pre-release (1.95.0-nightly) counts as what it is called after.
    [ "$(printf '%s\n' "$oldest_rust" "${have%%-*}" | sort -V | head -n1)" = "$oldest_rust" ] ||
        die 2 "cargo is $have; Rust $oldest_rust or newer is needed." "If you have rustup:  rustup update stable" "If not: $how"
}
