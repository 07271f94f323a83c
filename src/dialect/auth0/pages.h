/* pages.h: what the link of a ticket opens in a browser. */
#ifndef HECATE_AUTH0_PAGES_H
#define HECATE_AUTH0_PAGES_H

#include "dialect/auth0/internal.h"

Err page_told(Ctx *ctx, Reply *reply, int status, const char *title, const char *sentence);

typedef struct PasswordPage {
    const char *ticket, *user; /* what the link carries; whose password it is */
    const char *fault;         /* what is wrong with the last try, or NULL */
    const char *target;        /* where a success leads, or NULL */
} PasswordPage;
Err page_password(Ctx *ctx, Reply *reply, int status, const PasswordPage *page);

/* 302 to the application, which is told what happened (spec/auth0.md 2.11). */
typedef struct PageResult {
    const char *email; /* NULL: it is not told */
    const char *message, *code;
    bool success;
} PageResult;
Err page_leads_on(Ctx *ctx, Reply *reply, const char *url, const PageResult *result);

#endif
