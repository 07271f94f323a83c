/* rotate.c: `hecate keys`: the keys that tokens are signed with, of each dialect that makes its own. A new one is shown to who verifies before it
 * signs, and the old one verifies until it is taken away. */
#include <unistd.h>

#include "base/clock.h"
#include "outbound/mail.h"
#include "server/internal.h"

enum { KEYS_CAP = 64 << 20, SPREAD_S = 2 };

/* What the command stands on: the settings and the data key of a server that does not run. */
typedef struct Bench {
    Server *server;
    House *house;
    Db *db;
    Ctx ctx;
} Bench;

static Exit bench_open(Bench *bench, const Start *how, Buf *why)
{
    Server *server = calloc(1, sizeof(*server));
    Exit code;

    if (server == NULL)
        out_of_memory();
    bench->server = server;
    server->how = how;
    server->arena = arena_new(KEYS_CAP, true);
    server->sources = sources_new();
    if (house_new(server, &bench->house, why) != OK)
        return EXIT_CONFIG;
    atomic_store(&server->house, bench->house);
    code = command_db(&bench->house->settings, true, why, &bench->db);
    if (code != EXIT_OK)
        return code;
    if (keys_open(server, why) != OK)
        return EXIT_LOOSE;
    bench->ctx = ctx_new(bench->house->arena, bench->db);
    bench->ctx.directory = &bench->house->settings.directory;
    return EXIT_OK;
}

static void bench_close(Bench *bench)
{
    db_close(bench->db);
    house_free(bench->house);
    sources_free(bench->server->sources);
    arena_free(bench->server->arena);
    explicit_bzero(bench->server->data_key, sizeof(bench->server->data_key));
    free(bench->server);
}

/* The line for an error that has none yet. */
static Exit trouble(Err err, Buf *why)
{
    if (err == OK)
        return EXIT_OK;
    if (why->len == 0)
        buf_puts(why, err == E_BAD_CREDENTIAL ? "the keys are sealed with another data key" : "the keys cannot be read: is the directory migrated?");
    return err == E_BAD_CREDENTIAL || err == E_CONFIG ? EXIT_CONFIG : EXIT_DB;
}

/* ---- the verbs ---- */

static Err print_key(Ctx *ctx, const char *dialect, const SigningKey *stored)
{
    Buf since = buf_in(ctx->arena, 64);
    char *text;
    Key *key = NULL;

    time_write(&since, stored->retired_at == 0 ? stored->created_at : stored->retired_at, 0);
    TRY(buf_text(&since, &text));
    if (str_starts(stored->secret, STR("{")))
        TRY(key_from_jwk(ctx, stored->secret, &key));
    printf("%-24s %-7s %-5s %-8s %s %s\n", stored->id, dialect, key == NULL ? "HS256" : alg_name(key_alg(key)), stored->state, text,
           key == NULL ? "-" : key_kid(key));
    key_free(key);
    return OK;
}

static Err list_keys(Bench *bench, Tongue none, const char *nothing, Buf *why)
{
    (void)none;
    (void)nothing;
    for (size_t i = 0; i < DIALECTS; i++) {
        List keys;

        if (keys_given(&bench->house->settings, (Tongue)i))
            continue;
        TRY(dir_keys_list(&bench->ctx, tongue_dialects[i]->name, &keys));
        for (size_t k = 0; k < keys.n; k++)
            TRY(print_key(&bench->ctx, tongue_dialects[i]->name, keys.v[k]));
    }
    (void)why;
    return OK;
}

static Err create_key(Bench *bench, Tongue tongue, const char *dialect, Buf *why)
{
    Str secret;

    TRY(keys_load(bench->server, bench->house, &bench->ctx, why));
    if (bench->house->keys[tongue].signer == NULL) {
        buf_printf(why, "%s is not served with these settings", dialect);
        return E_CONFIG;
    }
    TRY(keys_make(&bench->ctx, bench->house, tongue, &secret));
    return dir_key_add(&bench->ctx, dialect, secret);
}

