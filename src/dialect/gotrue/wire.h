/* wire.h: names and shapes of the GoTrue dialect: data only, shared by server and client library. */
#ifndef HECATE_GOTRUE_WIRE_H
#define HECATE_GOTRUE_WIRE_H

#include "base/field.h"

/* A user as GoTrue shows it (spec/gotrue.md 4.1). */
typedef struct GotrueUser {
    const char *id, *aud, *role, *email, *phone, *new_email, *new_phone, *app_metadata, *user_metadata;
    int64_t email_confirmed_at, invited_at, phone_confirmed_at, confirmation_sent_at, confirmed_at, recovery_sent_at, email_change_sent_at;
    int64_t phone_change_sent_at, reauthentication_sent_at, last_sign_in_at, created_at, updated_at, banned_until, deleted_at;
    List factors, identities;
    bool is_anonymous;
} GotrueUser;

typedef struct GotrueIdentity {
    const char *identity_id, *id, *user_id, *identity_data, *provider, *email;
    int64_t last_sign_in_at, created_at, updated_at;
} GotrueIdentity;

typedef struct GotrueFactor {
    const char *id, *status, *friendly_name, *factor_type, *phone;
    int64_t created_at, updated_at, last_challenged_at;
} GotrueFactor;

extern const Field gotrue_identity[];
extern const Field gotrue_factor[];
extern const Field gotrue_user[];        /* identities are a list */
extern const Field gotrue_user_listed[]; /* identities are null */

/* Body of POST and PUT /admin/users (2.2, 2.4). */
typedef struct AdminUserIn {
    Given given;
    const char *email, *phone, *password, *password_hash, *user_metadata, *app_metadata, *role, *aud, *id, *ban_duration;
    bool email_confirm, phone_confirm;
} AdminUserIn;
extern const Field gotrue_admin_user[];

typedef struct DeleteIn {
    bool should_soft_delete;
} DeleteIn;
extern const Field gotrue_delete[];

/* Body of POST /token. */
typedef struct TokenIn {
    const char *email, *phone, *password, *refresh_token, *auth_code, *code_verifier;
    const char *id_token, *access_token, *nonce, *provider, *client_id, *issuer;
    bool link_identity;
} TokenIn;
extern const Field gotrue_token_in[];                                                                 /* of any grant */
extern const Field gotrue_password_in[], gotrue_refresh_in[], gotrue_pkce_in[], gotrue_id_token_in[]; /* what each grant looks at */
extern const Field gotrue_passkey[];                                                                  /* Passkey */

/* Body of POST /signup. */
typedef struct SignupIn {
    const char *email, *phone, *password, *data, *channel, *code_challenge, *code_challenge_method;
} SignupIn;
extern const Field gotrue_signup_in[];

/* Bodies of the routes of second factors (3.16) and of PUT /admin/users/{user_id}/factors/{factor_id}. */
typedef struct FactorIn {
    const char *factor_type, *friendly_name, *issuer, *phone;
} FactorIn;
extern const Field gotrue_factor_in[];
typedef struct ChallengeIn {
    const char *channel;
} ChallengeIn;
typedef struct FactorVerifyIn {
    const char *challenge_id, *code;
} FactorVerifyIn;
extern const Field gotrue_challenge_in[], gotrue_factor_verify_in[];

/* An enrolment as it is answered. */
typedef struct TotpOut {
    const char *qr_code, *secret, *uri;
} TotpOut;
typedef struct EnrolmentOut {
    const char *id, *type, *friendly_name, *phone;
    const TotpOut *totp;
} EnrolmentOut;
extern const Field gotrue_enrolment[];
typedef struct ChallengeOut {
    const char *id, *type;
    int64_t expires_at;
} ChallengeOut;
extern const Field gotrue_challenge[];
/* A row of the audit trail (4.5), and a session as administrators see it (beyond the reference). */
typedef struct GotrueEvent {
    const char *id, *payload, *ip_address;
    int64_t created_at;
} GotrueEvent;
extern const Field gotrue_event[];
typedef struct GotrueSessionRow {
    const char *id, *user_id, *factor_id, *aal, *user_agent, *ip;
    Texts amr;
    int64_t created_at, updated_at, refreshed_at, not_after;
} GotrueSessionRow;
extern const Field gotrue_session_row[];

typedef struct IdOut {
    const char *id;
} IdOut;
extern const Field gotrue_id[];

/* Body of POST /otp, /magiclink, /recover. */
typedef struct OtpIn {
    const char *email, *phone, *data, *channel, *code_challenge, *code_challenge_method;
    bool create_user;
} OtpIn;
extern const Field gotrue_otp_in[], gotrue_magiclink_in[], gotrue_recover_in[];

/* Body of POST /resend. */
typedef struct ResendIn {
    const char *type, *email, *phone, *code_challenge, *code_challenge_method;
} ResendIn;
extern const Field gotrue_resend_in[];

/* Body of POST /verify. */
typedef struct VerifyIn {
    const char *type, *token, *token_hash, *email, *phone, *redirect_to;
} VerifyIn;
extern const Field gotrue_verify_in[];

/* Body of PUT /user. */
typedef struct UserIn {
    const char *email, *phone, *password, *current_password, *nonce, *data, *app_metadata, *channel, *code_challenge, *code_challenge_method;
} UserIn;
extern const Field gotrue_user_in[];

/* Body of POST /invite, and of POST /admin/generate_link (2.7, 2.8). */
typedef struct InviteIn {
    const char *email, *data;
} InviteIn;
extern const Field gotrue_invite_in[];

typedef struct GenerateLinkIn {
    const char *type, *email, *new_email, *password, *data, *redirect_to;
} GenerateLinkIn;
extern const Field gotrue_generate_link_in[];

/* Its answer: a user's members, and the link's. */
typedef struct GotrueLink {
    GotrueUser user;
    const char *action_link, *email_otp, *hashed_token, *verification_type, *redirect_to;
} GotrueLink;
extern const Field gotrue_link[];

typedef struct WeakPassword {
    const char *message;
    Texts reasons;
} WeakPassword;

/* A session as it is given out (S200). */
typedef struct GotrueSession {
    const char *access_token, *token_type, *refresh_token;
    int64_t expires_in, expires_at;
    const GotrueUser *user;
    const char *provider_token, *provider_refresh_token; /* of a sign-in at another party, or NULL */
    const WeakPassword *weak_password;
} GotrueSession;
extern const Field gotrue_session[];          /* of a refresh */
extern const Field gotrue_session_password[]; /* of the password grant: weak_password is always there */

typedef struct GotrueUsers {
    List users;
    const char *aud;
} GotrueUsers;
extern const Field gotrue_users[];

#endif
