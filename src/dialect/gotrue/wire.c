/* wire.c: field tables of the GoTrue dialect. The order of members is the reference's. */
#include "dialect/gotrue/wire.h"

#include "model/model.h"

const Field gotrue_identity[] = {
    TEXT(GotrueIdentity, identity_id, "identity_id"),
    TEXT(GotrueIdentity, id, "id"),
    TEXT(GotrueIdentity, user_id, "user_id"),
    JSON(GotrueIdentity, identity_data, "identity_data", .flags = OMIT_NULL),
    TEXT(GotrueIdentity, provider, "provider"),
    TIME(GotrueIdentity, last_sign_in_at, "last_sign_in_at", .flags = OMIT_NULL),
    TIME(GotrueIdentity, created_at, "created_at"),
    TIME(GotrueIdentity, updated_at, "updated_at"),
    TEXT(GotrueIdentity, email, "email", .flags = OMIT_NULL),
    END(GotrueIdentity),
};

const Field gotrue_factor[] = {
    TEXT(GotrueFactor, id, "id"),
    TIME(GotrueFactor, created_at, "created_at"),
    TIME(GotrueFactor, updated_at, "updated_at"),
    TEXT(GotrueFactor, status, "status"),
    TEXT(GotrueFactor, friendly_name, "friendly_name", .flags = OMIT_NULL | OMIT_ZERO),
    TEXT(GotrueFactor, factor_type, "factor_type"),
    TEXT(GotrueFactor, phone, "phone", .flags = NULL_AS_EMPTY),
    TIME(GotrueFactor, last_challenged_at, "last_challenged_at"),
    END(GotrueFactor),
};

/* clang-format off */
#define USER_ROWS(identities_flags)                                                              \
    TEXT(GotrueUser, id, "id"),                                                                    \
    TEXT(GotrueUser, aud, "aud", .flags = NULL_AS_EMPTY),                                          \
    TEXT(GotrueUser, role, "role", .flags = NULL_AS_EMPTY),                                        \
    TEXT(GotrueUser, email, "email", .flags = NULL_AS_EMPTY),                                      \
    TIME(GotrueUser, email_confirmed_at, "email_confirmed_at", .flags = OMIT_NULL),                \
    TIME(GotrueUser, invited_at, "invited_at", .flags = OMIT_NULL),                                \
    TEXT(GotrueUser, phone, "phone", .flags = NULL_AS_EMPTY),                                      \
    TIME(GotrueUser, phone_confirmed_at, "phone_confirmed_at", .flags = OMIT_NULL),                \
    TIME(GotrueUser, confirmation_sent_at, "confirmation_sent_at", .flags = OMIT_NULL),            \
    TIME(GotrueUser, confirmed_at, "confirmed_at", .flags = OMIT_NULL),                            \
    TIME(GotrueUser, recovery_sent_at, "recovery_sent_at", .flags = OMIT_NULL),                    \
    TEXT(GotrueUser, new_email, "new_email", .flags = OMIT_NULL | OMIT_ZERO),                      \
    TIME(GotrueUser, email_change_sent_at, "email_change_sent_at", .flags = OMIT_NULL),            \
    TEXT(GotrueUser, new_phone, "new_phone", .flags = OMIT_NULL | OMIT_ZERO),                      \
    TIME(GotrueUser, phone_change_sent_at, "phone_change_sent_at", .flags = OMIT_NULL),            \
    TIME(GotrueUser, reauthentication_sent_at, "reauthentication_sent_at", .flags = OMIT_NULL),    \
    TIME(GotrueUser, last_sign_in_at, "last_sign_in_at", .flags = OMIT_NULL),                      \
    JSON(GotrueUser, app_metadata, "app_metadata", .flags = NULL_AS_EMPTY),                        \
    JSON(GotrueUser, user_metadata, "user_metadata", .flags = NULL_AS_EMPTY),                      \
    LIST(GotrueUser, factors, "factors", gotrue_factor, .flags = OMIT_NULL),                       \
    LIST(GotrueUser, identities, "identities", gotrue_identity, .flags = identities_flags),        \
    TIME(GotrueUser, created_at, "created_at"),                                                    \
    TIME(GotrueUser, updated_at, "updated_at"),                                                    \
    TIME(GotrueUser, banned_until, "banned_until", .flags = OMIT_NULL),                            \
    TIME(GotrueUser, deleted_at, "deleted_at", .flags = OMIT_NULL),                                \
    BOOL(GotrueUser, is_anonymous, "is_anonymous")
