/* house.c: one generation of settings. SIGHUP makes a new one; requests under way keep the one they began with, which is freed at
 * a later reload. */
#include "base/clock.h"
#include "base/log.h"
#include "directory/messages.h"
#include "outbound/hook.h"
#include "server/internal.h"

enum { HOUSE_CAP = 16 << 20, REST_MS = 10000 };

const Dialect *const tongue_dialects[TONGUES] = { &gotrue_dialect, &clerk_dialect, &auth0_dialect, &ops_dialect };

/* What suits tests and first steps; any source wins over it. */
static void dev_defaults(Options *options, const Start *how)
{
    const char *const rows[][2] = {
        { "HECATE_DATA", how->dir },
        { "GOTRUE_MAILER_AUTOCONFIRM", "true" },
        { "GOTRUE_SMS_AUTOCONFIRM", "true" },
        { "GOTRUE_EXTERNAL_PHONE_ENABLED", "true" },
        { "GOTRUE_JWT_AUD", "authenticated" },
        { "GOTRUE_JWT_DEFAULT_GROUP_NAME", "authenticated" },
        { "GOTRUE_SITE_URL", "http://localhost:3000" },
    };

    for (size_t i = 0; i < COUNTOF(rows); i++)
        options_default(options, rows[i][0], rows[i][1]);
    options->gotrue_given = false;
}

/* `scheme://…`, of the web or of an application. */
static bool is_link(const char *text)
{
    const size_t n = text == NULL ? 0 : strspn(text, ALNUM "+.-");

    return text_empty(text) || (n > 0 && strncmp(text + n, "://", 3) == 0 && text[n + 3] != '\0' && strchr(text, ' ') == NULL);
}

static bool is_domain(const char *text)
{
    return text_empty(text) || strspn(text, ALNUM "-._:[]") == strlen(text);
}

/* What stands in links, tokens and discovery. */
static Err check_addresses(const Settings *settings, Buf *why)
{
    const char *const links[] = { settings->gotrue.site_url, settings->gotrue.external_url };
    const char *const domains[] = { settings->auth0.domain, settings->clerk.frontend };

    for (size_t i = 0; i < COUNTOF(links); i++)
        if (!is_link(links[i])) {
            buf_printf(why, "%s: %s is no address, which begins with http:// or https://", i == 0 ? "GOTRUE_SITE_URL" : "API_EXTERNAL_URL", links[i]);
            return E_CONFIG;
        }
    for (size_t i = 0; i < COUNTOF(domains); i++)
        if (!is_domain(domains[i])) {
            buf_printf(why, "%s: %s is no host[:port]", i == 0 ? "HECATE_AUTH0_DOMAIN" : "HECATE_CLERK_FRONTEND", domains[i]);
            return E_CONFIG;
        }
    return OK;
}

static Err check_providers(const Settings *settings, Buf *why)
{
    const Mailing *mail = &settings->directory.mail;

    for (size_t i = 0; i < PROVIDERS; i++)
        if (settings->directory.providers[i].enabled && !provider_url_ok(&settings->directory.providers[i])) {
            buf_printf(why, "GOTRUE_EXTERNAL_…_URL of %s is https, or http to this machine, without a query", provider_text((Provider)i));
            return E_CONFIG;
        }
    if (mail->allow_unverified && settings->gotrue.mailer_autoconfirm) {
        buf_puts(why, "GOTRUE_MAILER_ALLOW_UNVERIFIED_EMAIL_SIGN_INS and GOTRUE_MAILER_AUTOCONFIRM do not go together");
        return E_CONFIG;
    }
    return OK;
}

static Err read_all(const Server *server, House *house, Buf *why)
{
    Settings *settings = &house->settings;

    TRY(options_read(house->arena, server->how->argc, server->how->argv, environ, &house->options, why));
    if (server->how->dev)
        dev_defaults(&house->options, server->how);
    TRY(options_settings(&house->options, settings, why));
    TRY(proxies_read(house->arena, &settings->trusted_proxies, &house->proxies, why));
    TRY(check_addresses(settings, why));
    if (scheme_setting_check(settings->directory.password_hash) != OK) {
        buf_printf(why, "HECATE_PASSWORD_HASH: %s is no scheme and cost for new hashes", settings->directory.password_hash);
        return E_CONFIG;
    }
    if (settings->data_key != NULL && data_key_read(house->arena, settings->data_key, (uint8_t[DATA_KEY_BYTES]){ 0 }) != OK) {
        buf_puts(why, "HECATE_DATA_KEY is neither 64 hex digits nor base64 of 32 bytes");
        return E_CONFIG;
    }
    for (size_t i = 0; i < HOOKS; i++) {
        const HookSetting *hook = &settings->directory.hooks[i];

        if (hook->enabled && (!hook_url_ok(hook->uri) || !hook_secrets_ok(house->arena, hook->secrets))) {
            buf_puts(why, "GOTRUE_HOOK_…: an address is https, or http to this machine; secrets are v1,whsec_BASE64, parted by |");
            return E_CONFIG;
        }
    }
    TRY(check_providers(settings, why));
    if (!text_empty(settings->directory.cognito_url) && !hook_url_ok(settings->directory.cognito_url)) {
        buf_puts(why, "HECATE_COGNITO_URL is https, or http to this machine");
        return E_CONFIG;
    }
    if (!gotrue_captcha_ok(&settings->gotrue)) {
        buf_puts(why, "GOTRUE_SECURITY_CAPTCHA_ENABLED needs a provider (hcaptcha, turnstile) and its secret");
        return E_CONFIG;
    }
    if (!text_empty(settings->directory.pwned.url) && !hook_url_ok(settings->directory.pwned.url)) {
        buf_puts(why, "HECATE_PASSWORD_HIBP_URL is https, or http to this machine");
        return E_CONFIG;
    }
    if (settings->ops_token == NULL && !address_loopback(settings->listen[TONGUE_OPS])) {
        buf_puts(why, "HECATE_LISTEN_OPS beyond loopback needs HECATE_OPS_TOKEN");
        return E_CONFIG;
    }
    if (!counter_limit_ok(settings->directory.mail.email_sent) || !counter_limit_ok(settings->directory.mail.sms_sent)) {
        buf_puts(why, "GOTRUE_RATE_LIMIT_EMAIL_SENT and GOTRUE_RATE_LIMIT_SMS_SENT are a number, or a number and a duration: 30, 30/1h");
        return E_CONFIG;
    }
    if ((settings->tls_cert == NULL) != (settings->tls_key == NULL)) {
        buf_puts(why, "HECATE_TLS_CERT and HECATE_TLS_KEY go together");
        return E_CONFIG;
    }
    return OK;
}

