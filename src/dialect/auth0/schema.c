/* schema.c: the validator of bodies, queries and path parameters, in the words of Auth0's (spec/auth0.md 1.5). It reports the
 * first failure and reads what passes. */
#include <stdarg.h>

#include "base/clock.h"
#include "dialect/auth0/internal.h"

enum { MOST_PAIRS = 256 };

typedef enum Part { PART_BODY, PART_QUERY, PART_PATH } Part;

static const struct {
    const char *prefix, *code;
} parts[] = {
    [PART_BODY] = { "Payload validation error", "invalid_body" },
    [PART_QUERY] = { "Query validation error", "invalid_query_string" },
    [PART_PATH] = { "Path validation error", "invalid_uri" },
};

/* `name` NULL: the failure is one of the whole. */
static Err refuse(Ctx *ctx, Part part, const char *name, const char *note, const char *what)
{
    const char *of = name == NULL ? "" : arena_printf(ctx->arena, " on property %s", name);
    const char *about = name == NULL || note == NULL ? "" : arena_printf(ctx->arena, " (%s)", note);

    return auth0_refuse(ctx, E_BAD_VALUE, parts[part].code, "%s: '%s'%s%s.", parts[part].prefix, what, of, about);
}

Err auth0_bad_member(Ctx *ctx, const char *name, const char *note, const char *format, ...)
{
    char line[512];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    return refuse(ctx, PART_BODY, name, note, line);
}

Err auth0_bad_param(Ctx *ctx, const char *name, const char *note, const char *format, ...)
{
    char line[512];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    return refuse(ctx, PART_PATH, name, note, line);
}

/* ---- formats and patterns ---- */

static bool is_email(const char *text)
{
    Str domain = str_of(text), local = str_cut(&domain, '@');

    return local.n >= 1 && local.n <= 64 && domain.p != NULL && domain.n >= 1 && strlen(text) <= 254 && strchr(domain.p, '@') == NULL &&
           strpbrk(text, " \t\r\n<>()[],;:\\\"") == NULL && strchr(domain.p, '.') != NULL && domain.p[0] != '.' && domain.p[domain.n - 1] != '.' &&
           strstr(text, "..") == NULL;
}

/* scheme://rest, in characters that a URI may hold. */
static bool is_uri(const char *text)
{
    const char *rest = strstr(text, "://");

    if (rest == NULL || rest == text || rest[3] == '\0')
        return false;
    for (const char *c = text; c < rest; c++)
        if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (c > text && strchr("0123456789+-.", *c) != NULL)))
            return false;
    for (const unsigned char *c = (const unsigned char *)rest; *c != '\0'; c++)
        if (*c <= ' ' || *c >= 0x7f || strchr("<>\"{}|\\^`", *c) != NULL)
            return false;
    return true;
}

/* Letters, digits and a few signs (2.2); an address is none. */
static bool is_username(const char *text)
{
    for (const char *c = text; *c != '\0'; c++)
        if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || strchr("@^$.!#+-'~_`", *c) != NULL))
            return false;
    return !is_email(text);
}

static bool is_user_id(const char *text)
{
    const char *bar = strchr(text, '|');

    return bar != NULL && bar != text && bar[1] != '\0' && strlen(text) <= 512;
}

static bool is_e164(const char *text)
{
    const size_t n = strlen(text);

    return text[0] == '+' && n >= 2 && n <= 16 && strspn(text + 1, "0123456789") == n - 1;
}

static bool has_no_space(const char *text)
{
    return strpbrk(text, " \t\r\n\v\f") == NULL;
}

static bool is_sort(const char *text)
{
    const size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.");

    return n > 0 && (text_eq(text + n, ":1") || text_eq(text + n, ":-1"));
}

/* Lower-case letters, digits, '-' and '_', with a letter or digit at both ends. */
static bool is_organization_name(const char *text)
{
    const size_t n = strlen(text);

    return n > 0 && strncmp(text, "org_", strlen("org_")) != 0 && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-_") == n &&
           strchr("-_", text[0]) == NULL && strchr("-_", text[n - 1]) == NULL;
}

