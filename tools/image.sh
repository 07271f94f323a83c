#!/bin/sh
# image.sh PROGRAM DIR: fills DIR with all that a container needs and nothing else: the program, its libraries and those that it loads late, certificates of the
# web, a user and that user's data directory.
set -eu
program=$1 dir=$2
mkdir -p "$dir/etc/ssl/certs" "$dir/var/lib" "$dir/dev" "$dir/proc"

needs() { # FILE: the libraries that it is loaded with, the loader among them
    ldd "$1" | grep -oE '/[^ ]+\.so[^ ]*' || true
}
late=$(for name in libpq.so.5 libcurl.so.4; do ldconfig -p | awk -v name="$name" '$1 == name { print $NF; exit }'; done)
for library in $({ needs "$program"; for file in $late; do echo "$file"; needs "$file"; done; } | sort -u); do
    mkdir -p "$dir$(dirname "$library")"
    cp -L "$library" "$dir$library"
done
cp "$program" "$dir/hecate"
[ ! -f /etc/ssl/certs/ca-certificates.crt ] || cp -L /etc/ssl/certs/ca-certificates.crt "$dir/etc/ssl/certs/"
echo 'hecate:x:65532:65532::/var/lib/hecate:/' > "$dir/etc/passwd"
echo 'hecate:x:65532:' > "$dir/etc/group"
echo 'hosts: files dns' > "$dir/etc/nsswitch.conf"
mkdir -m 0700 "$dir/var/lib/hecate"
[ "$(id -u)" != 0 ] || chown 65532:65532 "$dir/var/lib/hecate"
