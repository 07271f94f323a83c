/* sessions.c: sign-in, sessions, refresh tokens (spec/gotrue.md 3.2, 3.3, 3.12). */
#include "base/clock.h"
#include "base/id.h"
#include "crypto/crypto.h"
#include "directory/pace.h"
#include "directory/post.h"

enum { TOKEN_LENGTH = 12, MOST_TRIES = 3 };

char *refresh1_new(Ctx *ctx)
{
    return random_text(ctx->arena, TOKEN_LENGTH, "abcdefghijklmnopqrstuvwxyz234567");
}

/* ---- sign-in ---- */

/* Is `its` (empty: the default one) the connection that is wanted (NULL: any)? */
static bool of_connection(const char *its, const char *wanted)
{
    return wanted == NULL || text_eq(text_empty(its) ? DEFAULT_CONNECTION : its, wanted);
}

/* Who has the address in this connection alone, beside the one who has it in auth.users. */
static Err find_in_connection(Ctx *ctx, const SignIn *in, const char *phone, User **ret)
{
    UserQuery *query = ARENA_NEW(ctx->arena, UserQuery);
    List users = { 0 };

    *query = (UserQuery){ .parts = USER_WHOLE, .living = true, .limit = 100 };
    texts_add(ctx->arena, in->email != NULL ? &query->emails : &query->phones, in->email != NULL ? text_lower(ctx->arena, in->email) : phone);
    TRY(dir_user_list(ctx, query, &users));
    for (size_t i = 0; i < users.n; i++)
        if (of_connection(((const User *)users.v[i])->connection, in->connection)) {
            *ret = users.v[i];
            return OK;
        }
    return E_NO_ROW;
}

static Err find_anywhere(Ctx *ctx, const SignIn *in, User **ret)
{
    Tx *tx = db_auto(ctx);
    const char *email = in->email, *phone = in->phone;

    if (email != NULL)
        return store_user_get_by_email(tx, text_lower(ctx->arena, email), in->aud, ret);
    if (in->username != NULL)
        return store_user_get_by_username(tx, text_lower(ctx->arena, in->username), ret);
    if (phone_read(ctx, phone, &phone) != OK)
        return E_NO_ROW;
    return store_user_get_by_phone(tx, phone, in->aud, ret);
}

static Err find_user(Ctx *ctx, const SignIn *in, User **ret)
{
    const char *phone = in->phone;
    User *user;

    TRY(find_anywhere(ctx, in, &user));
    if (of_connection(user->connection, in->connection)) {
        *ret = user;
        return OK;
    }
    if (in->email == NULL && (phone == NULL || phone_read(ctx, phone, &phone) != OK))
        return E_NO_ROW;
    return find_in_connection(ctx, in, phone, ret);
}

/* The user whose identity an account is by now, and the account with its own password. It stays in its own connection: clients of others have no
 * account of it. */
static Err find_linked(Ctx *ctx, const SignIn *in, User **ret, User **account)
{
    List all = { 0 };

    TRY(store_linked_find(db_auto(ctx), text_lower(ctx->arena, in->email), text_lower(ctx->arena, in->username), &all));
    for (size_t i = 0; i < all.n; i++) {
        const Linked *linked = all.v[i];

        if (!of_connection(linked->connection, in->connection))
            continue;
        TRY(store_user_get(db_auto(ctx), linked->owner_id, ret));
        *account = ARENA_NEW(ctx->arena, User);
        **account = **ret;
        (*account)->encrypted_password = "";
        (*account)->digest = linked->digest;
        return OK;
    }
    return E_NO_ROW;
}

