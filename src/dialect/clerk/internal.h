/* internal.h: what the files of the dialect share. */
#ifndef HECATE_CLERK_INTERNAL_H
#define HECATE_CLERK_INTERNAL_H

#include "dialect/clerk/clerk.h"
#include "dialect/clerk/wire.h"

extern const Route clerk_routes[];
extern const ErrRow clerk_errors[ERR_COUNT];

/* ---- ids.c ---- */

/* `prefix` and 27 characters of base 62 over the first 4 bytes of SHA-256 of the UUID and the UUID itself (spec/clerk.md 3.1 gives the shape). */
const char *clerk_id(Arena *arena, const char *prefix, const char *uuid);
/* The UUID of such an id; NULL if it is none, as NULL is none. */
const char *clerk_id_read(Arena *arena, const char *prefix, const char *text);
/* E_NO_USER also for what is no id at all. */
Err clerk_read_user_id(Ctx *ctx, const char *text, const char **ret);

/* ---- caller.c ---- */

Err clerk_identify(Ctx *ctx, const Req *req, Str path, const Route *route);
/* The version that the request asks for; the default if it names none or an unknown one. */
const char *clerk_version(Ctx *ctx, const Req *req);
/* E_RATE_LIMIT; OK where limits are not imitated. */
Err clerk_limit(Ctx *ctx, const Route *route);
void clerk_finish(Ctx *ctx, const Req *req, Reply *reply);

/* ---- errors.c ---- */

/* Sentences that one Err has beside its row. */
typedef enum Say {
    SAY_BODY,
    SAY_NIL,
    SAY_OBJECT,
    SAY_TIME,
    SAY_DATE,
    SAY_FUTURE,
    SAY_TWICE,
    SAY_REPEATED,
    SAY_UNEVEN,
    SAY_MANY,
    SAY_SIZE,
    SAY_CHOICE,
    SAY_ORDER,
    SAY_LIMIT_MOST,
    SAY_LIMIT_LEAST,
    SAY_NEEDS,
    SAY_NOT_WITH,
    SAY_DIGEST,
    SAY_LOCALE,
    SAY_PASSWORD_CHARACTERS,
    SAY_PASSWORD_IDENTIFIER,
    SAY_PASSWORD_SETS,
    SAY_PASSWORD_PWNED,
    SAY_USERNAME_LENGTH,
    SAY_USERNAME_CHARACTER,
    SAY_USERNAME_NUMBER,
    SAY_USERNAME_PHONE,
    SAY_LAST_IDENTIFIER,
    SAY_NO_IMAGE,
    SAY_LINKED,
    SAY_IMAGE_MISSING,
    SAY_IMAGE_BAD,
    SAY_IMAGE_LARGE,
    SAY_TOTP_OFF,
    SAY_TOTP_WRONG,
    SAY_TOTP_LENGTH,
    SAY_TOTP_SECRET,
    SAY_NO_SESSION,
    SAY_NO_TEMPLATE,
    SAY_NO_TEMPLATE_ID,
    SAY_RESERVED,
    SAY_TEMPLATE_NAME,
    SAY_SIGNING_KEY,
    SAY_TOKEN_LARGE,
    SAY_NO_REFRESH_TOKEN,
    SAY_LIFE_MOST,
    SAY_NOT_PENDING,
    SAY_ACTOR_NOT_PENDING,
    SAY_ACTOR,
    SAY_FACTOR_NEW,
    SAY_FACTOR_OLD,
    SAY_BULK,
    SAY_NO_PART,
    SAY_NO_ACCOUNT,
    SAY_NO_PASSKEY,
    SAY_NO_PROVIDER,
    SAY_NO_TOKEN,
    SAY_NAME,
    SAY_SLUG,
    SAY_URL,
    SAY_NO_ROLE,
    SAY_DUPLICATE,
    SAY_REVOKED,
    SAY_ACCEPTED,
    SAY_RECORDED,
    SAY_NO_REFRESH,
    SAY_NO_RENEWAL,
    SAYS
} Say;
extern const ErrRow clerk_says[SAYS];
/* E_BAD_VALUE with that sentence; `text` fills its {text}, and may be NULL. */
Err clerk_fail(Ctx *ctx, Say say, ptrdiff_t at, const char *text);
void clerk_write_error(Ctx *ctx, const Req *req, Reply *reply, Err err);
const char *clerk_trace_id(Ctx *ctx);

/* How a given member goes over: MOVE_TEXT as null, too; the others only with a value; MOVE_NOT turned round. */
typedef enum Move { MOVE_NONE, MOVE_TEXT, MOVE_GIVEN_TEXT, MOVE_INT, MOVE_BOOL, MOVE_NOT } Move;

