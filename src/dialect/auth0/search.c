/* search.c: the query language of GET /users, a part of Lucene's, read by descent into a tree of conditions:
 *
 *     or    := and ( ("OR" | "||")? and )*          prim  := "(" or ")" | "_exists_:" path | path ":" value | value
 *     and   := not ( ("AND" | "&&") not )*          value := "(" or ")" | range | phrase | term
 *     not   := ("NOT" | "!" | "-" | "+")? prim      range := ("[" | "{") bound "TO" bound ("]" | "}") */
#include "dialect/auth0/search.h"

#include "base/clock.h"
#include "base/id.h"

enum { MOST_CONDS = 128, MOST_DEPTH = 24, MOST_PATH = 8, MOST_PIECES = 16, LEAST_SUFFIX = 3 };

typedef enum Type { T_TEXT, T_BOOL, T_INT, T_TIME, T_DOCUMENT } Type;

typedef struct SearchField {
    const char *name;
    UserField field;
    Type type;
} SearchField;

/* Names that can be searched; members of the two documents are paths below them. */
static const SearchField search_fields[] = {
    { "user_id", UF_USER_ID, T_TEXT },
    { "email", UF_EMAIL, T_TEXT },
    { "name", UF_NAME, T_TEXT },
    { "nickname", UF_NICKNAME, T_TEXT },
    { "given_name", UF_GIVEN_NAME, T_TEXT },
    { "family_name", UF_FAMILY_NAME, T_TEXT },
    { "username", UF_USERNAME, T_TEXT },
    { "phone_number", UF_PHONE, T_TEXT },
    { "last_ip", UF_LAST_IP, T_TEXT },
    { "email_verified", UF_EMAIL_VERIFIED, T_BOOL },
    { "phone_verified", UF_PHONE_VERIFIED, T_BOOL },
    { "blocked", UF_BLOCKED, T_BOOL },
    { "logins_count", UF_LOGINS_COUNT, T_INT },
    { "last_login", UF_LAST_LOGIN, T_TIME },
    { "created_at", UF_CREATED_AT, T_TIME },
    { "updated_at", UF_UPDATED_AT, T_TIME },
    { "organization_id", UF_ORGANIZATION, T_TEXT },
    { "user_metadata", UF_META_USER, T_DOCUMENT },
    { "app_metadata", UF_META_APP, T_DOCUMENT },
};
enum { BARE_FIELDS = 9 }; /* the first ones: texts that a term without a field is looked for in */

typedef SearchTerm Term;

typedef struct Parser {
    Ctx *ctx;
    const char *at;
    int depth, conds;
    const char *path;         /* of the group that is read, or NULL */
    const SearchSpace *space; /* NULL: users */
} Parser;

static Err parse_or(Parser *p, Cond **ret);

static Err bad(Ctx *ctx, const char *why)
{
    return auth0_refuse(ctx, E_BAD_VALUE, "invalid_query_string", "Query validation error: '%s' on property q (Query in Lucene query string syntax).",
                        why);
}

Err search_refuse(Ctx *ctx, const char *why)
{
    return bad(ctx, why);
}

Err search_too_large(Ctx *ctx)
{
    return bad(ctx, "The query has too many clauses");
}

static Err cond_new(Parser *p, CondKind kind, Cond *a, Cond *b, Cond **ret)
{
    if (++p->conds > MOST_CONDS)
        return search_too_large(p->ctx);
    *ret = ARENA_NEW(p->ctx->arena, Cond);
    **ret = (Cond){ .kind = kind, .a = a, .b = b };
    return OK;
}

/* ---- words ---- */

static void skip_blanks(Parser *p)
{
    p->at += strspn(p->at, " \t\r\n");
}

/* Does this operator stand here, as a word of its own? Then it is behind us. */
static bool take_word(Parser *p, const char *word)
{
    const size_t n = strlen(word);

    skip_blanks(p);
    if (strncmp(p->at, word, n) != 0 || (word[0] >= 'A' && word[0] <= 'Z' && strchr(" \t\r\n()", p->at[n]) == NULL))
        return false;
    p->at += n;
    return true;
}

/* Ends a word, unless escaped. */
static bool ends_word(char c, bool path)
{
    return c == '\0' || strchr(" \t\r\n()[]{}\"", c) != NULL || (path && c == ':');
}

