/* shortcodes.c: claims of a template with what they ask for (spec/clerk.md 4.7): {{user.first_name}}, {{user.public_metadata.a.b}}, and one after
 * another where the first is not there: {{user.external_id || user.id}}, {{org.slug || 'none'}}. A text that is one shortcode takes the value with
 * its kind; several, or other text around, make a text. What is not there is null. */
#include "dialect/clerk/internal.h"
#include "directory/organizations.h"
#include "json/json.h"

enum { MOST_CLAIMS = 65536 };

/* What can be asked for, by the first word; each an object, or NULL. */
typedef struct Asked {
    Arena *arena;
    const char *user, *org, *membership, *session;
} Asked;

/* ---- what there is ---- */

static const Field user_doc[] = {
    TEXT(ClerkUser, id, "id"),
    TEXT(ClerkUser, external_id, "external_id"),
    TEXT(ClerkUser, username, "username"),
    TEXT(ClerkUser, first_name, "first_name"),
    TEXT(ClerkUser, last_name, "last_name"),
    TEXT(ClerkUser, locale, "locale"),
    TEXT(ClerkUser, image_url, "image_url"),
    BOOL(ClerkUser, has_image, "has_image"),
    BOOL(ClerkUser, two_factor_enabled, "two_factor_enabled"),
    JSON(ClerkUser, public_metadata, "public_metadata", .flags = NULL_AS_EMPTY),
    JSON(ClerkUser, unsafe_metadata, "unsafe_metadata", .flags = NULL_AS_EMPTY),
    TIME_MS(ClerkUser, created_at, "created_at"),
    TIME_MS(ClerkUser, updated_at, "updated_at"),
    TIME_MS(ClerkUser, last_sign_in_at, "last_sign_in_at"),
    END(ClerkUser),
};

/* What Clerk's user has no member for. */
typedef struct More {
    const char *full_name, *email, *phone, *wallet;
    bool email_verified, phone_verified, wallet_verified;
} More;

static const Field more_doc[] = {
    TEXT(More, full_name, "full_name"),
    TEXT(More, email, "primary_email_address"),
    BOOL(More, email_verified, "email_verified"),
    TEXT(More, phone, "primary_phone_number"),
    BOOL(More, phone_verified, "phone_number_verified"),
    TEXT(More, wallet, "primary_web3_wallet"),
    BOOL(More, wallet_verified, "web3_wallet_verified"),
    END(More),
};

static const Field org_doc[] = {
    TEXT(ClerkOrganization, id, "id"),
    TEXT(ClerkOrganization, name, "name"),
    TEXT(ClerkOrganization, slug, "slug"),
    TEXT(ClerkOrganization, role_set_key, "role"),
    TEXT(ClerkOrganization, image_url, "image_url"),
    BOOL(ClerkOrganization, has_image, "has_image"),
    JSON(ClerkOrganization, public_metadata, "public_metadata", .flags = NULL_AS_EMPTY),
    TIME_MS(ClerkOrganization, created_at, "created_at"),
    TIME_MS(ClerkOrganization, updated_at, "updated_at"),
    END(ClerkOrganization),
};

static const Field membership_doc[] = { JSON(Membership, public_metadata, "public_metadata", .flags = NULL_AS_EMPTY), END(Membership) };
static const Field session_doc[] = { TEXT(ClerkSession, id, "id"), END(ClerkSession) };

static Err write_doc(Ctx *ctx, const Field *fields, const void *object, const char **ret)
{
    Buf buf = buf_in(ctx->arena, MOST_CLAIMS);
    char *text;

    json_write(&buf, fields, object, JSON_PLAIN);
    if (buf_text(&buf, &text) != OK)
        return clerk_fail(ctx, SAY_TOKEN_LARGE, NOWHERE, NULL);
    *ret = text;
    return OK;
}

static void take_primary(const List *addresses, const char *id, const char **value, bool *verified)
{
    for (size_t i = 0; id != NULL && i < addresses->n; i++) {
        const ClerkAddress *address = addresses->v[i];

        if (!text_eq(address->id, id))
            continue;
        *value = address->value;
        *verified = address->verification != NULL;
    }
}

static Err open_user(Ctx *ctx, const char *id, const char **ret)
{
    const char *doc, *rest;
    const ClerkUser *view;
    More more = { 0 };
    User *user;

    TRY(dir_user_get(ctx, id, &user));
    view = clerk_user_view(ctx, user);
    more.full_name = view->first_name == NULL || view->last_name == NULL ? view->first_name == NULL ? view->last_name : view->first_name
                                                                         : arena_printf(ctx->arena, "%s %s", view->first_name, view->last_name);
    take_primary(&view->email_addresses, view->primary_email_address_id, &more.email, &more.email_verified);
    take_primary(&view->phone_numbers, view->primary_phone_number_id, &more.phone, &more.phone_verified);
    take_primary(&view->web3_wallets, view->primary_web3_wallet_id, &more.wallet, &more.wallet_verified);
    TRY(write_doc(ctx, user_doc, view, &doc));
    TRY(write_doc(ctx, more_doc, &more, &rest));
    *ret = json_merge(ctx->arena, doc, rest, MERGE_TOP);
    return OK;
}