/* Which member of a directory's input comes from which of ours: an error then names the wire's word. */
typedef struct Member {
    ptrdiff_t at, ours;
    Move move;
} Member;
Err clerk_passed(Ctx *ctx, const Member *members, size_t n, Err err);

/* ---- view.c ---- */

const ClerkUser *clerk_user_view(Ctx *ctx, const User *user);
Err clerk_reply_user(Ctx *ctx, Reply *reply, int status, const User *user);
/* Has the user this identity, and is it an external account? */
bool clerk_has_account(const User *user, const char *identity_id);
const ClerkAddress *clerk_address_view(Ctx *ctx, const User *user, const Address *address);
/* A bare array. */
Err clerk_reply_list(Reply *reply, const Field *fields, const List *list);

/* Where a picture is served; NULL or "": the one of those without. */
const char *clerk_image_url(Ctx *ctx, const char *image_id);
/* What others may see of the user. */
const ClerkUserData *clerk_user_data(Ctx *ctx, const User *user);
/* App metadata without `provider` and `providers`: those are the directory's, not shown, and not set from here. NULL for NULL. */
const char *clerk_without_providers(Ctx *ctx, const char *doc);

/* ---- list.c, for lists of other things, too ---- */

/* `+x` (which an unencoded plus makes a blank), `x`: to include; `-x`: to exclude. */
const char *clerk_bare(const char *text, bool *exclude);
/* The first order_by counts; none is -created_at, which is a row of every table. SAY_CHOICE. */
typedef struct ClerkOrder {
    const char *name;
    int sort;
} ClerkOrder;
Err clerk_read_order(Ctx *ctx, const Texts *order_by, ptrdiff_t at, const ClerkOrder *orders, size_t n, int *sort, bool *ascending);
/* Is the page within its bounds? SAY_LIMIT_MOST, SAY_LIMIT_LEAST. */
Err clerk_check_page(Ctx *ctx, int64_t limit, ptrdiff_t at_limit, int64_t offset, ptrdiff_t at_offset);
/* A query through route->in: what is given twice and is no list, and lists that are too long, are refused. */
Err clerk_read_query(Ctx *ctx, const Req *req, void *in);
/* Is each of the statuses of an invitation? SAY_CHOICE. */
Err clerk_check_statuses(Ctx *ctx, const Texts *statuses, ptrdiff_t at);
/* What a page of a thing that belongs to a user begins with: the query, checked, and the user of the path. */
Err clerk_user_page(Ctx *ctx, const Req *req, ClerkPageQuery *in, User **user);
/* Users by the query of GET …/memberships, in its order. SAY_CHOICE … */
Err clerk_read_members(Ctx *ctx, const Req *req, MemberQuery *query);

/* ---- organizations.c, members.c, invitations.c ---- */

enum { CLERK_MOST_METADATA = 8192, CLERK_DEFAULT_QUOTA = 5 /* members of an organization */ };
/* The organization that the path names by its id. E_NO_ORGANIZATION. */
Err clerk_path_organization(Ctx *ctx, const char **ret);
const ClerkOrganization *clerk_organization_view(Ctx *ctx, const Organization *organization, bool counted);
/* The directory's role for Clerk's, and back. SAY_NO_ROLE. */
Err clerk_read_role(Ctx *ctx, const char *text, const char **ret);
const char *clerk_role(const char *role);
const char *clerk_role_name(const char *role);
const char *clerk_permissions(const char *role);
/* The user that a body names at fault, with its id in the error. E_NO_USER. */
Err clerk_body_user(Ctx *ctx, const char *text, const char **ret);
Err clerk_no_such_user(Ctx *ctx, Err err, const char *text);
/* Metadata of a body as it goes over: null is as absent, and {} where the whole is replaced. */
void clerk_take_metadata(const Given *from, size_t at, const char *doc, MetaMode mode, Given *to, size_t at_to, const char **ret);
/* To the application, as by a body that says nothing more. With `anyway` an open one and a user's address are no hindrance. */
Err clerk_invite(Ctx *ctx, const char *email, bool anyway);
const ClerkInvitation *clerk_invitation_view(Ctx *ctx, const Invitation *invitation);
/* clang-format off */
#define CLERK_ORGANIZATION_HANDLERS(X) \
    X(organization_list) X(organization_create) X(organization_get) X(organization_update) X(organization_delete) \
    X(organization_merge) X(organization_replace) X(organization_logo_put) X(organization_logo_delete) X(member_create) \
    X(member_list) X(member_update) X(member_metadata) X(member_delete) X(membership_list) X(user_memberships) X(user_invitations) \
    X(organization_invite) X(organization_invite_bulk) X(organization_invitations) X(organization_invitation_get) \
    X(organization_invitation_revoke) X(instance_invitations) X(invitation_create) X(invitation_bulk) X(invitation_list) \
    X(invitation_revoke) X(invitation_delete)
