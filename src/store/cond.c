/* cond.c: trees of conditions on users as SQL. Text comes from the tables here; every name and value from outside is bound. */
#include "sql.gen.h"
#include "store/filter.h"
#include "json/json.h"

static void put(Filter *f, const char *sql)
{
    buf_puts(&f->query->sql, sql);
}

static bool is_postgres(const Filter *f)
{
    return tx_is_postgres(db_auto(f->ctx));
}

/* ---- columns ---- */

#define SUBJECT(table)                                                                  \
    "coalesce((SELECT s.provider || '|' || s.subject FROM " table                       \
    " s WHERE s.user_id = u.id ORDER BY s.created_at, s.provider, s.subject LIMIT 1), " \
    "'auth0|' || replace(CAST(u.id AS text), '-', ''))"

/* What each field is; `?` stands for the request's time. `folded`: the value is folded, too (e-mails are stored so, and keep
 * their index). A second text where SQLite says it otherwise. `searched`: the tables whose indexes of pieces know its parts. */
static const struct {
    const char *sql, *sqlite;
    bool folded;
    SearchTables searched;
} columns[UF_COUNT] = {
    [UF_ID] = { "u.id" },
    [UF_USER_ID] = { SUBJECT("hecate.subjects"), SUBJECT("hecate_subjects") },
    [UF_EMAIL] = { "u.email COLLATE \"C\"", "u.email", .folded = true, .searched = OF_USERS },
    [UF_EMAIL_VERIFIED] = { "CASE WHEN u.email IS NOT NULL THEN u.email_confirmed_at IS NOT NULL END" },
    [UF_PHONE] = { "'+' || u.phone", .searched = OF_USERS },
    [UF_PHONE_VERIFIED] = { "CASE WHEN u.phone IS NOT NULL THEN u.phone_confirmed_at IS NOT NULL END" },
    [UF_USERNAME] = { "p.username", .searched = OF_PROFILES },
    [UF_NAME] = { "lower(coalesce(p.name, u.email, p.username, '+' || u.phone))", .folded = true, .searched = OF_USERS | OF_PROFILES },
    [UF_NICKNAME] = { "lower(coalesce(p.nickname, split_part(u.email, '@', 1), p.username, '+' || u.phone))",
                      "lower(coalesce(p.nickname, substr(u.email, 1, instr(u.email, '@') - 1), p.username, '+' || u.phone))", true,
                      OF_USERS | OF_PROFILES },
    [UF_GIVEN_NAME] = { "lower(p.given_name)", .folded = true, .searched = OF_PROFILES },
    [UF_FAMILY_NAME] = { "lower(p.family_name)", .folded = true, .searched = OF_PROFILES },
    [UF_BLOCKED] = { "CASE WHEN u.banned_until > ? THEN true WHEN p.blocked_shown THEN false END" },
    [UF_LOGINS_COUNT] = { "nullif(p.logins_count, 0)" },
    [UF_LAST_LOGIN] = { "u.last_sign_in_at" },
    [UF_LAST_IP] = { "host(p.last_ip)", "p.last_ip" },
    [UF_CREATED_AT] = { "u.created_at" },
    [UF_UPDATED_AT] = { "u.updated_at" },
    [UF_CONNECTION] = { "p.connection" },
    [UF_PROVIDER] = { "i.provider" },
    [UF_PROVIDER_ID] = { "i.provider_id" },
    [UF_ORGANIZATION] = { "o.short_id" },
    [UF_META_USER] = { "u.raw_user_meta_data" },
    [UF_META_APP] = { "u.raw_app_meta_data" },
    [EF_ID] = { "e.id" },
    [EF_ACTION] = { "e.payload ->> 'action'" },
    [EF_USER_ID] = { "coalesce(e.payload #>> '{traits,user_id}', e.payload ->> 'actor_id')",
                     "coalesce(e.payload ->> '$.traits.user_id', e.payload ->> 'actor_id')" },
    [EF_USER_NAME] = { "lower(coalesce(e.payload #>> '{traits,user_email}', e.payload ->> 'actor_username'))",
                       "lower(coalesce(e.payload ->> '$.traits.user_email', e.payload ->> 'actor_username'))", true },
    [EF_IP] = { "nullif(e.ip_address, '')" },
    [EF_DATE] = { "e.created_at" },
};

