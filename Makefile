# Everything goes through meson; these are the doors.
PACKAGES = build-essential meson ninja-build pkg-config gawk libuv1-dev libssl-dev libpq-dev libsqlite3-dev libjansson-dev \
	libargon2-dev libcurl4-openssl-dev libcrypt-dev libqrencode-dev zlib1g-dev
# nodejs and npm only start the tests' own Node (package `node` of test/package.json).
TEST_PACKAGES = libcmocka-dev postgresql-15 sqlite3 curl strace $(if $(shell command -v npm),,nodejs npm)

.PHONY: run test check bar bench release fuzz install install-test
# Only the program, not the library, tests and measurements beside it.
run: install
	test -d build/release || meson setup build/release --buildtype=release
	ninja -C build/release hecate
	build/release/hecate dev

test: install-test
	tools/with-postgres.sh tools/test.sh

release: install
	test -d build/release || meson setup build/release --buildtype=release
	ninja -C build/release

# Each parser for a minute with libFuzzer; SECONDS=600 searches longer, TARGETS="json jwk" only there.
SECONDS = 60
fuzz: install-test
	@tools/install.sh clang-14 libclang-rt-14-dev
	test/fuzz/run.sh $(SECONDS) $(TARGETS)

# Each measurement of reliability and security: a line with its figure, pass or not. NIGHT=1: the long ones; ONLY=D1,D2: those alone.
bar: install-test release
	@tools/install.sh clang-14 libclang-rt-14-dev libfaketime systemd gdb valgrind $(if $(NIGHT),sqlmap)
	test -d build/asan || meson setup build/asan -Db_sanitize=address,undefined -Dbuildtype=debugoptimized
	ninja -C build/asan
	NIGHT=$(NIGHT) ONLY=$(ONLY) tools/with-postgres.sh test/node_modules/.bin/node test/bar/run.mjs

install:
	@tools/install.sh $(PACKAGES)

install-test:
	@tools/install.sh $(PACKAGES) $(TEST_PACKAGES)
	@tools/npm.sh

check: install-test
	@tools/install.sh clang-format-14
	test -d build/asan || meson setup build/asan -Db_sanitize=address,undefined -Dbuildtype=debugoptimized
	ninja -C build/asan
	tools/check.sh

# The figures of docs/performance.md; BENCH=--write puts them there.
bench: install-test release
	HECATE_TEST_BINARY=$(CURDIR)/build/release/hecate tools/with-postgres.sh test/node_modules/.bin/node bench/run.mjs $(BENCH)
