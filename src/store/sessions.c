/* sessions.c: sessions, refresh tokens, the audit trail. */
#include "sql.gen.h"
#include "store/cols.h"
#include "store/store.h"
#include "json/json.h"

/* A session and its user in one row. */
const Field session_cols[] = {
    UUID(SessionRow, session.id, "session_id"),
    UUID(SessionRow, session.user_id, "session_user_id"),
    TIME(SessionRow, session.created_at, "session_created_at"),
    TIME(SessionRow, session.updated_at, "session_updated_at"),
    UUID(SessionRow, session.factor_id, "factor_id"),
    TEXT(SessionRow, session.aal, "aal"),
    TIME(SessionRow, session.not_after, "not_after"),
    TIME(SessionRow, session.refreshed_at, "refreshed_at"),
    TEXT(SessionRow, session.user_agent, "user_agent"),
    INET(SessionRow, session.ip, "ip"),
    TEXT(SessionRow, session.tag, "tag"),
    UUID(SessionRow, session.oauth_client_id, "oauth_client_id"),
    TEXT(SessionRow, session.refresh_token_hmac_key, "refresh_token_hmac_key", .flags = SECRET),
    INT(SessionRow, session.refresh_token_counter, "refresh_token_counter"),
    TEXT(SessionRow, session.scopes, "scopes"),
    JSON(SessionRow, amr_json, "amr"),
    UUID(SessionRow, amr.id, "amr_id"),
    TEXT(SessionRow, amr.method, "amr_method"),
    TIME(SessionRow, amr.created_at, "amr_created_at"),
    TIME(SessionRow, amr.updated_at, "amr_updated_at"),
    TEXT(SessionRow, token, "token", .flags = SECRET),
    TEXT(SessionRow, active_token, "active_token", .flags = SECRET),
    TEXT(SessionRow, active_parent, "active_parent", .flags = SECRET),
    INT(SessionRow, token_id, "token_id"),
    INT(SessionRow, session_row, "session_row"),
    INT(SessionRow, user_row, "user_row"),
    INT(SessionRow, log_head, "log_head"),
    BOOL(SessionRow, revoked, "revoked"),
    TIME(SessionRow, token_updated_at, "token_updated_at"),
    UUID(SessionRow, organization_id, "organization_id"),
    USER_COLUMNS(SessionRow, row.),
    END(SessionRow),
};

static const Field amr_doc[] = {
    TEXT(Amr, id, "id"), TEXT(Amr, method, "method"), TIME_US(Amr, created_at, "created_at"), TIME_US(Amr, updated_at, "updated_at"), END(Amr),
};

enum { MOST_TAGS = 1000 };

/* One member under several names where a statement needs it as several types. */
static const Field write_cols[] = {
    UUID(SessionWrite, user_id, "user_id"),
    UUID(SessionWrite, user_id, "id"),
    TEXT(SessionWrite, user_id, "user_id_text"),
    UUID(SessionWrite, session_id, "session_id"),
    TEXT(SessionWrite, token, "token", .flags = SECRET),
    INT(SessionWrite, token_id, "token_id"),
    INT(SessionWrite, session_row, "session_row"),
    INT(SessionWrite, user_row, "user_row"),
    INT(SessionWrite, log_head, "log_head"),
    TEXT(SessionWrite, child, "child", .flags = SECRET),
    UUID(SessionWrite, amr_id, "amr_id"),
    TEXT(SessionWrite, method, "method"),
    TEXT(SessionWrite, aal, "aal"),
    TEXT(SessionWrite, user_agent, "user_agent"),
    INET(SessionWrite, ip, "ip"),
    TEXT(SessionWrite, ip, "ip_text"),
    TEXT(SessionWrite, tag, "tag"),
    TEXT(SessionWrite, refresh_token_hmac_key, "refresh_token_hmac_key", .flags = SECRET),
    TEXT(SessionWrite, password, "password", .flags = SECRET),
    INT(SessionWrite, counter, "counter"),
    BOOL(SessionWrite, audit, "audit"),
    UUID(SessionWrite, event_1, "event_1"),
    JSON(SessionWrite, payload_1, "payload_1"),
    UUID(SessionWrite, event_2, "event_2"),
    JSON(SessionWrite, payload_2, "payload_2"),
    TIME(SessionWrite, now, "now"),
    TIME(SessionWrite, now, "refreshed_at"),
    TIME(SessionWrite, created_at, "created_at"),
    TIME(SessionWrite, event_at, "event_at"),
    INT(SessionWrite, most, "most"),
    TIME(SessionWrite, before, "before"),
    END(SessionWrite),
};

/* What some statements answer. */
typedef struct Answer {
    int64_t swapped, tried_at;
    const char *session_id;
} Answer;

static const Field answer_cols[] = {
    INT(Answer, swapped, "swapped"),
    TIME(Answer, tried_at, "tried_at"),
    UUID(Answer, session_id, "session_id"),
    END(Answer),
};

