/* pg_rows.c: rows in PostgreSQL's binary form → members of structs. */
#include <arpa/inet.h>
#include <endian.h>

#include "base/id.h"
#include "base/log.h"
#include "db/pg.h"

/* One cell as it came. */
typedef struct Cell {
    Oid type;
    const char *p;
    size_t n;
} Cell;

static int64_t cell_int(Cell cell)
{
    uint64_t wide = 0;
    uint32_t middle;
    uint16_t narrow;

    switch (cell.n) {
    case 1:
        return *cell.p != 0;
    case 2:
        memcpy(&narrow, cell.p, 2);
        return (int16_t)be16toh(narrow);
    case 4:
        memcpy(&middle, cell.p, 4);
        return cell.type == OID_OID ? (int64_t)be32toh(middle) : (int32_t)be32toh(middle);
    case 8:
        memcpy(&wide, cell.p, 8);
        return (int64_t)be64toh(wide);
    default:
        return 0;
    }
}

/* Infinite times become the last and the first second that RFC 3339 can write. */
static int64_t cell_time(Cell cell)
{
    const int64_t us = cell_int(cell);

    if (cell.type != OID_TIMESTAMPTZ && cell.type != OID_TIMESTAMP)
        return us;
    if (us > INT64_MAX - PG_EPOCH_US)
        return INT64_C(253402300799) * 1000000;
    return us == INT64_MIN ? INT64_C(-62135596800) * 1000000 : us + PG_EPOCH_US;
}

static double cell_double(Cell cell)
{
    uint64_t bits = (uint64_t)cell_int(cell);
    uint32_t half;
    double real;
    float single;

    if (cell.type == OID_FLOAT4) {
        half = (uint32_t)bits;
        memcpy(&single, &half, sizeof(single));
        return (double)single;
    }
    if (cell.type != OID_FLOAT8)
        return (double)(int64_t)bits;
    memcpy(&real, &bits, sizeof(real));
    return real;
}

/* PostgreSQL writes blanks behind colons and commas: without them, as everywhere else here. */
static char *compact(Arena *arena, const char *p, size_t n)
{
    char *ret = arena_alloc(arena, n + 1), *to = ret;
    bool quoted = false;

    for (size_t i = 0; i < n; i++) {
        if (!quoted && (p[i] == ' ' || p[i] == '\n' || p[i] == '\t' || p[i] == '\r'))
            continue;
        *to++ = p[i];
        if (quoted && p[i] == '\\' && i + 1 < n)
            *to++ = p[++i];
        else if (p[i] == '"')
            quoted = !quoted;
    }
    return ret;
}

/* Family, bits, is_cidr, length, address (network_send()). */
static char *cell_inet(Arena *arena, Cell cell)
{
    char text[INET6_ADDRSTRLEN];
    const size_t length = cell.n < 4 ? 0 : (uint8_t)cell.p[3];
    const unsigned bits = cell.n < 4 ? 0 : (uint8_t)cell.p[1];

    if ((length != 4 && length != 16) || cell.n != 4 + length || inet_ntop(length == 4 ? AF_INET : AF_INET6, cell.p + 4, text, sizeof(text)) == NULL)
        return NULL;
    return bits == length * 8 ? arena_strdup(arena, text) : arena_printf(arena, "%s/%u", text, bits);
}

static char *cell_text(Arena *arena, Cell cell)
{
    switch (cell.type) {
    case OID_UUID:
        return cell.n == UUID_BYTES ? uuid_from_bytes(arena, (const uint8_t *)cell.p) : NULL;
    case OID_JSONB: /* a version before the text */
        return cell.n > 0 ? compact(arena, cell.p + 1, cell.n - 1) : NULL;
    case OID_JSON:
        return compact(arena, cell.p, cell.n);
    case OID_INET:
        return cell_inet(arena, cell);
    case OID_BOOL:
        return arena_strdup(arena, cell_int(cell) != 0 ? "true" : "false");
    case OID_INT2:
    case OID_INT4:
    case OID_INT8:
        return arena_printf(arena, "%lld", (long long)cell_int(cell));
    default:
        return arena_strndup(arena, cell.p, cell.n);
    }
}

