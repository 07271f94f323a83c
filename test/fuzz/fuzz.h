/* fuzz.h: what the targets share. A target is TARGET.c with the one function that libFuzzer and the replay call; its seeds are
 * corpus/TARGET, its words TARGET.dict. */
#ifndef HECATE_TEST_FUZZ_H
#define HECATE_TEST_FUZZ_H

#include "base/base.h"
#include "base/ctx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold, also where assert() is off. */
#define HOLDS(what)                                                    \
    do {                                                               \
        if (!(what)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what); \
            abort();                                                   \
        }                                                              \
    } while (0)

#endif
