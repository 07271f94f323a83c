/* instance.c: what is said of the whole instance (spec/clerk.md 3.5, 4.5). Its settings are the server's own: what would change one is refused, what
 * says it as it is, is taken. */
#include "base/id.h"
#include "dialect/clerk/internal.h"

enum { ROLES_MOST = 2, PERMISSIONS_MOST = 6 };

static const ClerkSettings *settings_of(const Ctx *ctx)
{
    return ctx_settings(ctx);
}

Err clerk_instance_get(Ctx *ctx, const Req *req, Reply *reply)
{
    const ClerkInstance out = { "instance", settings_of(ctx)->instance_id, settings_of(ctx)->live ? "production" : "development", NULL, NULL };

    (void)req;
    return reply_object(ctx, reply, 200, &out, JSON_PLAIN);
}

Err clerk_instance_set(Ctx *ctx, const Req *req, Reply *reply)
{
    ClerkInstanceIn in = { 0 };
    const ptrdiff_t hibp = AT(ClerkInstanceIn, hibp);

    TRY(clerk_read_body(ctx, req, &in));
    if (HAS(&in, hibp) && !IS_NULL(&in, hibp) && in.hibp != ctx->directory->pwned.on)
        return fail(ctx, E_FEATURE_OFF, hibp, NULL);
    if (in.test_mode || in.enhanced_email_deliverability || in.cookieless_dev || in.url_based_session_syncing || in.allowed_origins.n > 0)
        return fail(ctx, E_FEATURE_OFF, NOWHERE, NULL);
    if (!text_empty(in.support_email) || !text_empty(in.clerk_js_version) || !text_empty(in.development_origin) || !text_empty(in.preferred_strategy))
        return fail(ctx, E_FEATURE_OFF, NOWHERE, NULL);
    reply->status = 204;
    return OK;
}

/* ---- organizations ---- */

static const ClerkOrganizationSettings as_it_is = {
    .object = "organization_settings",
    .enabled = true,
    .max_allowed_memberships = CLERK_DEFAULT_QUOTA,
    .max_allowed_roles = ROLES_MOST,
    .max_allowed_permissions = PERMISSIONS_MOST,
    .creator_role = "org:admin",
    .admin_delete_enabled = true,
    .domains_default_role = "org:member",
};

Err clerk_organization_settings_get(Ctx *ctx, const Req *req, Reply *reply)
{
    (void)req;
    return reply_object(ctx, reply, 200, &as_it_is, JSON_PLAIN);
}

Err clerk_organization_settings_set(Ctx *ctx, const Req *req, Reply *reply)
{
    ClerkOrganizationSettings in = as_it_is;

    TRY(clerk_read_body(ctx, req, &in));
    if (IS_NULL(&in, enabled))
        in.enabled = true;
    if (IS_NULL(&in, admin_delete_enabled))
        in.admin_delete_enabled = true;
    if (IS_NULL(&in, max_allowed_memberships))
        in.max_allowed_memberships = CLERK_DEFAULT_QUOTA;
    if (!in.enabled || !in.admin_delete_enabled || in.max_allowed_memberships != CLERK_DEFAULT_QUOTA || in.domains_enabled)
        return fail(ctx, E_FEATURE_OFF, NOWHERE, NULL);
    if (in.domains_enrollment_modes.n > 0 || !text_empty(in.creator_role_id) || !text_empty(in.domains_default_role_id))
        return fail(ctx, E_FEATURE_OFF, NOWHERE, NULL);
    return reply_object(ctx, reply, 200, &as_it_is, JSON_PLAIN);
}

/* ---- domains: the one that session tokens are from ---- */

Err clerk_domain_list(Ctx *ctx, const Req *req, Reply *reply)
{
    const ClerkSettings *settings = settings_of(ctx);
    const char *host = settings->frontend == NULL ? "localhost" : settings->frontend;
    ClerkDomain domain = {
        .object = "domain",
        .id = clerk_id(ctx->arena, "dmn_", UUID_NIL),
        .name = host,
        .frontend_api_url = arena_printf(ctx->arena, "https://%s", host),
        .development_origin = "",
    };
    ClerkPage page = { .total_count = 1 };

    (void)req;
    list_add(ctx->arena, &page.data, &domain);
    return reply_object(ctx, reply, 200, &page, JSON_PLAIN);
}