/* Dimensions, flags, type, (count, lower bound), then each element with its length (array_send()). */
static void cell_texts(Arena *arena, Cell cell, Texts *texts)
{
    const char *at = cell.p + 20, *end = cell.p + cell.n;

    while (cell.n > 20 && end - at >= 4) {
        const int64_t n = cell_int((Cell){ .p = at, .n = 4 });

        at += 4;
        if (n < 0 || n > end - at)
            continue;
        texts_add(arena, texts, cell_text(arena, (Cell){ .type = cell.type == OID_UUIDS ? OID_UUID : OID_TEXT, .p = at, .n = (size_t)n }));
        at += n;
    }
}

static void read_member(Arena *arena, Cell cell, const Field *field, void *row)
{
    void *member = field_in(field, row);

    switch (field->kind) {
    case F_BOOL:
        *(bool *)member = cell_int(cell) != 0;
        break;
    case F_INT:
        *(int64_t *)member = cell_int(cell);
        break;
    case F_TIME:
    case F_TIME_MS:
    case F_TIME_ISO:
    case F_TIME_US:
        *(int64_t *)member = cell_time(cell);
        break;
    case F_DOUBLE:
        *(double *)member = cell_double(cell);
        break;
    case F_BYTES:
        *(Str *)member = (Str){ arena_strndup(arena, cell.p, cell.n), cell.n };
        break;
    case F_TEXTS:
        cell_texts(arena, cell, member);
        break;
    default:
        *(char **)member = cell_text(arena, cell);
        break;
    }
}

/* ---- columns by name ---- */

static void match(const PGresult *result, const Field *cols, const Field **fields, int n)
{
    for (int i = 0; i < n; i++)
        fields[i] = field_named(cols, str_of(PQfname(result, i)));
}

static const Columns *columns_of(State *state, const Stmt *stmt, const Field *cols, const PGresult *result)
{
    Columns *_Atomic *place = &state->columns[stmt->index];
    const int n = PQnfields(result);
    Columns *first = atomic_load(place), *columns;

    for (columns = first; columns != NULL; columns = columns->next)
        if (columns->cols == cols && columns->n == n)
            return columns;
    columns = calloc(1, sizeof(*columns) + (size_t)n * sizeof(*columns->fields));
    if (columns == NULL)
        out_of_memory();
    columns->cols = cols;
    columns->n = n;
    match(result, cols, columns->fields, n);
    do
        columns->next = first;
    while (!atomic_compare_exchange_weak(place, &first, columns));
    return columns;
}

typedef struct Reading {
    Work *work;
    const PGresult *result;
    int first, end;
} Reading;

static void read_rows(Ctx *ctx, Work *work, const Reading *reading, const Field *const *fields)
{
    const PGresult *result = reading->result;
    const int n = PQnfields(result);

    for (int r = reading->first; r < reading->end; r++) {
        void *row = work_row(ctx, work);

        if (row == NULL)
            return;
        for (int i = 0; i < n; i++)
            if (fields[i] != NULL && !PQgetisnull(result, r, i))
                read_member(ctx->arena, (Cell){ PQftype(result, i), PQgetvalue(result, r, i), (size_t)PQgetlength(result, r, i) }, fields[i], row);
    }
}

static Err read_all(Tx *tx, void *arg)
{
    const Reading *reading = arg;
    Work *work = reading->work;
    const Field **fields;

    if (work->stmt != NULL) {
        read_rows(tx->ctx, work, reading, columns_of(tx->db->state, work->stmt, work->cols, reading->result)->fields);
        return OK;
    }
    fields = ARENA_ARRAY(tx->ctx->arena, const Field *, (size_t)PQnfields(reading->result) + 1);
    match(reading->result, work->cols, fields, PQnfields(reading->result));
    read_rows(tx->ctx, work, reading, fields);
    return OK;
}

Err rows_take(Ctx *ctx, Db *db, Work *work, const PGresult *result, int first, int end)
{
    Reading reading = { .work = work, .result = result, .first = first, .end = end };
    Tx tx = { .ctx = ctx, .db = db };

    return trapped(ctx, read_all, &tx, &reading);
}

Err rows_read(Ctx *ctx, Db *db, Work *work, PGresult *result)
{
    const Err err = work->cols == NULL ? OK : rows_take(ctx, db, work, result, 0, PQntuples(result));

    work->changed = (int64_t)strtoll(PQcmdTuples(result), NULL, 10);
    PQclear(result);
    return err;
}