static bool is_document(UserField field)
{
    return field == UF_META_USER || field == UF_META_APP;
}

static bool is_identity(UserField field)
{
    return field == UF_PROVIDER || field == UF_PROVIDER_ID;
}

static void put_column(Filter *f, UserField field)
{
    const char *sql = !is_postgres(f) && columns[field].sqlite != NULL ? columns[field].sqlite : columns[field].sql;
    const char *hole = strchr(sql, '?');

    put(f, "(");
    if (hole == NULL) {
        put(f, sql);
    } else {
        buf_add(&f->query->sql, sql, (size_t)(hole - sql));
        filter_value(f, (Value){ .kind = F_TIME, .number = f->ctx->now });
        put(f, hole + 1);
    }
    put(f, ")");
}

static void put_bound(Filter *f, UserField field, const CondValue *value)
{
    const bool fold = value->kind == F_TEXT && columns[field].folded;

    filter_value(f, (Value){ .kind = field == UF_ID || field == EF_ID ? F_UUID : value->kind,
                             .number = value->number,
                             .real = value->real,
                             .text = fold ? text_lower(f->ctx->arena, value->text) : value->text });
}

/* The pieces as a pattern for LIKE … ESCAPE '\'. */
static const char *like_pattern(Filter *f, const Texts *pieces, bool fold)
{
    Buf pattern = buf_in(f->ctx->arena, 64 * 1024);
    char *ret = "";

    for (size_t i = 0; i < pieces->n; i++) {
        buf_puts(&pattern, i == 0 ? "" : "%");
        for (const char *c = fold ? text_lower(f->ctx->arena, pieces->v[i]) : pieces->v[i]; *c != '\0'; c++) {
            if (*c == '%' || *c == '_' || *c == '\\')
                buf_char(&pattern, '\\');
            buf_char(&pattern, *c);
        }
    }
    if (buf_text(&pattern, &ret) != OK)
        f->query->sql.over = true;
    return ret;
}

static void put_comparison(Filter *f, UserField field, const char *sign, const CondValue *value)
{
    put_column(f, field);
    put(f, sign);
    put_bound(f, field, value);
}

static void put_range(Filter *f, const Cond *cond)
{
    if (cond->low.kind != F_END)
        put_comparison(f, cond->field, cond->low.without ? " > " : " >= ", &cond->low);
    if (cond->low.kind != F_END && cond->high.kind != F_END)
        put(f, " AND ");
    if (cond->high.kind != F_END)
        put_comparison(f, cond->field, cond->high.without ? " < " : " <= ", &cond->high);
}

/* The chain of a user's events. */
static void put_chained(Filter *f, const CondValue *value)
{
    const char *sql = sql_text_log_chained[1];

    put(f, "(e.hecate_log_entry IN (");
    for (const char *hole; (hole = strchr(sql, '$')) != NULL; sql = hole + strlen("$1")) {
        buf_add(&f->query->sql, sql, (size_t)(hole - sql));
        filter_value(f, (Value){ .kind = F_TEXT, .text = value->text });
    }
    put(f, sql);
    put(f, ") AND ");
    put_comparison(f, EF_USER_ID, " = ", value);
    put(f, ")");
}

