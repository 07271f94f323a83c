/* internal.h: what the files of the layer share: the server, its settings, its keys and its listeners. */
#ifndef HECATE_SERVER_INTERNAL_H
#define HECATE_SERVER_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/base.h"
#include "base/buf.h"
#include "crypto/crypto.h"
#include "db/db.h"
#include "dialect/buckets.h"
#include "http/http.h"
#include "server/options.h"
#include "server/server.h"

enum { DIALECTS = TONGUE_OPS, MOST_SERVER_LOOPS = 64 };

typedef struct Server Server;
typedef struct Mailer Mailer;
typedef struct JobWorker JobWorker;

/* ---- proxies.c ---- */

typedef struct Network {
    uint8_t address[16]; /* IPv4 as ::ffff:a.b.c.d */
    int bits;
} Network;

typedef struct Proxies {
    Network *networks;
    size_t n;
    bool unix_sockets;
} Proxies;

/* E_CONFIG with a line in `why`: an entry is no network. */
Err proxies_read(Arena *arena, const Texts *list, Proxies *ret, Buf *why);
/* Is the peer one of them? "" is a unix socket's. */
bool proxies_trust(const Proxies *proxies, const char *peer);
/* The client's address: the peer's, or, from a trusted peer, the rightmost address of X-Forwarded-For (else of Forwarded, RFC
 * 7239) that is not trusted itself. NULL if unknown. */
const char *proxies_client(const Proxies *proxies, Arena *arena, const Req *req);

/* ---- metrics.c ---- */

/* Counters of the process; all may be touched from any thread. */
typedef struct Metrics Metrics;
Metrics *metrics_new(void);
void metrics_free(Metrics *metrics);
void metrics_request(Metrics *metrics, Tongue tongue, const Route *route, int status, int64_t us);
/* Prometheus text (version 0.0.4) of the requests and their durations. */
void metrics_write(const Metrics *metrics, Buf *buf);

#define ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

/* ---- one generation of settings ---- */

/* All that SIGHUP replaces as a whole; requests under way keep the one they began with. */
typedef struct House {
    struct House *next; /* of those that are retired */
    Server *server;
    Arena *arena;
    Options options;
    Settings settings;
    Proxies proxies;
    KeySet keys[DIALECTS];
    const char *keys_mark;    /* of the keys in the database, when they were read */
    Router *routers[TONGUES]; /* by listener */
    /* What is to be printed: made at this start, or all of it for `dev`; else NULL. */
    const char *anon_key, *service_key, *clerk_key, *auth0_secret;
    _Atomic unsigned users;
    int64_t retired_at; /* ms */
} House;

/* Where we listen, and what is served there. */
typedef struct Listener {
    Server *server;
    size_t index;
    const char *address; /* with the real port once it is up */
    Tongue tongues[TONGUES];
    size_t n_tongues;
    bool tls, ops;
    HttpServer *http[MOST_SERVER_LOOPS];
} Listener;

typedef struct Worker {
    Server *server;
    Loop *loop;
    pthread_t thread;
    bool on, db;
} Worker;

struct Server {
    const Start *how;
    Arena *arena; /* what lives as long as the process */
    House *_Atomic house;
    House *retired;
    uint8_t data_key[DATA_KEY_BYTES];
    Db *db;
    Lane *hash_lane;
    Mailer *mailer;
    JobWorker *job_worker;
    Lane *hook_lane;
    Pages *pages;
    Pace *pace;
    Counter *email_counter, *sms_counter;
    struct Sources *sources; /* templates */
    Tls *tls;
    Metrics *metrics;
    Buckets *buckets; /* limits by address */
    Listener listeners[TONGUES];
    size_t n_listeners;
    Worker workers[MOST_SERVER_LOOPS];
    size_t n_workers;
    uv_signal_t signals[3];
    uv_timer_t delay;
    uid_t uid;
    gid_t gid;
    bool switches;             /* started as root, to become uid and gid */
    bool reloading, ops_round; /* ops_round: the drain has come to the operators' listener */
    _Atomic bool ready;
    _Atomic size_t draining;
};

/* ---- house.c ---- */

/* Reads all sources into a new house. E_CONFIG. */
Err house_new(Server *server, House **ret, Buf *why);
void house_free(House *house);
/* Makes it the one that new requests use. */
void house_publish(Server *server, House *house);
House *house_enter(Server *server);
void house_leave(House *house);
/* Builds the routers, once keys and listeners are known. */
void house_open(Server *server, House *house);

/* ---- keys.c ---- */

