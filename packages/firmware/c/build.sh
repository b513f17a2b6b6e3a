#!/bin/sh
# Builds the firmware images for mps2-an385: build.sh [DIRECTORY], by default ../images.
# The same compiler and linker give the same bytes, wherever the sources lie. Both are recorded in
# the image's .comment section: arm-none-eabi-readelf -p .comment echo.elf
set -eu

sources=$(cd "$(dirname "$0")" && pwd)
images=${1:-$sources/../images}
mkdir -p "$images"
images=$(cd "$images" && pwd)
cd "$sources"

cross=${CROSS_COMPILE:-arm-none-eabi-}
linker=$("${cross}ld" --version | head -n 1)
board=board/mps2-an385
table=$board/resource_table.c

# build PROGRAM SOURCE... : one image of start-up, board, trace, the program and what it needs
build() {
  program=$1
  shift
  # -nostdlib: the C library's version would be a part of the image.
  # -fno-tree-loop-distribute-patterns: a loop in memcpy is not to become a call of memcpy.
  "${cross}gcc" -std=gnu11 -mcpu=cortex-m3 -mthumb -O2 -g0 \
    -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
    -ffreestanding -fno-tree-loop-distribute-patterns -ffile-prefix-map="$sources=." \
    -DLINKER="\"$linker\"" -Iinclude -Ilib -I"$board" \
    -nostdlib -Wl,--build-id=none -Wl,--fatal-warnings -T "$board/image.ld" \
    "$board/startup.c" "$board/board.c" "$board/trace_buffer.c" "$board/string.c" lib/trace.c \
    "$@" "programs/$program.c" -o "$images/$program.elf"
  chmod 644 "$images/$program.elf"
}

build bare
build silent "$table"
build fault "$table"
for program in echo hello; do
  build "$program" "$table" lib/copy.c lib/rpmsg_remote.c lib/vring.c
done
