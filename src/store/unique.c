/* unique.c: which unique index means which error. */
#include "store/store.h"

static const UniqueRow unique_rows[] = {
    { "users_pkey", E_ID_TAKEN },
    { "users_email_partial_key", E_EMAIL_TAKEN },
    { "users_phone_key", E_PHONE_TAKEN },
    { "identities_provider_id_provider_unique", E_ID_TAKEN },
    { "profiles_username_key_idx", E_USERNAME_TAKEN },
    { "profiles_external_id_idx", E_EXTERNAL_ID_TAKEN },
    { "addresses_value_idx", E_EMAIL_TAKEN },
    { "subjects_pkey", E_ID_TAKEN },
    { "linked_former_id_idx", E_ID_TAKEN },
    { "linked_subject_idx", E_ID_TAKEN },
    { "linked_username_key_idx", E_USERNAME_TAKEN },
    { "email_factors_email_idx", E_FACTOR_EXISTS },
    { "organizations_slug_idx", E_SLUG_TAKEN },
    { "memberships_member_idx", E_MEMBER_EXISTS },
    { "invitations_pending_idx", E_INVITED },
    { "roles_name_idx", E_CONFLICT },
    { "listed_identifier_idx", E_CONFLICT },
    { "redirect_urls_url_idx", E_CONFLICT },
    { "token_templates_name_idx", E_CONFLICT },
    { "passkeys_credential_id_idx", E_ID_TAKEN },
    { "resource_servers_identifier_idx", E_CONFLICT },
    { "connections_name_idx", E_CONFLICT },
    { "client_grants_client_idx", E_CONFLICT },
    { "sessions_pkey", E_CONFLICT },
    { "refresh_tokens_token_unique", E_CONFLICT },
    { "mfa_factors_user_friendly_name_unique", E_FACTOR_NAME_TAKEN },
    { "unique_phone_factor_per_user", E_FACTOR_EXISTS },
    { "mfa_factors_last_challenged_at_key", E_CONFLICT },
};

void store_init(void)
{
    db_unique_table(unique_rows, COUNTOF(unique_rows));
}
