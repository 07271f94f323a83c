/* reply.c: tests of replies. */
#include "test.h"
