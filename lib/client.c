/* client.c: a handle's options: copied, checked once, and given back. */
#include "internal.h"

enum { TIMEOUT_MS = 30000, ANSWER_LIMIT = 16 << 20, MEMORY_LIMIT = 256 << 20, MOST_HEADERS = 100 };

static void free_secret(char *secret)
{
    if (secret != NULL)
        explicit_bzero(secret, strlen(secret));
    free(secret);
}

/* Can the text stand in a header, or in a URL? */
static bool is_token(const char *text, bool blanks)
{
    if (text == NULL || *text == '\0')
        return false;
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f || (*text == ' ' && !blanks))
            return false;
    return true;
}

static bool header_ok(const HecateHeader *header)
{
    return is_token(header->name, false) && strchr(header->name, ':') == NULL && header->value != NULL &&
           (*header->value == '\0' || is_token(header->value, true));
}

static const char *options_fault(const Face *face, const HecateOptions *options)
{
    const char *url = options->url != NULL ? options->url : face->default_url;

    if (url == NULL)
        return "options.url is missing";
    if (!is_token(url, false) || strpbrk(url, "?#@\\") != NULL || (strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0) ||
        strstr(url, "://")[3] == '\0' || strstr(url, "://")[3] == '/')
        return "options.url is not an http or https address";
    if (options->key != NULL && !is_token(options->key, false))
        return "options.key cannot stand in a header";
    if (options->header_count > MOST_HEADERS || (options->header_count > 0 && options->headers == NULL))
        return "options.headers has too many or none";
    for (size_t i = 0; i < options->header_count; i++)
        if (!header_ok(&options->headers[i]))
            return "a header in options.headers cannot be sent";
    if (options->timeout_ms < 0)
        return "options.timeout_ms is negative";
    return NULL;
}

/* Copies a text; false without memory. */
static bool keep(char **to, const char *text)
{
    *to = text == NULL ? NULL : strdup(text);
    return text == NULL || *to != NULL;
}

static bool keep_headers(Client *client, const HecateOptions *options)
{
    client->headers = calloc(options->header_count + 1, sizeof(*client->headers));
    if (client->headers == NULL)
        return false;
    for (size_t i = 0; i < options->header_count; i++) {
        client->headers[i].name = strdup(options->headers[i].name);
        client->headers[i].value = strdup(options->headers[i].value);
        client->header_count = i + 1;
        if (client->headers[i].name == NULL || client->headers[i].value == NULL)
            return false;
    }
    return true;
}

static bool keep_audience(Client *client, const char *audience)
{
    static const char path[] = "/api/v2/";
    const size_t n = strlen(client->url);

    if (audience != NULL)
        return keep(&client->audience, audience);
    client->audience = malloc(n + sizeof(path));
    if (client->audience == NULL)
        return false;
    memcpy(client->audience, client->url, n);
    memcpy(client->audience + n, path, sizeof(path));
    return true;
}

static bool keep_texts(Client *client, const HecateOptions *options)
{
    if (!keep(&client->url, options->url != NULL ? options->url : client->face->default_url))
        return false;
    for (size_t n = strlen(client->url); n > 0 && client->url[n - 1] == '/'; n--)
        client->url[n - 1] = '\0';
    return keep(&client->key, options->key) && keep(&client->client_id, options->client_id) && keep(&client->client_secret, options->client_secret) &&
           keep(&client->ca_file, options->ca_file) && keep_audience(client, options->audience) && keep_headers(client, options);
}

static bool keep_rest(Client *client, const HecateOptions *options)
{
    client->timeout_ms = options->timeout_ms > 0 ? options->timeout_ms : TIMEOUT_MS;
    client->answer_limit = options->answer_limit > 0 ? options->answer_limit : ANSWER_LIMIT;
    client->memory_limit = options->memory_limit > 0 ? options->memory_limit : MEMORY_LIMIT;
    client->fetch = options->fetch;
    client->fetch_arg = options->fetch_arg;
    if (client->fetch == NULL) {
        client->easies = easies_new();
        client->fetch = easies_fetch;
        client->fetch_arg = client->easies;
        return client->easies != NULL;
    }
    return true;
}

Client *client_new(const Face *face, const HecateOptions *options, HecateError *error)
{
    static const HecateOptions none = { 0 };
    HecateError unused;
    const char *fault;
    Client *client;

    options = options == NULL ? &none : options;
    error = error == NULL ? &unused : error;
    *error = (HecateError){ 0 };
    fault = options_fault(face, options);
    if (fault != NULL) {
        error_set(error, HECATE_INVALID, "%s", fault);
        return NULL;
    }
    client = calloc(1, sizeof(*client));
    if (client != NULL) {
        client->face = face;
        pthread_mutex_init(&client->lock, NULL);
        if (keep_texts(client, options) && keep_rest(client, options))
            return client;
        client_free(client);
    }
    error_set(error, HECATE_NOMEM, "no memory for the handle");
    return NULL;
}

void client_free(Client *client)
{
    if (client == NULL)
        return;
    for (size_t i = 0; i < client->header_count; i++) {
        free((char *)(uintptr_t)client->headers[i].name);
        free_secret((char *)(uintptr_t)client->headers[i].value);
    }
    free(client->headers);
    free(client->url);
    free(client->client_id);
    free(client->audience);
    free(client->ca_file);
    free_secret(client->key);
    free_secret(client->client_secret);
    free_secret(client->token);
    easies_free(client->easies);
    pthread_mutex_destroy(&client->lock);
    free(client);
}
