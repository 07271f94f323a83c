/* templates.c: templates of tokens (spec/clerk.md 4.5), and tokens by them. What is ours in a token stands in no template, and is written over what a
 * template says in any case. */
#include "directory/templates.h"
#include "base/clock.h"
#include "dialect/clerk/internal.h"
#include "json/json.h"

enum { LEAST_LIFE = 30, MOST_LIFE = 315360000, DEFAULT_LIFE = 60, MOST_SKEW = 300, DEFAULT_SKEW = 5, DEFAULT_LIMIT = 10 };

/* ---- what goes out ---- */

static void *view(Ctx *ctx, const TokenTemplate *row)
{
    ClerkTemplate *shown = ARENA_NEW(ctx->arena, ClerkTemplate);

    *shown = (ClerkTemplate){
        .object = "jwt_template",
        .id = clerk_id(ctx->arena, "jtmp_", row->id),
        .name = row->name,
        .claims = row->claims,
        .lifetime = row->lifetime,
        .allowed_clock_skew = row->skew,
        .custom_signing_key = row->sealed_key != NULL,
        .signing_algorithm = row->algorithm,
        .created_at = row->created_at,
        .updated_at = row->updated_at,
    };
    return shown;
}

static Err reply_template(Ctx *ctx, Reply *reply, const TokenTemplate *row)
{
    return reply_object(ctx, reply, 200, view(ctx, row), JSON_PLAIN);
}

static Err no_template(Ctx *ctx, Err err)
{
    return err == E_NO_ROW ? clerk_fail(ctx, SAY_NO_TEMPLATE_ID, NOWHERE, clerk_shown(ctx, req_param(ctx, "template_id"))) : err;
}

static Err path_id(Ctx *ctx, const char **ret)
{
    *ret = clerk_id_read(ctx->arena, "jtmp_", req_param(ctx, "template_id"));
    return no_template(ctx, *ret == NULL ? E_NO_ROW : OK);
}

/* ---- what comes in ---- */

static Err check_name(Ctx *ctx, const char *name)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

    if (*name == '\0')
        return clerk_fail(ctx, SAY_NIL, AT(ClerkTemplateIn, name), NULL);
    return strspn(name, allowed) == strlen(name) ? OK : clerk_fail(ctx, SAY_TEMPLATE_NAME, AT(ClerkTemplateIn, name), NULL);
}

/* Claims that are the server's: those of each token, and those of a session's, by which clients know one. */
static Err check_claims(Ctx *ctx, const char *claims)
{
    static const char *const reserved[] = { "act", "azp", "exp", "fea", "fva", "iat", "iss", "jti", "nbf", "o", "pla", "sid", "sts", "sub", "v" };

    if (json_size(claims) > CLERK_MOST_METADATA)
        return clerk_fail(ctx, SAY_SIZE, AT(ClerkTemplateIn, claims), NULL);
    for (size_t i = 0; i < COUNTOF(reserved); i++)
        if (json_value(ctx->arena, claims, reserved[i]) != NULL)
            return clerk_fail(ctx, SAY_RESERVED, AT(ClerkTemplateIn, claims), reserved[i]);
    return OK;
}

static Err check_number(Ctx *ctx, int64_t number, ptrdiff_t at, int64_t least, int64_t most)
{
    if (number < least)
        return clerk_fail(ctx, SAY_LIMIT_LEAST, at, arena_printf(ctx->arena, "%lld", (long long)least));
    return number > most ? clerk_fail(ctx, SAY_LIFE_MOST, at, arena_printf(ctx->arena, "%lld", (long long)most)) : OK;
}

static Err needs(Ctx *ctx, ptrdiff_t at, const char *name)
{
    return clerk_fail(ctx, SAY_NEEDS, at, arena_printf(ctx->arena, "`%s` is required when `custom_signing_key` is present.", name));
}

/* A key of the template's own, as it is kept: a secret as it is, any other as a JWK. */
static Err read_key(Ctx *ctx, const ClerkTemplateIn *in, TokenTemplate *row, const char **ret)
{
    const Alg alg = in->signing_algorithm == NULL ? ALG_NONE : alg_named(str_of(in->signing_algorithm));
    char *jwk;

    if (in->signing_algorithm == NULL)
        return needs(ctx, AT(ClerkTemplateIn, signing_algorithm), "signing_algorithm");
    if (text_empty(in->signing_key))
        return needs(ctx, AT(ClerkTemplateIn, signing_key), "signing_key");
    if (alg == ALG_NONE)
        return clerk_fail(ctx, SAY_CHOICE, AT(ClerkTemplateIn, signing_algorithm),
                          arena_printf(ctx->arena,
                                       "%s does not match the allowed values for parameter signing_algorithm. Allowed values: ES256, ES512, EdDSA, "
                                       "HS256, RS256, RS512",
                                       clerk_shown(ctx, in->signing_algorithm)));
    row->algorithm = alg_name(alg);
    *ret = in->signing_key;
    if (alg == ALG_HS256)
        return OK;
    if (key_pem_to_jwk(ctx, str_of(in->signing_key), alg, &jwk) != OK)
        return clerk_fail(ctx, SAY_SIGNING_KEY, AT(ClerkTemplateIn, signing_key), NULL);
    *ret = jwk;
    return OK;
}

#define GAVE(member) (HAS(in, member) && !IS_NULL(in, member))