/* All that may stand in the way of a right password. */
static Err may_sign_in(Ctx *ctx, const SignIn *in, const User *user)
{
    if (user_banned(ctx, user))
        return fail(ctx, E_BANNED, NOWHERE, NULL);
    if (user_locked_until(ctx, user) > 0)
        return fail(ctx, E_LOCKED, NOWHERE, NULL);
    if (user->password_compromised_at != 0) {
        IGNORE(fail(ctx, E_WEAK_PASSWORD, NOWHERE,
                    "Password is known to be weak and easy to guess, please choose a different one.")); /* returned below */
        list_add(ctx->arena, &ctx->fault.reasons, "pwned");
        return E_WEAK_PASSWORD;
    }
    if (in->unconfirmed_too)
        return OK;
    if (in->email != NULL && user->email_confirmed_at == 0)
        return fail(ctx, E_EMAIL_UNCONFIRMED, NOWHERE, NULL);
    if (in->phone != NULL && user->phone_confirmed_at == 0)
        return fail(ctx, E_PHONE_UNCONFIRMED, NOWHERE, NULL);
    return OK;
}

/* E_CONFLICT: the user is gone, or is locked out or has another password by now. */
Err session_begin(Tx *tx, const char *method, EventKind event, const Traits *traits, User *user, Grant *ret)
{
    Ctx *ctx = tx_ctx(tx);
    const bool v2 = ctx->directory->refresh_v2, audit = event != EV_KINDS && !ctx->directory->audit_off;
    Session *session = ARENA_NEW(ctx->arena, Session);
    Amr *amr = ARENA_NEW(ctx->arena, Amr);
    SessionWrite write = {
        .user_id = user->id,
        .session_id = uuid_new(ctx->arena),
        .token = v2 ? NULL : refresh1_new(ctx),
        .amr_id = uuid_timed(ctx->arena, ctx->now),
        .method = method,
        .aal = "aal1",
        .user_agent = ctx->user_agent,
        .ip = ctx->ip,
        .audit = audit,
        .refresh_token_hmac_key = v2 ? refresh2_key(ctx->arena) : NULL,
        .event_1 = uuid_timed(ctx->arena, ctx->now),
        .payload_1 = event_payload(ctx, event == EV_KINDS ? EV_LOGIN : event, user, traits),
        .now = ctx->now,
        .event_at = ctx->now + (audit ? ctx->events++ : 0),
        .password = user->encrypted_password == NULL ? "" : user->encrypted_password,
    };
    Err err;

    lockout_bounds(ctx, &write);
    err = store_sign_in(tx, &write);
    if (err == E_NO_ROW)
        return E_CONFLICT;
    TRY(err);
    *amr = (Amr){ .id = write.amr_id, .session_id = write.session_id, .method = write.method, .created_at = ctx->now, .updated_at = ctx->now };
    *session = (Session){ .id = write.session_id,
                          .user_id = user->id,
                          .aal = write.aal,
                          .created_at = ctx->now,
                          .updated_at = ctx->now,
                          .refresh_token_hmac_key = write.refresh_token_hmac_key };
    list_add(ctx->arena, &session->amr, amr);
    ret->begun = true;
    ret->signed_in_before = user->last_sign_in_at;
    user->last_sign_in_at = user->updated_at = ctx->now;
    ret->user = user;
    ret->session = session;
    ret->refresh_token = v2 ? refresh2_write(ctx, session, 0) : write.token;
    ret->counted = v2;
    return OK;
}

/* `method` is the amr's; `provider` the audit row's, NULL: none is written. */
static Err begin_session(Ctx *ctx, const char *method, const char *provider, User *user, Grant *ret)
{
    const Traits traits = { .provider = provider };

    return session_begin(db_auto(ctx), method, provider == NULL ? EV_KINDS : EV_LOGIN, &traits, user, ret);
}

/* The operator's program sees each try of a user that may sign in, and may refuse it. */
static Err ask_password_hook(Ctx *ctx, const User *user, bool valid)
{
    const int64_t since = clock_mono_us();
    bool sign_out = false;
    Err err;

    if (user == NULL || !hook_on(ctx, HOOK_PASSWORD) || user_banned(ctx, user))
        return OK;
    err = hook_decide(ctx, HOOK_PASSWORD, arena_printf(ctx->arena, "\"user_id\":\"%s\",\"valid\":%s", user->id, valid ? "true" : "false"), &sign_out);
    pace_learn_hook(ctx->directory->pace, clock_mono_us() - since);
    if (err == E_HOOK_REJECTED && sign_out)
        TRY(store_sessions_delete_all(db_auto(ctx), user->id));
    if (err == E_HOOK_REJECTED) {
        const char *text = ctx->fault.text;

        IGNORE(fail(ctx, E_BAD_SIGN_IN, NOWHERE, NULL));
        ctx->fault.text = text;
        return E_BAD_SIGN_IN;
    }
    return err;
}