/* A prefix and 16 letters and digits. */
static bool is_connection_id(const char *text)
{
    const size_t n = strlen("con_");

    return strncmp(text, "con_", n) == 0 && strlen(text) == n + 16 &&
           strspn(text + n, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == 16;
}

/* Letters and digits, with single hyphens between them. */
static bool is_connection_name(const char *text)
{
    const size_t n = strlen(text);

    return n > 0 && text[0] != '-' && text[n - 1] != '-' && strstr(text, "--") == NULL &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == n;
}

/* Each name that `form` of a field may have. */
static const struct {
    const char *name;
    bool (*fits)(const char *text);
} forms[] = {
    { "email", is_email },
    { "strict-uri", is_uri },
    { "username", is_username },
    { "user-id", is_user_id },
    { "organization-name", is_organization_name },
    { "^\\+[0-9]{1,15}$", is_e164 },
    { "^con_[A-Za-z0-9]{16}$", is_connection_id },
    { "^[a-zA-Z0-9](-[a-zA-Z0-9]|[a-zA-Z0-9])*$", is_connection_name },
    { "^\\S*$", has_no_space },
    { "^[a-zA-Z0-9_.]+:(1|-1)$", is_sort },
};

static bool fits(const char *form, const char *text)
{
    for (size_t i = 0; i < COUNTOF(forms); i++)
        if (text_eq(forms[i].name, form))
            return forms[i].fits(text);
    return word_in(str_of(form), '|', str_of(text));
}

static const char *misfit(Ctx *ctx, const char *form, const char *text)
{
    if (form[0] == '^')
        return arena_printf(ctx->arena, "String does not match pattern %s: %.200s", form, text);
    if (strchr(form, '|') != NULL)
        return arena_printf(ctx->arena, "No enum match for: %.200s", text);
    return arena_printf(ctx->arena, "Object didn't pass validation for format %s: %.200s", form, text);
}

/* ---- members ---- */

static const char *kind_wanted(const Field *field)
{
    switch (field->kind) {
    case F_BOOL:
        return "boolean";
    case F_INT:
        return "integer";
    case F_OBJECT_JSON:
    case F_OBJECT:
        return "object";
    case F_TEXTS:
    case F_LIST:
        return "array";
    default:
        return "string";
    }
}

static const char *check_text(Ctx *ctx, const Field *field, const char *text)
{
    const size_t n = utf8_length(str_of(text));

    if (n < field->min)
        return arena_printf(ctx->arena, "String is too short (%zu chars), minimum %u", n, field->min);
    if (field->max > 0 && n > field->max)
        return arena_printf(ctx->arena, "String is too long (%zu chars), maximum %u", n, field->max);
    return field->form == NULL || fits(field->form, text) ? NULL : misfit(ctx, field->form, text);
}

static const char *check_number(Ctx *ctx, const Field *field, const char *text)
{
    uint64_t n;

    if (text[0] == '-')
        return arena_printf(ctx->arena, "Value %.40s is less than minimum %u", text, field->min);
    if (!str_to_u64(str_of(text), INT64_MAX, &n) || (field->max > 0 && n > field->max))
        return arena_printf(ctx->arena, "Value %.40s is greater than maximum %u", text, field->max);
    return n < field->min ? arena_printf(ctx->arena, "Value %.40s is less than minimum %u", text, field->min) : NULL;
}

/* JSON Schema's words for the letters of json_kinds(). */
static const char *kind_named(char letter)
{
    static const struct {
        char letter;
        const char *name;
    } kinds[] = { { 's', "string" }, { 'n', "number" }, { 'b', "boolean" }, { 'o', "object" }, { 'a', "array" } };

    for (size_t i = 0; i < COUNTOF(kinds); i++)
        if (kinds[i].letter == letter)
            return kinds[i].name;
    return "null";
}

/* The length, and the kind of each element. */
static Err check_array(Ctx *ctx, Part part, const Field *field, const char *text)
{
    const char *kinds = json_kinds(ctx->arena, text), *want = field->kind == F_TEXTS ? "string" : "object";
    const size_t n = kinds == NULL ? 0 : strlen(kinds) - 1;

    if (n < field->min)
        return refuse(ctx, part, field->name, field->note, arena_printf(ctx->arena, "Array is too short (%zu), minimum %u", n, field->min));
    if (field->max > 0 && n > field->max)
        return refuse(ctx, part, field->name, field->note, arena_printf(ctx->arena, "Array is too long (%zu), maximum %u", n, field->max));
    for (size_t i = 0; i < n; i++)
        if (!text_eq(kind_named(kinds[i + 1]), want))
            return refuse(ctx, part, arena_printf(ctx->arena, "%s[%zu]", field->name, i), NULL,
                          arena_printf(ctx->arena, "Expected type %s but found type %s", want, kind_named(kinds[i + 1])));
    return OK;
}

const char *auth0_member_fault(Ctx *ctx, const Field *field, const JsonMember *member)
{
    const char *want = kind_wanted(field);

    if (text_eq(member->kind, "null") && (field->flags & NULLABLE) != 0)
        return NULL;
    if ((field->flags & NUMBER_TOO) != 0 && text_eq(member->kind, "integer"))
        return NULL;
    if (!text_eq(want, member->kind))
        return arena_printf(ctx->arena, "Expected type %s but found type %s", want, member->kind);
    if (text_eq(want, "string"))
        return check_text(ctx, field, member->text);
    return text_eq(want, "integer") ? check_number(ctx, field, member->text) : NULL;
}

static Err check_member(Ctx *ctx, Part part, const Field *field, const JsonMember *member)
{
    const char *what;

    if (part == PART_QUERY && field->kind == F_TEXTS && text_eq(member->kind, "string"))
        return OK;
    what = auth0_member_fault(ctx, field, member);
    if (what != NULL)
        return refuse(ctx, part, field->name, field->note, what);
    return text_eq(kind_wanted(field), "array") && text_eq(member->kind, "array") ? check_array(ctx, part, field, member->text) : OK;
}

/* ---- the whole ---- */

static const JsonMember *member_named(const List *members, const char *name)
{
    for (size_t i = 0; i < members->n; i++)
        if (text_eq(((const JsonMember *)members->v[i])->name, name))
            return members->v[i];
    return NULL;
}

static Err check_unknown(Ctx *ctx, Part part, const Field *fields, const List *members, unsigned flags)
{
    static const char hint[] = " (consider storing them in app_metadata or user_metadata. See \"Users Metadata\" in "
                               "https://auth0.com/docs/api/v2/changes for more details)";
    const char *names = NULL;

    for (size_t i = 0; i < members->n; i++) {
        const char *name = ((const JsonMember *)members->v[i])->name;

        if (field_named(fields, str_of(name)) == NULL && (names == NULL || strlen(names) < 400))
            names = names == NULL ? arena_printf(ctx->arena, "%.200s", name) : arena_printf(ctx->arena, "%s,%.200s", names, name);
    }
    if (names == NULL)
        return OK;
    return refuse(ctx, part, NULL, NULL,
                  arena_printf(ctx->arena, "Additional properties not allowed: %s%s", names, (flags & SCHEMA_METADATA_HINT) != 0 ? hint : ""));
}

static Err check_members(Ctx *ctx, Part part, const Field *fields, const List *members, unsigned flags)
{
    if (members->n == 0 && (flags & SCHEMA_NOT_EMPTY) != 0)
        return refuse(ctx, part, NULL, NULL, "Too few properties defined (0), minimum 1");
    TRY(check_unknown(ctx, part, fields, members, flags));
    for (const Field *field = fields; field->kind != F_END; field++)
        if ((field->flags & REQUIRED) != 0 && member_named(members, field->name) == NULL)
            return refuse(ctx, part, NULL, NULL, arena_printf(ctx->arena, "Missing required property: %s", field->name));
    for (size_t i = 0; i < members->n; i++) {
        const JsonMember *member = members->v[i];

        TRY(check_member(ctx, part, field_named(fields, str_of(member->name)), member));
    }
    return OK;
}

/* ---- pairs of a form or a query: their texts take the kind that is wanted, if they read as one ---- */

static const char *kind_of_text(const Field *field, const char *text)
{
    if (field != NULL && field->kind == F_BOOL && (text_eq(text, "true") || text_eq(text, "false")))
        return "boolean";
    if (field != NULL && field->kind == F_INT && *text != '\0' && strspn(text + (*text == '-'), "0123456789") == strlen(text + (*text == '-')) &&
        text[*text == '-'] != '\0')
        return "integer";
    return "string";
}

/* Percent-encoding and `+`, once. */
static Err decode(Ctx *ctx, Str text, char **ret)
{
    char *copy = arena_strndup(ctx->arena, text.n == 0 ? "" : text.p, text.n);

    for (char *c = copy; *c != '\0'; c++)
        if (*c == '+')
            *c = ' ';
    return path_decode(ctx, (Str){ copy, text.n }, ret);
}

static Err read_pairs(Ctx *ctx, Str pairs, const Field *fields, List *ret)
{
    while (pairs.p != NULL && ret->n < MOST_PAIRS) {
        Str value = str_cut(&pairs, '&');
        const Str name = str_cut(&value, '=');
        JsonMember *member;
        char *name_text, *text;

        if (name.n == 0)
            continue;
        TRY(decode(ctx, name, &name_text));
        TRY(decode(ctx, value, &text));
        member = (JsonMember *)(uintptr_t)member_named(ret, name_text);
        if (member != NULL) { /* a name that comes twice */
            const Field *field = field_named(fields, str_of(name_text));

            if (field == NULL || field->kind != F_TEXTS)
                member->kind = "array";
            continue;
        }
        member = ARENA_NEW(ctx->arena, JsonMember);
        *member = (JsonMember){ name_text, kind_of_text(field_named(fields, str_of(name_text)), text), text };
        list_add(ctx->arena, ret, member);
    }
    return OK;
}

/* ---- reading ---- */

static bool media_is(const Req *req, Str type)
{
    Str rest = req_header(req, "content-type");

    return str_eq_nocase(str_trim(str_cut(&rest, ';')), type);
}

static Err read_form(Ctx *ctx, const Req *req, const Field *fields, unsigned flags, void *out)
{
    List members = { 0 };

    TRY(read_pairs(ctx, req->body, fields, &members));
    TRY(check_members(ctx, PART_BODY, fields, &members, flags));
    return form_read(ctx, req->body, FORM_FIRST, fields, out);
}

/* What is wrong further down, in the objects of a list. */
static const char *nested_name(Ctx *ctx, const Field *fields)
{
    if (ctx->fault.name.n > 0)
        return str_dup(ctx->arena, ctx->fault.name);
    for (const Field *field = fields; field->kind != F_END && ctx->fault.at != NOWHERE; field++)
        if (field->kind == F_LIST && field_at(field->sub, (size_t)ctx->fault.at) != NULL)
            return field_at(field->sub, (size_t)ctx->fault.at)->name;
    return "";
}

static Err refuse_nested(Ctx *ctx, const Field *fields, Err err)
{
    const char *name = nested_name(ctx, fields);

    switch (err) {
    case E_MISSING:
        return refuse(ctx, PART_BODY, NULL, NULL, arena_printf(ctx->arena, "Missing required property: %.200s", name));
    case E_UNKNOWN_FIELD:
        return refuse(ctx, PART_BODY, NULL, NULL, arena_printf(ctx->arena, "Additional properties not allowed: %.200s", name));
    case E_BAD_TYPE:
        return refuse(ctx, PART_BODY, name, NULL, "Expected type string but found another type");
    case E_TOO_LONG:
        return refuse(ctx, PART_BODY, name, NULL, "String is too long");
    default:
        return err;
    }
}

Err auth0_body(Ctx *ctx, const Req *req, unsigned flags, void *out)
{
    const Field *fields = ctx_call(ctx)->route->in;
    const Str body = str_trim(req->body).n == 0 ? STR("null") : req->body;
    List members = { 0 };
    const char *kind;

    if (media_is(req, STR("application/x-www-form-urlencoded")))
        return read_form(ctx, req, fields, flags, out);
    if (req_header(req, "content-type").n > 0 && !media_is(req, STR("application/json")))
        return fail(ctx, E_MEDIA_TYPE, NOWHERE, NULL);
    TRY(json_members(ctx, body, &kind, &members));
    if (!text_eq(kind, "object"))
        return refuse(ctx, PART_BODY, NULL, NULL, arena_printf(ctx->arena, "Expected type object but found type %s", kind));
    TRY(check_members(ctx, PART_BODY, fields, &members, flags));
    return refuse_nested(ctx, fields, json_read(ctx, body, 0, fields, out));
}

Err auth0_query(Ctx *ctx, const Req *req, const Field *fields, void *out)
{
    List members = { 0 };

    TRY(read_pairs(ctx, req->query, fields, &members));
    TRY(check_members(ctx, PART_QUERY, fields, &members, 0));
    return form_read(ctx, req->query, FORM_FIRST, fields, out);
}

Err auth0_check_object(Ctx *ctx, const char *name, const char *doc, const Field *fields)
{
    List members = { 0 };
    const char *kind;

    if (doc == NULL)
        return OK;
    TRY(json_members(ctx, str_of(doc), &kind, &members));
    for (const Field *field = fields; field->kind != F_END; field++)
        if ((field->flags & REQUIRED) != 0 && member_named(&members, field->name) == NULL)
            return refuse(ctx, PART_BODY, name, NULL, arena_printf(ctx->arena, "Missing required property: %s", field->name));
    for (size_t i = 0; i < members.n; i++) {
        const JsonMember *member = members.v[i];
        const Field *field = field_named(fields, str_of(member->name));
        Field copy;

        if (field == NULL)
            return refuse(ctx, PART_BODY, name, NULL, arena_printf(ctx->arena, "Additional properties not allowed: %.200s", member->name));
        copy = *field;
        copy.name = arena_printf(ctx->arena, "%s.%s", name, field->name);
        TRY(check_member(ctx, PART_BODY, &copy, member));
    }
    return OK;
}

Err auth0_check_user_id(Ctx *ctx, const char *id)
{
    return is_user_id(id) ? OK : refuse(ctx, PART_PATH, "id", "The user_id of the user", misfit(ctx, "user-id", id));
}