static Err end_piece(Parser *p, Buf *piece, Texts *pieces)
{
    char *text = "";

    if (pieces->n == MOST_PIECES)
        return bad(p->ctx, "The query has too many wildcards");
    TRY(buf_text(piece, &text));
    texts_add(p->ctx->arena, pieces, arena_strdup(p->ctx->arena, text));
    buf_clear(piece);
    return OK;
}

static Err read_phrase(Parser *p, Term *term)
{
    Buf piece = buf_in(p->ctx->arena, 16384);

    for (p->at++; *p->at != '"'; p->at++) {
        if (*p->at == '\\' && p->at[1] != '\0')
            p->at++;
        if (*p->at == '\0')
            return bad(p->ctx, "A phrase has no end");
        buf_char(&piece, *p->at);
    }
    p->at++;
    term->quoted = true;
    return end_piece(p, &piece, &term->pieces);
}

static Err read_word(Parser *p, Term *term)
{
    const char *begin = p->at;
    Buf piece = buf_in(p->ctx->arena, 16384);

    for (; !ends_word(*p->at, false); p->at++) {
        if (*p->at == '*') {
            TRY(end_piece(p, &piece, &term->pieces));
            continue;
        }
        if (strchr("~^?", *p->at) != NULL || (*p->at == '/' && p->at == begin))
            return bad(p->ctx, "Fuzzy, boosted, single-character and regular expression searches are not supported");
        if (*p->at == '\\' && p->at[1] != '\0')
            p->at++;
        buf_char(&piece, *p->at);
    }
    if (p->at == begin)
        return bad(p->ctx, *p->at == '\0' ? "A value is missing" : arena_printf(p->ctx->arena, "Unexpected %c", *p->at));
    return end_piece(p, &piece, &term->pieces);
}

static Err read_term(Parser *p, Term *term)
{
    return *p->at == '"' ? read_phrase(p, term) : read_word(p, term);
}

/* `path:` if one stands here. */
static const char *take_path(Parser *p)
{
    char *path = arena_strdup(p->ctx->arena, p->at);
    const char *c = p->at;
    size_t n = 0;

    for (; !ends_word(*c, true); c++) {
        if (*c == '\\' && c[1] != '\0')
            c++;
        path[n++] = *c;
    }
    if (*c != ':' || n == 0)
        return NULL;
    path[n] = '\0';
    p->at = c + 1;
    return path;
}

/* ---- fields ---- */

static const SearchField *field_of_path(const char *path, Str *rest)
{
    Str head;

    *rest = str_of(path);
    head = str_cut(rest, '.');
    for (size_t i = 0; i < COUNTOF(search_fields); i++)
        if (str_eq(str_of(search_fields[i].name), head) && (search_fields[i].type == T_DOCUMENT) == (rest->p != NULL))
            return &search_fields[i];
    return NULL;
}

static Err leaf_new(Parser *p, CondKind kind, const SearchField *field, Str rest, Cond **ret)
{
    TRY(cond_new(p, kind, NULL, NULL, ret));
    (*ret)->field = field->field;
    while (field->type == T_DOCUMENT && rest.p != NULL) {
        if ((*ret)->path.n == MOST_PATH)
            return bad(p->ctx, "A path has too many steps");
        if (++p->conds > MOST_CONDS) /* each step costs as much as a clause */
            return search_too_large(p->ctx);
        texts_add(p->ctx->arena, &(*ret)->path, str_dup(p->ctx->arena, str_cut(&rest, '.')));
    }
    return OK;
}

/* ---- values ---- */

/* A date, whole or in part: the instants that it stands for are from `*from` up to, but without, `*to`. */
bool search_period(Ctx *ctx, const char *text, int64_t *from, int64_t *to)
{
    static const char rest[] = "0000-01-01T00:00:00Z";
    const size_t n = strlen(text);
    Str number = { text, n };
    uint64_t year, month;

    if (n > 10) {
        if (!time_read(str_of(text), from))
            return false;
        *to = *from + US_PER_MS;
        return true;
    }
    if ((n != 4 && n != 7 && n != 10) || !time_read(str_of(arena_printf(ctx->arena, "%s%s", text, rest + n)), from))
        return false;
    *to = *from + 24 * US_PER_HOUR;
    if (n == 10)
        return true;
    number.n = 4;
    if (!str_to_u64(number, 9998, &year))
        return false;
    month = n == 4 ? 12 : 0;
    if (n == 7 && !str_to_u64((Str){ text + 5, 2 }, 12, &month))
        return false;
    return time_read(str_of(arena_printf(ctx->arena, "%04u-%02u-01T00:00:00Z", (unsigned)(month == 12 ? year + 1 : year),
                                         (unsigned)(month == 12 ? 1 : month + 1))),
                     to);
}

