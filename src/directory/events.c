/* events.c: the audit trail: a row of auth.audit_log_entries for each thing that was done, in the transaction that did it. */
#include "base/clock.h"
#include "base/id.h"
#include "directory/internal.h"
#include "json/json.h"

enum { MOST_PAYLOAD = 128 * 1024 }; /* metadata has 64 KiB, all of which may be the name */

static const struct {
    const char *action, *log_type;
    bool ip; /* with the caller's address */
} event_rows[EV_KINDS] = {
    [EV_USER_SIGNEDUP] = { "user_signedup", "team" },
    [EV_USER_MODIFIED] = { "user_modified", "user" },
    [EV_USER_DELETED] = { "user_deleted", "team" },
    [EV_LOGIN] = { "login", "account" },
    [EV_LOGOUT] = { "logout", "account" },
    [EV_TOKEN_REFRESHED] = { "token_refreshed", "token" },
    [EV_TOKEN_REVOKED] = { "token_revoked", "token" },
    [EV_USER_REPEATED_SIGNUP] = { "user_repeated_signup", "user" },
    [EV_FACTOR_IN_PROGRESS] = { "factor_in_progress", "factor", true },
    [EV_CHALLENGE_CREATED] = { "challenge_created", "factor", true },
    [EV_VERIFICATION_ATTEMPTED] = { "verification_attempted", "factor", true },
    [EV_FACTOR_UNENROLLED] = { "factor_unenrolled", "factor", true },
    [EV_FACTOR_DELETED] = { "factor_deleted", "factor", true },
    [EV_PASSKEY_DELETED] = { "passkey_deleted", "user", true },
    [EV_FACTOR_UPDATED] = { "factor_updated", "factor" },
    [EV_USER_INVITED] = { "user_invited", "team" },
    [EV_CONFIRMATION_REQUESTED] = { "user_confirmation_requested", "user" },
    [EV_RECOVERY_REQUESTED] = { "user_recovery_requested", "user" },
    [EV_REAUTHENTICATE_REQUESTED] = { "user_reauthenticate_requested", "user" },
    [EV_UPDATED_PASSWORD] = { "user_updated_password", "user" },
    [EV_IDENTITY_LINKED] = { "identity_linked", "user", true },
    [EV_INVITE_ACCEPTED] = { "invite_accepted", "account" },
    [EV_IDENTITY_UNLINKED] = { "identity_unlinked", "user", true },
    [EV_ORGANIZATION_CREATED] = { "organization_created", "organization" },
    [EV_ORGANIZATION_MODIFIED] = { "organization_modified", "organization" },
    [EV_ORGANIZATION_DELETED] = { "organization_deleted", "organization" },
    [EV_MEMBER_ADDED] = { "organization_member_added", "organization" },
    [EV_MEMBER_MODIFIED] = { "organization_member_modified", "organization" },
    [EV_MEMBER_REMOVED] = { "organization_member_removed", "organization" },
    [EV_INVITATION_CREATED] = { "invitation_created", "organization" },
    [EV_INVITATION_REVOKED] = { "invitation_revoked", "organization" },
    [EV_INVITATION_DELETED] = { "invitation_deleted", "organization" },
};

typedef struct Payload {
    const char *action, *actor_id, *actor_name, *actor_username, *log_type;
    bool actor_via_sso;
    const Traits *traits;
} Payload;

