/* external.c: a sign-in at another party (spec/gotrue.md 3.15, 3.18): the flow, and the account that it ends in. */
#include "directory/external.h"

#include "base/clock.h"
#include "base/id.h"
#include "directory/post.h"
#include "json/json.h"

enum { MOST_META = 64 * 1024, ROUNDS = 3 };

static const UserPolicy by_party = { .listed = true, .meta_max = MOST_META };

/* ---- the way there ---- */

static Err find_invited(Tx *tx, const char *token, const char **user_id)
{
    Ctx *ctx = tx_ctx(tx);
    const char *secret = strncmp(token, "pkce_", 5) == 0 ? token + 5 : token;
    OneTime found;

    TRY(store_link_find(tx, link_row(ctx, secret), token, TOKEN_CONFIRMATION, TOKEN_INVITE, &found));
    *user_id = found.user_id;
    return OK;
}

Err dir_external_begin(Ctx *ctx, const ExternalAsk *in, char **url)
{
    ProviderAsk page = in->page;
    const char *user_id;
    const Flow flow = { .id = uuid_new(ctx->arena),
                        .auth_code = in->challenge == NULL ? NULL : uuid_new(ctx->arena),
                        .method = in->challenge == NULL ? NULL : in->challenge_method,
                        .challenge = in->challenge,
                        .provider_type = provider_text(page.provider),
                        .authentication_method = "oauth",
                        .invite_token = in->invite_token,
                        .referrer = in->redirect_to,
                        .linking_target_id = in->user_id,
                        .email_optional = ctx->directory->providers[page.provider].email_optional,
                        .created_at = ctx->now };

    if (in->invite_token != NULL) {
        const Err err = find_invited(db_auto(ctx), in->invite_token, &user_id);

        if (err == E_NO_ROW)
            return fail(ctx, E_NO_USER, NOWHERE, "User identified by token not found");
        TRY(err);
    }
    page.state = flow.id;
    TRY(provider_page(ctx, &page, url));
    return store_flow_insert(db_auto(ctx), &flow);
}

static Err load_flow(Ctx *ctx, const char *state, Flow **ret)
{
    const int64_t set = ctx->directory->mail.flow_exp, lives = set < 300 * US_PER_S ? 300 * US_PER_S : set;
    Flow *flow;
    const Err err = store_flow_get(db_auto(ctx), state, &flow);

    if (err == E_NO_ROW || (err == OK && !text_eq(flow->authentication_method, "oauth")))
        return fail(ctx, E_NO_FLOW, NOWHERE, NULL);
    TRY(err);
    if (ctx->now > flow->created_at + lives)
        return fail(ctx, E_FLOW_EXPIRED, NOWHERE, NULL);
    if (flow->user_id != NULL)
        return fail(ctx, E_CONFLICT, NOWHERE, NULL);
    *ret = flow;
    return OK;
}

Err dir_external_flow(Ctx *ctx, const char *state, ExternalFlow *ret)
{
    Flow *flow;
    User *user;

    TRY(load_flow(ctx, state, &flow));
    if (flow->linking_target_id != NULL)
        TRY(dir_user_get(ctx, flow->linking_target_id, &user));
    *ret = (ExternalFlow){ flow->id, flow->provider_type, flow->referrer };
    return OK;
}

/* ---- whose account it is ---- */

typedef enum Fate { FATE_NEW, FATE_LINKED, FATE_KNOWN } Fate;
typedef struct Decision {
    Fate fate;
    const char *user_id, *identity_id;
    bool taken; /* the address, which nobody vouches for, is another user's */
} Decision;

typedef struct Entry {
    const ExternalEnd *in;
    const Flow *flow;
    const ProviderUser *who;
    bool verified;      /* the party says so, or nobody has to */
    Decision seen;      /* before the transaction; it must hold within it */
    Identity identity;  /* the new one */
    const char *own_id; /* of the identity by which somebody is here */
    NewUser new;
    Creation *creation;
    Sending sending;
    ExternalEnded *ret;
    User *user;  /* as it then stands */
    Err refused; /* what was done stays, and the caller gets this */
} Entry;