static void put_column_test(Filter *f, const Cond *cond)
{
    const bool has_index = cond->field == UF_EMAIL && cond->kind == COND_EQUAL;

    if (f->by_index && !has_index && columns[cond->field].searched != 0)
        filter_text_candidates(f, columns[cond->field].searched, cond);
    if (cond->kind == COND_EQUAL && cond->field == EF_USER_ID && !is_postgres(f)) {
        put_chained(f, &cond->low);
    } else if (cond->kind == COND_EQUAL) {
        put_comparison(f, cond->field, " = ", &cond->low);
    } else if (cond->kind == COND_MATCH) {
        put_column(f, cond->field);
        put(f, " LIKE ");
        filter_value(f, (Value){ .kind = F_TEXT, .text = like_pattern(f, &cond->pieces, columns[cond->field].folded) });
        put(f, " ESCAPE '\\'");
    } else if (cond->kind == COND_RANGE && (cond->low.kind != F_END || cond->high.kind != F_END)) {
        put_range(f, cond);
    } else if (cond->kind == COND_AMONG) {
        filter_value(f, (Value){ .kind = F_TEXT, .text = cond->low.text });
        put(f, " LIKE '%,' || ");
        put_column(f, cond->field);
        put(f, " || ',%'");
    } else {
        put_column(f, cond->field);
        put(f, " IS NOT NULL");
    }
}

/* Identities of the database itself, by e-mail and phone, are not among these; linked accounts are found by their ids alone. */
static void put_identity_test(Filter *f, const Cond *cond)
{
    put(f, "EXISTS (SELECT 1 FROM ");
    put(f, is_postgres(f) ? "auth.identities" : "auth_identities");
    put(f, " i WHERE i.user_id = u.id AND i.provider NOT IN ('email', 'phone'");
    put(f, cond->field == UF_PROVIDER ? ", 'auth0') AND " : ") AND ");
    put_column_test(f, cond);
    put(f, ")");
}

static void put_organization_test(Filter *f, const Cond *cond)
{
    put(f, "EXISTS (SELECT 1 FROM ");
    put(f, is_postgres(f) ? "hecate.memberships m JOIN hecate.organizations o" : "hecate_memberships m JOIN hecate_organizations o");
    put(f, " ON o.id = m.organization_id WHERE m.user_id = u.id AND ");
    put_column_test(f, cond);
    put(f, ")");
}

/* ---- documents on PostgreSQL: jsonpath, whose lax mode steps through arrays; the path and the values are bound ---- */

static void write_value(Buf *buf, const CondValue *value)
{
    if (value->kind == F_TEXT)
        json_write_string(buf, value->text, JSON_PLAIN);
    else if (value->kind == F_BOOL)
        buf_puts(buf, value->number != 0 ? "true" : "false");
    else
        json_write_double(buf, value->kind == F_DOUBLE ? value->real : (double)value->number);
}

/* Equality alone has an index, and its path holds the value itself. */
static void put_path_candidates(Filter *f, const Cond *cond)
{
    Buf path = buf_in(f->ctx->arena, 64 * 1024);
    char *text = "$";

    buf_char(&path, '$');
    for (size_t i = 0; i < cond->path.n; i++) {
        buf_char(&path, '.');
        json_write_string(&path, cond->path.v[i], JSON_PLAIN);
    }
    buf_puts(&path, " ? (@ == ");
    write_value(&path, &cond->low);
    buf_puts(&path, ")");
    if (buf_text(&path, &text) != OK)
        f->query->sql.over = true;
    put(f, columns[cond->field].sql);
    put(f, " @? CAST(");
    filter_value(f, (Value){ .kind = F_TEXT, .text = text });
    put(f, " AS jsonpath) AND ");
}

static void path_value(Buf *path, Buf *vars, const char *name, const CondValue *value)
{
    buf_printf(path, "$%s", name);
    buf_printf(vars, "%s\"%s\":", vars->len == 1 ? "" : ",", name);
    write_value(vars, value);
}

