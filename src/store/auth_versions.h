/* auth_versions.h: the versions of schema auth that 0001_auth makes, in order, and what our statements use of it. */
#ifndef HECATE_STORE_AUTH_VERSIONS_H
#define HECATE_STORE_AUTH_VERSIONS_H

/* clang-format off */
static const char *const auth_versions[] = {
    "00", "20210710035447", "20210722035447", "20210730183235", "20210909172000", "20210927181326",
    "20211122151130", "20211124214934", "20211202183645", "20220114185221", "20220114185340", "20220224000811",
    "20220323170000", "20220429102000", "20220531120530", "20220614074223", "20220811173540", "20221003041349",
    "20221003041400", "20221011041400", "20221020193600", "20221021073300", "20221021082433", "20221027105023",
    "20221114143122", "20221114143410", "20221125140132", "20221208132122", "20221215195500", "20221215195800",
    "20221215195900", "20230116124310", "20230116124412", "20230131181311", "20230322519590", "20230402418590",
    "20230411005111", "20230508135423", "20230523124323", "20230818113222", "20230914180801", "20231027141322",
    "20231114161723", "20231117164230", "20240115144230", "20240214120130", "20240306115329", "20240314092811",
    "20240427152123", "20240612123726", "20240729123726", "20240802193726", "20240806073726", "20241009103726",
    "20250717082212", "20250731150234", "20250804100000", "20250901200500", "20250903112500", "20250904133000",
    "20250925093508", "20251007112900", "20251104100000", "20251111201300", "20251201000000", "20260115000000",
    "20260121000000", "20260219120000", "20260302000000", "20260625000000",
};

/* Tables of schema auth with the columns that src/store names, parted by blanks. */
static const struct {
    const char *table, *columns;
} auth_used[] = {
    { "users",
      "instance_id id aud role email encrypted_password email_confirmed_at invited_at confirmation_token confirmation_sent_at "
      "recovery_token recovery_sent_at email_change_token_new email_change email_change_sent_at last_sign_in_at raw_app_meta_data "
      "raw_user_meta_data created_at updated_at phone phone_confirmed_at phone_change phone_change_token phone_change_sent_at "
      "confirmed_at email_change_token_current banned_until reauthentication_token reauthentication_sent_at is_sso_user deleted_at "
      "is_anonymous email_change_confirm_status" },
    { "identities", "provider_id user_id identity_data provider last_sign_in_at created_at updated_at email id" },
    { "sessions",
      "id user_id created_at updated_at factor_id aal not_after refreshed_at user_agent ip tag oauth_client_id "
      "refresh_token_hmac_key refresh_token_counter scopes" },
    { "refresh_tokens", "instance_id id token user_id revoked created_at updated_at parent session_id" },
    { "mfa_amr_claims", "session_id created_at updated_at authentication_method id" },
    { "mfa_factors",
      "id user_id friendly_name factor_type status created_at updated_at secret phone last_challenged_at "
      "web_authn_credential web_authn_aaguid last_webauthn_challenge_data" },
    { "one_time_tokens",
      "id user_id token_type token_hash relates_to created_at updated_at" },
    { "mfa_challenges",
      "id factor_id created_at verified_at ip_address otp_code web_authn_session_data" },
    { "flow_state",
      "id user_id auth_code code_challenge_method code_challenge provider_type provider_access_token "
      "provider_refresh_token created_at updated_at authentication_method auth_code_issued_at invite_token referrer "
      "oauth_client_state_id linking_target_id email_optional" },
    { "audit_log_entries", "instance_id id payload created_at ip_address" },
    { "saml_relay_states", "id created_at" },
    { "oauth_client_states", "id created_at" },
    { "webauthn_challenges", "id expires_at" },
    { "webauthn_credentials", "id user_id friendly_name created_at last_used_at" },
};
/* clang-format on */

#endif