#define USER_FIELDS(identities_flags) USER_ROWS(identities_flags), END(GotrueUser)
/* clang-format on */

const Field gotrue_user[] = { USER_FIELDS(NULL_AS_EMPTY) };
const Field gotrue_user_listed[] = { USER_FIELDS(0) };

_Static_assert(offsetof(GotrueLink, user) == 0, "a link begins with its user");
const Field gotrue_link[] = {
    USER_ROWS(NULL_AS_EMPTY),
    TEXT(GotrueLink, action_link, "action_link"),
    TEXT(GotrueLink, email_otp, "email_otp"),
    TEXT(GotrueLink, hashed_token, "hashed_token"),
    TEXT(GotrueLink, verification_type, "verification_type"),
    TEXT(GotrueLink, redirect_to, "redirect_to"),
    END(GotrueLink),
};

const Field gotrue_admin_user[] = {
    GIVEN(AdminUserIn, given),
    TEXT(AdminUserIn, email, "email"),
    TEXT(AdminUserIn, phone, "phone"),
    TEXT(AdminUserIn, password, "password", .flags = SECRET),
    TEXT(AdminUserIn, password_hash, "password_hash", .flags = SECRET),
    BOOL(AdminUserIn, email_confirm, "email_confirm"),
    BOOL(AdminUserIn, phone_confirm, "phone_confirm"),
    OBJECT_JSON(AdminUserIn, user_metadata, "user_metadata"),
    OBJECT_JSON(AdminUserIn, app_metadata, "app_metadata"),
    TEXT(AdminUserIn, role, "role"),
    TEXT(AdminUserIn, aud, "aud"),
    TEXT(AdminUserIn, id, "id"),
    TEXT(AdminUserIn, ban_duration, "ban_duration"),
    END(AdminUserIn),
};

const Field gotrue_delete[] = { BOOL(DeleteIn, should_soft_delete, "should_soft_delete"), END(DeleteIn) };

/* clang-format off */
#define PASSWORD_FIELDS TEXT(TokenIn, email, "email"), TEXT(TokenIn, phone, "phone"), TEXT(TokenIn, password, "password", .flags = SECRET)
#define REFRESH_FIELDS TEXT(TokenIn, refresh_token, "refresh_token", .flags = SECRET)
#define PKCE_FIELDS TEXT(TokenIn, auth_code, "auth_code", .flags = SECRET), TEXT(TokenIn, code_verifier, "code_verifier", .flags = SECRET)
#define ID_TOKEN_FIELDS                                              \
    TEXT(TokenIn, id_token, "id_token", .flags = SECRET),            \
    TEXT(TokenIn, access_token, "access_token", .flags = SECRET),    \
    TEXT(TokenIn, nonce, "nonce", .flags = SECRET),                  \
    TEXT(TokenIn, provider, "provider"),                             \
    TEXT(TokenIn, client_id, "client_id"),                           \
    TEXT(TokenIn, issuer, "issuer"),                                 \
    BOOL(TokenIn, link_identity, "link_identity")

const Field gotrue_token_in[] = { PASSWORD_FIELDS, REFRESH_FIELDS, PKCE_FIELDS, ID_TOKEN_FIELDS, END(TokenIn) };
const Field gotrue_password_in[] = { PASSWORD_FIELDS, END(TokenIn) };
const Field gotrue_refresh_in[] = { REFRESH_FIELDS, END(TokenIn) };
const Field gotrue_pkce_in[] = { PKCE_FIELDS, END(TokenIn) };
const Field gotrue_id_token_in[] = { ID_TOKEN_FIELDS, END(TokenIn) };
/* clang-format on */

const Field gotrue_signup_in[] = {
    TEXT(SignupIn, email, "email"),
    TEXT(SignupIn, phone, "phone"),
    TEXT(SignupIn, password, "password", .flags = SECRET),
    OBJECT_JSON(SignupIn, data, "data"),
    TEXT(SignupIn, channel, "channel"),
    TEXT(SignupIn, code_challenge, "code_challenge"),
    TEXT(SignupIn, code_challenge_method, "code_challenge_method"),
    END(SignupIn),
};