static Err open_asked(Ctx *ctx, const SessionShown *session, Asked *asked)
{
    const ClerkSession shown = { .id = clerk_id(ctx->arena, "sess_", session->id) };
    Membership *membership;
    ClerkOrganization org;

    asked->arena = ctx->arena;
    TRY(open_user(ctx, session->user_id, &asked->user));
    TRY(write_doc(ctx, session_doc, &shown, &asked->session));
    TRY(clerk_session_membership(ctx, session, &membership));
    if (membership == NULL)
        return OK;
    org = *clerk_organization_view(ctx, membership->organization, false);
    org.role_set_key = clerk_role(membership->role);
    TRY(write_doc(ctx, org_doc, &org, &asked->org));
    return write_doc(ctx, membership_doc, membership, &asked->membership);
}

/* ---- what is asked for ---- */

/* The value at `user.a.b`, JSON; NULL: it is not there. */
static const char *look_up(const Asked *asked, Str path)
{
    const Str root = str_cut(&path, '.');
    const char *doc = str_eq(root, STR("user"))             ? asked->user
                      : str_eq(root, STR("org"))            ? asked->org
                      : str_eq(root, STR("org_membership")) ? asked->membership
                      : str_eq(root, STR("session"))        ? asked->session
                                                            : NULL;

    if (path.p == NULL)
        return NULL;
    while (path.p != NULL && doc != NULL)
        doc = json_value(asked->arena, doc, str_dup(asked->arena, str_cut(&path, '.')));
    return doc;
}

static const char *operand(const Asked *asked, Str text)
{
    text = str_trim(text);
    if (text.n >= 2 && (text.p[0] == '\'' || text.p[0] == '"') && text.p[text.n - 1] == text.p[0])
        return json_quote(asked->arena, str_dup(asked->arena, (Str){ text.p + 1, text.n - 2 }));
    return look_up(asked, text);
}

static bool is_there(const char *value)
{
    return value != NULL && !text_eq(value, "null") && !text_eq(value, "false") && !text_eq(value, "\"\"");
}

/* The end of the operand at the start: before `||` that stands in no quotes. */
static size_t operand_end(Str text)
{
    char quote = '\0';

    for (size_t i = 0; i < text.n; i++)
        if (quote != '\0')
            quote = text.p[i] == quote ? '\0' : quote;
        else if (text.p[i] == '\'' || text.p[i] == '"')
            quote = text.p[i];
        else if (i + 1 < text.n && text.p[i] == '|' && text.p[i + 1] == '|')
            return i;
    return text.n;
}

/* The first operand that is there, or else the last. */
static const char *evaluate(const Asked *asked, Str text)
{
    const char *value;

    for (;;) {
        const size_t n = operand_end(text);

        value = operand(asked, (Str){ text.p, n });
        if (is_there(value) || n == text.n)
            return value == NULL ? "null" : value;
        text = (Str){ text.p + n + 2, text.n - n - 2 };
    }
}

/* ---- texts ---- */

/* The next shortcode of the text, and where it begins; false: there is none. */
static bool next_code(Str text, size_t *start, Str *code)
{
    for (size_t i = 0; i + 1 < text.n; i++) {
        if (text.p[i] != '{' || text.p[i + 1] != '{')
            continue;
        for (size_t end = i + 2; end + 1 < text.n; end++)
            if (text.p[end] == '}' && text.p[end + 1] == '}') {
                *start = i;
                *code = (Str){ text.p + i + 2, end - i - 2 };
                return true;
            }
        return false;
    }
    return false;
}

static void add_value(const Asked *asked, Buf *buf, const char *value)
{
    const char *text = json_text(asked->arena, value);

    if (text != NULL)
        buf_puts(buf, text);
    else if (!text_eq(value, "null"))
        buf_puts(buf, value);
}

static void fill_text(Buf *buf, const char *text, void *arg)
{
    const Asked *asked = arg;
    Buf filled = buf_in(asked->arena, MOST_CLAIMS);
    Str rest = str_of(text), code;
    char *ret = "";
    size_t start;

    if (next_code(rest, &start, &code) && start == 0 && code.n + 4 == rest.n) {
        buf_puts(buf, evaluate(asked, code));
        return;
    }
    while (next_code(rest, &start, &code)) {
        buf_add(&filled, rest.p, start);
        add_value(asked, &filled, evaluate(asked, code));
        rest = (Str){ rest.p + start + code.n + 4, rest.n - start - code.n - 4 };
    }
    buf_str(&filled, rest);
    buf->over = buf->over || buf_text(&filled, &ret) != OK;
    json_write_string(buf, ret, JSON_PLAIN);
}

Err clerk_fill_claims(Ctx *ctx, const char *claims, const SessionShown *session, char **ret)
{
    Buf buf = buf_in(ctx->arena, MOST_CLAIMS);
    Asked asked = { 0 };

    TRY(open_asked(ctx, session, &asked));
    json_swap(ctx->arena, &buf, claims, fill_text, &asked);
    return buf_text(&buf, ret) == OK ? OK : clerk_fail(ctx, SAY_TOKEN_LARGE, NOWHERE, NULL);
}