/* clang-format on */
#define CLERK_HANDLER(name) Err clerk_##name(Ctx *ctx, const Req *req, Reply *reply);
CLERK_ORGANIZATION_HANDLERS(CLERK_HANDLER)

/* ---- digests.c ---- */

/* Turns password_digest, of the hasher password_hasher, into the directory's words. SAY_CHOICE: unknown hasher; SAY_DIGEST: not of its form. */
Err clerk_read_digest(Ctx *ctx, ClerkUserIn *in);

/* ---- passwords.c ---- */

enum { CLERK_LEAST_PASSWORD = 8 };
/* Password, digest and hasher of a body; the digest comes out in the directory's words. */
Err clerk_check_password(Ctx *ctx, ClerkUserIn *in);
Err clerk_password_verify(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_password_remove(Ctx *ctx, const Req *req, Reply *reply);

/* ---- factors.c ---- */

/* TOTP secret and backup codes of a body. */
Err clerk_check_factors(Ctx *ctx, const ClerkUserIn *in);

/* ---- sessions.c, templates.c, shortcodes.c ---- */

/* What a token says of itself: who it is from and for, since when, until when. */
ClerkClaims clerk_token_claims(Ctx *ctx, const Session *session, int64_t life, int64_t early);
/* The membership of the session's organization, with it; NULL: it is in none. */
Err clerk_session_membership(Ctx *ctx, const SessionShown *session, Membership **ret);
/* Claims of a template with what its shortcodes, {{user.id}} and their kind, ask for. SAY_TOKEN_LARGE. */
Err clerk_fill_claims(Ctx *ctx, const char *claims, const SessionShown *session, char **ret);
/* A token by the template; `life` 0: as long as that says. */
Err clerk_sign_template(Ctx *ctx, const TokenTemplate *row, const SessionShown *shown, const Session *session, int64_t life, const char **ret);

/* ---- users.c, parts.c, addresses.c, sessions.c, list.c, public.c ---- */

/* A JSON body through route->in. E_MEDIA_TYPE. */
Err clerk_read_body(Ctx *ctx, const Req *req, void *in);
/* An absolute URL, of the web or of an application: a scheme that runs nothing, and what stands behind `://`. */
bool clerk_is_url(const char *text);
/* A value as an error may show it. */
const char *clerk_shown(Ctx *ctx, const char *text);

Err clerk_user_create(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_user_get(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_user_update(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_metadata_merge(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_metadata_replace(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_user_delete(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_users_ban(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_users_unban(Ctx *ctx, const Req *req, Reply *reply);
/* The part `file` of a body of multipart/form-data. */
bool clerk_multipart_file(Ctx *ctx, Str type, Str body, Str *ret);
Err clerk_image_put(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_image(Ctx *ctx, const Req *req, Reply *reply);
/* avatar.c: the picture of who has none, a PNG. */
Str clerk_avatar(Arena *arena);
/* limit, offset and status of a list. */
Err clerk_read_page(Ctx *ctx, const Req *req, ClerkPageQuery *in);
Err clerk_listed_list(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_listed_create(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_listed_delete(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_restrictions_set(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_instance_get(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_instance_set(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_organization_settings_get(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_organization_settings_set(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_redirect_list(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_redirect_create(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_redirect_get(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_redirect_delete(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_waiting_list(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_waiting_create(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_waiting_bulk(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_waiting_invite(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_waiting_reject(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_waiting_delete(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_domain_list(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_trusted_devices(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_trusted_device_delete(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_oauth_tokens(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_mfa_delete(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_totp_delete(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_backup_codes_delete(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_passkey_delete(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_wallet_delete(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_account_delete(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_address_create(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_address_get(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_address_update(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_address_delete(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_address_replace(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_totp_verify(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_password_compromise(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_password_trust(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_session_list(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_session_create(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_session_get(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_session_revoke(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_session_token(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_session_template(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_session_refresh(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_template_list(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_template_create(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_template_get(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_template_update(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_template_delete(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_session_verify(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_sign_in_token_create(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_actor_token_create(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_ticket_revoke(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_testing_token(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_client_list(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_client_get(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_client_verify(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_user_list(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_user_count(Ctx *ctx, const Req *req, Reply *reply);
Err clerk_show_jwks(Ctx *ctx, const Req *req, Reply *reply);
/* Digits of a number in E.164 with its '+', which a query may have turned into a blank; NULL if it is none. */
const char *clerk_phone(Ctx *ctx, const char *text);

#endif