static const UserPolicy today = { .check_password = true };

static Err try_sign_in(Ctx *ctx, const SignIn *in, bool again, Grant *ret)
{
    User *user = NULL, *account = NULL;
    Err err;

    if ((in->email != NULL && ctx->directory->email_off) || (in->phone != NULL && ctx->directory->phone_off))
        return fail(ctx, E_PROVIDER_OFF, NOWHERE, NULL);
    TRY(password_room(ctx));
    err = find_user(ctx, in, &user);
    if (err != OK && err != E_NO_ROW)
        return err;
    if (again && user == NULL)
        return fail(ctx, E_BAD_SIGN_IN, NOWHERE, NULL);
    if (err == E_NO_ROW && in->linked_too)
        err = find_linked(ctx, in, &user, &account);
    if (err != OK && err != E_NO_ROW)
        return err;
    err = password_try(ctx, account != NULL ? account : user, in->password == NULL ? "" : in->password);
    if (err != OK && err != E_WRONG_PASSWORD && err != E_NO_PASSWORD && err != E_FOREIGN_PASSWORD)
        return err;
    TRY(ask_password_hook(ctx, user, err == OK));
    if (err != OK || user_tries_left(ctx, user) == 0)
        return lockout_count(ctx, in, user);
    TRY(may_sign_in(ctx, in, user));
    if (account == NULL)
        password_renew(ctx, user, in->password);
    ret->user = user;
    if (in->stop_at_factor && user_owes_factor(ctx, user))
        return fail(ctx, E_MFA_REQUIRED, NOWHERE, NULL);
    TRY(begin_session(ctx, "password", in->email != NULL ? "email" : in->phone != NULL ? "phone" : "username", user, ret));
    ret->weak_password = password_check(ctx, &today, in->password, NOWHERE) == E_WEAK_PASSWORD;
    return OK;
}

/* Is it an answer about the user and the password? Then it comes at a time that tells no more than it says. */
static bool is_refusal(Err err)
{
    return err == E_BAD_SIGN_IN || err == E_BANNED || err == E_LOCKED || err == E_WEAK_PASSWORD || err == E_EMAIL_UNCONFIRMED ||
           err == E_PHONE_UNCONFIRMED;
}

/* The user may be deleted or get another password while this one is tried: then it is tried again. */
Err dir_sign_in(Ctx *ctx, const SignIn *in, Grant *ret)
{
    const int64_t since = clock_mono_us();
    Err err = E_CONFLICT;

    for (int i = 0; i < MOST_TRIES && err == E_CONFLICT; i++)
        err = try_sign_in(ctx, in, i > 0, ret);
    if (err == E_CONFLICT)
        err = fail(ctx, E_BAD_SIGN_IN, NOWHERE, NULL);
    if (is_refusal(err))
        pace_wait(ctx, since);
    return err;
}

static Err undo(Tx *tx, void *arg)
{
    const Grant *grant = arg;

    TRY(store_sessions_delete_one(tx, grant->user->id, grant->session->id));
    return store_sign_in_undo(tx, grant->user->id, grant->session->created_at, grant->signed_in_before);
}

Err dir_sign_in_undo(Ctx *ctx, const Grant *grant)
{
    Grant copy = *grant;

    return grant->begun ? tx_run(ctx, undo, &copy) : OK;
}

/* ---- sign-up ---- */

