/* server.c: the life of the process: a start in phases, loops, reload, drain. */
#include <malloc.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "directory/messages.h"
#include "directory/pace.h"
#include "directory/pages.h"
#include "outbound/mail.h"
#include "server/internal.h"
#include "store/store.h"

enum { DEADLINE_MS = 7500, SERVER_CAP = 16 << 20, LOOP_STACK = 512 * 1024, DAY_MS = 86400000 };

static House *now_house(Server *server)
{
    return atomic_load(&server->house);
}

/* ---- the phases of a start ---- */

static void set_log(const Settings *settings)
{
    static const struct {
        const char *name;
        LogLevel level;
    } levels[] = { { "debug", LOG_DEBUG }, { "trace", LOG_DEBUG }, { "info", LOG_INFO }, { "warn", LOG_WARN }, { "warning", LOG_WARN } };
    LogLevel level = LOG_ERROR;

    for (size_t i = 0; i < COUNTOF(levels); i++)
        if (text_eq(levels[i].name, settings->log_level))
            level = levels[i].level;
    log_setup(level, text_eq(settings->log_format, "json") ? LOG_JSON : text_eq(settings->log_format, "text") ? LOG_TEXT : LOG_AUTO);
}

/* Each once; a line of the log holds about 40 of them. */
static void name_no_effect(const char *names)
{
    enum { LINE = 900 };

    while (names != NULL) {
        const size_t n = strlen(names);
        Str line = { names, n };

        if (line.n > LINE)
            for (line.n = LINE; line.n > 0 && line.p[line.n] != ',';)
                line.n--;
        if (line.n == 0)
            line.n = strcspn(names, ",");
        log_note(LOG_WARN, "these variables have no effect here: %.*s", (int)line.n, line.p);
        names = line.n == n ? NULL : names + line.n + 2;
    }
}

static Err read_settings(Server *server, Buf *why)
{
    House *house;

    TRY(house_new(server, &house, why));
    atomic_store(&server->house, house);
    set_log(&house->settings);
    name_no_effect(house->options.no_effect);
    return OK;
}

/* Local tools use weak secrets: on loopback they are a warning. */
static Err judge_secrets(Server *server, Buf *why)
{
    const House *house = now_house(server);
    const char *names = options_weak(&house->options);

    if (names == NULL)
        return OK;
    if (settings_loopback(&house->settings)) {
        log_note(LOG_WARN, "shorter than 32 bytes, or a published sample, so good for loopback alone: %s", names);
        return OK;
    }
    buf_printf(why, "shorter than 32 bytes, or a published sample: %s", names);
    return E_CONFIG;
}

static Err make_loops(Server *server, Buf *why)
{
    const Settings *settings = &now_house(server)->settings;
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    const size_t n = settings->loops > 0 ? (size_t)settings->loops : cores < 1 ? 1 : cores > MOST_SERVER_LOOPS ? MOST_SERVER_LOOPS : (size_t)cores;

    (void)why;
    for (; server->n_workers < n; server->n_workers++) {
        Worker *worker = &server->workers[server->n_workers];

        worker->server = server;
        TRY(loop_new((int)server->n_workers, &worker->loop));
    }
    return OK;
}

static Err open_certificates(Server *server, Buf *why)
{
    listen_plan(server, now_house(server));
    return listen_tls(server, now_house(server), why);
}

static Err open_listeners(Server *server, Buf *why)
{
    TRY(listen_open(server, now_house(server), why));
    listen_settle(server, now_house(server));
    return OK;
}

/* Before there is a thread. The sanitizers trace and run programs themselves. */
static Err filter_calls(Server *server, Buf *why)
{
#ifndef __SANITIZE_ADDRESS__
    const House *house = now_house(server);

    if (house->settings.landlock && cage_start(house, server->how->dev ? house->settings.data : NULL) != OK)
        log_note(LOG_WARN, "this kernel keeps no files out of reach (Landlock)");
    if (house->settings.seccomp && filter_start() != OK)
        log_note(LOG_WARN, "this kernel filters no system calls");
#else
    (void)server;
#endif
    (void)why;
    return OK;
}

static Err open_database(Server *server, Buf *why)
{
    const Settings *settings = &now_house(server)->settings;
    const DbConfig config = { .url = settings->database_url,
                              .stmts = sql_stmts,
                              .n_stmts = sql_n,
                              .exclusive = (unsigned)settings->db_connections,
                              .window = (unsigned)settings->db_window,
                              .wait_ms = settings->db_wait / US_PER_MS };

    store_init();
    return db_open(&config, why, &server->db);
}

