/* pg_built.c: the built queries that a connection keeps prepared: those that are used again and again, for planning a list costs more than running
 * it. */
#include "base/clock.h"
#include "db/pg.h"

enum { KEPT_MS = 60000 };

static bool is_it(const Built *built, const char *sql, const Params *params)
{
    if (built->sql == NULL || strcmp(built->sql, sql) != 0 || built->n != params->n)
        return false;
    return params->n == 0 || memcmp(built->types, params->types, (size_t)params->n * sizeof(*params->types)) == 0;
}

void built_name(char name[24], const Conn *conn, const Built *built)
{
    snprintf(name, 24, "b%u_%u", (unsigned)(built - conn->built), built->prepared.version);
}

static void drop(Built *built)
{
    free(built->sql);
    free(built->types);
    built->sql = NULL;
    built->types = NULL;
}

static void keep(Built *built, const char *sql, const Params *params)
{
    const size_t size = (size_t)params->n * sizeof(*params->types);

    built->sql = strdup(sql);
    built->types = malloc(size + 1);
    if (built->sql == NULL || built->types == NULL)
        abort();
    if (size > 0)
        memcpy(built->types, params->types, size);
    built->n = params->n;
    built->prepared = (Prepared){ .version = (uint8_t)(built->prepared.version + 1) };
}

Built *built_place(Conn *conn, const char *sql, char forget[24])
{
    const int64_t now = clock_mono_ms();
    Built *oldest = NULL;

    forget[0] = '\0';
    conn->turn++;
    for (Built *built = conn->built; built < conn->built + MOST_BUILT; built++) {
        const bool same = is_it(built, sql, &conn->params), busy = built->prepared.users > 0;

        if (same && now - built->since_ms < KEPT_MS) {
            built->used = conn->turn;
            return built;
        }
        if (same)
            drop(built); /* it gets another place, or this one */
        if (!busy && (oldest == NULL || same || built->used < oldest->used))
            oldest = built;
        if (same && !busy)
            break;
    }
    if (oldest == NULL)
        return NULL;
    if (oldest->prepared.sent)
        built_name(forget, conn, oldest);
    drop(oldest);
    keep(oldest, sql, &conn->params);
    oldest->used = conn->turn;
    oldest->since_ms = now;
    return oldest;
}

void built_free(Conn *conn)
{
    for (size_t i = 0; i < MOST_BUILT; i++)
        drop(&conn->built[i]);
}
