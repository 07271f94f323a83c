/* base.h: what every file includes first: standard types, the few macros of the house, banned functions. */
#ifndef HECATE_BASE_H
#define HECATE_BASE_H

#include <limits.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "err.h"

#define COUNTOF(a) (sizeof(a) / sizeof(*(a)))
#define PRINTF(f, a) __attribute__((format(printf, f, a)))

/* CLEANUP(fn): `fn(&variable)` runs when the variable leaves its scope, so `return` is right on every line. */
#define CLEANUP(fn) __attribute__((cleanup(fn)))

/* TRY(call): passes an error up. */
#define TRY(call)                    \
    do {                             \
        const Err try_err_ = (call); \
        if (try_err_ != OK)          \
            return try_err_;         \
    } while (0)

/* IGNORE(call): drops an error on purpose; say why beside it. */
#define IGNORE(call)                         \
    do {                                     \
        if ((call) != OK) { /* on purpose */ \
        }                                    \
    } while (0)

/* Functions nobody calls here: each has a bounded, explicit or thread-safe sister. */
#define BANNED(name) name##_is_banned_see_base_h()
#undef strcpy
#undef strcat
#undef sprintf
#undef vsprintf
#undef strtok
#define strcpy(...) BANNED(strcpy)
#define strcat(...) BANNED(strcat)
#define sprintf(...) BANNED(sprintf)
#define vsprintf(...) BANNED(vsprintf)
#define strtok(...) BANNED(strtok)
#define atoi(...) BANNED(atoi)
#define atol(...) BANNED(atol)
#define atof(...) BANNED(atof)
#define gmtime(...) BANNED(gmtime)
#define localtime(...) BANNED(localtime)
#define asctime(...) BANNED(asctime)
#define ctime(...) BANNED(ctime)
#define popen(...) BANNED(popen)

#endif