static void add_once(Ctx *ctx, Texts *texts, const char *text)
{
    for (size_t i = 0; i < texts->n; i++)
        if (text_eq(texts->v[i], text))
            return;
    texts_add(ctx->arena, texts, text);
}

/* Who has an address: those who showed that it is theirs, and those whose core one it is though nobody knows. */
typedef struct Owners {
    Texts proved, claimed;
    bool taken; /* it is an unverified further one of somebody */
} Owners;

/* Is it the user's core address and confirmed, or a further one that is verified? */
static bool owns(const User *user, const char *email)
{
    for (size_t i = 0; i < user->addresses.n; i++) {
        const Address *address = user->addresses.v[i];

        if (text_eq(address->kind, "email") && text_eq(address->value, email) && !address->reserved && address->verified_at != 0)
            return true;
    }
    return text_eq(user->email, email) && user->email_confirmed_at != 0;
}

/* Who has the address, or an identity with it that its party vouches for. */
static Err owners_of(Tx *tx, const char *email, Owners *ret)
{
    Ctx *ctx = tx_ctx(tx);
    List holders = { 0 }, identities = { 0 };
    User *user;

    TRY(store_address_holders(tx, "email", email, &holders));
    for (size_t i = 0; i < holders.n; i++) {
        const char *id = ((const Holder *)holders.v[i])->id;

        TRY(store_user_get(tx, id, &user));
        if (owns(user, email))
            add_once(ctx, &ret->proved, id);
        else if (text_eq(user->email, email))
            add_once(ctx, &ret->claimed, id);
        else
            ret->taken = true;
    }
    TRY(store_identities_by_email(tx, email, &identities));
    for (size_t i = 0; i < identities.n; i++) {
        const Identity *identity = identities.v[i];

        if (text_eq(json_get(ctx->arena, identity->data, "email_verified"), "true") && strncmp(identity->provider, "sso:", 4) != 0)
            add_once(ctx, &ret->proved, identity->user_id);
    }
    return OK;
}

/* Whoever only claims an address stands in the way of nobody who showed that it is his; of several the one is taken who claims the first address, for
 * he keeps nothing that was his. */
static Err decide_by_email(Tx *tx, const Entry *e, Decision *ret)
{
    const ProviderUser *who = e->who;
    Ctx *ctx = tx_ctx(tx);
    Owners owners = { 0 };
    bool taken;

    TRY(owners_of(tx, who->email, &owners));
    taken = owners.taken;
    ret->taken = taken || owners.proved.n > 0 || owners.claimed.n > 0;
    if (!e->verified)
        return OK;
    for (size_t i = 0; i < who->others.n; i++)
        TRY(owners_of(tx, who->others.v[i], &owners));
    if (owners.proved.n > 1)
        return fail(ctx, E_INTERNAL, NOWHERE, "Multiple accounts with the same email address in the same linking domain detected: default");
    if (owners.proved.n == 1)
        *ret = (Decision){ .fate = FATE_LINKED, .user_id = owners.proved.v[0] };
    else if (owners.claimed.n > 0)
        *ret = (Decision){ .fate = FATE_LINKED, .user_id = owners.claimed.v[0] };
    else if (taken)
        return fail(ctx, E_EMAIL_TAKEN, NOWHERE, NULL);
    return OK;
}

static Err decide(Tx *tx, const Entry *e, Decision *ret)
{
    Identity *identity;
    const Err err = store_identity_owner(tx, provider_text(e->who->provider), e->who->sub, &identity);

    *ret = (Decision){ 0 };
    if (err == OK) {
        *ret = (Decision){ .fate = FATE_KNOWN, .user_id = identity->user_id, .identity_id = identity->id };
        return OK;
    }
    return err != E_NO_ROW ? err : e->who->email == NULL ? OK : decide_by_email(tx, e, ret);
}

/* ---- what is done to the account ---- */

