/* pages.c: where the pages of lists ended. A client that asks for the next page by an offset gets what stands behind the last user that it saw: users
 * who were made or deleted meanwhile neither repeat nor hide others. What is not kept any more is found by its offset. */
#include <pthread.h>

#include "base/clock.h"
#include "directory/pages.h"

enum { PLACES = 1024, MOST_TEXT = 256, KEPT_MS = 60000 };

/* The end of a page of the list `key`, after which the one at `offset` begins. */
typedef struct PageEnd {
    uint64_t key;
    int64_t offset, until_ms, created_at, number;
    bool has_text;
    char id[40], text[MOST_TEXT];
} PageEnd;

struct Pages {
    pthread_mutex_t lock;
    PageEnd ends[PLACES];
};

Pages *pages_new(void)
{
    Pages *pages = calloc(1, sizeof(*pages));

    if (pages == NULL || pthread_mutex_init(&pages->lock, NULL) != 0)
        out_of_memory();
    return pages;
}

void pages_free(Pages *pages)
{
    if (pages == NULL)
        return;
    pthread_mutex_destroy(&pages->lock);
    free(pages);
}

/* ---- which list it is: FNV-1a over who asks and all conditions ---- */

static void mix(uint64_t *key, const void *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        *key = (*key ^ ((const unsigned char *)bytes)[i]) * 0x100000001b3U;
}

static void mix_text(uint64_t *key, const char *text)
{
    mix(key, text == NULL ? "\1" : text, text == NULL ? 2 : strlen(text) + 1);
}

static void mix_texts(uint64_t *key, const Texts *texts)
{
    mix(key, &texts->n, sizeof(texts->n));
    for (size_t i = 0; i < texts->n; i++)
        mix_text(key, texts->v[i]);
}

static void mix_value(uint64_t *key, const CondValue *value)
{
    mix(key, &value->kind, sizeof(value->kind));
    mix_text(key, value->text);
    mix(key, &value->number, sizeof(value->number));
    mix(key, &value->real, sizeof(value->real));
    mix(key, &value->without, sizeof(value->without));
}

static void mix_cond(uint64_t *key, const Cond *cond)
{
    mix(key, cond == NULL ? "\0" : "\1", 1);
    if (cond == NULL)
        return;
    mix(key, &cond->kind, sizeof(cond->kind));
    mix(key, &cond->field, sizeof(cond->field));
    mix_texts(key, &cond->path);
    mix_texts(key, &cond->pieces);
    mix_value(key, &cond->low);
    mix_value(key, &cond->high);
    mix_cond(key, cond->a);
    mix_cond(key, cond->b);
}

static uint64_t key_of(const Ctx *ctx, const UserQuery *in)
{
    const char *const texts[] = { ctx->ip,       ctx->user_agent, in->aud,        in->filter,
                                  in->any_like,  in->email_like,  in->phone_like, in->username_like,
                                  in->name_like, in->connection,  in->provider,   ctx->caller == NULL ? NULL : ctx->caller->actor_name };
    const Texts *const lists[] = { &in->ids,           &in->not_ids,           &in->emails,           &in->phones,
                                   &in->usernames,     &in->external_ids,      &in->not_external_ids, &in->web3,
                                   &in->organizations, &in->not_organizations, &in->provider_ids };
    const int64_t numbers[] = { in->created_after,
                                in->created_before,
                                in->last_sign_in_after,
                                in->last_sign_in_before,
                                in->last_active_after,
                                in->last_active_before,
                                in->last_active_since,
                                in->sort,
                                in->ascending,
                                HAS(in, banned),
                                in->banned,
                                in->plain,
                                in->living };
    uint64_t key = 0xcbf29ce484222325U;

    for (size_t i = 0; i < COUNTOF(texts); i++)
        mix_text(&key, texts[i]);
    for (size_t i = 0; i < COUNTOF(lists); i++)
        mix_texts(&key, lists[i]);
    mix(&key, numbers, sizeof(numbers));
    mix_cond(&key, in->where);
    return key;
}

/* ---- keeping and finding ---- */

static PageEnd *place_of(Pages *pages, uint64_t key, int64_t offset)
{
    mix(&key, &offset, sizeof(offset));
    return &pages->ends[key % PLACES];
}

static int64_t sort_number(const UserQuery *in, const User *user)
{
    switch (in->sort) {
    case SORT_UPDATED_AT:
        return user->updated_at;
    case SORT_LAST_ACTIVE_AT:
        return user->last_active_at;
    case SORT_LAST_SIGN_IN_AT:
        return user->last_sign_in_at;
    case SORT_LOGINS_COUNT:
        return user->logins_count;
    default:
        return 0;
    }
}

void pages_keep(Ctx *ctx, const UserQuery *in, const List *users)
{
    Pages *pages = ctx->directory == NULL ? NULL : ctx->directory->pages;
    const User *last = users->n == 0 ? NULL : users->v[users->n - 1];
    const uint64_t key = key_of(ctx, in);
    const int64_t offset = in->offset + (int64_t)users->n;
    PageEnd *end;

    if (pages == NULL || last == NULL || last->created_at == 0 || (int64_t)users->n < in->limit || in->after_id != NULL ||
        (last->sort_text != NULL && strlen(last->sort_text) >= MOST_TEXT))
        return;
    pthread_mutex_lock(&pages->lock);
    end = place_of(pages, key, offset);
    *end = (PageEnd){ .key = key,
                      .offset = offset,
                      .until_ms = clock_mono_ms() + KEPT_MS,
                      .created_at = last->created_at,
                      .number = sort_number(in, last),
                      .has_text = last->sort_text != NULL };
    snprintf(end->id, sizeof(end->id), "%s", last->id);
    snprintf(end->text, sizeof(end->text), "%s", last->sort_text == NULL ? "" : last->sort_text);
    pthread_mutex_unlock(&pages->lock);
}

void pages_find(Ctx *ctx, const UserQuery *in, UserQuery *ret)
{
    Pages *pages = ctx->directory == NULL ? NULL : ctx->directory->pages;
    const uint64_t key = key_of(ctx, in);
    const PageEnd *end;

    *ret = *in;
    if (pages == NULL || in->offset == 0 || in->after_id != NULL)
        return;
    pthread_mutex_lock(&pages->lock);
    end = place_of(pages, key, in->offset);
    if (end->key == key && end->offset == in->offset && end->until_ms > clock_mono_ms()) {
        ret->offset = 0;
        ret->after_id = arena_strdup(ctx->arena, end->id);
        ret->after_created_at = end->created_at;
        ret->after_number = end->number;
        ret->after_text = end->has_text ? arena_strdup(ctx->arena, end->text) : NULL;
    }
    pthread_mutex_unlock(&pages->lock);
}