/* The address is taken: the one who has it learns of it by the audit trail. */
static Err signed_up_before(Ctx *ctx, const NewUser *in)
{
    const bool email = !text_empty(in->email);
    const Traits traits = { .provider = email ? "email" : "phone" };
    const SignIn known = { .email = email ? in->email : NULL, .phone = email ? NULL : in->phone };
    User *user;

    if (find_user(ctx, &known, &user) == OK)
        TRY(event_add(db_auto(ctx), EV_USER_REPEATED_SIGNUP, user, &traits));
    return fail(ctx, E_USER_EXISTS, NOWHERE, NULL);
}

Err dir_sign_up(Ctx *ctx, const NewUser *in, Grant *ret)
{
    const char *provider = in->anonymous ? NULL : !text_empty(in->email) ? "email" : "phone";
    User *user;
    const Err err = dir_user_create(ctx, in, &user);

    if (err == E_EMAIL_TAKEN || err == E_PHONE_TAKEN)
        return signed_up_before(ctx, in);
    TRY(err);
    ctx->user_id = user->id;
    TRY(begin_session(ctx, in->anonymous ? "anonymous" : "password", provider, user, ret));
    return in->anonymous ? hook_after_user(ctx, ret->user) : OK;
}

/* ---- sessions ---- */

Err dir_session_check(Ctx *ctx, const Session *session)
{
    const Directory *dir = ctx->directory;
    const int64_t last = session->refreshed_at != 0 ? session->refreshed_at : session->created_at;

    if ((session->not_after != 0 && session->not_after < ctx->now) ||
        (dir->session_timebox > 0 && session->created_at + dir->session_timebox < ctx->now))
        return fail(ctx, E_SESSION_EXPIRED, NOWHERE, "Invalid Refresh Token: Session Expired");
    if (dir->session_inactivity > 0 && last + dir->session_inactivity < ctx->now)
        return fail(ctx, E_SESSION_EXPIRED, NOWHERE, "Invalid Refresh Token: Session Expired (Inactivity)");
    return OK;
}

/* A session of aal1 of a user with a verified factor lives only so long. */
static bool low_aal_over(const Ctx *ctx, const Session *session, const User *user)
{
    return user_has_factor(user) && ctx->directory->session_low_aal > 0 && text_eq(session->aal, "aal1") &&
           session->created_at + ctx->directory->session_low_aal < ctx->now;
}

/* The tag of a session that counts: one of the settings', by default the first. */
static const char *tag_of(const Ctx *ctx, const char *tag)
{
    const Texts *tags = &ctx->directory->session_tags;

    for (size_t i = 0; i < tags->n; i++)
        if (!text_empty(tag) && text_eq(tags->v[i], tag))
            return tag;
    return tags->n == 0 ? "" : tags->v[0];
}

/* Has the user signed in again since, where one session a user (and tag) is allowed? */
static Err find_newer(Tx *tx, const Session *session, bool *ret)
{
    const Ctx *ctx = tx_ctx(tx);
    const SessionWrite key = { .user_id = session->user_id, .created_at = session->created_at, .now = ctx->now };
    List newer = { 0 };

    *ret = false;
    if (!ctx->directory->single_session)
        return OK;
    TRY(store_session_newer(tx, &key, &newer));
    for (size_t i = 0; i < newer.n; i++)
        *ret = *ret || text_eq(tag_of(ctx, ((const SessionWrite *)newer.v[i])->tag), tag_of(ctx, session->tag));
    return OK;
}

static Err session_allowed(Tx *tx, const SessionRow *row)
{
    Ctx *ctx = tx_ctx(tx);
    const Session *session = &row->session;
    bool newer;

    if (user_banned(ctx, &row->row.user))
        return fail(ctx, E_BANNED, NOWHERE, NULL);
    TRY(dir_session_check(ctx, session));
    if (low_aal_over(ctx, session, &row->row.user))
        return fail(ctx, E_SESSION_EXPIRED, NOWHERE, "Invalid Refresh Token: Session Expired (Low AAL: User Needs MFA Verification)");
    TRY(find_newer(tx, session, &newer));
    return newer ? fail(ctx, E_SESSION_EXPIRED, NOWHERE, "Invalid Refresh Token: Session Expired (Revoked by Newer Login)") : OK;
}