const Field gotrue_factor_in[] = {
    TEXT(FactorIn, factor_type, "factor_type"),
    TEXT(FactorIn, friendly_name, "friendly_name", .max = 255),
    TEXT(FactorIn, issuer, "issuer", .max = 255),
    TEXT(FactorIn, phone, "phone"),
    END(FactorIn),
};

const Field gotrue_challenge_in[] = { TEXT(ChallengeIn, channel, "channel"), END(ChallengeIn) };

const Field gotrue_factor_verify_in[] = {
    TEXT(FactorVerifyIn, challenge_id, "challenge_id"),
    TEXT(FactorVerifyIn, code, "code", .flags = SECRET),
    END(FactorVerifyIn),
};

static const Field totp_fields[] = {
    TEXT(TotpOut, qr_code, "qr_code"),
    TEXT(TotpOut, secret, "secret", .flags = SECRET),
    TEXT(TotpOut, uri, "uri", .flags = SECRET),
    END(TotpOut),
};

const Field gotrue_enrolment[] = {
    TEXT(EnrolmentOut, id, "id"),
    TEXT(EnrolmentOut, type, "type"),
    TEXT(EnrolmentOut, friendly_name, "friendly_name", .flags = NULL_AS_EMPTY),
    OBJECT(EnrolmentOut, totp, "totp", totp_fields, .flags = OMIT_NULL),
    TEXT(EnrolmentOut, phone, "phone", .flags = OMIT_NULL | OMIT_ZERO),
    END(EnrolmentOut),
};

const Field gotrue_challenge[] = {
    TEXT(ChallengeOut, id, "id"),
    TEXT(ChallengeOut, type, "type"),
    INT(ChallengeOut, expires_at, "expires_at"),
    END(ChallengeOut),
};

const Field gotrue_event[] = {
    TEXT(GotrueEvent, id, "id"),
    JSON(GotrueEvent, payload, "payload"),
    TIME(GotrueEvent, created_at, "created_at"),
    TEXT(GotrueEvent, ip_address, "ip_address", .flags = NULL_AS_EMPTY),
    END(GotrueEvent),
};

const Field gotrue_passkey[] = {
    TEXT(Passkey, id, "id"),
    TEXT(Passkey, name, "friendly_name", .flags = OMIT_NULL),
    TIME(Passkey, created_at, "created_at"),
    TIME(Passkey, last_used_at, "last_used_at", .flags = OMIT_NULL),
    END(Passkey),
};

const Field gotrue_session_row[] = {
    TEXT(GotrueSessionRow, id, "id"),
    TEXT(GotrueSessionRow, user_id, "user_id"),
    TIME(GotrueSessionRow, created_at, "created_at"),
    TIME(GotrueSessionRow, updated_at, "updated_at"),
    TIME(GotrueSessionRow, refreshed_at, "refreshed_at", .flags = OMIT_NULL),
    TIME(GotrueSessionRow, not_after, "not_after", .flags = OMIT_NULL),
    TEXT(GotrueSessionRow, aal, "aal"),
    TEXTS(GotrueSessionRow, amr, "amr", .flags = NULL_AS_EMPTY),
    TEXT(GotrueSessionRow, factor_id, "factor_id", .flags = OMIT_NULL),
    TEXT(GotrueSessionRow, user_agent, "user_agent", .flags = NULL_AS_EMPTY),
    TEXT(GotrueSessionRow, ip, "ip", .flags = NULL_AS_EMPTY),
    END(GotrueSessionRow),
};

const Field gotrue_id[] = { TEXT(IdOut, id, "id"), END(IdOut) };

const Field gotrue_otp_in[] = {
    TEXT(OtpIn, email, "email"),
    TEXT(OtpIn, phone, "phone"),
    BOOL(OtpIn, create_user, "create_user"),
    OBJECT_JSON(OtpIn, data, "data"),
    TEXT(OtpIn, channel, "channel"),
    TEXT(OtpIn, code_challenge, "code_challenge"),
    TEXT(OtpIn, code_challenge_method, "code_challenge_method"),
    END(OtpIn),
};