/* What migrations leave in the memory of their connections is given back with these. */
static Err migrate(Server *server, Buf *why)
{
    bool applied = false;

    TRY(store_migrate(server->db, &applied, why));
    if (!applied)
        return OK;
    db_close(server->db);
    server->db = NULL;
    return open_database(server, why);
}

static Err load_keys(Server *server, Buf *why)
{
    House *house = now_house(server);
    Ctx ctx = ctx_new(house->arena, server->db);

    ctx.directory = &house->settings.directory;
    TRY(keys_load(server, house, &ctx, why));
    house_open(server, house);
    return OK;
}

static Err start_hashing(Server *server, Buf *why)
{
    Settings *settings = &now_house(server)->settings;
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);

    (void)why;
    TRY(lane_new("hash",
                 settings->hash_threads > 0 ? (unsigned)settings->hash_threads
                 : cores < 1                ? 1
                                            : (unsigned)cores,
                 (unsigned)settings->hash_queue, &server->hash_lane));
    lane_behind(server->hash_lane);
    settings->directory.hash_lane = server->hash_lane;
    return settings->watchdog == 0 ? OK : watchdog_start((uint64_t)(settings->watchdog / US_PER_MS));
}

/* In this order; a refusal ends the start with the code that its phase has for it. */
static const struct {
    Err (*run)(Server *server, Buf *why);
    Exit config, conflict;
} phases[] = {
    { read_settings, EXIT_CONFIG, EXIT_CONFIG },
    { judge_secrets, EXIT_WEAK, EXIT_WEAK },
    { process_data_dir, EXIT_LOOSE, EXIT_LOOSE },
    { make_loops, EXIT_INTERNAL, EXIT_INTERNAL },
    { open_certificates, EXIT_CONFIG, EXIT_IO },
    { open_listeners, EXIT_CONFIG, EXIT_PORT },
    { process_drop, EXIT_LOOSE, EXIT_LOOSE },
    { filter_calls, EXIT_INTERNAL, EXIT_INTERNAL },
    { keys_open, EXIT_LOOSE, EXIT_LOOSE },
    { open_database, EXIT_CONFIG, EXIT_LOCKED },
    { migrate, EXIT_DB, EXIT_DB },
    { start_hashing, EXIT_INTERNAL, EXIT_INTERNAL },
    { load_keys, EXIT_CONFIG, EXIT_DB },
    { mailer_start, EXIT_INTERNAL, EXIT_DB },
    { worker_start, EXIT_INTERNAL, EXIT_DB },
};

static Exit exit_of(Err err, Exit config, Exit conflict)
{
    switch (err) {
    case OK:
        return EXIT_OK;
    case E_CONFIG:
        return config;
    case E_CONFLICT:
        return conflict;
    case E_IO:
        return EXIT_IO;
    case E_DB:
    case E_DB_RETRY:
    case E_DB_LOST:
        return EXIT_DB;
    default:
        return EXIT_INTERNAL;
    }
}

static Exit start(Server *server, Buf *why)
{
    for (size_t i = 0; i < COUNTOF(phases); i++) {
        const Err err = phases[i].run(server, why);

        if (err == OK)
            continue;
        if (why->len == 0)
            buf_puts(why, err_text(err));
        return exit_of(err, phases[i].config, phases[i].conflict);
    }
    return EXIT_OK;
}

/* ---- the end ---- */

static void stop_all(Server *server)
{
    for (size_t i = 0; i < server->n_workers; i++)
        loop_stop(server->workers[i].loop);
}

static void on_deadline(uv_timer_t *timer)
{
    log_note(LOG_WARN, "requests are still under way: ending all the same");
    stop_all(timer->data);
}

static void drain_round(Server *server, bool ops);

static void dialects_drained(void *arg)
{
    drain_round(arg, true);
}

static void on_drained(void *arg)
{
    Server *server = arg;

    if (atomic_fetch_sub(&server->draining, 1) != 1)
        return;
    if (server->ops_round)
        stop_all(server);
    else
        loop_post(server->workers[0].loop, dialects_drained, server);
}

static void drain_worker(void *arg)
{
    const Worker *worker = arg;
    Server *server = worker->server;

    for (size_t i = 0; i < server->n_listeners; i++) {
        HttpServer *http = server->listeners[i].http[worker - server->workers];

        if (http != NULL && server->listeners[i].ops == server->ops_round)
            http_drain(http, on_drained, server);
    }
    on_drained(server);
}

