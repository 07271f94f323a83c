/* internal.h: what the files of the layer share: the server, its settings, its keys and its listeners. */
#ifndef HECATE_SERVER_INTERNAL_H
#define HECATE_SERVER_INTERNAL_H

#include "base/base.h"
#include "base/buf.h"
#include "crypto/crypto.h"
#include "db/db.h"
#include "dialect/auth0/auth0.h"
#include "dialect/clerk/clerk.h"
#include "dialect/gotrue/gotrue.h"
#include "http/http.h"

typedef enum Tongue { TONGUE_GOTRUE, TONGUE_CLERK, TONGUE_AUTH0, TONGUES } Tongue;

/* All that can be set. Texts live in the server's arena. */
typedef struct Settings {
    const char *listen[TONGUES];
    const char *data, *database_url;
    const char *jwt_secret, *jwt_key_id;
    const char *clerk_secret_key, *auth0_client_secret;
    Directory directory;
    GotrueSettings gotrue;
    ClerkSettings clerk;
    Auth0Settings auth0;
} Settings;

/* Where we listen, and what is served there. */
typedef struct Listener {
    const char *name; /* of its first dialect */
    const char *address;
    Mount mounts[TONGUES];
    Tongue tongues[TONGUES];
    size_t n_mounts;
    Router *router;
    HttpServer *http;
    struct Server *server;
} Listener;

typedef struct Server {
    Arena *arena; /* what lives as long as the process */
    Settings settings;
    uint8_t data_key[DATA_KEY_BYTES];
    KeySet keys[TONGUES];
    /* What was made at this start, to be printed once; NULL: given or made before. */
    const char *made_service_key, *made_clerk_key, *made_auth0_secret;
    Db *db;
    Loop *loop;
    Listener listeners[TONGUES];
    size_t n_listeners, n_draining;
    uv_signal_t signals[2];
} Server;

/* ---- keys.c ---- */

/* The data directory (0700) and data.key in it. E_CONFIG: a file that others can read; E_IO. */
Err keys_open(Server *server, Buf *why);
/* Every dialect's signing key and admin credential: as given, or from hecate.keys, made there when missing. */
Err keys_load(Server *server, Ctx *ctx, Buf *why);
void keys_free(Server *server);
/* What was made at this start: one line a client, ready to paste. Once the listeners are up. */
void keys_print(const Server *server);

#endif