static Err load_user(Tx *tx, const char *id, User **ret)
{
    Ctx *ctx = tx_ctx(tx);

    TRY(user_load(tx, id, ret));
    if ((*ret)->deleted_at != 0)
        return fail(ctx, E_NO_USER, NOWHERE, NULL);
    if (user_banned(ctx, *ret))
        return fail(ctx, E_BANNED, NOWHERE, NULL);
    return user_locked_until(ctx, *ret) > 0 ? fail(ctx, E_LOCKED, NOWHERE, NULL) : OK;
}

static Err add_identity(Tx *tx, Entry *e, User *user)
{
    Identity *identity = ARENA_NEW(tx_ctx(tx)->arena, Identity);

    *identity = e->identity;
    identity->user_id = user->id;
    e->own_id = identity->id;
    list_add(tx_ctx(tx)->arena, &user->identities, identity);
    return store_identity_insert(tx, identity);
}

static Err tell_linked(Tx *tx, const Entry *e, const User *user)
{
    const Traits traits = { .identity_id = e->identity.id, .provider = e->identity.provider, .provider_id = e->identity.provider_id };

    TRY(event_add(tx, EV_IDENTITY_LINKED, user, &traits));
    return message_notify(tx, user, (Message){ .kind = MSG_IDENTITY_LINKED, .to = user->email, .provider = e->identity.provider });
}

static void merge_meta(Ctx *ctx, const Entry *e, User *user)
{
    user->meta_user = json_merge(ctx->arena, user->meta_user, e->who->data, MERGE_TOP);
}

/* The identity says today what it says. */
static Err renew_identity(Tx *tx, Entry *e, User *user)
{
    for (size_t i = 0; i < user->identities.n; i++) {
        Identity *identity = user->identities.v[i];

        if (!text_eq(identity->id, e->seen.identity_id))
            continue;
        identity->data = e->who->data;
        identity->email = e->who->email;
        identity->updated_at = tx_ctx(tx)->now;
        e->own_id = identity->id;
        return store_identity_set_data(tx, identity);
    }
    return E_CONFLICT;
}

/* Whoever signed up with an address that was not its own gets nothing of the account of the one whose it is. */
static Err wipe(Tx *tx, const Entry *e, User *user)
{
    List kept = { 0 };

    for (size_t i = 0; i < user->identities.n; i++) {
        Identity *identity = user->identities.v[i];

        if (text_eq(identity->id, e->own_id))
            list_add(tx_ctx(tx)->arena, &kept, identity);
        else
            TRY(store_identity_delete(tx, identity->id));
    }
    user->identities = kept;
    user->encrypted_password = "";
    user->digest = NULL;
    user->meta_user = e->who->data;
    user->phone = NULL;
    user->phone_confirmed_at = 0;
    TRY(store_addresses_delete_all(tx, user->id)); /* also verified ones: they were never this user's */
    TRY(store_password_delete(tx, user->id));
    TRY(store_sessions_delete_all(tx, user->id));
    TRY(store_factors_delete(tx, user->id));
    TRY(store_backup_codes_delete(tx, user->id));
    TRY(store_email_change_end(tx, user->id));
    TRY(store_phone_change_end(tx, user->id));
    TRY(store_user_clear_confirmation(tx, user->id));
    return store_one_time_tokens_delete(tx, user->id);
}

/* The message that asks whether the address is the user's. */
static Err send_confirmation(Tx *tx, Entry *e, User *user)
{
    e->sending.user = user;
    e->ret->mailed = true;
    return post_send(tx, &e->sending);
}

static bool has_email(const ProviderUser *who, const char *email)
{
    bool found = who->email != NULL && text_eq(who->email, email);

    for (size_t i = 0; i < who->others.n; i++)
        found = found || text_eq(who->others.v[i], email);
    return found;
}

/* The party vouches for its own address alone: an unconfirmed other one gives way to it. */
static Err settle_email(Tx *tx, const Entry *e, User *user)
{
    if (!e->verified || has_email(e->who, user->email))
        return OK;
    TRY(address_claim(tx, "email", e->who->email, NULL, user->id));
    user->email = e->who->email;
    return OK;
}