const Field gotrue_magiclink_in[] = {
    TEXT(OtpIn, email, "email"),
    OBJECT_JSON(OtpIn, data, "data"),
    TEXT(OtpIn, code_challenge, "code_challenge"),
    TEXT(OtpIn, code_challenge_method, "code_challenge_method"),
    END(OtpIn),
};

const Field gotrue_recover_in[] = {
    TEXT(OtpIn, email, "email"),
    TEXT(OtpIn, code_challenge, "code_challenge"),
    TEXT(OtpIn, code_challenge_method, "code_challenge_method"),
    END(OtpIn),
};

const Field gotrue_resend_in[] = {
    TEXT(ResendIn, type, "type"),
    TEXT(ResendIn, email, "email"),
    TEXT(ResendIn, phone, "phone"),
    TEXT(ResendIn, code_challenge, "code_challenge"),
    TEXT(ResendIn, code_challenge_method, "code_challenge_method"),
    END(ResendIn),
};

const Field gotrue_verify_in[] = {
    TEXT(VerifyIn, type, "type"),
    TEXT(VerifyIn, token, "token", .flags = SECRET),
    TEXT(VerifyIn, token_hash, "token_hash", .flags = SECRET),
    TEXT(VerifyIn, email, "email"),
    TEXT(VerifyIn, phone, "phone"),
    TEXT(VerifyIn, redirect_to, "redirect_to"),
    END(VerifyIn),
};

const Field gotrue_user_in[] = {
    TEXT(UserIn, email, "email"),
    TEXT(UserIn, phone, "phone"),
    TEXT(UserIn, password, "password", .flags = SECRET),
    TEXT(UserIn, current_password, "current_password", .flags = SECRET),
    TEXT(UserIn, nonce, "nonce", .flags = SECRET),
    OBJECT_JSON(UserIn, data, "data"),
    OBJECT_JSON(UserIn, app_metadata, "app_metadata"),
    TEXT(UserIn, channel, "channel"),
    TEXT(UserIn, code_challenge, "code_challenge"),
    TEXT(UserIn, code_challenge_method, "code_challenge_method"),
    END(UserIn),
};

const Field gotrue_invite_in[] = { TEXT(InviteIn, email, "email"), OBJECT_JSON(InviteIn, data, "data"), END(InviteIn) };

const Field gotrue_generate_link_in[] = {
    TEXT(GenerateLinkIn, type, "type"),
    TEXT(GenerateLinkIn, email, "email"),
    TEXT(GenerateLinkIn, new_email, "new_email"),
    TEXT(GenerateLinkIn, password, "password", .flags = SECRET),
    OBJECT_JSON(GenerateLinkIn, data, "data"),
    TEXT(GenerateLinkIn, redirect_to, "redirect_to"),
    END(GenerateLinkIn),
};

static const Field weak_fields[] = {
    TEXT(WeakPassword, message, "message"),
    TEXTS(WeakPassword, reasons, "reasons"),
    END(WeakPassword),
};

/* clang-format off */
#define SESSION_FIELDS                                      \
    TEXT(GotrueSession, access_token, "access_token"),      \
    TEXT(GotrueSession, token_type, "token_type"),          \
    INT(GotrueSession, expires_in, "expires_in"),           \
    INT(GotrueSession, expires_at, "expires_at"),           \
    TEXT(GotrueSession, refresh_token, "refresh_token"),    \
    OBJECT(GotrueSession, user, "user", gotrue_user)
/* clang-format on */

const Field gotrue_session[] = {
    SESSION_FIELDS,
    TEXT(GotrueSession, provider_token, "provider_token", .flags = OMIT_NULL | SECRET),
    TEXT(GotrueSession, provider_refresh_token, "provider_refresh_token", .flags = OMIT_NULL | SECRET),
    END(GotrueSession),
};
const Field gotrue_session_password[] = { SESSION_FIELDS, OBJECT(GotrueSession, weak_password, "weak_password", weak_fields), END(GotrueSession) };

const Field gotrue_users[] = {
    LIST(GotrueUsers, users, "users", gotrue_user_listed, .flags = NULL_AS_EMPTY),
    TEXT(GotrueUsers, aud, "aud", .flags = NULL_AS_EMPTY),
    END(GotrueUsers),
};