Err dir_session_load(Ctx *ctx, const char *user_id, const char *session_id, bool core, User **ret_user, Session **ret_session)
{
    SessionRow *row;
    const Err err = store_subject_load(db_auto(ctx), user_id, session_id, core, &row);

    if (err == E_NO_ROW)
        return fail(ctx, E_SUBJECT_GONE, NOWHERE, NULL);
    TRY(err);
    if (session_id != NULL && !text_eq(row->session.user_id, user_id))
        return fail(ctx, E_SESSION_GONE, NOWHERE, NULL);
    *ret_user = &row->row.user;
    *ret_session = session_id == NULL ? NULL : &row->session;
    ctx->user_id = user_id;
    return user_banned(ctx, &row->row.user) ? fail(ctx, E_BANNED, NOWHERE, NULL) : OK;
}

Err dir_session_acting(Ctx *ctx, const char *id, Session **ret, SessionShown **shown)
{
    const User *user;
    SessionRow *row;
    Err err;

    err = store_session_acting(db_auto(ctx), id, &row);
    if (err != OK && err != E_NO_ROW)
        return err;
    user = err == OK ? &row->row.user : NULL;
    if (user == NULL || user->deleted_at != 0 || user_banned(ctx, user) || dir_session_check(ctx, &row->session) != OK ||
        row->session.not_after == ctx->now)
        return fail(ctx, E_SESSION_GONE, NOWHERE, NULL);
    ctx->user_id = user->id;
    *ret = &row->session;
    *shown = ARENA_NEW(ctx->arena, SessionShown);
    **shown = (SessionShown){ .id = row->session.id, .user_id = user->id, .status = "active", .organization_id = row->organization_id };
    return OK;
}

static Err end_sessions(Ctx *ctx, const char *user_id, const char *session_id, SignOutScope scope, Tx *tx)
{
    (void)ctx;
    if (session_id == NULL || scope == SIGN_OUT_GLOBAL)
        return store_sessions_delete_all(tx, user_id);
    return scope == SIGN_OUT_LOCAL ? store_sessions_delete_one(tx, user_id, session_id) : store_sessions_delete_others(tx, user_id, session_id);
}

typedef struct SignOut {
    const User *user;
    const char *session_id;
    SignOutScope scope;
} SignOut;

static Err sign_out(Tx *tx, void *arg)
{
    const SignOut *out = arg;

    TRY(event_add(tx, EV_LOGOUT, out->user, NULL));
    return end_sessions(tx_ctx(tx), out->user->id, out->session_id, out->scope, tx);
}

Err dir_sign_out(Ctx *ctx, const User *user, const char *session_id, SignOutScope scope)
{
    SignOut out = { .user = user, .session_id = session_id, .scope = scope };

    return tx_run(ctx, sign_out, &out);
}

Err dir_user_sessions(Ctx *ctx, const char *user_id, List *ret)
{
    *ret = (List){ 0 };
    return store_user_sessions(db_auto(ctx), user_id, ret);
}

static Err end_by_caller(Tx *tx, void *arg)
{
    const Session *session = arg;
    const Traits traits = { .user_id = session->user_id, .session_id = session->id };

    TRY(event_add(tx, EV_LOGOUT, NULL, &traits));
    return session->id == NULL ? store_sessions_delete_all(tx, session->user_id) : store_sessions_delete_one(tx, session->user_id, session->id);
}

Err dir_user_sessions_end(Ctx *ctx, const char *user_id, const char *session_id)
{
    Session session = { .user_id = user_id, .id = session_id };
    SessionRow *row;
    Err err;

    if (session_id != NULL) {
        err = store_session_load(db_auto(ctx), session_id, &row);
        if (err == E_NO_ROW || (err == OK && !text_eq(row->session.user_id, user_id)))
            return fail(ctx, E_SESSION_GONE, NOWHERE, NULL);
        TRY(err);
    }
    return tx_run(ctx, end_by_caller, &session);
}