/* Does the user hold it as a further address that is verified? */
static bool has_proved(const User *user, const char *email)
{
    for (size_t i = 0; i < user->addresses.n && email != NULL; i++) {
        const Address *address = user->addresses.v[i];

        if (text_eq(address->kind, "email") && text_eq(address->value, email) && address->verified_at != 0)
            return true;
    }
    return false;
}

/* An address that nobody vouched for so far. */
static Err prove(Tx *tx, Entry *e, User *user, EventKind *event)
{
    const Traits traits = { .provider = e->identity.provider };

    if (user->email_confirmed_at != 0 || (e->flow->email_optional && e->who->email == NULL) || has_proved(user, e->who->email))
        return OK;
    *event = EV_KINDS;
    TRY(settle_email(tx, e, user));
    if (e->seen.fate == FATE_LINKED || (e->seen.fate == FATE_KNOWN && user->phone_confirmed_at == 0))
        TRY(wipe(tx, e, user));
    if (e->verified) {
        TRY(event_add(tx, EV_USER_SIGNEDUP, user, &traits));
        return email_confirm(tx, user);
    }
    if (!text_empty(user->email))
        TRY(send_confirmation(tx, e, user));
    if (!tx_ctx(tx)->directory->mail.allow_unverified)
        e->refused = E_UNVERIFIED;
    return OK;
}

static Err sign_in(Tx *tx, Entry *e, User **ret, EventKind *event)
{
    Ctx *ctx = tx_ctx(tx);
    Decision now;
    User *user;

    if (e->who->email != NULL)
        TRY(store_address_lock(tx, e->who->email));
    TRY(decide(tx, e, &now));
    if (now.fate != e->seen.fate || !text_eq(now.user_id, e->seen.user_id) || now.taken != e->seen.taken)
        return E_CONFLICT;
    if (now.fate == FATE_NEW) {
        TRY(address_claim(tx, "email", user_prepared(e->creation)->email, NULL, NULL));
        TRY(user_insert_prepared(tx, e->creation));
        e->own_id = e->identity.id;
    }
    TRY(load_user(tx, now.fate == FATE_NEW ? user_prepared(e->creation)->id : now.user_id, &user));
    if (now.fate == FATE_KNOWN)
        TRY(renew_identity(tx, e, user));
    if (now.fate == FATE_LINKED) {
        TRY(add_identity(tx, e, user));
        TRY(tell_linked(tx, e, user));
    }
    if (now.fate != FATE_NEW)
        merge_meta(ctx, e, user);
    *ret = user;
    return prove(tx, e, user, event);
}

/* A user without an address gets that of the identity. */
static Err take_email(Tx *tx, Entry *e, User *user)
{
    Ctx *ctx = tx_ctx(tx);

    if (user->email != NULL || e->who->email == NULL)
        return OK;
    if (user_identity(user, "phone") == NULL) { /* as the reference, for which the phone's identity has that address */
        if (address_claim(tx, "email", e->who->email, NULL, user->id) != OK)
            return fail(ctx, E_EMAIL_TAKEN, NOWHERE, NULL);
        user->email = e->who->email;
    }
    if (e->verified)
        return email_confirm(tx, user);
    if (user->email == NULL)
        return OK;
    user->meta_user = json_set(ctx->arena, user->meta_user, "email_verified", "false");
    TRY(send_confirmation(tx, e, user));
    e->refused = E_EMAIL_UNCONFIRMED;
    return OK;
}

static Err link_own(Tx *tx, Entry *e, User **ret)
{
    Ctx *ctx = tx_ctx(tx);
    Identity *other;
    User *user;
    Err err;

    TRY(load_user(tx, e->flow->linking_target_id, &user));
    err = store_identity_owner(tx, e->identity.provider, e->identity.provider_id, &other);
    if (err == OK)
        return fail(ctx, E_ID_TAKEN, NOWHERE,
                    text_eq(other->user_id, user->id) ? "Identity is already linked" : "Identity is already linked to another user");
    if (err != E_NO_ROW)
        return err;
    TRY(add_identity(tx, e, user));
    TRY(take_email(tx, e, user));
    *ret = user;
    if (e->refused != OK)
        return OK;
    user->is_anonymous = false;
    return tell_linked(tx, e, user);
}