/* Closes the listeners of the dialects, then that of the operators, who see the whole drain. */
static void drain_round(Server *server, bool ops)
{
    size_t n = server->n_workers; /* each loop counts for itself, so that none ends the round before all have begun */

    for (size_t i = 0; i < server->n_listeners; i++)
        for (size_t j = 0; j < server->n_workers; j++)
            n += server->listeners[i].ops == ops && server->listeners[i].http[j] != NULL;
    server->ops_round = ops;
    atomic_store(&server->draining, n);
    for (size_t i = 0; i < server->n_workers; i++)
        loop_post(server->workers[i].loop, drain_worker, &server->workers[i]);
}

static void on_delay(uv_timer_t *timer)
{
    Server *server = timer->data;

    drain_round(server, false);
    uv_timer_start(timer, on_deadline, DEADLINE_MS - (uint64_t)(now_house(server)->settings.drain_delay / US_PER_MS), 0);
}

static void on_end(uv_signal_t *handle, int number)
{
    Server *server = handle->data;

    (void)number;
    if (!atomic_exchange(&server->ready, false))
        return;
    log_note(LOG_INFO, "going down");
    uv_timer_start(&server->delay, on_delay, (uint64_t)(now_house(server)->settings.drain_delay / US_PER_MS), 0);
}

/* ---- reload ---- */

/* Names of options that were changed and need a restart. */
static const char *need_restart(const House *old, const House *new)
{
    const char *names = NULL;

    for (size_t i = 0; i < option_rows_n; i++) {
        const char *name = option_rows[i].variable;

        if ((option_rows[i].flags & O_RELOAD) == 0 && !text_eq(old->options.values[i].text, new->options.values[i].text))
            names = names == NULL ? name : arena_printf(new->arena, "%s, %s", names, name);
    }
    return names;
}

static Err fill_house(Server *server, House *house, Buf *why)
{
    Ctx ctx = ctx_new(house->arena, server->db);

    ctx.directory = &house->settings.directory;
    if (options_weak(&house->options) != NULL && !settings_loopback(&house->settings)) {
        buf_printf(why, "shorter than 32 bytes, or a published sample: %s", options_weak(&house->options));
        return E_CONFIG;
    }
    listen_settle(server, house);
    TRY(keys_load(server, house, &ctx, why));
    house_open(server, house);
    return OK;
}

/* Apart from the rest: after root has become another user, its key may be out of reach for good. */
static void reload_certificates(Server *server, const House *house)
{
    Buf why CLEANUP(buf_free) = buf_heap(4096);

    if (listen_tls(server, house, &why) != OK)
        log_note(LOG_ERROR, "certificates not reloaded: %.*s", (int)why.len, why.len == 0 ? "" : why.data);
}

/* A server that runs for a year must not outlive its certificate: the local CA renews it, the operator's may have been replaced. */
static void renew_certificates(void *arg)
{
    reload_certificates(arg, now_house(arg));
}

/* On an error all stays as it was. */
static void reload(void *arg)
{
    Server *server = arg;
    Buf why CLEANUP(buf_free) = buf_heap(4096);
    House *house = NULL;
    const char *names;
    Err err = house_new(server, &house, &why);

    if (err == OK)
        err = fill_house(server, house, &why);
    if (err != OK) {
        log_note(LOG_ERROR, "not reloaded: %.*s", (int)why.len, why.len == 0 ? "" : why.data);
        house_free(house);
    } else {
        names = need_restart(now_house(server), house);
        if (names != NULL)
            log_note(LOG_WARN, "these options need a restart: %s", names);
        set_log(&house->settings);
        reload_certificates(server, house);
        house_publish(server, house);
        log_note(LOG_INFO, "reloaded");
    }
    server->reloading = false;
}

void server_reload(void *arg)
{
    Server *server = arg;

    if (server->reloading || !atomic_load(&server->ready))
        return;
    server->reloading = true;
    fiber_start(reload, server, "reload");
}

static void on_reload(uv_signal_t *handle, int number)
{
    (void)number;
    server_reload(handle->data);
}

/* ---- running ---- */

static void watch_signals(Server *server)
{
    const struct {
        int number;
        uv_signal_cb fn;
    } rows[] =
        /* a terminal that goes takes `dev` with it */ { { SIGTERM, on_end }, { SIGINT, on_end }, { SIGHUP, server->how->dev ? on_end : on_reload } };
    uv_loop_t *uv = loop_uv(server->workers[0].loop);

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        uv_signal_init(uv, &server->signals[i]);
        server->signals[i].data = server;
        uv_signal_start(&server->signals[i], rows[i].fn, rows[i].number);
    }
    uv_timer_init(uv, &server->delay);
    server->delay.data = server;
    loop_every(server->workers[0].loop, DAY_MS, renew_certificates, server);
    watch_start(server);
}