/* ---- refresh tokens, version 1 ---- */

static bool is_token(const char *token)
{
    return strlen(token) == TOKEN_LENGTH && strspn(token, "abcdefghijklmnopqrstuvwxyz0123456789") == TOKEN_LENGTH;
}

/* What a refresh of either version writes. */
static SessionWrite refresh_write(Ctx *ctx, const SessionRow *row)
{
    return (SessionWrite){
        .user_id = row->row.user.id,
        .session_id = row->session.id,
        .user_agent = ctx->user_agent,
        .ip = ctx->ip,
        .audit = !ctx->directory->audit_off,
        .event_1 = uuid_timed(ctx->arena, ctx->now),
        .payload_1 = event_payload(ctx, EV_TOKEN_REFRESHED, &row->row.user, NULL),
        .now = ctx->now,
    };
}

static void swap_write(Ctx *ctx, const SessionRow *row, SessionWrite *write)
{
    *write = refresh_write(ctx, row);
    write->token = row->token;
    write->token_id = row->token_id;
    write->session_row = row->session_row;
    write->user_row = row->user_row;
    write->log_head = row->log_head;
    write->child = refresh1_new(ctx);
    write->event_2 = write->event_1; /* it is inserted before the other */
    write->event_1 = uuid_timed(ctx->arena, ctx->now);
    write->payload_2 = event_payload(ctx, EV_TOKEN_REVOKED, &row->row.user, NULL);
}

static void grant_fill(SessionRow *row, const char *token, bool reused, Grant *ret)
{
    ret->user = &row->row.user;
    ret->session = &row->session;
    ret->refresh_token = token;
    ret->reused = reused;
}

/* Did its tokens become such of version 2? */
static bool is_counted(const SessionRow *row)
{
    return row->session.refresh_token_hmac_key != NULL;
}

/* Is the family alive, and did the token that was used again leave it only a moment ago? */
static bool within_reuse(const Ctx *ctx, const SessionRow *row)
{
    return (row->active_token != NULL || is_counted(row)) && ctx->now <= row->token_updated_at + ctx->directory->reuse_interval * US_PER_S;
}

typedef struct Revocation {
    SessionWrite write;
    bool counted;
} Revocation;

/* Of a session whose tokens became such of version 2, the family is the session. */
static Err revoke_family(Tx *tx, void *arg)
{
    const Revocation *revocation = arg;

    return revocation->counted ? store_sessions_delete_one(tx, revocation->write.user_id, revocation->write.session_id)
                               : store_refresh_revoke_family(tx, &revocation->write);
}

typedef struct Again {
    const SessionWrite touch;
    const User *user;
} Again;

static Err touch_session(Tx *tx, void *arg)
{
    const Again *again = arg;

    TRY(event_add(tx, EV_TOKEN_REFRESHED, again->user, NULL));
    return store_session_touch(tx, &again->touch);
}

/* A used token: the active child again where that is due, else the end of the family. Never a second child. */
static Err refresh_again(Ctx *ctx, SessionRow *row, Grant *ret)
{
    Revocation revocation = { .write = { .session_id = row->session.id, .user_id = row->row.user.id, .now = ctx->now }, .counted = is_counted(row) };
    const bool parent = row->active_token != NULL && text_eq(row->active_parent, row->token);

    if (parent || within_reuse(ctx, row)) {
        Again again = { .touch = { .session_id = row->session.id, .now = ctx->now, .user_agent = ctx->user_agent, .ip = ctx->ip },
                        .user = &row->row.user };

        TRY(tx_run(ctx, touch_session, &again));
        ret->counted = row->active_token == NULL;
        grant_fill(row, ret->counted ? refresh2_write(ctx, &row->session, row->session.refresh_token_counter) : row->active_token, true, ret);
        return OK;
    }
    if (ctx->directory->rotation)
        TRY(tx_run(ctx, revoke_family, &revocation));
    return fail(ctx, E_REFRESH_REUSED, NOWHERE, NULL);
}