static Err accept_invite(Tx *tx, Entry *e, User **ret)
{
    const Traits traits = { .provider = e->identity.provider };
    Ctx *ctx = tx_ctx(tx);
    const char *id, *again = NULL;
    User *user;
    Err err = find_invited(tx, e->flow->invite_token, &id);

    if (err == E_NO_ROW)
        return fail(ctx, E_NO_INVITATION, NOWHERE, "Invite not found");
    TRY(err);
    TRY(load_user(tx, id, &user));
    err = find_invited(tx, e->flow->invite_token, &again); /* nobody was faster */
    if (err == E_NO_ROW || ctx->now > user->confirmation_sent_at + ctx->directory->mail.otp_exp * US_PER_S)
        return fail(ctx, E_NO_INVITATION, NOWHERE, "Invite not found");
    TRY(err);
    if (!has_email(e->who, user->email))
        return fail(ctx, E_BAD_VALUE, NOWHERE, "Invited email does not match emails from external provider");
    TRY(add_identity(tx, e, user));
    TRY(wipe(tx, e, user));
    TRY(event_add(tx, EV_INVITE_ACCEPTED, user, &traits));
    *ret = user;
    return email_confirm(tx, user);
}

/* ---- the whole ---- */

/* The flow ends, once: in a code, or in a session. */
static Err end_flow(Tx *tx, Entry *e, User *user, EventKind event)
{
    const Traits traits = { .provider = e->identity.provider };
    const bool pkce = e->flow->challenge != NULL && e->refused == OK;
    Flow flow = *e->flow;
    bool taken = false;

    flow.user_id = user->id;
    flow.provider_access_token = e->who->token;
    flow.provider_refresh_token = e->who->refresh_token == NULL ? "" : e->who->refresh_token;
    TRY(store_flow_end(tx, &flow, !pkce, &taken));
    if (!taken)
        return fail(tx_ctx(tx), E_CONFLICT, NOWHERE, NULL);
    if (e->refused != OK)
        return OK;
    e->ret->grant.provider_token = e->who->token;
    e->ret->grant.provider_refresh_token = e->who->refresh_token;
    if (!pkce)
        return session_begin(tx, "oauth", event, &traits, user, &e->ret->grant);
    e->ret->auth_code = flow.auth_code;
    return event == EV_KINDS ? OK : event_add(tx, event, user, &traits);
}

static Err enter(Tx *tx, void *arg)
{
    Entry *e = arg;
    Ctx *ctx = tx_ctx(tx);
    EventKind event = EV_KINDS;
    User *user = NULL;

    *e->ret = (ExternalEnded){ 0 };
    e->refused = OK;
    if (e->flow->linking_target_id != NULL) {
        TRY(link_own(tx, e, &user));
    } else if (e->flow->invite_token != NULL) {
        TRY(accept_invite(tx, e, &user));
    } else {
        event = EV_LOGIN;
        TRY(sign_in(tx, e, &user, &event));
    }
    if (e->refused != E_EMAIL_UNCONFIRMED)
        user_set_providers(ctx, user);
    user->updated_at = ctx->now > user->updated_at ? ctx->now : user->updated_at + 1;
    TRY(store_user_update(tx, user));
    TRY(end_flow(tx, e, user, event));
    TRY(store_user_get(tx, user->id, &e->user));
    e->ret->grant.user = e->user;
    return OK;
}