static bool read_number(const char *text, double *ret)
{
    const size_t n = strlen(text), digits = strspn(text, "0123456789.-+eE");
    char *end;

    if (n == 0 || digits != n || strspn(text, "-.0123456789") == 0)
        return false;
    *ret = strtod(text, &end);
    return *end == '\0' && *ret > -1e300 && *ret < 1e300;
}

/* A member's value: without quotes what reads as a number or a boolean is one. */
static CondValue document_value(const char *text, bool quoted)
{
    double number;

    if (!quoted && (text_eq(text, "true") || text_eq(text, "false")))
        return (CondValue){ .kind = F_BOOL, .number = *text == 't' };
    if (!quoted && read_number(text, &number))
        return (CondValue){ .kind = F_DOUBLE, .real = number };
    return (CondValue){ .kind = F_TEXT, .text = text };
}

/* E_NO_ROW: the text is no value of this type, so that nobody meets it. */
static Err typed_value(Type type, const char *text, bool quoted, CondValue *ret)
{
    uint64_t n;

    if (type == T_TEXT)
        *ret = (CondValue){ .kind = F_TEXT, .text = text };
    else if (type == T_DOCUMENT)
        *ret = document_value(text, quoted);
    else if (type == T_BOOL && (text_eq(text, "true") || text_eq(text, "false")))
        *ret = (CondValue){ .kind = F_BOOL, .number = *text == 't' };
    else if (type == T_INT && str_to_u64(str_of(text), INT64_MAX, &n))
        *ret = (CondValue){ .kind = F_INT, .number = (int64_t)n };
    else
        return E_NO_ROW;
    return OK;
}

/* ---- leaves ---- */

static Err equal_time(Parser *p, const char *text, Cond *cond)
{
    cond->kind = COND_RANGE;
    cond->low = cond->high = (CondValue){ .kind = F_TIME };
    cond->high.without = true;
    return search_period(p->ctx, text, &cond->low.number, &cond->high.number) ? OK : bad(p->ctx, "A date is not ISO 8601");
}

/* An id made from a UUID is looked for by it. */
static void equal_user_id(Parser *p, Cond *cond)
{
    const char *text = cond->low.text;
    char *uuid = strncmp(text, "auth0|", 6) == 0 && strlen(text) == 38 ? uuid_read(p->ctx->arena, str_of(text + 6)) : NULL;

    if (uuid == NULL)
        return;
    cond->field = UF_ID;
    cond->low.text = uuid;
}

static Err leaf_equal(Parser *p, const SearchField *field, Str rest, const Term *term, Cond **ret)
{
    const char *text = term->pieces.v[0];

    TRY(leaf_new(p, COND_EQUAL, field, rest, ret));
    if (field->type == T_TIME)
        return equal_time(p, text, *ret);
    if (typed_value(field->type, text, term->quoted, &(*ret)->low) != OK)
        (*ret)->kind = COND_NOBODY;
    else if (field->field == UF_USER_ID)
        equal_user_id(p, *ret);
    return OK;
}

/* A lone `*` asks whether the field is there. */
static Err leaf_match(Parser *p, const SearchField *field, Str rest, const Term *term, Cond **ret)
{
    const Texts *pieces = &term->pieces;

    if (field->field == UF_META_USER)
        return bad(p->ctx, "Wildcards are not supported on user_metadata");
    if (pieces->n == 2 && *pieces->v[0] == '\0' && *pieces->v[1] == '\0')
        return leaf_new(p, COND_EXISTS, field, rest, ret);
    if (*pieces->v[0] == '\0' && utf8_length(str_of(pieces->v[1])) < LEAST_SUFFIX)
        return bad(p->ctx, "A leading wildcard needs at least 3 characters behind it");
    if (field->type != T_TEXT && field->type != T_DOCUMENT)
        return cond_new(p, COND_NOBODY, NULL, NULL, ret);
    TRY(leaf_new(p, COND_MATCH, field, rest, ret));
    (*ret)->pieces = *pieces;
    return OK;
}

