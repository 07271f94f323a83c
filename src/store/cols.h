/* cols.h: the columns of a user, for the tables of rows that hold one: USER_COLUMNS(UserRow, ) and USER_COLUMNS(SessionRow, row.). */
#ifndef HECATE_STORE_COLS_H
#define HECATE_STORE_COLS_H

#include "store/store.h"

/* clang-format off */
#define USER_COLUMNS(T, at) \
    UUID(T, at user.id, "id"), \
    TEXT(T, at user.aud, "aud"), \
    TEXT(T, at user.role, "role"), \
    TEXT(T, at user.email, "email"), \
    TEXT(T, at user.phone, "phone"), \
    TEXT(T, at user.encrypted_password, "encrypted_password", .flags = SECRET), \
    TIME(T, at user.email_confirmed_at, "email_confirmed_at"), \
    TIME(T, at user.phone_confirmed_at, "phone_confirmed_at"), \
    TIME(T, at user.confirmed_at, "confirmed_at"), \
    TIME(T, at user.invited_at, "invited_at"), \
    TIME(T, at user.confirmation_sent_at, "confirmation_sent_at"), \
    TIME(T, at user.recovery_sent_at, "recovery_sent_at"), \
    TIME(T, at user.email_change_sent_at, "email_change_sent_at"), \
    TIME(T, at user.phone_change_sent_at, "phone_change_sent_at"), \
    TIME(T, at user.reauthentication_sent_at, "reauthentication_sent_at"), \
    TIME(T, at user.last_sign_in_at, "last_sign_in_at"), \
    TIME(T, at user.banned_until, "banned_until"), \
    TIME(T, at user.deleted_at, "deleted_at"), \
    TIME(T, at user.created_at, "created_at"), \
    TIME(T, at user.updated_at, "updated_at"), \
    TEXT(T, at user.email_change, "email_change"), \
    TEXT(T, at user.phone_change, "phone_change"), \
    JSON(T, at user.meta_app, "raw_app_meta_data"), \
    JSON(T, at user.meta_user, "raw_user_meta_data"), \
    BOOL(T, at user.is_sso_user, "is_sso_user"), \
    BOOL(T, at user.is_anonymous, "is_anonymous"), \
    UUID(T, at profile_id, "profile_id"), \
    TEXT(T, at user.username, "username"), \
    TEXT(T, at username_key, "username_key"), \
    TEXT(T, at user.first_name, "first_name"), \
    TEXT(T, at user.last_name, "last_name"), \
    TEXT(T, at user.name, "name"), \
    TEXT(T, at user.nickname, "nickname"), \
    TEXT(T, at user.picture, "picture"), \
    TEXT(T, at user.given_name, "given_name"), \
    TEXT(T, at user.family_name, "family_name"), \
    TEXT(T, at user.locale, "locale"), \
    TEXT(T, at user.external_id, "external_id"), \
    JSON(T, at user.meta_private, "private_metadata"), \
    TEXT(T, at user.connection, "connection"), \
    INET(T, at user.last_ip, "last_ip"), \
    TEXT(T, at user.image_id, "image_id"), \
    BOOL(T, at user.blocked_shown, "blocked_shown"), \
    BOOL(T, at user.delete_self_enabled, "delete_self_enabled"), \
    BOOL(T, at user.create_organization_enabled, "create_organization_enabled"), \
    BOOL(T, at user.bypass_client_trust, "bypass_client_trust"), \
    INT(T, at user.create_organizations_limit, "create_organizations_limit"), \
    INT(T, at user.logins_count, "logins_count"), \
    INT(T, at user.failed_attempts, "failed_attempts"), \
    TIME(T, at user.failed_at, "failed_at"), \
    TIME(T, at user.legal_accepted_at, "legal_accepted_at"), \
    TIME(T, at user.last_active_at, "last_active_at"), \
    TIME(T, at user.password_set_at, "password_set_at"), \
    TIME(T, at user.last_password_reset_at, "last_password_reset_at"), \
    TIME(T, at user.locked_at, "locked_at"), \
    TIME(T, at user.locked_until, "locked_until"), \
    TIME(T, at user.mfa_enabled_at, "mfa_enabled_at"), \
    TIME(T, at user.mfa_disabled_at, "mfa_disabled_at"), \
    TIME(T, at user.profile_updated_at, "profile_updated_at"), \
    INT(T, at user.backup_codes, "backup_codes"), \
    TIME(T, at user.password_compromised_at, "password_compromised_at"), \
    UUID(T, at user.email_id, "email_id"), \
    UUID(T, at user.phone_id, "phone_id"), \
    UUID(T, at user.web3_id, "web3_id"), \
    TEXT(T, at user.digest, "digest", .flags = SECRET), \
    TEXT(T, at user.sort_text, "sort_text"), \
    TEXT(T, at digest_scheme, "scheme"), \
    UUID(T, at identity.id, "identity_id"), \
    TEXT(T, at identity.provider, "identity_provider"), \
    TEXT(T, at identity.provider_id, "identity_provider_id"), \
    JSON(T, at identity.data, "identity_data"), \
    TEXT(T, at identity.email, "identity_email"), \
    TIME(T, at identity.last_sign_in_at, "identity_last_sign_in_at"), \
    TIME(T, at identity.created_at, "identity_created_at"), \
    TIME(T, at identity.updated_at, "identity_updated_at"), \
    JSON(T, at identities_json, "identities"), \
    JSON(T, at addresses_json, "addresses"), \
    JSON(T, at factors_json, "factors"), \
    JSON(T, at subjects_json, "subjects"), \
    JSON(T, at passkeys_json, "passkeys")
/* clang-format on */

#endif