static bool one_waits(const List *keys)
{
    for (size_t i = 0; i < keys->n; i++)
        if (text_eq(((const SigningKey *)keys->v[i])->state, "next"))
            return true;
    return false;
}

/* Those of GoTrue's roles are tokens themselves: ones that the new key signs. */
static Err print_roles(Bench *bench, Buf *why)
{
    House *house;
    Err err;

    TRY(house_new(bench->server, &house, why));
    err = keys_load(bench->server, house, &bench->ctx, why);
    if (err == OK)
        err = keys_roles(house, &bench->ctx);
    if (err == OK)
        keys_print(bench->server, house);
    house_free(house);
    return err;
}

/* Where none waits, one is made, and signs only after each server has had the time to see it. */
static Err rotate_keys(Bench *bench, Tongue tongue, const char *dialect, Buf *why)
{
    List keys;

    TRY(dir_keys_list(&bench->ctx, dialect, &keys));
    if (!one_waits(&keys)) {
        TRY(create_key(bench, tongue, dialect, why));
        sleep(SPREAD_S);
    }
    bench->ctx.now = clock_now();
    TRY(dir_key_turn(&bench->ctx, dialect));
    return tongue == TONGUE_GOTRUE ? print_roles(bench, why) : OK;
}

static Err retire_key(Bench *bench, Tongue none, const char *id, Buf *why)
{
    const Err err = dir_key_remove(&bench->ctx, id);

    (void)none;
    if (err == E_CONFLICT)
        buf_printf(why, "%s signs: rotate first", id);
    if (err == E_NO_ROW)
        buf_printf(why, "there is no key %s", id);
    return err == E_CONFLICT || err == E_NO_ROW ? E_CONFIG : err;
}

static const struct {
    const char *name;
    bool takes_dialect, takes_id;
    Err (*run)(Bench *bench, Tongue tongue, const char *word, Buf *why);
} verbs[] = {
    { "list", false, false, list_keys },
    { "create", true, false, create_key },
    { "rotate", true, false, rotate_keys },
    { "retire", false, true, retire_key },
};

static Tongue tongue_named(const char *name)
{
    size_t i = 0;

    while (i < DIALECTS && !text_eq(tongue_dialects[i]->name, name))
        i++;
    return (Tongue)i;
}

static Exit run_verb(size_t verb, Tongue tongue, const char *word, const Start *how, Buf *why)
{
    Bench bench = { 0 };
    Exit code = bench_open(&bench, how, why);

    if (code == EXIT_OK && verbs[verb].takes_dialect && keys_given(&bench.house->settings, tongue)) {
        buf_puts(why, "the keys of gotrue are given by GOTRUE_JWT_SECRET or GOTRUE_JWT_KEYS: change them there");
        code = EXIT_CONFIG;
    }
    if (code == EXIT_OK)
        code = trouble(verbs[verb].run(&bench, tongue, word, why), why);
    if (code == EXIT_OK && verb != 0)
        code = trouble(list_keys(&bench, tongue, NULL, why), why);
    bench_close(&bench);
    return code;
}

Exit command_keys(const Start *how, Buf *why)
{
    Start rest = *how;
    const char *word;

    for (size_t i = 0; how->argc > 0 && i < COUNTOF(verbs); i++) {
        const bool takes = verbs[i].takes_dialect || verbs[i].takes_id;
        const int words = takes ? 2 : 1;

        if (!text_eq(verbs[i].name, how->argv[0]) || how->argc < words)
            continue;
        word = takes ? how->argv[1] : NULL;
        rest.argc -= words;
        rest.argv += words;
        if (!verbs[i].takes_dialect || tongue_named(word) != TONGUE_OPS)
            return run_verb(i, takes && verbs[i].takes_dialect ? tongue_named(word) : TONGUE_OPS, word, &rest, why);
    }
    buf_puts(why, "keys list | create DIALECT | rotate DIALECT | retire ID, where DIALECT is gotrue, clerk or auth0");
    return EXIT_USAGE;
}
