#!/bin/sh
# Builds the pages' assets into web/assets/built and signer/assets/built, and the tables that
# name them (src/pages/assets.rs of both). What it makes is checked in, so that nobody needs
# Node.js to build the program. With --check it only says whether that is current.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cp package.json package-lock.json "$work/"
npm ci --prefix "$work" --ignore-scripts --no-audit --no-fund --silent
"$work/node_modules/.bin/sass" --style=compressed --no-source-map --quiet-deps \
  --load-path="$work/node_modules" scss/main.scss "$work/rabrong.css"
node assemble.mjs "$work" "${1:-}"