/* A new user, as far as it can be made before the transaction. */
static Err prepare_new(Ctx *ctx, Entry *e)
{
    User *user, shown;

    if (e->in->no_new)
        return fail(ctx, E_PROVIDER_OFF, NOWHERE, NULL);
    e->new = (NewUser){ .email = e->seen.taken ? NULL : e->who->email,
                        .meta_user = e->who->data,
                        .aud = e->in->post->aud,
                        .foreign = &e->identity,
                        .policy = &by_party };
    TRY(user_prepare(ctx, &e->new, &e->creation));
    user = user_prepared(e->creation);
    shown = *user;
    shown.id = uuid_new(ctx->arena); /* the reference tells an id that the user then has not */
    TRY(hook_before_user(ctx, &shown, e->who->data));
    return e->verified || user->email == NULL ? OK : post_ask(ctx, user, &e->sending, NULL);
}

/* A hook that sends mail is asked before: of a user who is there and not confirmed. */
static Err prepare_mail(Ctx *ctx, Entry *e, const char *user_id)
{
    User *user;

    if (e->verified || e->who->email == NULL || !hook_on(ctx, HOOK_EMAIL))
        return OK;
    TRY(dir_user_get(ctx, user_id, &user));
    if (user->email_confirmed_at != 0)
        return OK;
    user->email = user->email == NULL ? e->who->email : user->email;
    return post_ask(ctx, user, &e->sending, NULL);
}

static Err prepare(Ctx *ctx, Entry *e)
{
    if (e->flow->linking_target_id != NULL)
        return prepare_mail(ctx, e, e->flow->linking_target_id);
    if (e->flow->invite_token != NULL)
        return OK;
    TRY(decide(db_auto(ctx), e, &e->seen));
    return e->seen.fate == FATE_NEW ? prepare_new(ctx, e) : prepare_mail(ctx, e, e->seen.user_id);
}

/* Another request may make the same account at the same time: then it is known. */
static Err run_entry(Ctx *ctx, Entry *e)
{
    Err err = E_CONFLICT;

    for (int round = 0; round < ROUNDS; round++) {
        TRY(prepare(ctx, e));
        ctx->fault = (Fault){ .at = NOWHERE, .item = NOWHERE };
        err = tx_run(ctx, enter, e);
        if ((err != E_CONFLICT && err != E_ID_TAKEN) || ctx->fault.err == err)
            return err;
    }
    return err;
}

static Err after_new(Ctx *ctx, const Entry *e)
{
    User shown = *e->user;
    Fault fault;
    Err err;

    shown.confirmed_at = 0; /* which the reference does not tell here */
    err = hook_after_sign_up(ctx, &shown);
    fault = ctx->fault;
    if (err != OK && e->ret->grant.begun)
        IGNORE(dir_sign_in_undo(ctx, &e->ret->grant)); /* who is refused has no token in any case */
    ctx->fault = fault;
    return err;
}

Err dir_external_end(Ctx *ctx, const ExternalEnd *in, ExternalEnded *ret)
{
    ProviderUser who;
    Flow *flow;
    Entry e = { .in = in, .who = &who, .ret = ret, .sending = { .purpose = FOR_CONFIRMATION, .post = in->post } };

    TRY(provider_ask(ctx, in->provider, in->code, in->redirect_uri, &who));
    TRY(load_flow(ctx, in->flow->id, &flow));
    if (who.email == NULL && !flow->email_optional)
        return fail(ctx, E_NO_IDENTIFIER, NOWHERE, "Error getting user email from external provider");
    e.flow = flow;
    e.verified = who.email != NULL && (who.verified || ctx->directory->mail.autoconfirm);
    e.identity = (Identity){ .id = uuid_new(ctx->arena),
                             .provider = provider_text(in->provider),
                             .provider_id = who.sub,
                             .data = who.data,
                             .email = who.email,
                             .last_sign_in_at = ctx->now,
                             .created_at = ctx->now,
                             .updated_at = ctx->now };
    TRY(run_entry(ctx, &e));
    ctx->user_id = e.user->id;
    message_wake(ctx);
    if (e.creation != NULL && e.seen.fate == FATE_NEW)
        TRY(after_new(ctx, &e));
    return e.refused == OK ? OK : fail(ctx, e.refused, NOWHERE, NULL);
}