/* ---- reading ---- */

/* The newest first. */
static int compare_amr(const void *a, const void *b)
{
    const Amr *one = *(const Amr *const *)a, *other = *(const Amr *const *)b;

    return one->updated_at != other->updated_at ? (one->updated_at < other->updated_at) - (one->updated_at > other->updated_at)
                                                : strcmp(one->id, other->id);
}

static void sort_amr(List *amr)
{
    if (amr->n > 1)
        qsort(amr->v, amr->n, sizeof(*amr->v), compare_amr);
}

Err session_row_finish(Ctx *ctx, SessionRow *row)
{
    if (row->amr_json == NULL)
        return OK;
    TRY(json_read_list(ctx, str_of(row->amr_json), amr_doc, &row->session.amr));
    sort_amr(&row->session.amr);
    return OK;
}

/* Rows of one session: each claim beside each identity. The first one gets all claims, and `identities` the rows that tell each identity once. */
static void gather_amr(Ctx *ctx, const List *rows, List *identities)
{
    SessionRow *first = rows->v[0];

    for (size_t i = 0; i < rows->n; i++) {
        SessionRow *row = rows->v[i];

        if (text_eq(row->amr.id, first->amr.id))
            list_add(ctx->arena, identities, row);
        if (row->amr.id != NULL && text_eq(row->row.identity.id, first->row.identity.id))
            list_add(ctx->arena, &first->session.amr, &row->amr);
    }
    sort_amr(&first->session.amr);
}

typedef Err RowsFinish(Ctx *ctx, const List *rows, size_t at, User **ret);

static Err load_row(Tx *tx, const Stmt *stmt, const SessionWrite *key, RowsFinish *finish, SessionRow **ret)
{
    List rows = { 0 }, identities = { 0 };
    SessionRow *row;
    User *user;

    TRY(db_list(tx, stmt, write_cols, key, session_cols, SIZE_MAX, &rows));
    if (rows.n == 0)
        return E_NO_ROW;
    gather_amr(tx_ctx(tx), &rows, &identities);
    row = rows.v[0];
    if (row->row.user.id != NULL)
        TRY(finish(tx_ctx(tx), &identities, offsetof(SessionRow, row), &user));
    *ret = row;
    return OK;
}

Err store_refresh_load(Tx *tx, const char *token, SessionRow **ret)
{
    const SessionWrite key = { .token = token };

    return load_row(tx, SQL_REFRESH_LOAD, &key, user_rows_core, ret);
}

Err store_session_load_core(Tx *tx, const char *session_id, SessionRow **ret)
{
    const SessionWrite key = { .session_id = session_id };

    return load_row(tx, SQL_SESSION_LOAD_CORE, &key, user_rows_core, ret);
}

Err store_refresh_active(Tx *tx, SessionRow *row)
{
    const SessionWrite key = { .session_id = row->session.id };
    SessionRow *active;

    TRY(db_one(tx, SQL_REFRESH_ACTIVE, write_cols, &key, session_cols, &active));
    row->active_token = active->active_token;
    row->active_parent = active->active_parent;
    row->session.refresh_token_hmac_key = active->session.refresh_token_hmac_key;
    row->session.refresh_token_counter = active->session.refresh_token_counter;
    return OK;
}

Err store_session_load(Tx *tx, const char *session_id, SessionRow **ret)
{
    const SessionWrite key = { .session_id = session_id };

    return load_row(tx, SQL_SESSION_LOAD, &key, user_rows_finish, ret);
}

/* Most sessions are there and name their user: one read by one key, which PostgreSQL answers for all that wait at once. */
Err store_subject_load(Tx *tx, const char *user_id, const char *session_id, bool core, SessionRow **ret)
{
    const SessionWrite key = { .user_id = user_id };
    const Err err = session_id == NULL ? E_NO_ROW : core ? store_session_load_core(tx, session_id, ret) : store_session_load(tx, session_id, ret);

    if (err == OK ? text_eq((*ret)->row.user.id, user_id) : err != E_NO_ROW)
        return err;
    return core ? load_row(tx, SQL_USER_GET_CORE, &key, user_rows_core, ret) : load_row(tx, SQL_USER_GET, &key, user_rows_finish, ret);
}

Err store_session_acting(Tx *tx, const char *session_id, SessionRow **ret)
{
    const SessionWrite key = { .session_id = session_id };
    SessionRow *row;

    TRY(db_one(tx, SQL_SESSION_ACTING, write_cols, &key, session_cols, &row));
    TRY(session_row_finish(tx_ctx(tx), row));
    *ret = row;
    return OK;
}

/* OK and whether there is such a row. */
static Err is_there(Tx *tx, const Stmt *stmt, const SessionWrite *key, bool *ret)
{
    Answer *answer;
    const Err err = db_one(tx, stmt, write_cols, key, answer_cols, &answer);

    if (err != OK && err != E_NO_ROW)
        return err;
    *ret = err == OK;
    return OK;
}