static const Field traits_doc[] = {
    TEXT(Traits, challenge_id, "challenge_id", .flags = OMIT_NULL),
    TEXT(Traits, channel, "channel", .flags = OMIT_NULL),
    TEXT(Traits, factor_id, "factor_id", .flags = OMIT_NULL),
    TEXT(Traits, factor_status, "factor_status", .flags = OMIT_NULL),
    TEXT(Traits, factor_type, "factor_type", .flags = OMIT_NULL),
    TEXT(Traits, identity_id, "identity_id", .flags = OMIT_NULL),
    TEXT(Traits, organization_id, "organization_id", .flags = OMIT_NULL),
    TEXT(Traits, passkey_id, "passkey_id", .flags = OMIT_NULL),
    TEXT(Traits, provider, "provider", .flags = OMIT_NULL),
    TEXT(Traits, provider_id, "provider_id", .flags = OMIT_NULL),
    TEXT(Traits, provider_type, "provider_type", .flags = OMIT_NULL),
    TEXT(Traits, session_id, "session_id", .flags = OMIT_NULL),
    TEXT(Traits, user_email, "user_email", .flags = OMIT_NULL),
    TEXT(Traits, user_id, "user_id", .flags = OMIT_NULL),
    TEXT(Traits, user_phone, "user_phone", .flags = OMIT_NULL),
    END(Traits),
};

/* Members in ascending order, as the reference writes them. */
static const Field payload_doc[] = {
    TEXT(Payload, action, "action"),
    TEXT(Payload, actor_id, "actor_id"),
    JSON(Payload, actor_name, "actor_name", .flags = OMIT_NULL),
    TEXT(Payload, actor_username, "actor_username"),
    BOOL(Payload, actor_via_sso, "actor_via_sso"),
    TEXT(Payload, log_type, "log_type"),
    OBJECT(Payload, traits, "traits", traits_doc, .flags = OMIT_NULL),
    END(Payload),
};

static const char *actor_id(const Ctx *ctx, const User *actor)
{
    if (actor != NULL)
        return actor->id;
    return ctx->caller != NULL && ctx->caller->actor_id != NULL ? ctx->caller->actor_id : UUID_NIL;
}

static void set_actor(Ctx *ctx, const User *actor, Payload *payload)
{
    payload->actor_id = actor_id(ctx, actor);
    if (actor != NULL) {
        payload->actor_username = !text_empty(actor->phone) ? actor->phone : !text_empty(actor->email) ? actor->email : "";
        payload->actor_via_sso = actor->is_sso_user;
        payload->actor_name = json_value(ctx->arena, actor->meta_user, "full_name");
        return;
    }
    payload->actor_username = ctx->caller != NULL && ctx->caller->actor_name != NULL ? ctx->caller->actor_name : "";
}

const char *event_payload(Ctx *ctx, EventKind kind, const User *actor, const Traits *traits)
{
    static const Traits none;
    const bool empty = traits == NULL || memcmp(traits, &none, sizeof(none)) == 0;
    Payload payload = { .action = event_rows[kind].action, .log_type = event_rows[kind].log_type, .traits = empty ? NULL : traits };
    Buf buf = buf_in(ctx->arena, MOST_PAYLOAD);
    char *text = "{}";

    set_actor(ctx, actor, &payload);
    json_write(&buf, payload_doc, &payload, JSON_PLAIN);
    if (buf.over) { /* another server's metadata may have a name of any length */
        payload.actor_name = NULL;
        buf = buf_in(ctx->arena, MOST_PAYLOAD);
        json_write(&buf, payload_doc, &payload, JSON_PLAIN);
    }
    IGNORE(buf_text(&buf, &text)); /* all else is bounded far below the cap */
    return text;
}

Err event_add(Tx *tx, EventKind kind, const User *actor, const Traits *traits)
{
    Ctx *ctx = tx_ctx(tx);
    const Event event = { .id = uuid_timed(ctx->arena, ctx->now),
                          .about = traits != NULL && traits->user_id != NULL ? traits->user_id : actor_id(ctx, actor),
                          .payload = event_payload(ctx, kind, actor, traits),
                          .created_at = ctx->now + ctx->events++,
                          .ip_address = event_rows[kind].ip && ctx->ip != NULL ? ctx->ip : "" };

    return ctx->directory->audit_off ? OK : store_event_insert(tx, &event);
}

Err dir_audit_list(Ctx *ctx, const AuditQuery *query, List *ret, int64_t *total)
{
    *ret = (List){ 0 };
    TRY(store_audit_count(db_auto(ctx), query, total));
    return query->offset >= *total ? OK : store_audit_list(db_auto(ctx), query, ret);
}