/* data.key in the data directory, or HECATE_DATA_KEY. E_CONFIG: others can read the file; E_IO. */
Err keys_open(Server *server, Buf *why);
/* Every dialect's signing key and admin credential: as given, or from hecate.keys, made there when missing. */
Err keys_load(Server *server, House *house, Ctx *ctx, Buf *why);
void keys_free(House *house);
/* Does the operator give them, so that none of the database counts? */
bool keys_given(const Settings *settings, Tongue tongue);
/* A new signing key, after the others were loaded: a private JWK. */
Err keys_make(Ctx *ctx, House *house, Tongue tongue, Str *ret);
/* Makes what keys_print() shows of GoTrue: tokens of its two roles. */
Err keys_roles(House *house, Ctx *ctx);
/* One line a client, ready to paste, for what is to be shown. */
void keys_print(const Server *server, const House *house);
/* 64 hex digits, or base64 of 32 bytes. E_CONFIG. */
Err data_key_read(Arena *arena, const char *text, uint8_t key[DATA_KEY_BYTES]);

/* ---- commands.c ---- */

/* Settings as the server would read them. */
Exit command_settings(Arena *arena, const Start *how, Options *options, Settings *settings, Buf *why);
/* The database as a command opens it; `beside`: while a server may be at work on it. The caller closes it, also after an error. */
Exit command_db(const Settings *settings, bool beside, Buf *why, Db **ret);
/* A folder with all that is in it; links are not followed. */
void remove_tree(const char *path);

/* ---- process.c ---- */

/* No core files, no ptrace by others, no new privileges; as many open files as we may have. */
void process_harden(void);
/* The data directory: made (0700), owned by the user to be; loose modes are refused. Sets uid, gid and `switches`. */
Err process_data_dir(Server *server, Buf *why);
/* Runs what must be done as the user to be, before the switch for good (on = true), and back (false). */
void process_as_user(const Server *server, bool on);
/* The switch for good, checked. */
Err process_drop(Server *server, Buf *why);

/* ---- filter.c ---- */

/* From now on, for all threads: calls such as execve, ptrace and mount end the process. E_IO: this kernel or machine has no such filter. */
Err filter_start(void);

/* ---- cage.c ---- */

/* Landlock's rules while they are made: no file is reached but those named. A path that is not there is passed over. */
typedef struct Cage {
    int fd;
    uint64_t known; /* the rights that this kernel can withhold */
} Cage;

/* E_IO: this kernel has no Landlock. */
Err cage_open(Cage *ret);
/* A file, or all below a directory. */
void cage_read(const Cage *cage, const char *path);
/* The same, to read, write, make and remove; not to run, and no links or devices. */
void cage_own(const Cage *cage, const char *path);
/* From now on, for this thread and those that it starts. Gives the cage back. E_IO. */
Err cage_shut(Cage *cage);
/* All of it for a server with these settings; `made` is a directory that is removed at the end, or NULL. E_IO. */
Err cage_start(const House *house, const char *made);

/* ---- listen.c ---- */

void listen_plan(Server *server, const House *house);
/* Opens every listener on every loop. E_CONFLICT: a port is taken. */
Err listen_open(Server *server, const House *house, Buf *why);
/* Certificates: the operator's, or from the local CA. */
Err listen_tls(Server *server, const House *house, Buf *why);
/* Writes real ports and the default domain into the settings. */
void listen_settle(const Server *server, House *house);

/* ---- mailer.c ---- */

/* Threads that send what stands in the outbox, until mailer_stop(). */
Err mailer_start(Server *server, Buf *why);
void mailer_stop(Server *server);
/* Gives new settings what lives as long as the process: the counters, and whom to wake. */
void mailer_settle(Server *server, Mailing *mail);

/* ---- worker.c ---- */

/* A thread that does what jobs ask for, until worker_stop(). */
Err worker_start(Server *server, Buf *why);
void worker_stop(Server *server);
/* Tells new settings whom to wake. */
void worker_settle(Server *server, Directory *directory);

/* ---- watch.c ---- */

/* From loop 0's thread: it looks, twice a second, whether keys were added, turned or taken away, and asks for a reload. */
void watch_start(Server *server);
/* server.c: reads settings, keys and certificates anew, as SIGHUP does. On loop 0. */
void server_reload(void *server);

/* ---- ops.c ---- */

extern const Dialect ops_dialect;

/* The dialects in the order of Tongue. */
extern const Dialect *const tongue_dialects[TONGUES];

/* ---- put.c ---- */

extern const Field ops_account_in[], ops_passkey_in[], ops_wallet_in[], ops_put_out[];
Err ops_account_put(Ctx *ctx, const Req *req, Reply *reply);
Err ops_passkey_put(Ctx *ctx, const Req *req, Reply *reply);
Err ops_wallet_put(Ctx *ctx, const Req *req, Reply *reply);

#endif
