/* connection.c: tests of connections. */
#include "test.h"
