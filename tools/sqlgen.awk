# sqlgen.awk: src/store/sql/*.sql → sql.gen.h and sql.gen.c.
#
#   awk -v out=sql.gen -f sqlgen.awk FILES
#
# A block starts with `-- :name [read|write] [slow|later] [gathered] [guarded]`, or with `-- #define name` for text that other blocks use as #name#. Inside, `-- @pg`
# and `-- @sqlite` start the body of one database; a line `;` parts the statements of an SQLite body; after
# `; if :param` one is run if that is true or not NULL, after `; then` if the one before was, after `; else` if that was and changed nothing. `:param` becomes $1, $2 … by first
# appearance in the block. A gathered statement ends in `= :key` and has the key as its first column; it gets a second row for an array of keys. A gathered write takes arrays on
# PostgreSQL, and a row's first column is of the first of them. In SQLite bodies `auth.x` and `hecate.x` are written auth_x and hecate_x.

function fault(text) {
    print FILENAME ":" FNR ": " text > "/dev/stderr"
    bad = 1
    exit 1
}

function add(which, line) {
    body[name, which] = body[name, which] line "\n"
}

/^-- #define / || /^-- :/ {
    name = $2 == "#define" ? "#" $3 : substr($2, 2)
    if (name in seen)
        fault("second block " name)
    seen[name] = 1
    order[++n_order] = name
    attributes[name] = " " $3 " " $4 " " $5 " "
    which = "both"
    next
}
/^-- @(pg|sqlite|both)[ \t]*$/ { which = substr($2, 2); next }
/^[ \t]*--/ { next }
/^[ \t]*$/ { next }
name == "" { fault("text before the first block") }
which == "both" { add("pg", $0); add("sqlite", $0); next }
{ add(which, $0) }

# Text of defines, three times: a define may use one that uses another.
function expand(text, db,    pass, i, key) {
    for (pass = 0; pass < 3; pass++)
        for (i = 1; i <= n_order; i++)
            if (order[i] ~ /^#/) {
                key = order[i] "#"
                while (index(text, key) > 0)
                    text = substr(text, 1, index(text, key) - 1) body[order[i], db] substr(text, index(text, key) + length(key))
            }
    return text
}

function fold(text) {
    gsub(/[ \t\n]+/, " ", text)
    sub(/^ /, "", text)
    sub(/ $/, "", text)
    return text
}

function quoted(text) {
    gsub(/\\/, "\\\\", text)
    gsub(/"/, "\\\"", text)
    return "\"" text "\""
}

# Numbers parameters and, for SQLite, renames tables; text in quotes stays as it is.
function bind(text, db,    out, c, rest, word) {
    out = ""
    while (length(text) > 0) {
        c = substr(text, 1, 1)
        if (c == "'" || c == "\"") {
            rest = substr(text, 2)
            word = c substr(rest, 1, index(rest, c))
        } else if (substr(text, 1, 2) == "::") {
            word = "::"
        } else if (c == ":" && match(text, /^:[a-z_][a-z_0-9]*/)) {
            word = substr(text, 1, RLENGTH)
            out = out "$" number(substr(word, 2))
            text = substr(text, length(word) + 1)
            continue
        } else if (match(text, /^[A-Za-z_][A-Za-z_0-9]*/)) {
            word = substr(text, 1, RLENGTH)
            if (db == "sqlite" && (word == "auth" || word == "hecate") && substr(text, RLENGTH + 1, 1) == ".") {
                out = out word "_"
                text = substr(text, length(word) + 2)
                continue
            }
        } else {
            word = c
        }
        out = out word
        text = substr(text, length(word) + 1)
    }
    return out
}

function number(param) {
    if (!((name, param) in numbers)) {
        numbers[name, param] = ++count[name]
        params[name, count[name]] = param
    }
    return numbers[name, param]
}

function write_define(i,    key) {
    key = substr(order[i], 2)
    name = order[i] # its parameters count for no statement
    printf "extern const char *const sql_text_%s[2];\n", key > (out ".h")
    printf "const char *const sql_text_%s[2] = {\n    %s,\n    %s,\n};\n", key, quoted(fold(expand(body[order[i], "pg"], "pg"))),
        quoted(bind(fold(expand(body[order[i], "sqlite"], "sqlite")), "sqlite")) > (out ".c")
}

