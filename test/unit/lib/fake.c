/* fake.c: see fake.h. */
#include "fake.h"

#include "base/buf.h"

Fake *fake_new(void)
{
    Fake *fake = calloc(1, sizeof(*fake));

    pthread_mutex_init(&fake->lock, NULL);
    return fake;
}

void fake_free(Fake **fake)
{
    pthread_mutex_destroy(&(*fake)->lock);
    free(*fake);
}

static void keep(char *to, const HecateRequest *request)
{
    Buf buf = buf_heap(SHOWN_CALL - 1);

    buf_printf(&buf, "%s %s\n", request->method, request->url);
    for (size_t i = 0; i < request->header_count; i++)
        buf_printf(&buf, "%s: %s\n", request->headers[i].name, request->headers[i].value);
    buf_printf(&buf, "\n%.*s", (int)request->body_size, request->body == NULL ? "" : request->body);
    if (buf.len > 0)
        memcpy(to, buf.data, buf.len);
    to[buf.len] = '\0';
    buf_free(&buf);
}

HecateStatus fake_fetch(void *arg, const HecateRequest *request, HecateResponse *response)
{
    Fake *fake = arg;
    const Told *told;

    pthread_mutex_lock(&fake->lock);
    told = &fake->told[fake->calls < MOST_CALLS ? fake->calls : MOST_CALLS - 1];
    while (told > fake->told && told->status == 0 && told->body == NULL)
        told--;
    if (fake->calls < MOST_CALLS)
        keep(fake->asked[fake->calls], request);
    fake->calls++;
    pthread_mutex_unlock(&fake->lock);
    if (told->status == 0) {
        hecate_response_failure(response, told->body);
        return HECATE_UNREACHABLE;
    }
    hecate_response_status(response, told->status);
    if (told->header.name != NULL)
        hecate_response_header(response, told->header.name, told->header.value);
    if (told->body != NULL)
        hecate_response_body(response, told->body, strlen(told->body));
    return HECATE_OK;
}

HecateOptions fake_options(Fake *fake, const char *url, const char *key)
{
    return (HecateOptions){ .url = url, .key = key, .fetch = fake_fetch, .fetch_arg = fake };
}
