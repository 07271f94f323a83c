/* gotrue.h: the GoTrue dialect (Supabase Auth) and its settings. */
#ifndef HECATE_GOTRUE_H
#define HECATE_GOTRUE_H

#include <stdatomic.h>

#include "crypto/crypto.h"
#include "dialect/origin.h"

/* What the reference's variables say (spec/gotrue.md 9); texts live as long as the process. */
typedef struct GotrueSettings {
    const KeySet *keys;
    const char *issuer; /* "" : none */
    const char *aud;    /* GOTRUE_JWT_AUD */
    const char *site_url, *external_url;
    int64_t jwt_exp; /* s */
    Texts admin_roles;
    bool disable_signup, mailer_autoconfirm, sms_autoconfirm;
    bool email_enabled, phone_enabled, anonymous_enabled, magic_link_enabled;
    Texts uri_allow_list; /* patterns of redirects (0.7) */
    Texts external_hosts; /* on which links may be built (0.8) */
    const char *admin_group;
    const char *sms_provider;
    bool captcha;                                                /* 0.6 */
    const char *captcha_provider, *captcha_secret, *captcha_url; /* url: "" is the provider's own */
    int64_t captcha_timeout;                                     /* µs */
    const char *cors_headers;                                    /* further ones, comma-separated, or "" */
    bool cursor_pagination;
    bool manual_linking;
    int64_t rate_anonymous, rate_otp, rate_token, rate_verify, rate_web3, rate_factor; /* spec 8.1 */
    OriginRules origin;
    struct Buckets *buckets; /* NULL: nobody is limited */
    const char *version;
    const _Atomic bool *ready;     /* false: /health answers 503, for the listeners close soon; NULL: always ready */
    const char *request_id_header; /* names a request; NULL: an id of ours does */
} GotrueSettings;

/* Is what is said of captchas complete? */
bool gotrue_captcha_ok(const GotrueSettings *settings);

extern const Dialect gotrue_dialect;

/* A user as hooks are shown it. For Directory.show_user. */
const char *gotrue_show_user(Ctx *ctx, const User *user);
/* Where links of the request lead, and what they are built on; of another dialect's, the site. For Directory.show_place. */
void gotrue_show_place(Ctx *ctx, const char **redirect_to, const char **external_url);

#endif