Err store_session_newer(Tx *tx, const SessionWrite *in, List *ret)
{
    return db_list(tx, SQL_SESSION_NEWER, write_cols, in, write_cols, MOST_TAGS, ret);
}

Err store_refresh_lock_session(Tx *tx, const char *session_id)
{
    const SessionWrite key = { .session_id = session_id };
    bool there;

    TRY(is_there(tx, SQL_REFRESH_LOCK_SESSION, &key, &there));
    return there ? OK : E_NO_ROW;
}

/* ---- writing ---- */

Err store_sign_in(Tx *tx, const SessionWrite *in)
{
    Answer *answer;

    return db_one(tx, SQL_SIGN_IN, write_cols, in, answer_cols, &answer);
}

Err store_try_count(Tx *tx, const SessionWrite *in, bool *counted)
{
    Answer *answer;
    const Err err = db_one(tx, SQL_TRY_COUNT, write_cols, in, answer_cols, &answer);

    *counted = err == OK;
    return err == E_NO_ROW ? OK : err;
}

Err store_try_time(Tx *tx, const char *id, int64_t *ret)
{
    Answer *answer;
    const Err err = db_one(tx, SQL_TRY_TIME, write_cols, &(const SessionWrite){ .user_id = id }, answer_cols, &answer);

    *ret = err == OK ? answer->tried_at : 0;
    return err == E_NO_ROW ? OK : err;
}

Err store_tries_forget(Tx *tx, int64_t before)
{
    return db_exec(tx, SQL_TRIES_FORGET, write_cols, &(const SessionWrite){ .before = before }, NULL);
}

Err store_tries_delete(Tx *tx, const char *user_id)
{
    return db_exec(tx, SQL_TRIES_DELETE, write_cols, &(const SessionWrite){ .user_id = user_id }, NULL);
}

/* Of a guarded statement: was it more than the guard? */
static Err has_changed(Tx *tx, const Stmt *stmt, const SessionWrite *in, bool *ret)
{
    int64_t changed;
    const Err err = db_exec(tx, stmt, write_cols, in, &changed);

    *ret = err == OK && changed > 0;
    return err;
}

Err store_refresh_swap(Tx *tx, const SessionWrite *in, bool *swapped)
{
    return has_changed(tx, SQL_REFRESH_SWAP, in, swapped);
}

Err store_refresh_revoke_family(Tx *tx, const SessionWrite *in)
{
    return db_exec(tx, SQL_REFRESH_REVOKE_FAMILY, write_cols, in, NULL);
}

Err store_session_upgrade(Tx *tx, const SessionWrite *in, Session *ret)
{
    SessionWrite *row;

    TRY(db_one(tx, SQL_SESSION_UPGRADE, write_cols, in, write_cols, &row));
    ret->refresh_token_hmac_key = row->refresh_token_hmac_key;
    ret->refresh_token_counter = row->counter;
    return OK;
}

Err store_session_touch(Tx *tx, const SessionWrite *in)
{
    return db_exec(tx, SQL_SESSION_TOUCH, write_cols, in, NULL);
}

Err store_session_count(Tx *tx, const SessionWrite *in, bool *counted)
{
    return has_changed(tx, SQL_SESSION_COUNT, in, counted);
}

static Err delete_sessions(Tx *tx, const Stmt *stmt, const char *user_id, const char *session_id)
{
    const SessionWrite key = { .user_id = user_id, .session_id = session_id };

    return db_exec(tx, stmt, write_cols, &key, NULL);
}

Err store_sessions_delete_all(Tx *tx, const char *user_id)
{
    return delete_sessions(tx, SQL_SESSIONS_DELETE_ALL, user_id, NULL);
}

Err store_sessions_delete_one(Tx *tx, const char *user_id, const char *session_id)
{
    return delete_sessions(tx, SQL_SESSIONS_DELETE_ONE, user_id, session_id);
}

Err store_sign_in_undo(Tx *tx, const char *user_id, int64_t at, int64_t before)
{
    return db_exec(tx, SQL_SIGN_IN_UNDO, write_cols, &(const SessionWrite){ .user_id = user_id, .now = at, .created_at = before }, NULL);
}

Err store_sessions_delete_others(Tx *tx, const char *user_id, const char *session_id)
{
    return delete_sessions(tx, SQL_SESSIONS_DELETE_OTHERS, user_id, session_id);
}

static const Field event_cols[] = {
    UUID(Event, id, "event_1"),
    UUID(Event, about, "user_id"),
    JSON(Event, payload, "payload"),
    TEXT(Event, ip_address, "ip_address"),
    TIME(Event, created_at, "created_at"),
    END(Event),
};

Err store_event_insert(Tx *tx, const Event *event)
{
    return db_exec(tx, SQL_EVENT_INSERT, event_cols, event, NULL);
}