/* The pieces as an anchored regular expression in a path's string; every sign that is no letter or digit is escaped. */
static void path_regex(Filter *f, Buf *path, const Texts *pieces)
{
    Buf regex = buf_in(f->ctx->arena, 64 * 1024);
    char *text = "";

    buf_char(&regex, '^');
    for (size_t i = 0; i < pieces->n; i++) {
        buf_puts(&regex, i == 0 ? "" : ".*");
        for (const char *c = pieces->v[i]; *c != '\0'; c++) {
            if ((unsigned char)*c < 0x80 && strchr(".^$*+?()[]{}|\\-", *c) != NULL)
                buf_char(&regex, '\\');
            buf_char(&regex, *c);
        }
    }
    buf_char(&regex, '$');
    if (buf_text(&regex, &text) != OK)
        f->query->sql.over = true;
    buf_puts(path, "@ like_regex ");
    json_write_string(path, text, JSON_PLAIN);
    buf_puts(path, " flag \"s\"");
}

static void path_range(Buf *path, Buf *vars, const Cond *cond)
{
    const bool both = cond->low.kind != F_END && cond->high.kind != F_END;

    if (cond->low.kind != F_END) {
        buf_puts(path, cond->low.without ? "@ > " : "@ >= ");
        path_value(path, vars, "a", &cond->low);
    }
    buf_puts(path, both ? " && " : "");
    if (cond->high.kind != F_END) {
        buf_puts(path, cond->high.without ? "@ < " : "@ <= ");
        path_value(path, vars, "b", &cond->high);
    }
}

static void path_test(Filter *f, Buf *path, Buf *vars, const Cond *cond)
{
    buf_puts(path, " ? (");
    if (cond->kind == COND_EQUAL) {
        buf_puts(path, "@ == ");
        path_value(path, vars, "a", &cond->low);
    } else if (cond->kind == COND_MATCH) {
        path_regex(f, path, &cond->pieces);
    } else if (cond->kind == COND_RANGE && (cond->low.kind != F_END || cond->high.kind != F_END)) {
        path_range(path, vars, cond);
    } else {
        buf_puts(path, "@ != null && (@.type() != \"object\" || exists(@.*))");
    }
    buf_puts(path, ")");
}

static void put_path_test(Filter *f, const Cond *cond)
{
    Buf path = buf_in(f->ctx->arena, 64 * 1024), vars = buf_in(f->ctx->arena, 64 * 1024);
    char *path_text = "$", *vars_text = "{}";

    buf_char(&path, '$');
    buf_char(&vars, '{');
    for (size_t i = 0; i < cond->path.n; i++) {
        buf_char(&path, '.');
        json_write_string(&path, cond->path.v[i], JSON_PLAIN);
    }
    path_test(f, &path, &vars, cond);
    buf_char(&vars, '}');
    if (buf_text(&path, &path_text) != OK || buf_text(&vars, &vars_text) != OK)
        f->query->sql.over = true;
    put(f, "jsonb_path_exists(");
    put(f, columns[cond->field].sql);
    put(f, ", CAST(");
    filter_value(f, (Value){ .kind = F_TEXT, .text = path_text });
    put(f, " AS jsonpath), CAST(");
    filter_value(f, (Value){ .kind = F_TEXT, .text = vars_text });
    put(f, " AS jsonb))");
}

/* ---- documents on SQLite: a join of json_each() a step: s is the member with the step's name, e each element of it ---- */

static void put_step(Filter *f, const Cond *cond, size_t step)
{
    Buf *sql = &f->query->sql;

    if (step == 0)
        buf_printf(sql, "json_each(CASE WHEN json_valid(%s) THEN %s ELSE '{}' END) s0", columns[cond->field].sql, columns[cond->field].sql);
    else
        buf_printf(sql, ", json_each(CASE e%zu.type WHEN 'object' THEN e%zu.value ELSE '{}' END) s%zu", step - 1, step - 1, step);
    buf_printf(sql,
               ", json_each(CASE s%zu.type WHEN 'array' THEN s%zu.value WHEN 'object' THEN '[' || s%zu.value || ']' WHEN 'true' THEN '[true]' "
               "WHEN 'false' THEN '[false]' WHEN 'null' THEN '[]' ELSE json_array(s%zu.value) END) e%zu",
               step, step, step, step, step);
}

