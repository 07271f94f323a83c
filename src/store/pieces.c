/* pieces.c: the indexes of three-letter pieces: who may have a part of a text somewhere in addresses and names, or a value in metadata. Who is found
 * is tested by the conditions themselves. PostgreSQL has its indexes on the tables; SQLite on a row of text a user (migrations/0017_search). */
#include "store/filter.h"

enum {
    PIECE = 3,
    MOST_PIECES = 64, /* of a text */
    ASKED = 6,        /* of them, the rarest: each more costs, and hardly leaves anybody out */
    SAMPLE = 400,     /* texts that say what is rare */
    SAMPLE_PG = 200,
    LONG_TEXT = 12,  /* letters from which its rarest pieces are asked for in its place */
    MOST_VALUE = 64, /* letters of a value that stand in the index */
};

static bool is_postgres(const Filter *f)
{
    return tx_is_postgres(db_auto(f->ctx));
}

/* The bytes of a letter of UTF-8, at most as many as there are. */
static size_t letter(const char *text)
{
    size_t n = *text == '\0' ? 0 : 1;

    while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
        n++;
    return n;
}

/* The bytes of so many letters, or 0 if there are fewer. */
static size_t letters(const char *text, size_t n)
{
    size_t bytes = 0;

    for (; n > 0; n--) {
        if (letter(text + bytes) == 0)
            return 0;
        bytes += letter(text + bytes);
    }
    return bytes;
}

bool filter_has_piece(const char *text)
{
    return letters(text, PIECE) > 0;
}

/* ---- which pieces ---- */

static bool has(const Texts *texts, const char *text)
{
    for (size_t i = 0; i < texts->n; i++)
        if (text_eq(texts->v[i], text))
            return true;
    return false;
}

/* PostgreSQL's index knows words: letters and digits. */
static bool is_word(const char *piece)
{
    return strspn(piece, "abcdefghijklmnopqrstuvwxyz0123456789") == PIECE;
}

static Texts pieces_of(Arena *arena, const char *text, bool words)
{
    Texts ret = { 0 };

    for (const char *c = text; ret.n < MOST_PIECES && letters(c, PIECE) > 0; c += letter(c)) {
        const char *piece = arena_printf(arena, "%.*s", (int)letters(c, PIECE), c);

        if (!has(&ret, piece) && (!words || is_word(piece)))
            texts_add(arena, &ret, piece);
    }
    return ret;
}

/* What columns are equal to is no text to look for. */
static bool cond_has_text(const Cond *cond)
{
    if (cond == NULL)
        return false;
    if (cond->a != NULL || cond->b != NULL)
        return cond_has_text(cond->a) || cond_has_text(cond->b);
    return cond->kind != COND_EQUAL || (cond->field != UF_ID && cond->field != UF_EMAIL);
}

static bool has_text(const UserQuery *in)
{
    return in->filter != NULL || in->any_like != NULL || in->email_like != NULL || in->phone_like != NULL || in->username_like != NULL ||
           in->name_like != NULL || cond_has_text(in->where);
}

static const char sample_pg[] =
    "SELECT coalesce(u.email, '') || ' ' || coalesce(u.phone, '') || ' ' || coalesce(u.raw_user_meta_data ->> 'full_name', '') || ' '"
    " || coalesce(p.username, '') || ' ' || coalesce(p.first_name, '') || ' ' || coalesce(p.last_name, '') || ' ' || coalesce(p.name, '')"
    " || ' ' || coalesce((SELECT string_agg(a.value_key, ' ') FROM hecate.addresses a WHERE a.user_id = u.id), '') AS text, '' AS meta"
    " FROM (SELECT id, email, phone, raw_user_meta_data FROM auth.users ORDER BY created_at DESC NULLS LAST, id DESC LIMIT %d) u"
    " LEFT JOIN hecate.profiles p ON p.user_id = u.id";
static const char sample_sqlite[] = "SELECT text, meta FROM hecate_search ORDER BY id DESC LIMIT %d";