static Err refresh_load(Tx *tx, const char *token, SessionRow **ret)
{
    Ctx *ctx = tx_ctx(tx);
    Err err = store_refresh_load(tx, token, ret);

    if (err == E_NO_ROW)
        return fail(ctx, E_NO_REFRESH_TOKEN, NOWHERE, NULL);
    TRY(err);
    if ((*ret)->session.id == NULL || (*ret)->row.user.id == NULL)
        return fail(ctx, E_SESSION_GONE, NOWHERE, NULL);
    ctx->user_id = (*ret)->row.user.id;
    TRY(session_allowed(tx, *ret));
    err = (*ret)->revoked ? store_refresh_active(tx, *ret) : OK;
    return err == E_NO_ROW ? fail(ctx, E_NO_REFRESH_TOKEN, NOWHERE, NULL) : err; /* it went in between, with its tokens */
}

/* ---- refresh tokens, version 2 ---- */

static Err counted_load(Tx *tx, const Refresh2 *token, SessionRow **ret)
{
    Ctx *ctx = tx_ctx(tx);
    const Err err = store_session_load_core(tx, token->session_id, ret);

    if (err == E_NO_ROW ||
        (err == OK && ((*ret)->row.user.id == NULL || !refresh2_verify(ctx->arena, token, (*ret)->session.refresh_token_hmac_key))))
        return fail(ctx, E_NO_REFRESH_TOKEN, NOWHERE, NULL);
    TRY(err);
    ctx->user_id = (*ret)->row.user.id;
    return session_allowed(tx, *ret);
}

/* The newest token of its session becomes the next one. */
typedef struct Counting {
    const Refresh2 *token;
    SessionRow *row;
    int64_t behind; /* so many tokens came after it */
    bool counted;
} Counting;

static Err count_live(Tx *tx, void *arg)
{
    Counting *counting = arg;
    SessionWrite write;

    counting->counted = false;
    TRY(counted_load(tx, counting->token, &counting->row));
    counting->behind = counting->row->session.refresh_token_counter - counting->token->counter;
    if (counting->behind != 0)
        return OK;
    write = refresh_write(tx_ctx(tx), counting->row);
    write.counter = counting->token->counter;
    return store_session_count(tx, &write, &counting->counted);
}

/* Why a used token may come again, or NULL. */
static const char *reuse_cause(const Ctx *ctx, const Session *session, int64_t behind)
{
    const int64_t last = session->refreshed_at != 0 ? session->refreshed_at : session->created_at;
    const bool soon = ctx->now - last < ctx->directory->reuse_interval * US_PER_S;
    const char *causes[3];
    size_t n = 0;

    if (soon)
        causes[n++] = "concurrent-refresh";
    if (behind == 1)
        causes[n++] = "fail-to-save";
    if (ctx->directory->refresh_always)
        causes[n++] = "always-allow";
    return n == 0   ? NULL
           : n == 1 ? causes[0]
           : n == 2 ? arena_printf(ctx->arena, "%s,%s", causes[0], causes[1])
                    : arena_printf(ctx->arena, "%s,%s,%s", causes[0], causes[1], causes[2]);
}

static Err end_counted(Tx *tx, void *arg)
{
    const Session *session = arg;

    return store_sessions_delete_one(tx, session->user_id, session->id);
}

/* A used token: the newest again where that is due, else the end of the session. */
static Err counted_again(Ctx *ctx, const Counting *counting, const char **cause)
{
    SessionRow *row = counting->row;
    Again again = { .touch = { .session_id = row->session.id, .user_agent = ctx->user_agent, .ip = ctx->ip, .now = ctx->now },
                    .user = &row->row.user };

    *cause = reuse_cause(ctx, &row->session, counting->behind);
    if (*cause != NULL)
        return tx_run(ctx, touch_session, &again);
    if (ctx->directory->rotation)
        TRY(tx_run(ctx, end_counted, &row->session));
    return fail(ctx, E_REFRESH_REUSED, NOWHERE, NULL);
}

