/* providers.h: parties at which users sign in elsewhere (OAuth 2.0, RFC 6749 4.1): one row each in providers.c, and how they are set up
 * (spec/gotrue.md 3.18.2). */
#ifndef HECATE_DIRECTORY_PROVIDERS_H
#define HECATE_DIRECTORY_PROVIDERS_H

#include "base/base.h"
#include "base/ctx.h"
#include "base/err.h"
#include "base/field.h"

typedef enum Provider {
    PROVIDER_APPLE,
    PROVIDER_AZURE,
    PROVIDER_BITBUCKET,
    PROVIDER_DISCORD,
    PROVIDER_FACEBOOK,
    PROVIDER_FIGMA,
    PROVIDER_FLY,
    PROVIDER_GITHUB,
    PROVIDER_GITLAB,
    PROVIDER_GOOGLE,
    PROVIDER_KAKAO,
    PROVIDER_KEYCLOAK,
    PROVIDER_LINKEDIN_OIDC,
    PROVIDER_SLACK,
    PROVIDER_SLACK_OIDC,
    PROVIDER_SPOTIFY,
    PROVIDERS
} Provider;

typedef struct ProviderSetting {
    bool enabled, email_optional; /* email_optional: a user without an address will do */
    Texts client_id;              /* the first is ours, further ones are those of applications */
    const char *secret;
    const char *redirect_uri; /* NULL or "": the caller's */
    const char *url;          /* in the place of the party's own; NULL or "": that */
} ProviderSetting;

/* False: there is no such party here. The name is in lower case. */
bool provider_find(const char *name, Provider *ret);
/* Why it cannot be used, or NULL: it can. */
const char *provider_lacks(const Ctx *ctx, Provider provider);
const char *provider_text(Provider provider);
/* May the address that is set up be called? */
bool provider_url_ok(const ProviderSetting *setting);

typedef struct ProviderAsk {
    Provider provider;
    const char *scopes; /* further ones, comma-separated, or NULL */
    const char *state, *redirect_uri;
    const struct FormPair *extra; /* what goes along; nothing of it takes the place of ours */
    size_t n_extra;
} ProviderAsk;
/* Where the browser goes, parameters sorted by name. E_TOO_LARGE. */
Err provider_page(Ctx *ctx, const ProviderAsk *ask, char **ret);

/* Who somebody is there. */
typedef struct ProviderUser {
    Provider provider;
    const char *sub;
    const char *data;                  /* the claims, as identity_data holds them */
    const char *email;                 /* lower case; NULL: none */
    bool verified;                     /* that party says so */
    Texts others;                      /* further addresses that it says are verified */
    const char *token, *refresh_token; /* its own; refresh_token NULL: none */
} ProviderUser;
/* Exchanges the code and asks for the profile. E_IO with a text: the code is not taken, or the profile cannot be had; E_BUSY. */
Err provider_ask(Ctx *ctx, Provider provider, const char *code, const char *redirect_uri, ProviderUser *ret);

#endif