Err house_new(Server *server, House **ret, Buf *why)
{
    Arena *arena = arena_new(HOUSE_CAP, true);
    House *house = ARENA_NEW(arena, House);
    Settings *settings = &house->settings;
    Err err;

    house->arena = arena;
    house->server = server;
    err = read_all(server, house, why);
    if (err != OK) {
        house_free(house);
        return err;
    }
    settings->directory.images = arena_printf(arena, "%s/images", settings->data);
    settings->directory.data_key = server->data_key;
    settings->directory.hash_lane = server->hash_lane;
    settings->directory.pages = server->pages;
    settings->directory.pace = server->pace;
    settings->directory.mail.site_url = settings->gotrue.site_url;
    settings->directory.mail.autoconfirm = settings->gotrue.mailer_autoconfirm;
    settings->directory.mail.sms_autoconfirm = settings->gotrue.sms_autoconfirm;
    settings->directory.mail.otp_exp = settings->directory.mail.otp_exp == 0 ? 86400 : settings->directory.mail.otp_exp;
    settings->directory.mail.sms_otp_exp = settings->directory.mail.sms_otp_exp == 0 ? 60 : settings->directory.mail.sms_otp_exp;
    settings->directory.show_user = gotrue_show_user;
    settings->directory.show_place = gotrue_show_place;
    mailer_settle(server, &settings->directory.mail);
    worker_settle(server, &settings->directory);
    settings->gotrue.version = "v2.196.0"; /* of the reference: clients look at it */
    settings->gotrue.buckets = server->buckets;
    settings->gotrue.ready = &server->ready;
    settings->gotrue.keys = &house->keys[TONGUE_GOTRUE];
    settings->clerk.buckets = server->buckets;
    settings->clerk.keys = &house->keys[TONGUE_CLERK];
    settings->auth0.keys = &house->keys[TONGUE_AUTH0];
    settings->auth0.token_seconds = 86400;
    settings->auth0.buckets = server->buckets;
    settings->auth0.origin = settings->gotrue.origin;
    settings->auth0.signup_off = settings->gotrue.disable_signup;
    *ret = house;
    return OK;
}

void house_free(House *house)
{
    if (house == NULL)
        return;
    for (size_t i = 0; i < TONGUES; i++)
        router_free(house->routers[i]);
    keys_free(house);
    arena_free(house->arena);
}

static const void *settings_of(const House *house, Tongue tongue)
{
    const void *const all[TONGUES] = { &house->settings.gotrue, &house->settings.clerk, &house->settings.auth0, house };

    return all[tongue];
}

static void count_request(void *arg, const Call *call, int status, int64_t us)
{
    size_t tongue = 0;

    while (tongue < TONGUE_OPS && tongue_dialects[tongue] != call->dialect)
        tongue++;
    metrics_request(arg, (Tongue)tongue, call->route, status, us);
}

void house_open(Server *server, House *house)
{
    for (size_t i = 0; i < server->n_listeners; i++) {
        const Listener *listener = &server->listeners[i];
        Mount mounts[TONGUES];

        for (size_t j = 0; j < listener->n_tongues; j++)
            mounts[j] = (Mount){ tongue_dialects[listener->tongues[j]], settings_of(house, listener->tongues[j]) };
        house->routers[i] = router_new(mounts, listener->n_tongues);
        router_watch(house->routers[i], count_request, server->metrics);
    }
}

/* One that rests since long enough has no request that could still be about to enter it. */
static void free_rested(Server *server)
{
    House **at = &server->retired;

    while (*at != NULL) {
        House *house = *at;

        if (atomic_load(&house->users) == 0 && clock_mono_ms() - house->retired_at > REST_MS) {
            *at = house->next;
            house_free(house);
        } else {
            at = &house->next;
        }
    }
}

void house_publish(Server *server, House *house)
{
    House *old = atomic_exchange(&server->house, house);

    if (old == NULL)
        return;
    free_rested(server);
    old->retired_at = clock_mono_ms();
    old->next = server->retired;
    server->retired = old;
}

House *house_enter(Server *server)
{
    House *house = atomic_load(&server->house);

    atomic_fetch_add_explicit(&house->users, 1, memory_order_relaxed);
    return house;
}

void house_leave(House *house)
{
    atomic_fetch_sub_explicit(&house->users, 1, memory_order_release);
}
