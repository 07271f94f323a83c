/* place.h: a SQLite database for targets that ask one: made at the first call, gone when the program ends. */
#ifndef HECATE_TEST_FUZZ_PLACE_H
#define HECATE_TEST_FUZZ_PLACE_H

#include "db/db.h"

Db *place_db(void);
/* The same as it was at first. */
Db *place_anew(void);

#endif