static Err either(Parser *p, CondKind kind, Cond *a, Cond *b, Cond **ret)
{
    if (a != NULL && b != NULL)
        return cond_new(p, kind, a, b, ret);
    *ret = a == NULL ? b : a;
    return OK;
}

/* ---- identities (4.2): the one of the database, and those of auth.identities under Auth0's names ---- */

static Err everybody(Parser *p, bool yes, Cond **ret)
{
    Cond *nobody = NULL;

    TRY(cond_new(p, COND_NOBODY, NULL, NULL, &nobody));
    if (yes)
        return cond_new(p, COND_NOT, nobody, NULL, ret);
    *ret = nobody;
    return OK;
}

static Err identity_is(Parser *p, UserField field, const char *text, Cond **ret)
{
    TRY(cond_new(p, text == NULL ? COND_EXISTS : COND_EQUAL, NULL, NULL, ret));
    (*ret)->field = field;
    (*ret)->low = (CondValue){ .kind = F_TEXT, .text = text };
    return OK;
}

static Cond *cond_of(Ctx *ctx, CondKind kind, UserField field, const char *text)
{
    Cond *cond = ARENA_NEW(ctx->arena, Cond);

    *cond = (Cond){ .kind = kind, .field = field, .low = { .kind = F_TEXT, .text = text } };
    return cond;
}

static Cond *join(Ctx *ctx, CondKind kind, Cond *a, Cond *b)
{
    Cond *cond = ARENA_NEW(ctx->arena, Cond);

    *cond = (Cond){ .kind = kind, .a = a, .b = b };
    return cond;
}

/* Users of the connection, or with an identity of another party of this name. Users of the default one name none. */
Cond *search_connection(Ctx *ctx, const char *name)
{
    Cond *named = cond_of(ctx, COND_EQUAL, UF_CONNECTION, name), *none = join(ctx, COND_NOT, cond_of(ctx, COND_EXISTS, UF_CONNECTION, NULL), NULL);

    return join(ctx, COND_OR, named, text_eq(name, AUTH0_CONNECTION) ? none : cond_of(ctx, COND_EQUAL, UF_PROVIDER, auth0_provider_here(name)));
}

/* The way of a user's own identity stands in its id; passwordless ones are no users of the database. */
static Cond *with_prefix(Ctx *ctx, const char *provider)
{
    Cond *cond = cond_of(ctx, COND_MATCH, UF_USER_ID, NULL);

    texts_add(ctx->arena, &cond->pieces, arena_printf(ctx->arena, "%s|", provider));
    texts_add(ctx->arena, &cond->pieces, "");
    return cond;
}

static Err of_provider(Parser *p, const char *text, Cond **ret)
{
    if (text_eq(text, "email") || text_eq(text, "sms"))
        *ret = with_prefix(p->ctx, text);
    else if (text_eq(text, "auth0"))
        *ret = join(p->ctx, COND_NOT, join(p->ctx, COND_OR, with_prefix(p->ctx, "email"), with_prefix(p->ctx, "sms")), NULL);
    else
        return identity_is(p, UF_PROVIDER, auth0_provider_here(text), ret);
    return OK;
}

static Err search_identity(Parser *p, Str member, const Term *term, Cond **ret)
{
    const char *text = term->pieces.v[0];
    Cond *a, *b;

    if (term->pieces.n != 1)
        return bad(p->ctx, "Wildcards are not supported on identities");
    if (str_eq(member, STR("connection"))) {
        *ret = search_connection(p->ctx, text);
        return OK;
    }
    if (str_eq(member, STR("provider")))
        return of_provider(p, text, ret);
    if (str_eq(member, STR("isSocial")))
        return text_eq(text, "true") ? identity_is(p, UF_PROVIDER, NULL, ret) : everybody(p, text_eq(text, "false"), ret);
    if (!str_eq(member, STR("user_id")))
        return everybody(p, false, ret);
    TRY(identity_is(p, UF_PROVIDER_ID, text, &a));
    TRY(identity_is(p, UF_PROVIDER_ID, arena_printf(p->ctx->arena, "auth0|%s", text), &b)); /* an account that was linked */
    TRY(cond_new(p, COND_OR, a, b, &a));
    TRY(identity_is(p, UF_USER_ID, arena_printf(p->ctx->arena, "auth0|%s", text), &b));
    equal_user_id(p, b);
    return cond_new(p, COND_OR, a, b, ret);
}

/* ---- clauses ---- */