Err filter_sample(Filter *f, Tx *tx, const UserQuery *in)
{
    typedef struct Row {
        const char *text, *meta;
    } Row;
    static const Field cols[] = { TEXT(Row, text, "text"), TEXT(Row, meta, "meta"), END(Row) };
    Query *query = ARENA_NEW(f->ctx->arena, Query);
    List rows = { 0 };

    if (!has_text(in))
        return OK;
    query->sql = buf_in(f->ctx->arena, 1024);
    query->steady = true;
    buf_printf(&query->sql, tx_is_postgres(tx) ? sample_pg : sample_sqlite, tx_is_postgres(tx) ? SAMPLE_PG : SAMPLE);
    TRY(db_query(tx, query, cols, SAMPLE, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        const Row *row = rows.v[i];

        texts_add(f->ctx->arena, &f->sample[IN_TEXT], text_lower(f->ctx->arena, row->text));
        texts_add(f->ctx->arena, &f->sample[IN_META], text_lower(f->ctx->arena, row->meta));
    }
    return OK;
}

/* How many of the sample have it. */
static size_t frequency(const Texts *sample, const char *piece)
{
    size_t n = 0;

    for (size_t i = 0; i < sample->n; i++)
        n += strstr(sample->v[i], piece) != NULL;
    return n;
}

bool filter_is_rare(const Filter *f, const UserQuery *in)
{
    const char *filter = in->filter == NULL || strpbrk(in->filter, "%_\\") != NULL ? NULL : in->filter; /* as it stands, or a pattern */
    const char *const texts[] = { filter, in->any_like, in->email_like, in->phone_like, in->username_like, in->name_like };
    const Texts *sample = &f->sample[IN_TEXT];

    for (size_t i = 0; sample->n > 0 && i < COUNTOF(texts); i++)
        if (texts[i] != NULL && filter_has_piece(texts[i]) && frequency(sample, text_lower(f->ctx->arena, texts[i])) == 0)
            return true;
    return false;
}

/* The rarest pieces. */
static Texts rarest(Arena *arena, const Texts *sample, const char *text, bool words)
{
    const Texts pieces = pieces_of(arena, text_lower(arena, text), words);
    size_t frequencies[MOST_PIECES];
    Texts ret = { 0 };

    for (size_t i = 0; i < pieces.n; i++)
        frequencies[i] = frequency(sample, pieces.v[i]);
    for (size_t n = 0; n < ASKED && n < pieces.n; n++) {
        size_t best = 0;

        for (size_t i = 1; i < pieces.n; i++)
            if (frequencies[i] < frequencies[best])
                best = i;
        frequencies[best] = SIZE_MAX;
        texts_add(arena, &ret, pieces.v[best]);
    }
    return ret;
}

/* ---- SQLite ---- */

/* As a query of FTS5. */
static const char *match_of(Arena *arena, const Texts *sample, const char *text)
{
    const Texts pieces = rarest(arena, sample, text, false);
    Buf query = buf_in(arena, ASKED * 64);
    char *ret = "";

    for (size_t i = 0; i < pieces.n; i++) {
        buf_puts(&query, i == 0 ? "\"" : " AND \"");
        for (const char *c = pieces.v[i]; *c != '\0'; c++)
            buf_printf(&query, *c == '"' ? "\"%c" : "%c", *c);
        buf_char(&query, '"');
    }
    IGNORE(buf_text(&query, &ret)); /* the cap fits by construction */
    return ret;
}

/* Who has all the pieces is tested by the text that the index is of, before anything of the user is read. */
static void put_sqlite(Filter *f, SearchIndex which, const char *text, const char *pattern)
{
    static const char *const tables[] = { [IN_TEXT] = "hecate_search_text", [IN_META] = "hecate_search_meta" };

    buf_printf(&f->query->sql, "SELECT s.user_id FROM %s CROSS JOIN hecate_search s ON s.id = %s.rowid WHERE %s MATCH ", tables[which], tables[which],
               tables[which]);
    filter_value(f, (Value){ .kind = F_TEXT, .text = match_of(f->ctx->arena, &f->sample[which], text) });
    if (pattern != NULL) {
        buf_puts(&f->query->sql, " AND lower(s.text) LIKE lower(");
        filter_value(f, (Value){ .kind = F_TEXT, .text = pattern });
        buf_puts(&f->query->sql, ") ESCAPE '\\'");
    }
    buf_puts(&f->query->sql, " UNION ALL SELECT n.user_id FROM hecate_search_news n");
}

/* ---- PostgreSQL ---- */

/* Word for word what the indexes of 0017_search.pg.sql are on. */
static const struct {
    SearchTables table;
    const char *from, *text;
} searched[] = {
    { OF_USERS, "SELECT b.id FROM auth.users b WHERE true",
      "lower(coalesce(b.email, '') || '|' || coalesce('+' || b.phone, '') || '|'"
      " || coalesce(b.raw_user_meta_data ->> 'full_name', ''))" },
    { OF_PROFILES,
      "SELECT b.user_id FROM hecate.profiles b WHERE coalesce(b.username, b.first_name, b.last_name, b.name, b.nickname, b.given_name, b.family_name)"
      " IS NOT NULL",
      "lower(coalesce(b.username, '') || '|' || coalesce(b.first_name, '') || '|' || coalesce(b.last_name, '') || '|'"
      " || coalesce(b.name, '') || '|' || coalesce(b.nickname, '') || '|' || coalesce(b.given_name, '') || '|' || coalesce(b.family_name, ''))" },
    { OF_ADDRESSES, "SELECT b.user_id FROM hecate.addresses b WHERE true", "lower(b.value_key)" },
};

/* The index reads all who have a piece, for each piece of a pattern: for a long text stand its rarest pieces. */
static void put_postgres(Filter *f, SearchTables tables, const char *part, const char *pattern)
{
    const Texts pieces = letters(part, LONG_TEXT) > 0 ? rarest(f->ctx->arena, &f->sample[IN_TEXT], part, true) : (Texts){ 0 };
    bool first = true;

    for (size_t i = 0; i < COUNTOF(searched); i++) {
        if ((tables & searched[i].table) == 0)
            continue;
        buf_printf(&f->query->sql, "%s%s", first ? "" : " UNION ALL ", searched[i].from);
        for (size_t n = 0; n == 0 || n < pieces.n; n++) {
            buf_printf(&f->query->sql, " AND %s LIKE lower(", searched[i].text);
            filter_value(f, (Value){ .kind = F_TEXT, .text = pieces.n == 0 ? pattern : arena_printf(f->ctx->arena, "%%%s%%", pieces.v[n]) });
            buf_puts(&f->query->sql, ") ESCAPE '\\'");
        }
        first = false;
    }
}

/* ---- both ---- */

void filter_candidates(Filter *f, SearchTables tables, const char *part, const char *pattern)
{
    if (is_postgres(f))
        put_postgres(f, tables, part, pattern);
    else
        put_sqlite(f, IN_TEXT, part, pattern);
}

/* A value as it stands among the others of a user. */
static const char *value_text(Arena *arena, const CondValue *value)
{
    const size_t cut = value->kind == F_TEXT ? letters(value->text, MOST_VALUE) : 0;
    const double number = value->kind == F_DOUBLE ? value->real : (double)value->number;

    if (value->kind == F_TEXT)
        return cut > 0 ? arena_printf(arena, "\n%.*s", (int)cut, value->text) : arena_printf(arena, "\n%s\n", value->text);
    if (value->kind == F_BOOL)
        return value->number != 0 ? "\n#true\n" : "\n#false\n";
    return number > -9e15 && number < 9e15 ? arena_printf(arena, "\n#%lld\n", (long long)number) : "";
}

/* What all users have is in no index. */
static bool is_left_out(const Texts *path)
{
    return text_eq(path->v[0], "provider") || text_eq(path->v[0], "providers");
}

/* Some part that is in all that the condition holds for: the longest. */
static const char *part_of(const Cond *cond)
{
    const char *best = "";

    if (cond->kind == COND_EQUAL && cond->low.kind == F_TEXT)
        return cond->low.text;
    for (size_t i = 0; cond->kind == COND_MATCH && i < cond->pieces.n; i++)
        if (strlen(cond->pieces.v[i]) > strlen(best))
            best = cond->pieces.v[i];
    return best;
}

void filter_text_candidates(Filter *f, SearchTables tables, const Cond *cond)
{
    const char *part = part_of(cond);

    if (!filter_has_piece(part))
        return;
    buf_puts(&f->query->sql, "u.id IN (");
    filter_candidates(f, tables, part, filter_like(f->ctx->arena, part));
    buf_puts(&f->query->sql, ") AND ");
}

void filter_value_candidates(Filter *f, const Cond *cond)
{
    const char *text = "";

    if (cond->kind == COND_EQUAL)
        text = value_text(f->ctx->arena, &cond->low);
    else if (cond->kind == COND_MATCH && letters(cond->pieces.v[0], MOST_VALUE) == 0)
        text = arena_printf(f->ctx->arena, "\n%s", cond->pieces.v[0]); /* a wildcard stands behind it */
    if (is_postgres(f) || is_left_out(&cond->path) || !filter_has_piece(text))
        return;
    buf_puts(&f->query->sql, "u.id IN (");
    put_sqlite(f, IN_META, text, NULL);
    buf_puts(&f->query->sql, ") AND ");
}