# A StmtPart: the text, and when it is run.
function part(text,    when) {
    when = 0
    if (sub(/^& /, "", text))
        when = "PART_THEN"
    else if (sub(/^! /, "", text))
        when = "PART_ELSE"
    else if (match(text, /^\?\$[0-9]+ /)) {
        when = substr(text, 3, RLENGTH - 3)
        text = substr(text, RLENGTH + 1)
    }
    return "{ " quoted(text) ", " when " }"
}

function write_statement(i,    pg, sqlite, parts, n, k, flags, words, many) {
    name = order[i]
    pg = bind(fold(expand(body[name, "pg"], "pg")), "pg")
    sqlite = expand(body[name, "sqlite"], "sqlite")
    gsub(/\n; if :/, "\n;\n?:", sqlite)
    gsub(/\n; then\n/, "\n;\n\\& ", sqlite)
    gsub(/\n; else\n/, "\n;\n! ", sqlite)
    n = split(sqlite, parts, /\n;\n/)
    sqlite = ""
    for (k = 2; k <= n; k++)
        if (parts[k] ~ /^! / && (parts[k - 1] !~ /^([&!] |\?:[a-z_0-9]+\n)?(UPDATE|INSERT|DELETE) / || parts[k - 1] ~ /RETURNING/))
            fault("what is before an else in " name " does not say how much it changed")
    for (k = 1; k <= n; k++)
        sqlite = sqlite part(bind(fold(parts[k]), "sqlite")) ", "
    words = attributes[name]
    flags = words ~ / write / ? "0" : (pg ~ /^SELECT/ || words ~ / read /) ? "STMT_READ" : "0"
    if (words ~ / slow /)
        flags = flags " | STMT_SLOW"
    if (words ~ / guarded /)
        flags = flags " | STMT_GUARDED"
    if (words ~ / later /)
        flags = flags " | STMT_LATER"
    if (words ~ / write gathered /)
        flags = flags " | STMT_LISTS"
    printf "#define SQL_%s (&sql_stmts[%d])\n", toupper(name), n_stmts > (out ".h")
    printf "static const StmtPart sqlite_%s[] = { %s{ NULL, 0 } };\n", name, sqlite > (out ".c")
    printf "static const char *const params_%s[] = { ", name > (out ".c")
    for (k = 1; k <= count[name]; k++)
        printf "%s, ", quoted(params[name, k]) > (out ".c")
    printf "NULL };\n" > (out ".c")
    many = flags ~ /READ/ && words ~ / gathered / ? sprintf("&sql_stmts[%d]", n_stmts + 1) : "NULL"
    table = table sprintf("    { %s, %s, sqlite_%s, params_%s, %s, %d, %s },\n", quoted(name), quoted(pg), name, name, flags, n_stmts++, many)
    if (many == "NULL")
        return
    if (count[name] != 1 || sub(/= \$1$/, "= ANY($1)", pg) != 1)
        fault("a gathered statement ends in its one parameter")
    table = table sprintf("    { %s, %s, sqlite_of_many, params_%s, %s | STMT_LISTS, %d, NULL },\n", quoted(name "_many"), quoted(pg), name, flags, n_stmts++)
}

END {
    if (bad)
        exit 1
    printf "/* Generated by tools/sqlgen.awk. */\n#include \"db/db.h\"\n\nextern const Stmt sql_stmts[];\nextern const size_t sql_n;\n" > (out ".h")
    printf "/* Generated by tools/sqlgen.awk. */\n#include \"sql.gen.h\"\n\nstatic const StmtPart sqlite_of_many[] = { { NULL, 0 } };\n" > (out ".c")
    n_stmts = 0
    for (i = 1; i <= n_order; i++)
        if (order[i] ~ /^#/)
            write_define(i)
        else
            write_statement(i)
    printf "\nconst Stmt sql_stmts[] = {\n%s};\nconst size_t sql_n = %d;\n", table, n_stmts > (out ".c")
}
