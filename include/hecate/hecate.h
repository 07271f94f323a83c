/* hecate.h: what the three client libraries share: options, errors, optional values, the replaceable transport.
 *
 * The library administers users over the APIs of Supabase Auth (gotrue.h), Clerk (clerk.h) and Auth0 (auth0.h): those of a Hecate
 * server, and those of the clouds themselves.
 *
 *     HecateOptions options = { 0 };
 *     HecateError error;
 *     HecateGotrueUser *user;
 *     GotrueAdmin *admin;
 *
 *     options.url = "http://127.0.0.1:9999";
 *     options.key = service_role_key;
 *     admin = gotrue_admin_new(&options, &error);
 *     if (gotrue_admin_get_user_by_id(admin, id, &user, &error) == HECATE_OK) {
 *         puts(user->email);
 *         gotrue_user_free(user);
 *     }
 *     gotrue_admin_free(admin);
 *
 * Rules that hold for every function:
 * - A handle may be used by several threads at once; it is freed by one, when no call is under way.
 * - A function returns a HecateStatus. On HECATE_OK alone it sets its result, which the caller frees with the _free function that
 * is named beside it (those accept NULL). All that a result points to lives and ends with it.
 * - `error` may be NULL; else it is filled in on failure, and zeroed on success.
 * - Texts are UTF-8 and end with a NUL; NULL is null or absent. Times are microseconds since 1970 in UTC, 0 is none.
 * - Arguments are only read, and not kept.
 * - Nothing is logged or printed, the process is never ended, no signal is touched. There is no global state but libcurl's own:
 * its curl_global_init() is called once, when the first handle is made; a program that calls it itself does so before. */
#ifndef HECATE_API_HECATE_H
#define HECATE_API_HECATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define HECATE_API __attribute__((visibility("default")))
#else
#define HECATE_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- how a call ended ---- */

typedef enum HecateStatus {
    HECATE_OK = 0,
    HECATE_REFUSED,     /* the server answered with an error (or with a redirect: those are never followed) */
    HECATE_INVALID,     /* an argument cannot be sent: nothing went out */
    HECATE_UNREACHABLE, /* no whole answer: name, connection, certificate, time-out. A change may have been made or not */
    HECATE_BAD_ANSWER,  /* success with a body that is not what was asked for, or an answer that is too large */
    HECATE_NOMEM        /* the call needed more memory than there is, or than options.memory_limit */
} HecateStatus;

/* Texts are cut at the end of a character if they do not fit; control characters in them are blanks. "" is unknown. */
typedef struct HecateError {
    HecateStatus kind;
    int status;      /* HTTP status of the answer, 0 without one */
    int retry_after; /* seconds after which to try again, 0: the server did not say */
    char code[64];   /* the server's ("user_not_found", "form_identifier_exists", "auth0_idp_error"); "" if it gave none */
    char message[512];
    char detail[512];  /* Clerk's long_message */
    char param[64];    /* Clerk: the parameter at fault */
    char reasons[128]; /* GoTrue's weak_password: "length,characters" */
    char trace[64];    /* Clerk's clerk_trace_id */
} HecateError;

/* "refused", "unreachable" …; never NULL. */
HECATE_API const char *hecate_status_name(HecateStatus status);
/* Of the library: "0.1.0". */
HECATE_API const char *hecate_version(void);

/* ---- values of inputs: absent, null and a value are three things ---- */

typedef enum HecateGiven { HECATE_ABSENT = 0, HECATE_NULL, HECATE_VALUE } HecateGiven;

typedef struct HecateText {
    HecateGiven given;
    const char *value; /* for metadata: one JSON document */
} HecateText;

typedef struct HecateBool {
    HecateGiven given;
    bool value;
} HecateBool;

typedef struct HecateInt {
    HecateGiven given;
    int64_t value; /* for times: microseconds since 1970 */
} HecateInt;

typedef struct HecateTexts {
    HecateGiven given;
    const char *const *items;
    size_t count;
} HecateTexts;

/* A list of texts in a result. */
typedef struct HecateStrings {
    const char **items;
    size_t count;
} HecateStrings;

/* Each makes a value to assign; hecate_text(NULL) is an explicit null. An input that is zeroed is absent in all. */
static inline HecateText hecate_text(const char *value)
{
    HecateText text = { value == NULL ? HECATE_NULL : HECATE_VALUE, value };

    return text;
}
static inline HecateBool hecate_bool(bool value)
{
    HecateBool given = { HECATE_VALUE, value };

    return given;
}
static inline HecateInt hecate_int(int64_t value)
{
    HecateInt given = { HECATE_VALUE, value };

    return given;
}
static inline HecateTexts hecate_texts(const char *const *items, size_t count)
{
    HecateTexts texts = { HECATE_VALUE, items, count };

    return texts;
}

/* ---- the transport ---- */

typedef struct HecateHeader {
    const char *name, *value;
} HecateHeader;

/* One request, whole. It lives until fetch returns. */
typedef struct HecateRequest {
    const char *method, *url;
    const HecateHeader *headers;
    size_t header_count;
    const char *body; /* NULL: none */
    size_t body_size;
    int64_t timeout_ms;  /* for all of it */
    const char *ca_file; /* options.ca_file */
} HecateRequest;

/* Where fetch puts the answer, with the functions below. */
typedef struct HecateResponse HecateResponse;
HECATE_API void hecate_response_status(HecateResponse *response, int status);
HECATE_API void hecate_response_header(HecateResponse *response, const char *name, const char *value);
/* Appends to the body. False: it is too large now (or memory is short); fetch stops reading and returns. */
HECATE_API bool hecate_response_body(HecateResponse *response, const void *data, size_t size);
/* Why there is no answer, for HecateError.message. */
HECATE_API void hecate_response_failure(HecateResponse *response, const char *why);

/* Sends a request and waits for its answer: HECATE_OK if there is one (whatever its status), else HECATE_UNREACHABLE. It is
 * called by several threads at once if the handle is; it does not follow redirects, and must return. */
typedef HecateStatus (*HecateFetch)(void *arg, const HecateRequest *request, HecateResponse *response);

/* ---- options of a handle: zeroed, then set; all is copied ---- */

typedef struct HecateOptions {
    const char *url; /* "https://host[:port][/prefix]"; Clerk: NULL is https://api.clerk.com */
    const char *key; /* what stands in Authorization: GoTrue's service key, Clerk's secret key, a management token of Auth0 */

    /* Auth0 without `key`: a token is fetched with these, kept until shortly before it ends, and shared by all calls of the
     * handle. */
    const char *client_id, *client_secret;
    const char *audience; /* NULL: url + "/api/v2/" */

    const HecateHeader *headers; /* for each request, instead of the library's own of the same name */
    size_t header_count;

    int64_t timeout_ms;  /* for a whole request; 0 is 30,000 */
    const char *ca_file; /* PEM; NULL: the system's authorities. Certificates and names are always checked */
    size_t answer_limit; /* bytes of an answer; 0 is 16 MiB */
    size_t memory_limit; /* bytes that one call may hold, its result included; 0 is 256 MiB */

    HecateFetch fetch; /* NULL: libcurl */
    void *fetch_arg;   /* outlives the handle */
} HecateOptions;

#ifdef __cplusplus
}
#endif

#endif