static Err refresh_counted(Ctx *ctx, const Refresh2 *token, Grant *ret)
{
    Counting counting = { .token = token };
    Session *session;

    do { /* a faster request may raise the counter in between: then this token is a used one */
        TRY(tx_near(ctx, count_live, &counting));
    } while (counting.behind == 0 && !counting.counted);
    if (counting.behind < 0)
        return fail(ctx, E_BAD_VALUE, NOWHERE, "Invalid Refresh Token: Not Issued By This Server");
    if (counting.behind > 0)
        TRY(counted_again(ctx, &counting, &ret->reuse_cause));
    session = &counting.row->session;
    session->refreshed_at = ctx->now;
    session->refresh_token_counter = token->counter + (counting.behind == 0 ? 1 : counting.behind);
    grant_fill(counting.row, refresh2_write(ctx, session, session->refresh_token_counter), counting.behind > 0, ret);
    ret->counted = true;
    return OK;
}

/* Of sessions, not of refreshes: a session has a place among a hundred by its id, which is random. */
static bool is_upgraded(const Ctx *ctx, const Session *session)
{
    return ctx->directory->refresh_v2 && (int64_t)(strtoul(session->id + strlen(session->id) - 8, NULL, 16) % 100) < ctx->directory->refresh_upgrade;
}

/* A swap whose child is no token of version 1: that one is stored as used already, as the reference has it. */
typedef struct Refreshing {
    const char *token;
    SessionRow *row;
    SessionWrite write;
    bool counted, swapped; /* the child is of version 2, and is still to be made; it is made */
} Refreshing;

static Err upgrade(Tx *tx, void *arg)
{
    Refreshing *up = arg;

    up->swapped = false;
    TRY(refresh_load(tx, up->token, &up->row));
    if (up->row->revoked)
        return OK;
    swap_write(tx_ctx(tx), up->row, &up->write);
    up->write.refresh_token_hmac_key = refresh2_key(tx_ctx(tx)->arena);
    TRY(store_refresh_swap(tx, &up->write, &up->swapped));
    if (!up->swapped)
        return OK;
    TRY(store_refresh_revoke_family(tx, &up->write));
    return store_session_upgrade(tx, &up->write, &up->row->session);
}

/* A token that is live becomes its child. */
static Err refresh_live(Tx *tx, void *arg)
{
    Refreshing *refreshing = arg;
    Ctx *ctx = tx_ctx(tx);

    refreshing->swapped = false;
    TRY(refresh_load(tx, refreshing->token, &refreshing->row));
    refreshing->counted = is_upgraded(ctx, &refreshing->row->session);
    if (refreshing->row->revoked || refreshing->counted)
        return OK;
    swap_write(ctx, refreshing->row, &refreshing->write);
    return store_refresh_swap(tx, &refreshing->write, &refreshing->swapped);
}

Err dir_session_refresh(Ctx *ctx, const char *token, Grant *ret)
{
    Refreshing refreshing = { .token = token };
    SessionRow *row;
    Refresh2 counted;

    if (refresh2_read(ctx->arena, token, &counted))
        return refresh_counted(ctx, &counted, ret);
    if (!is_token(token))
        return fail(ctx, E_BAD_VALUE, NOWHERE, "Refresh token is not valid");
    TRY(tx_near(ctx, refresh_live, &refreshing));
    row = refreshing.row;
    if (row->revoked)
        return refresh_again(ctx, row, ret);
    if (refreshing.counted)
        TRY(tx_run(ctx, upgrade, &refreshing));
    row = refreshing.row;
    if (!refreshing.swapped) { /* another request was faster: its child is there by now */
        TRY(refresh_load(db_auto(ctx), token, &row));
        return refresh_again(ctx, row, ret);
    }
    row->session.refreshed_at = row->row.user.updated_at = ctx->now;
    ret->counted = refreshing.counted;
    grant_fill(row, ret->counted ? refresh2_write(ctx, &row->session, row->session.refresh_token_counter) : refreshing.write.child, false, ret);
    return OK;
}