static void open_loop_db(void *arg)
{
    Worker *worker = arg;

    worker->db = db_loop_open(worker->server->db) == OK;
    if (!worker->db)
        log_note(LOG_ERROR, "the loop's connection cannot be opened: reads share one");
}

static void *work(void *arg)
{
    Worker *worker = arg;

    loop_post(worker->loop, open_loop_db, worker);
    loop_run(worker->loop);
    if (worker->db)
        db_loop_close(worker->server->db);
    return NULL;
}

/* Loop 0 is this thread. Signals go to it alone: the others begin with all of them blocked. */
static Err start_workers(Server *server)
{
    sigset_t all, before;
    pthread_attr_t attr;
    Err err = OK;

    sigfillset(&all);
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, LOOP_STACK);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (size_t i = 1; i < server->n_workers && err == OK; i++) {
        server->workers[i].on = pthread_create(&server->workers[i].thread, &attr, work, &server->workers[i]) == 0;
        err = server->workers[i].on ? OK : E_IO;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    return err;
}

static void announce(Server *server)
{
    const House *house = now_house(server);

    if (server->how->dev)
        printf("hecate dev: all of this is gone when it ends (data in %s)\n", house->settings.data);
    keys_print(server, house);
    for (size_t i = 0; i < TONGUES; i++)
        if (house->settings.listen[i] != NULL)
            LOG(LOG_INFO, "listening", LOG_TEXT_FIELD("dialect", tongue_dialects[i]->name), LOG_TEXT_FIELD("address", house->settings.listen[i]));
    malloc_trim(0); /* what the start alone needed, its migrations above all */
    LOG(LOG_INFO, "ready", LOG_INT_FIELD("loops", server->n_workers));
}

/* From the first moment on they wait until somebody listens: a server that is told to end while it starts ends well. */
static void hold_signals(int how)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(how, &set, NULL);
}

static Exit run(Server *server)
{
    const Err err = start_workers(server);

    watch_signals(server);
    hold_signals(SIG_UNBLOCK);
    atomic_store(&server->ready, true);
    announce(server);
    if (err != OK)
        stop_all(server);
    work(&server->workers[0]);
    for (size_t i = 1; i < server->n_workers; i++)
        if (server->workers[i].on)
            pthread_join(server->workers[i].thread, NULL);
    return err == OK ? EXIT_OK : EXIT_INTERNAL;
}

static void server_free(Server *server)
{
    watchdog_stop();
    worker_stop(server);
    mailer_stop(server);
    lane_free(server->hook_lane);
    lane_free(server->hash_lane); /* their threads may still be at the wake of a fiber: the loops must outlive them */
    db_close(server->db);
    for (size_t i = 0; i < server->n_workers; i++)
        loop_free(server->workers[i].loop);
    for (size_t i = 0; i < server->n_listeners; i++)
        for (size_t j = 0; j < server->n_workers; j++)
            http_free(server->listeners[i].http[j]);
    tls_free(server->tls);
    pages_free(server->pages);
    pace_free(server->pace);
    counter_free(server->email_counter);
    counter_free(server->sms_counter);
    sources_free(server->sources);
    house_free(now_house(server));
    while (server->retired != NULL) {
        House *next = server->retired->next;

        house_free(server->retired);
        server->retired = next;
    }
    metrics_free(server->metrics);
    buckets_free(server->buckets);
    arena_free(server->arena);
    explicit_bzero(server->data_key, sizeof(server->data_key));
    free(server);
}

Exit server_run(const Start *how, Buf *why)
{
    Server *server = calloc(1, sizeof(*server));
    Exit code;

    if (server == NULL)
        out_of_memory();
    server->how = how;
    server->arena = arena_new(SERVER_CAP, true);
    server->metrics = metrics_new();
    server->buckets = buckets_new();
    server->pages = pages_new();
    server->pace = pace_new();
    server->email_counter = counter_new();
    server->sms_counter = counter_new();
    server->sources = sources_new();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is a failed write */
    hold_signals(SIG_BLOCK);
    process_harden();
    code = start(server, why);
    if (code == EXIT_OK)
        code = run(server);
    server_free(server);
    return code;
}