/* The types that a value may be compared with. */
static const char *types_of(const CondValue *value)
{
    return value->kind == F_TEXT ? "= 'text'" : value->kind == F_BOOL ? (value->number != 0 ? "= 'true'" : "= 'false'") : "IN ('integer', 'real')";
}

static void put_element(Filter *f, size_t last, const char *sign, const CondValue *value)
{
    buf_printf(&f->query->sql, " AND e%zu.type %s", last, types_of(value));
    if (value->kind == F_BOOL)
        return;
    buf_printf(&f->query->sql, " AND e%zu.value %s ", last, sign);
    filter_value(f, (Value){ .kind = value->kind, .text = value->text, .number = value->number, .real = value->real });
}

static void put_element_test(Filter *f, const Cond *cond, size_t last)
{
    if (cond->kind == COND_EQUAL) {
        put_element(f, last, "=", &cond->low);
    } else if (cond->kind == COND_MATCH) {
        buf_printf(&f->query->sql, " AND e%zu.type = 'text' AND e%zu.value LIKE ", last, last);
        filter_value(f, (Value){ .kind = F_TEXT, .text = like_pattern(f, &cond->pieces, false) });
        put(f, " ESCAPE '\\'");
    } else if (cond->kind == COND_RANGE && (cond->low.kind != F_END || cond->high.kind != F_END)) {
        if (cond->low.kind != F_END)
            put_element(f, last, cond->low.without ? ">" : ">=", &cond->low);
        if (cond->high.kind != F_END)
            put_element(f, last, cond->high.without ? "<" : "<=", &cond->high);
    } else {
        buf_printf(&f->query->sql, " AND e%zu.type <> 'null' AND (e%zu.type <> 'object' OR e%zu.value <> '{}')", last, last, last);
    }
}

static void put_tree_test(Filter *f, const Cond *cond)
{
    const size_t n = cond->path.n;

    put(f, "EXISTS (SELECT 1 FROM ");
    for (size_t i = 0; i < n; i++)
        put_step(f, cond, i);
    for (size_t i = 0; i < n; i++) {
        buf_printf(&f->query->sql, "%ss%zu.key = ", i == 0 ? " WHERE " : " AND ", i);
        filter_value(f, (Value){ .kind = F_TEXT, .text = cond->path.v[i] });
    }
    put_element_test(f, cond, n - 1);
    put(f, ")");
}

/* ---- the tree ---- */

static void put_test(Filter *f, const Cond *cond)
{
    if (is_document(cond->field) && f->by_index && is_postgres(f) && cond->kind == COND_EQUAL)
        put_path_candidates(f, cond);
    else if (is_document(cond->field) && f->by_index)
        filter_value_candidates(f, cond);
    if (is_document(cond->field))
        (is_postgres(f) ? put_path_test : put_tree_test)(f, cond);
    else
        (cond->field == UF_ORGANIZATION ? put_organization_test : is_identity(cond->field) ? put_identity_test : put_column_test)(f, cond);
}

void filter_cond(Filter *f, const Cond *cond)
{
    put(f, "(");
    if (cond->kind == COND_NOBODY) {
        put(f, "false");
    } else if (cond->kind == COND_NOT) {
        put(f, "NOT coalesce("); /* what is unknown is not met */
        filter_cond(f, cond->a);
        put(f, ", false)");
    } else if (cond->kind == COND_AND || cond->kind == COND_OR) {
        filter_cond(f, cond->a);
        put(f, cond->kind == COND_AND ? " AND " : " OR ");
        filter_cond(f, cond->b);
    } else {
        put_test(f, cond);
    }
    put(f, ")");
}
