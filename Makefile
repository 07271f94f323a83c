# Everything goes through meson; these are the doors.
PACKAGES = build-essential meson ninja-build pkg-config gawk libuv1-dev libssl-dev libpq-dev libsqlite3-dev libjansson-dev \
	libargon2-dev libcurl4-openssl-dev libcrypt-dev libcmocka-dev

.PHONY: run test release install
run: release
	build/release/cli/hecate serve

test: install
	tools/test.sh

release: install
	test -d build/release || meson setup build/release --buildtype=release
	ninja -C build/release

install:
	@tools/install.sh $(PACKAGES)