/* email.domain is the end of the address. */
static Err search_domain(Parser *p, const Term *term, Cond **ret)
{
    TRY(cond_new(p, COND_MATCH, NULL, NULL, ret));
    (*ret)->field = UF_EMAIL;
    texts_add(p->ctx->arena, &(*ret)->pieces, "");
    for (size_t i = 0; i < term->pieces.n; i++)
        texts_add(p->ctx->arena, &(*ret)->pieces, i == 0 ? arena_printf(p->ctx->arena, "@%s", term->pieces.v[0]) : term->pieces.v[i]);
    return OK;
}

static Err search_term(Parser *p, const char *path, const Term *term, Cond **ret)
{
    const SearchField *field;
    Str rest;

    if (text_eq(path, "email.domain"))
        return search_domain(p, term, ret);
    if (strncmp(path, "identities.", 11) == 0)
        return search_identity(p, str_of(path + 11), term, ret);
    field = field_of_path(path, &rest);
    if (field == NULL)
        return cond_new(p, COND_NOBODY, NULL, NULL, ret); /* a field that is not indexed is nobody's */
    return (term->pieces.n == 1 ? leaf_equal : leaf_match)(p, field, rest, term, ret);
}

/* Without a field: any of the texts. */
static Err search_bare(Parser *p, const Term *term, Cond **ret)
{
    Cond *all = NULL, *one;

    for (size_t i = 0; i < BARE_FIELDS; i++) {
        TRY(search_term(p, search_fields[i].name, term, &one));
        TRY(either(p, COND_OR, all, one, &all));
    }
    *ret = all;
    return OK;
}

static Err search_exists(Parser *p, const char *path, Cond **ret)
{
    const SearchField *field;
    Str rest;

    if (strncmp(path, "identities", 10) == 0)
        return everybody(p, true, ret);
    field = field_of_path(path, &rest);
    if (field == NULL && (text_eq(path, "user_metadata") || text_eq(path, "app_metadata")))
        return bad(p->ctx, "_exists_ needs a member of the metadata");
    return field == NULL ? cond_new(p, COND_NOBODY, NULL, NULL, ret) : leaf_new(p, COND_EXISTS, field, rest, ret);
}

/* ---- ranges ---- */

typedef struct Bound {
    const char *text; /* NULL: open */
    bool quoted, without;
} Bound;

static Err read_bound(Parser *p, Bound *bound)
{
    Term term = { 0 };

    skip_blanks(p);
    if (p->at[0] == '*' && ends_word(p->at[1], false)) {
        p->at++;
        return OK;
    }
    TRY(read_term(p, &term));
    if (term.pieces.n != 1)
        return bad(p->ctx, "A range has no wildcards");
    bound->text = term.pieces.v[0];
    bound->quoted = term.quoted;
    return OK;
}

/* A period counts whole where its bound counts: [2017-11 TO 2017-12] ends with December. */
static Err time_bound(Parser *p, const Bound *bound, bool low, CondValue *ret)
{
    int64_t from, to;

    if (!search_period(p->ctx, bound->text, &from, &to))
        return bad(p->ctx, "A date is not ISO 8601");
    *ret = (CondValue){ .kind = F_TIME, .number = low == bound->without ? to : from, .without = !low };
    return OK;
}

static Err set_bound(Parser *p, Type type, const Bound *bound, bool low, CondValue *ret)
{
    if (bound->text == NULL)
        return OK;
    if (type == T_TIME)
        return time_bound(p, bound, low, ret);
    if (typed_value(type, bound->text, bound->quoted, ret) != OK || ret->kind == F_BOOL)
        return bad(p->ctx, "A bound does not fit its field");
    ret->without = bound->without;
    return OK;
}

static Err search_range(Parser *p, const char *path, const Bound *low, const Bound *high, Cond **ret)
{
    const SearchField *field;
    Str rest;

    if (path == NULL)
        return bad(p->ctx, "A range needs a field");
    field = field_of_path(path, &rest);
    if (field == NULL)
        return cond_new(p, COND_NOBODY, NULL, NULL, ret);
    if (field->field == UF_META_USER)
        return bad(p->ctx, "Ranges are not supported on user_metadata");
    TRY(leaf_new(p, COND_RANGE, field, rest, ret));
    TRY(set_bound(p, field->type, low, true, &(*ret)->low));
    return set_bound(p, field->type, high, false, &(*ret)->high);
}

