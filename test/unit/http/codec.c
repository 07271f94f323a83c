/* codec.c: tests of framing. */
#include "test.h"
