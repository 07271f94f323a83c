/* organizations.c: organizations: how they come to be, change and go. */
#include "directory/organizations.h"
#include "base/id.h"
#include "directory/internal.h"
#include "store/organizations.h"
#include "json/json.h"

enum { SHORT_ID = 16, SLUG_TRIES = 5, SLUG_TAIL = 8, MOST_FOUND = 500 };
static const char alphanumeric[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
static const char small[] = "0123456789abcdefghijklmnopqrstuvwxyz";

/* ---- what all of it stands on ---- */

static Err no_organization(Ctx *ctx, Err err)
{
    return err == E_NO_ROW ? fail(ctx, E_NO_ORGANIZATION, NOWHERE, NULL) : err;
}

Err organization_load(Tx *tx, const char *id, Organization **ret)
{
    Ctx *ctx = tx_ctx(tx);
    const OrganizationKey key = { .id = id, .now = ctx->now };

    TRY(no_organization(ctx, store_organization_lock(tx, id)));
    return no_organization(ctx, store_organization_get(tx, &key, ret));
}

Err organization_blame(Ctx *ctx, Err err, ptrdiff_t at)
{
    return err == OK ? OK : fail_at(ctx, err, at);
}

Err organization_event(Tx *tx, EventKind kind, const char *organization_id, const char *user_id, const char *email)
{
    const Traits traits = { .organization_id = organization_id, .user_id = user_id, .user_email = email };

    return event_add(tx, kind, NULL, &traits);
}

Err organization_doc(Ctx *ctx, const char **doc, const char *change, MetaMode mode, int64_t max, ptrdiff_t at)
{
    const char *merged = json_merge(ctx->arena, *doc, change, mode == META_DEEP ? MERGE_DEEP : MERGE_REPLACE);

    if (max != 0 && json_size(merged) > (size_t)max)
        return fail(ctx, E_TOO_LONG, at, NULL);
    *doc = merged;
    return OK;
}

Err organizations_by_id(Tx *tx, const Texts *ids, List *ret)
{
    const OrganizationQuery query = { .ids = *ids, .limit = MOST_FOUND };

    return ids->n == 0 ? OK : store_organization_list(tx, &query, ret);
}

Err users_by_id(Tx *tx, const Texts *ids, List *ret)
{
    UserQuery *query = ARENA_NEW(tx_ctx(tx)->arena, UserQuery);

    *query = (UserQuery){ .ids = *ids, .limit = MOST_FOUND, .parts = USER_WHOLE };
    return ids->n == 0 ? OK : store_user_list(tx, query, ret);
}

const User *user_of(const List *users, const char *id)
{
    for (size_t i = 0; i < users->n; i++)
        if (text_eq(((const User *)users->v[i])->id, id))
            return users->v[i];
    return NULL;
}

const Organization *organization_of(const List *organizations, const char *id)
{
    for (size_t i = 0; i < organizations->n; i++)
        if (text_eq(((const Organization *)organizations->v[i])->id, id))
            return organizations->v[i];
    return NULL;
}

/* ---- names and slugs ---- */

static bool is_small(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool slug_valid(const char *text)
{
    if (text_empty(text) || strlen(text) > LONGEST_SLUG || !is_small(*text))
        return false;
    for (const char *c = text; *c != '\0'; c++)
        if (!is_small(*c) && *c != '-' && *c != '_')
            return false;
    return true;
}

/* Letters and digits of the name, in lower case, with a '-' in the place of all between them. */
static const char *slug_from(Ctx *ctx, const char *name)
{
    Buf buf = buf_in(ctx->arena, LONGEST_SLUG);
    char *slug = "";
    bool gap = false;

    for (const char *c = text_lower(ctx->arena, name); *c != '\0' && buf.len < LONGEST_SLUG - SLUG_TAIL - 2; c++) {
        if (is_small(*c)) {
            if (gap && buf.len > 0)
                buf_char(&buf, '-');
            buf_char(&buf, *c);
        }
        gap = !is_small(*c);
    }
    IGNORE(buf_text(&buf, &slug)); /* the loop ends before the cap */
    return *slug == '\0' ? arena_printf(ctx->arena, "org-%s", random_text(ctx->arena, SLUG_TAIL, small)) : slug;
}

static Err check_names(Ctx *ctx, const char *name, ptrdiff_t at_name, const char *slug, ptrdiff_t at_slug)
{
    if (text_empty(name) || utf8_length(str_of(name)) > LONGEST_ORGANIZATION_NAME)
        return fail(ctx, E_BAD_VALUE, at_name, NULL);
    return slug_valid(slug) ? OK : fail(ctx, E_BAD_VALUE, at_slug, NULL);
}

/* ---- coming to be ---- */

static Err make_creator_admin(Tx *tx, const Organization *organization, const User *user)
{
    Membership membership = { .organization_id = organization->id, .user_id = user->id, .role = ROLE_ADMIN };
    Organization alone = *organization;

    alone.max_memberships = 0; /* the first one always has room */
    return member_insert(tx, &alone, user, &membership);
}

typedef struct Creation {
    const Organization *in;
    Organization *made;
} Creation;

static Err insert_organization(Tx *tx, void *arg)
{
    Creation *creation = arg;
    const Organization *in = creation->in;
    const OrganizationKey key = { .id = in->id, .now = tx_ctx(tx)->now };
    User *user = NULL;

    if (in->created_by != NULL)
        TRY(organization_blame(tx_ctx(tx), member_user(tx, in->created_by, &user), AT(Organization, created_by)));
    TRY(store_organization_insert(tx, in));
    TRY(organization_event(tx, EV_ORGANIZATION_CREATED, in->id, NULL, NULL));
    if (user != NULL)
        TRY(make_creator_admin(tx, in, user));
    return store_organization_get(tx, &key, &creation->made);
}

/* One that was made of the name gives way to what is there. */
static Err insert_with_slug(Ctx *ctx, Organization *organization, bool given)
{
    const char *slug = organization->slug;
    Creation creation = { .in = organization };
    Err err = E_SLUG_TAKEN;

    for (int i = 0; i < SLUG_TRIES && err == E_SLUG_TAKEN; i++) {
        if (i > 0)
            organization->slug = arena_printf(ctx->arena, "%s-%s", slug, random_text(ctx->arena, SLUG_TAIL, small));
        err = tx_run(ctx, insert_organization, &creation);
        if (given)
            break;
    }
    TRY(err == E_SLUG_TAKEN ? fail(ctx, E_SLUG_TAKEN, AT(Organization, slug), NULL) : err);
    *organization = *creation.made;
    return OK;
}

Err dir_organization_create(Ctx *ctx, Organization *in, int64_t meta_max)
{
    const bool given = in->slug != NULL;
    const char *public_metadata = in->public_metadata, *private_metadata = in->private_metadata;

    in->public_metadata = in->private_metadata = NULL;
    in->slug = given || text_empty(in->name) ? in->slug : slug_from(ctx, in->name);
    TRY(check_names(ctx, in->name, AT(Organization, name), in->slug, AT(Organization, slug)));
    TRY(organization_doc(ctx, &in->public_metadata, public_metadata, META_DEEP, meta_max, AT(Organization, public_metadata)));
    TRY(organization_doc(ctx, &in->private_metadata, private_metadata, META_DEEP, meta_max, AT(Organization, private_metadata)));
    in->id = uuid_new(ctx->arena);
    in->short_id = arena_printf(ctx->arena, "org_%s", random_text(ctx->arena, SHORT_ID, alphanumeric));
    in->created_at = in->created_at == 0 ? ctx->now : in->created_at;
    in->updated_at = ctx->now;
    in->admin_delete_enabled = true;
    return insert_with_slug(ctx, in, given);
}

/* ---- reading ---- */

Err dir_organization_get(Ctx *ctx, const char *id, const char *short_id, const char *slug, Organization **ret)
{
    const OrganizationKey key = { .id = id, .short_id = short_id, .slug = slug, .now = ctx->now };

    return no_organization(ctx, store_organization_get(db_auto(ctx), &key, ret));
}

Err dir_organization_list(Ctx *ctx, const OrganizationQuery *query, List *ret, int64_t *total)
{
    if (total != NULL)
        TRY(store_organization_count(db_auto(ctx), query, total));
    return store_organization_list(db_auto(ctx), query, ret);
}

/* ---- changing ---- */

typedef struct OrganizationChange {
    const char *id;
    const OrganizationPatch *in;
    const char *image_id, *image_before;
    Organization *after;
} OrganizationChange;

static Err save(Tx *tx, Organization *organization)
{
    const int64_t now = tx_ctx(tx)->now;

    organization->updated_at = now > organization->updated_at ? now : organization->updated_at + 1;
    TRY(store_organization_update(tx, organization));
    return organization_event(tx, EV_ORGANIZATION_MODIFIED, organization->id, NULL, NULL);
}

static Err patch_docs(Ctx *ctx, const OrganizationPatch *in, Organization *to)
{
    if (HAS(in, public_metadata))
        TRY(organization_doc(ctx, &to->public_metadata, in->public_metadata, in->meta_mode, in->meta_max, AT(OrganizationPatch, public_metadata)));
    if (HAS(in, private_metadata))
        TRY(organization_doc(ctx, &to->private_metadata, in->private_metadata, in->meta_mode, in->meta_max, AT(OrganizationPatch, private_metadata)));
    if (HAS(in, branding))
        to->branding = in->branding;
    return OK;
}

static void patch_values(const OrganizationPatch *in, Organization *to)
{
    if (HAS(in, name))
        to->name = in->name;
    if (HAS(in, slug))
        to->slug = in->slug;
    if (HAS(in, max_memberships))
        to->max_memberships = in->max_memberships;
    if (HAS(in, admin_delete_enabled))
        to->admin_delete_enabled = in->admin_delete_enabled;
    if (HAS(in, created_at))
        to->created_at = in->created_at;
}

static Err update_organization(Tx *tx, void *arg)
{
    OrganizationChange *change = arg;
    Ctx *ctx = tx_ctx(tx);
    Organization *organization;

    TRY(organization_load(tx, change->id, &organization));
    patch_values(change->in, organization);
    TRY(check_names(ctx, organization->name, AT(OrganizationPatch, name), organization->slug, AT(OrganizationPatch, slug)));
    TRY(patch_docs(ctx, change->in, organization));
    change->after = organization;
    return save(tx, organization);
}

Err dir_organization_update(Ctx *ctx, const char *id, const OrganizationPatch *in, Organization **ret)
{
    OrganizationChange change = { .id = id, .in = in };
    const Err err = tx_run(ctx, update_organization, &change);

    if (err == E_SLUG_TAKEN)
        return fail(ctx, E_SLUG_TAKEN, AT(OrganizationPatch, slug), NULL);
    TRY(err);
    *ret = change.after;
    return OK;
}

static Err delete_organization(Tx *tx, void *arg)
{
    OrganizationChange *change = arg;
    Organization *organization;

    TRY(organization_load(tx, change->id, &organization));
    change->image_before = organization->image_id;
    TRY(store_organization_delete(tx, change->id, NULL));
    return organization_event(tx, EV_ORGANIZATION_DELETED, change->id, NULL, NULL);
}

Err dir_organization_delete(Ctx *ctx, const char *id)
{
    OrganizationChange change = { .id = id };

    TRY(tx_run(ctx, delete_organization, &change));
    image_forget(ctx, change.image_before);
    return OK;
}

/* ---- its picture ---- */

static Err set_image(Tx *tx, void *arg)
{
    OrganizationChange *change = arg;
    Organization *organization;

    TRY(organization_load(tx, change->id, &organization));
    change->image_before = organization->image_id;
    organization->image_id = change->image_id;
    change->after = organization;
    return change->image_id == NULL && change->image_before == NULL ? OK : save(tx, organization);
}

Err dir_organization_image(Ctx *ctx, const char *id, Str image, Organization **ret)
{
    OrganizationChange change = { .id = id, .image_id = image.n == 0 ? NULL : uuid_new(ctx->arena) };
    Err err;

    TRY(dir_organization_get(ctx, id, NULL, NULL, ret));
    if (image.n > 0)
        TRY(image_write(ctx, change.image_id, image));
    err = tx_run(ctx, set_image, &change);
    if (err != OK && err != E_DB_LOST) /* then nobody knows whether the organization names it */
        image_forget(ctx, change.image_id);
    TRY(err);
    image_forget(ctx, change.image_before);
    *ret = change.after;
    return OK;
}
