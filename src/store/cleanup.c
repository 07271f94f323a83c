/* cleanup.c: takes away what is over, batch by batch. */
#include "sql.gen.h"
#include "store/store.h"

enum { MOST_IDS = 100 };

static const struct {
    const Stmt *due, *clean;
} steps[CLEAN_STEPS] = {
    [CLEAN_TOKENS] = { SQL_CLEAN_TOKENS_DUE, SQL_CLEAN_TOKENS },
    [CLEAN_LIVE] = { SQL_CLEAN_LIVE_DUE, SQL_CLEAN_LIVE },
    [CLEAN_ENDED] = { SQL_CLEAN_ENDED_DUE, SQL_CLEAN_ENDED },
    [CLEAN_TIMEBOX] = { SQL_CLEAN_TIMEBOX_DUE, SQL_CLEAN_TIMEBOX },
    [CLEAN_INACTIVE] = { SQL_CLEAN_INACTIVE_DUE, SQL_CLEAN_INACTIVE },
    [CLEAN_RELAY_STATES] = { SQL_CLEAN_RELAY_STATES_DUE, SQL_CLEAN_RELAY_STATES },
    [CLEAN_FLOWS] = { SQL_CLEAN_FLOWS_DUE, SQL_CLEAN_FLOWS },
    [CLEAN_CLIENT_STATES] = { SQL_CLEAN_CLIENT_STATES_DUE, SQL_CLEAN_CLIENT_STATES },
    [CLEAN_CHALLENGES] = { SQL_CLEAN_CHALLENGES_DUE, SQL_CLEAN_CHALLENGES },
    [CLEAN_FACTORS] = { SQL_CLEAN_FACTORS_DUE, SQL_CLEAN_FACTORS },
    [CLEAN_CEREMONIES] = { SQL_CLEAN_CEREMONIES_DUE, SQL_CLEAN_CEREMONIES },
};

/* refreshed_at has no zone: its bound is of that type, too. */
static const Field key_cols[] = {
    TIME(CleanKey, now, "now"),
    TIME(CleanKey, day, "day"),
    TIME(CleanKey, three_days, "three_days"),
    TIME(CleanKey, month, "month"),
    TIME(CleanKey, timebox, "timebox"),
    TIME(CleanKey, inactive, "inactive"),
    TIME(CleanKey, inactive, "inactive_plain"),
    END(CleanKey),
};

typedef struct Due {
    int64_t due;
} Due;

static const Field due_cols[] = { INT(Due, due, "due"), END(Due) };
static const Field id_cols[] = { UUID(CleanId, id, "id"), END(CleanId) };

Err store_clean(Tx *tx, CleanStep step, const CleanKey *key, int64_t *changed)
{
    Due *due;
    const Err err = db_one(tx, steps[step].due, key_cols, key, due_cols, &due);

    *changed = 0;
    if (err != OK)
        return err == E_NO_ROW ? OK : err;
    return db_exec(tx, steps[step].clean, key_cols, key, changed);
}

Err store_clean_anonymous(Tx *tx, const CleanKey *key, List *ret)
{
    return db_list(tx, SQL_CLEAN_ANONYMOUS_DUE, key_cols, key, id_cols, MOST_IDS, ret);
}