/* What the body gives goes into the row; `*key` NULL: no new key. */
static Err take(Ctx *ctx, const ClerkTemplateIn *in, TokenTemplate *row, const char **key)
{
    *key = NULL;
    if (GAVE(name))
        TRY(check_name(ctx, in->name));
    if (GAVE(claims))
        TRY(check_claims(ctx, in->claims));
    row->name = GAVE(name) ? in->name : row->name;
    row->claims = GAVE(claims) ? in->claims : row->claims;
    if (HAS(in, lifetime))
        row->lifetime = IS_NULL(in, lifetime) ? DEFAULT_LIFE : in->lifetime;
    if (HAS(in, allowed_clock_skew))
        row->skew = IS_NULL(in, allowed_clock_skew) ? DEFAULT_SKEW : in->allowed_clock_skew;
    TRY(check_number(ctx, row->lifetime, AT(ClerkTemplateIn, lifetime), LEAST_LIFE, MOST_LIFE));
    TRY(check_number(ctx, row->skew, AT(ClerkTemplateIn, allowed_clock_skew), 0, MOST_SKEW));
    if (!GAVE(custom_signing_key))
        return OK;
    if (in->custom_signing_key)
        return in->signing_key == NULL && row->sealed_key != NULL ? OK : read_key(ctx, in, row, key);
    row->sealed_key = NULL;
    row->algorithm = alg_name(ALG_RS256);
    return OK;
}

static Err named(Ctx *ctx, Err err, const TokenTemplate *row)
{
    return err == E_CONFLICT ? clerk_fail(ctx, SAY_RECORDED, AT(ClerkTemplateIn, name), row->name) : no_template(ctx, err);
}

/* ---- the endpoints ---- */

Err clerk_template_list(Ctx *ctx, const Req *req, Reply *reply)
{
    ClerkPageQuery in = { .limit = DEFAULT_LIMIT };
    ClerkPage page = { 0 };
    List rows = { 0 };

    TRY(clerk_read_page(ctx, req, &in));
    TRY(dir_template_list(ctx, in.limit, in.offset, &rows, &page.total_count));
    for (size_t i = 0; i < rows.n; i++)
        list_add(ctx->arena, &page.data, view(ctx, rows.v[i]));
    return in.paginated ? reply_json(ctx, reply, 200, "application/json", clerk_template_page, &page, JSON_PLAIN)
                        : clerk_reply_list(reply, clerk_template, &page.data);
}

Err clerk_template_create(Ctx *ctx, const Req *req, Reply *reply)
{
    TokenTemplate row = { .lifetime = DEFAULT_LIFE, .skew = DEFAULT_SKEW, .algorithm = alg_name(ALG_RS256) };
    ClerkTemplateIn in = { 0 };
    const char *key;

    TRY(clerk_read_body(ctx, req, &in));
    TRY(take(ctx, &in, &row, &key));
    TRY(named(ctx, dir_template_create(ctx, &row, key), &row));
    return reply_template(ctx, reply, &row);
}

Err clerk_template_get(Ctx *ctx, const Req *req, Reply *reply)
{
    TokenTemplate *row;
    const char *id;

    (void)req;
    TRY(path_id(ctx, &id));
    TRY(no_template(ctx, dir_template_get(ctx, id, NULL, &row)));
    return reply_template(ctx, reply, row);
}

Err clerk_template_update(Ctx *ctx, const Req *req, Reply *reply)
{
    ClerkTemplateIn in = { 0 };
    const char *id, *key;
    TokenTemplate *row;

    TRY(clerk_read_body(ctx, req, &in));
    TRY(path_id(ctx, &id));
    TRY(no_template(ctx, dir_template_get(ctx, id, NULL, &row)));
    TRY(take(ctx, &in, row, &key));
    TRY(named(ctx, dir_template_update(ctx, row, key), row));
    return reply_template(ctx, reply, row);
}

Err clerk_template_delete(Ctx *ctx, const Req *req, Reply *reply)
{
    const ClerkDeleted out = { .object = "jwt_template", .id = req_param(ctx, "template_id"), .deleted = true };
    const char *id;

    (void)req;
    TRY(path_id(ctx, &id));
    TRY(no_template(ctx, dir_template_delete(ctx, id)));
    return reply_object(ctx, reply, 200, &out, JSON_PLAIN);
}

/* ---- tokens ---- */

static void key_freep(Key **key)
{
    key_free(*key);
}

/* By the template's own key, which has no id: who verifies has it already. */
static Err sign_with_own(Ctx *ctx, const TokenTemplate *row, const char *claims, char **ret)
{
    Key *key CLEANUP(key_freep) = NULL;
    KeySet set = { 0 };
    Str secret;

    TRY(dir_template_key(ctx, row, &secret));
    TRY(text_eq(row->algorithm, "HS256") ? key_from_secret(secret, NULL, &key) : key_from_jwk(ctx, secret, &key));
    set.signer = key;
    return jwt_sign(ctx->arena, &set, "JWT", claims, ret);
}

Err clerk_sign_template(Ctx *ctx, const TokenTemplate *row, const SessionShown *shown, const Session *session, int64_t life, const char **ret)
{
    const ClerkSettings *settings = ctx_settings(ctx);
    const ClerkClaims own = clerk_token_claims(ctx, session, life == 0 ? row->lifetime : life, row->skew);
    Buf buf = buf_in(ctx->arena, 4096);
    char *filled, *ours, *token;

    TRY(clerk_fill_claims(ctx, row->claims, shown, &filled));
    json_write(&buf, clerk_claims, &own, JSON_PLAIN);
    TRY(buf_text(&buf, &ours));
    /* What is ours comes last. Nulls of the template stay: only a null of the change removes. */
    filled = json_merge(ctx->arena, filled, ours, MERGE_TOP);
    TRY(row->sealed_key != NULL ? sign_with_own(ctx, row, filled, &token) : jwt_sign(ctx->arena, settings->keys, "JWT", filled, &token));
    *ret = token;
    return OK;
}
