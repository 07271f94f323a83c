/* err.c: names and sentences of the error codes. */
#include "base.h"

static const struct {
    const char *name, *text;
} err_rows[ERR_COUNT] = { [OK] = { "OK", "ok" },
#define ERR_ROW(code, text) [code] = { #code, text },
                          ERR_LIST(ERR_ROW)
#undef ERR_ROW
};

const char *err_name(Err err)
{
    return err < ERR_COUNT ? err_rows[err].name : "E_UNKNOWN";
}

const char *err_text(Err err)
{
    return err < ERR_COUNT ? err_rows[err].text : "unknown error";
}
