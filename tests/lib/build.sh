#!/bin/bash
# build.sh DIRECTORY [MESON-OPTION...]: configure and build there; $CC is heeded.

# shellcheck source=tests/lib/machine.sh
. "$(dirname "$0")/machine.sh"

build "$@"
