#!/bin/sh
# layers.sh: who includes whom, against the table in ARCHITECTURE.md (| layer | may include | … |); any other include is a fault.
set -eu
cd "$(dirname "$0")/.."
git ls-files 'src/*.[ch]' 'lib/*.[ch]' 'cli/*.[ch]' 'include/*.h' | xargs awk '
    # Words of the table that stand for headers of the system.
    BEGIN {
        library["jansson"] = "^jansson"; library["OpenSSL"] = "^openssl/"; library["argon2"] = "^argon2"; library["libxcrypt"] = "^crypt.h"; library["libqrencode"] = "^qrencode"
        library["zlib"] = "^zlib"
        library["libuv"] = "^uv.h"; library["libsqlite3"] = "^sqlite3"; library["libpq"] = "^libpq"; library["libcurl"] = "^curl/"
        while ((getline line < "ARCHITECTURE.md") > 0)
            if (line ~ /^\| `/) {
                split(line, cell, /[ \t]*\|[ \t]*/)
                gsub(/`/, "", cell[2])
                n = split(cell[2], layers, /, */)
                for (i = 1; i <= n; i++)
                    may[layers[i]] = cell[3]
            }
    }
    function layer_of(path,    part, best, name) {
        for (name in may) {
            part = name
            gsub(/\*/, "[^/]*", part)
            if (path ~ "^" part && length(name) > length(best))
                best = name
        }
        return best
    }
    function allowed(from, word) {
        return index(", " may[from] ",", ", " word ",") > 0 || may[from] == "all above"
    }
    function complain(what) {
        print FILENAME ":" FNR ": " layer " may not include " what
        faults++
    }
    FNR == 1 {
        layer = layer_of(FILENAME)
        if (layer == "")
            complain("anything: it is in no layer")
    }
    /^#include "/ {
        split($0, part, "\"")
        header = part[2]
        if (header !~ /\// || header ~ /\.gen\.h$/)
            next
        target = layer_of((header ~ /^hecate\// ? "include/" : "src/") header)
        if (target == layer || allowed(layer, target) || allowed(layer, "src/" header))
            next
        complain("\"" header "\" (" target ")")
    }
    /^#include </ {
        header = $2
        gsub(/[<>]/, "", header)
        for (word in library)
            if (header ~ library[word] && !allowed(layer, word))
                complain("<" header ">")
    }
    END { if (faults == 0) print "layers: as in ARCHITECTURE.md"; exit faults > 0 }'