static Err parse_range(Parser *p, const char *path, Cond **ret)
{
    Bound low = { .without = *p->at == '{' }, high = { 0 };

    p->at++;
    TRY(read_bound(p, &low));
    if (!take_word(p, "TO"))
        return bad(p->ctx, "A range needs TO");
    TRY(read_bound(p, &high));
    skip_blanks(p);
    if (*p->at != ']' && *p->at != '}')
        return bad(p->ctx, "A range has no end");
    high.without = *p->at++ == '}';
    if (p->space != NULL)
        return p->space->range(p->ctx, path, low.text, low.without, high.text, high.without, ret);
    return search_range(p, path, &low, &high, ret);
}

/* ---- descent ---- */

static Err parse_group(Parser *p, const char *path, Cond **ret)
{
    const char *outer = p->path;

    if (++p->depth > MOST_DEPTH)
        return bad(p->ctx, "The query is too deep");
    p->at++;
    p->path = path;
    TRY(parse_or(p, ret));
    skip_blanks(p);
    if (*p->at != ')')
        return bad(p->ctx, "A parenthesis has no end");
    p->at++;
    p->path = outer;
    p->depth--;
    return OK;
}

static Err parse_value(Parser *p, const char *path, Cond **ret)
{
    Term term = { 0 };

    skip_blanks(p);
    if (p->space != NULL && ++p->conds > MOST_CONDS)
        return search_too_large(p->ctx);
    if (*p->at == '(')
        return parse_group(p, path, ret);
    if (*p->at == '[' || *p->at == '{')
        return parse_range(p, path, ret);
    TRY(read_term(p, &term));
    if (p->space != NULL)
        return p->space->term(p->ctx, path, &term, ret);
    return path == NULL ? search_bare(p, &term, ret) : search_term(p, path, &term, ret);
}

static Err parse_exists(Parser *p, Cond **ret)
{
    Term term = { 0 };

    TRY(read_term(p, &term));
    if (term.pieces.n != 1)
        return bad(p->ctx, "_exists_ needs the name of a field");
    if (p->space != NULL)
        return p->space->exists(p->ctx, term.pieces.v[0], ret);
    return search_exists(p, term.pieces.v[0], ret);
}

static Err parse_prim(Parser *p, Cond **ret)
{
    const char *path;

    skip_blanks(p);
    if (p->path != NULL || *p->at == '(' || *p->at == '"')
        return parse_value(p, p->path, ret);
    path = take_path(p);
    return text_eq(path, "_exists_") ? parse_exists(p, ret) : parse_value(p, path, ret);
}

static Err parse_not(Parser *p, Cond **ret)
{
    Cond *cond;

    if (take_word(p, "NOT") || take_word(p, "!") || take_word(p, "-")) {
        TRY(parse_prim(p, &cond));
        return cond_new(p, COND_NOT, cond, NULL, ret);
    }
    (void)take_word(p, "+");
    return parse_prim(p, ret);
}

static Err parse_and(Parser *p, Cond **ret)
{
    Cond *all, *one;

    TRY(parse_not(p, &all));
    while (take_word(p, "AND") || take_word(p, "&&")) {
        TRY(parse_not(p, &one));
        TRY(cond_new(p, COND_AND, all, one, &all));
    }
    *ret = all;
    return OK;
}

/* Clauses side by side are joined by OR. */
static Err parse_or(Parser *p, Cond **ret)
{
    Cond *all = NULL, *one;

    for (;;) {
        TRY(parse_and(p, &one));
        TRY(either(p, COND_OR, all, one, &all));
        if (take_word(p, "OR") || take_word(p, "||"))
            continue;
        skip_blanks(p);
        if (*p->at == '\0' || *p->at == ')')
            break;
    }
    *ret = all;
    return OK;
}

Err search_read(Ctx *ctx, const char *q, const Cond **ret)
{
    return search_read_in(ctx, q, NULL, ret);
}

Err search_read_in(Ctx *ctx, const char *q, const SearchSpace *space, const Cond **ret)
{
    Parser p = { .ctx = ctx, .at = q, .space = space };
    Cond *cond;

    *ret = NULL;
    skip_blanks(&p);
    if (*p.at == '\0' || text_eq(p.at, "*") || text_eq(p.at, "*:*"))
        return OK;
    TRY(parse_or(&p, &cond));
    if (*p.at != '\0')
        return bad(ctx, "A parenthesis has no beginning");
    *ret = cond;
    return OK;
}
